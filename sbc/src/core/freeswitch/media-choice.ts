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

/**
 * The server that new calls of this process go to. Two parties can only be brought together on one server, so the one in use stays as
 * long as it can take calls; after that the one with the most room left.
 */
export function chooseServer(servers: readonly MediaServerView[], inUse: string | undefined): string | undefined {
  const able = servers.filter((s) => s.up && !s.drained && s.sessions < s.maxSessions);
  if (inUse !== undefined && able.some((s) => s.name === inUse)) return inUse;
  let best: MediaServerView | undefined;
  for (const server of able) if (best === undefined || room(server) > room(best)) best = server;
  return best?.name;
}

function room({ sessions, maxSessions }: MediaServerView): number {
  return (maxSessions - sessions) / Math.max(1, maxSessions);
}
