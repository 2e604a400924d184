import { randomUUID } from 'node:crypto';
import type { Clock, Logger, MediaSession, MediaSessionEvents } from '@yixian/contracts';
import type { ControlAddress } from '../../core/freeswitch/addresses.js';
import type { MediaServerView } from '../../core/freeswitch/media-choice.js';
import { localMedia, waitingSdp } from '../../core/freeswitch/media-sdp.js';
import { Channel } from './channel.js';
import { inspect } from './inspect.js';
import type { FsMediaServer, FsMrf } from './libraries.js';
import { FsMediaSession } from './media-session.js';
import { RoomKeeper } from './room-keeper.js';

export interface MediaServerDeps {
  mrf: FsMrf;
  clock: Clock;
  logger: Logger;
  listenAddress: string;
  profile: string;
  mediaTimeoutMs: number;
}

/** One FreeSWITCH: the connection to its event socket, its channels and their rooms. */
export class MediaServer {
  readonly name: string;
  readonly rooms: RoomKeeper;
  readonly #address: ControlAddress;
  readonly #deps: MediaServerDeps;
  readonly #sessions = new Set<FsMediaSession>();
  /** Told apart from the rooms of other processes and of this one before a restart. */
  readonly #prefix = `yx${randomUUID().slice(0, 8)}`;
  #server: FsMediaServer | undefined;
  #count = 0;
  #roomCount = 0;
  #opening = 0;
  #maxSessions = 0;
  #drained = false;
  #up = false;

  constructor(address: ControlAddress, deps: MediaServerDeps) {
    this.#address = address;
    this.#deps = deps;
    this.name = `${address.host}:${address.port}`;
    this.rooms = new RoomKeeper(() => `${this.#prefix}-${++this.#roomCount}`, deps.logger);
  }

  /** @throws Error in words an operator understands */
  async start(): Promise<void> {
    const { profile, listenAddress, mrf, logger } = this.#deps;
    // Looked at first by ourselves: the library throws where nobody can catch it when the profile is missing.
    const found = await inspect(this.#address, profile);
    if (found.problems.length > 0) throw new Error(found.problems.join('; '));
    this.#maxSessions = found.maxSessions;
    const { host, port, secret } = this.#address;
    this.#server = await mrf.connect({ address: host, port, secret, listenAddress, profile });
    this.#server.on('error', (error: unknown) => logger.warn({ server: this.name, error: String(error) }, 'FreeSWITCH: connection error'));
    this.#up = true;
    this.#server.on('end', () => {
      this.#up = false;
      logger.error({ server: this.name }, 'the event socket of FreeSWITCH was lost');
    });
    // The library connects again by itself, and counts a connection that is only being tried as one.
    this.#server.conn.on('esl::ready', () => {
      this.#up = true;
    });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sessions].map((s) => s.close()));
    this.#server?.disconnect();
    this.#server = undefined;
  }

  drain(on: boolean): void {
    this.#drained = on;
  }

  get sessions(): number {
    return this.#sessions.size + this.#opening;
  }

  view(): MediaServerView {
    const up = this.#up && this.#server !== undefined;
    return { name: this.name, up, drained: this.#drained, sessions: this.sessions, maxSessions: this.#maxSessions };
  }

  async open(events: MediaSessionEvents): Promise<MediaSession> {
    const server = this.#server;
    if (!server) throw new Error(`FreeSWITCH at ${this.name} is not connected`);
    this.#opening++;
    try {
      const endpoint = await server.createEndpoint({ remoteSdp: waitingSdp(1) });
      const local = localMedia(endpoint.dialog.remote.sdp);
      if (!local) {
        await endpoint.dialog.destroy();
        throw new Error(`FreeSWITCH at ${this.name} refused the audio`);
      }
      return this.#session(endpoint, local, events);
    } finally {
      this.#opening--;
    }
  }

  #session(
    endpoint: Awaited<ReturnType<FsMediaServer['createEndpoint']>>,
    local: { address: string; rtpPort: number },
    events: MediaSessionEvents,
  ): FsMediaSession {
    const { clock, logger, mediaTimeoutMs } = this.#deps;
    const session = new FsMediaSession({
      id: ++this.#count,
      ...local,
      events,
      clock,
      logger,
      mediaTimeoutMs,
      newRoom: this.rooms.newRoom,
      closed: (over) => this.#closed(over),
    });
    const channel = new Channel(
      endpoint,
      {
        digit: (digit, durationMs, source) => session.heardDigit(digit, durationMs, source),
        joined: (room, member) => session.joined(room, member),
        played: (member) => session.played(member),
        ended: (why) => session.lost(why),
      },
      logger,
    );
    session.use(channel);
    this.#sessions.add(session);
    this.rooms.add(session);
    return session;
  }

  #closed(session: FsMediaSession): void {
    this.#sessions.delete(session);
    this.rooms.remove(session);
  }
}
