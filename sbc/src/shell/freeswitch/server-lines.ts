import type { Logger, MediaParameters, MediaSession } from '@yixian/contracts';
import type { MediaServer } from './media-server.js';
import type { FsMediaSession } from './media-session.js';

// A party hears another on another server through a line: a channel there that hears the speaker alone, its RTP sent to a channel here
// that speaks for it. New calls of a process go to one server, so lines are few: while a server is drained or has failed over.

interface Line {
  speaker: FsMediaSession;
  from: MediaServer;
  to: MediaServer;
  ends: { mouth: FsMediaSession; ear: FsMediaSession } | undefined;
  over: boolean;
}

/** Who hears whom, over all servers. */
export class ServerLines {
  readonly #servers: readonly MediaServer[];
  readonly #logger: Logger;
  readonly #hearing = new Map<FsMediaSession, readonly FsMediaSession[]>();
  #lines: Line[] = [];

  constructor(servers: readonly MediaServer[], logger: Logger) {
    this.#servers = servers;
    this.#logger = logger;
  }

  get size(): number {
    return this.#lines.length;
  }

  route(changes: ReadonlyMap<FsMediaSession, readonly FsMediaSession[]>): void {
    for (const [listener, heard] of changes) this.#hearing.set(listener, heard);
    if (this.#lines.length > 0 || [...changes].some(([listener, heard]) => heard.some((s) => this.#of(s) !== this.#of(listener)))) {
      this.#apply();
      return;
    }
    for (const server of this.#servers) server.rooms.route(changes);
  }

  /** A session has closed: the lines that were for it close too. */
  closed(session: FsMediaSession): void {
    this.#hearing.delete(session);
    if (this.#lines.length > 0) this.#apply();
  }

  #of(session: FsMediaSession): MediaServer | undefined {
    return this.#servers.find((server) => server.has(session));
  }

  #apply(): void {
    const wanted = new Set<Line>();
    const perServer = new Map<MediaServer, Map<FsMediaSession, FsMediaSession[]>>(this.#servers.map((s) => [s, new Map()]));
    for (const [listener, heard] of this.#hearing) {
      const here = this.#of(listener);
      const local = heard.flatMap((speaker) => {
        const there = this.#of(speaker);
        if (!here || !there) return [];
        if (here === there) return [speaker];
        const line = this.#lineOf(speaker, there, here);
        wanted.add(line);
        return line.ends ? [line.ends.ear] : [];
      });
      if (here) perServer.get(here)?.set(listener, local);
    }
    for (const line of this.#lines) {
      if (line.ends) perServer.get(line.from)?.set(line.ends.mouth, [line.speaker]);
    }
    for (const line of this.#lines.filter((l) => !wanted.has(l))) this.#close(line);
    for (const [server, changes] of perServer) server.rooms.route(changes);
  }

  #lineOf(speaker: FsMediaSession, from: MediaServer, to: MediaServer): Line {
    const known = this.#lines.find((l) => l.speaker === speaker && l.to === to);
    if (known) return known;
    const line: Line = { speaker, from, to, ends: undefined, over: false };
    this.#lines.push(line);
    this.#open(line).catch((error: unknown) => {
      this.#logger.error({ from: from.name, to: to.name, error: String(error) }, 'two media servers could not be connected');
      this.#close(line);
    });
    return line;
  }

  async #open(line: Line): Promise<void> {
    const broken = (): void => {
      this.#close(line);
      this.#apply();
    };
    const events = { onDigit() {}, onMediaTimeout() {}, onFailed: broken };
    const opened = await Promise.allSettled([line.from.open(events), line.to.open(events)]);
    const [mouth, ear] = opened.map((o) => (o.status === 'fulfilled' ? o.value : undefined));
    if (!mouth || !ear || line.over) {
      await Promise.all([mouth?.close(), ear?.close()]);
      const failed = opened.find((o) => o.status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
      return;
    }
    mouth.configure(towards(ear));
    ear.configure(towards(mouth));
    line.ends = { mouth, ear };
    this.#apply();
  }

  #close(line: Line): void {
    line.over = true;
    this.#lines = this.#lines.filter((l) => l !== line);
    void line.ends?.mouth.close();
    void line.ends?.ear.close();
  }
}

function towards({ address, rtpPort }: MediaSession): MediaParameters {
  return {
    remote: { address, rtpPort, rtcpPort: rtpPort + 1 },
    codec: 'PCMA',
    payloadType: 8,
    telephoneEventSend: 101,
    telephoneEventReceive: 101,
    direction: 'sendrecv',
    ptimeMs: 20,
  };
}
