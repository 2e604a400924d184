/** A media server as far as choosing one is concerned. */
export interface MediaServerView {
  name: string;
  /** The event socket answers. */
  up: boolean;
  /** Takes no new calls; those it has go on. */
  drained: boolean;
  sessions: number;
  maxSessions: number;
}

/** What another server has to have more of its room free, before new calls go there. */
const WORTH_LEAVING = 0.25;

/**
 * The server that new calls of this process go to: the one with the most room left. The one in use stays while it can take calls and no
 * other is much emptier, because parties on different servers need a line between them.
 */
export function chooseServer(servers: readonly MediaServerView[], inUse: string | undefined): string | undefined {
  const able = servers.filter((s) => s.up && !s.drained && s.sessions < s.maxSessions);
  let best: MediaServerView | undefined;
  for (const server of able) if (best === undefined || room(server) > room(best)) best = server;
  const used = able.find((s) => s.name === inUse);
  return used && best && room(best) - room(used) < WORTH_LEAVING ? used.name : best?.name;
}

function room({ sessions, maxSessions }: MediaServerView): number {
  return (maxSessions - sessions) / Math.max(1, maxSessions);
}
