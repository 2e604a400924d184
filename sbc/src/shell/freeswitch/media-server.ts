import { randomUUID } from 'node:crypto';
import type { Server } from 'node:net';
import type { Clock, Logger, MediaSessionEvents, Timer } from '@yixian/contracts';
import type { ControlAddress } from '../../core/freeswitch/addresses.js';
import type { MediaServerView } from '../../core/freeswitch/media-choice.js';
import { localMedia, waitingSdp } from '../../core/freeswitch/media-sdp.js';
import { roomsOf, sessionsOf } from '../../core/freeswitch/status.js';
import { Channel } from './channel.js';
import { DRAINED } from './drain.js';
import { openEndpoint } from './endpoint.js';
import { inspect } from './inspect.js';
import type { FsEndpoint, FsMediaServer, FsMrf } from './libraries.js';
import { listenWithin, type PortRange } from './listen-ports.js';
import { FsMediaSession } from './media-session.js';
import { RoomKeeper } from './room-keeper.js';
import type { SharedFolders } from './shared-folders.js';
import { trial } from './trial.js';

export interface MediaServerDeps {
  mrf: FsMrf;
  /** Whether drachtio-server is there, which calls the servers. */
  sipConnected(): boolean;
  clock: Clock;
  logger: Logger;
  /** Where FreeSWITCH connects to; default the address that its event socket sees of us. */
  listenAddress?: string | undefined;
  /** On one of these ports; default any. */
  listenPorts?: PortRange | undefined;
  profile: string;
  shared?: SharedFolders | undefined;
  mediaTimeoutMs: number;
  /** A session of this server has closed. */
  closed?(session: FsMediaSession): void;
}

/** How often it is asked how it is. */
const WATCH_MS = 2_000;
/** What does not answer for so long is taken out. */
const SILENT_MS = 6_000;
const RETRY_MS = 5_000;
/** When each process was last heard of, by the clock of the server: what a dead one has left there is hung up. */
const ALIVE = 'yixian_alive_';
const SWEEP_MS = 30_000;
const DEAD_AFTER_S = 60;

/** One FreeSWITCH: the connection to its event socket, its channels and their rooms. One that fails is looked for again until `stop`. */
export class MediaServer {
  readonly name: string;
  readonly rooms: RoomKeeper;
  readonly #address: ControlAddress;
  readonly #deps: MediaServerDeps;
  readonly #sessions = new Set<FsMediaSession>();
  /** Told apart from the rooms of other processes and of this one before a restart. */
  readonly #prefix = `yx${randomUUID().slice(0, 8)}`;
  #server: FsMediaServer | undefined;
  /** Why it cannot be used. */
  #fault: string | undefined = 'has not been asked yet';
  #timer: Timer | undefined;
  #stopped = false;
  #count = 0;
  #roomCount = 0;
  #opening = 0;
  /** Of all processes, as it says itself. */
  #counted = 0;
  #maxSessions = 0;
  #drained = false;
  #nextSweep = 0;
  /** A call through it was tried since it was connected. */
  #tried = false;

  constructor(address: ControlAddress, deps: MediaServerDeps) {
    this.#address = address;
    this.#deps = deps;
    this.name = `${address.host}:${address.port}`;
    this.rooms = new RoomKeeper(() => `${this.#prefix}-${++this.#roomCount}`, deps);
  }

  /** @throws Error in words an operator understands; the server is tried again all the same */
  async start(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      this.#fault = messageOf(error);
      this.#later();
      throw error;
    }
  }

  async #connect(): Promise<void> {
    const { profile, shared } = this.#deps;
    // Looked at first by ourselves: the library throws where nobody can catch it when the profile is missing.
    const found = await inspect(this.#address, profile, shared);
    if (found.problems.length > 0) throw new Error(found.problems.join('; '));
    const server = await this.#open(this.#deps.listenAddress ?? found.ourAddress);
    const fault = await this.#try(server);
    if (this.#stopped || fault !== undefined) {
      this.#quit(server);
      if (fault !== undefined) throw new Error(`FreeSWITCH at ${this.name} ${fault}`);
      return;
    }
    const { logger } = this.#deps;
    this.#maxSessions = found.maxSessions;
    this.#server = server;
    this.#fault = undefined;
    server.on('error', (error: unknown) => logger.warn({ server: this.name, error: String(error) }, 'FreeSWITCH: connection error'));
    server.on('end', () => this.#lost(server, 'its event socket was lost'));
    this.#watch(server);
  }

  async #open(listenAddress: string): Promise<FsMediaServer> {
    const { profile, mrf, listenPorts } = this.#deps;
    const { host, port, secret } = this.#address;
    const listening: Server | undefined = listenPorts && (await listenWithin(listenAddress, listenPorts));
    try {
      const taken = listening ? { listenPort: listening } : {};
      const server = await mrf.connect({ address: host, port, secret, listenAddress, profile, ...taken });
      // The library writes a command in two pieces: the second would wait for the delayed ACK of the first, 40 ms each time.
      server.conn.socket?.setNoDelay(true);
      server._server.server.prependListener('connection', (socket) => socket.setNoDelay(true));
      return server;
    } catch (error) {
      listening?.close();
      throw error;
    }
  }

  /** What it says of itself may be right, and a call fail all the same. Without drachtio-server it is tried later, once a connection. */
  async #try(server: FsMediaServer): Promise<string | undefined> {
    const { sipConnected, shared, logger } = this.#deps;
    this.#tried = sipConnected();
    if (!this.#tried) return undefined;
    const fault = await trial(server, `${server.listenAddress}:${server.listenPort}`, shared?.recordings, logger).catch(messageOf);
    // Where drachtio-server was lost meanwhile it says nothing of this one.
    this.#tried = sipConnected();
    return this.#tried ? fault : undefined;
  }

  async #tryOnce(server: FsMediaServer): Promise<void> {
    if (this.#tried) return;
    const fault = await this.#try(server);
    if (fault !== undefined) this.#lost(server, fault);
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = this.#deps.clock.setTimer(RETRY_MS, () => {
      this.#connect().then(
        () => this.#deps.logger.info({ server: this.name }, 'FreeSWITCH is there again'),
        (error: unknown) => {
          this.#fault = messageOf(error);
          this.#later();
        },
      );
    });
  }

  /** A machine that is gone closes no connection: it is asked, and has to answer. */
  #watch(server: FsMediaServer): void {
    const { clock } = this.#deps;
    const silent = clock.setTimer(SILENT_MS, () => this.#lost(server, `it has not answered for ${SILENT_MS / 1_000} s`));
    server.conn.api('status', '', (event) => {
      silent.cancel();
      if (this.#server !== server) return;
      this.#counted = sessionsOf(event.getBody() ?? '') ?? this.#counted;
      server.conn.api('global_getvar', DRAINED, (answer) => this.#setDrained((answer.getBody() ?? '').trim() === 'true'));
      void this.#alive(server);
      void this.#tryOnce(server);
      this.#timer = clock.setTimer(WATCH_MS, () => this.#watch(server));
    });
    this.#timer = silent;
  }

  async #alive(server: FsMediaServer): Promise<void> {
    const ask = (command: string, args: string) =>
      new Promise<string>((resolve) => server.conn.api(command, args, (answer) => resolve((answer.getBody() ?? '').trim())));
    const now = Number(await ask('strepoch', ''));
    if (!Number.isFinite(now)) return;
    await ask('global_setvar', `${ALIVE}${this.#prefix}=${now}`);
    const { clock, logger } = this.#deps;
    if (clock.now() < this.#nextSweep) return;
    this.#nextSweep = clock.now() + SWEEP_MS;
    const rooms = roomsOf(await ask('conference', 'list'));
    for (const owner of new Set(rooms.map((room) => room.owner))) {
      const seen = Number(await ask('global_getvar', `${ALIVE}${owner}`));
      if (owner === this.#prefix || now - seen < DEAD_AFTER_S) continue;
      const left = rooms.filter((room) => room.owner === owner);
      logger.warn({ server: this.name, rooms: left.length }, 'calls that a dead process left on FreeSWITCH are hung up');
      for (const { name } of left) await ask('conference', `${name} hup all`);
    }
  }

  #lost(server: FsMediaServer, why: string): void {
    if (this.#server !== server) return;
    this.#server = undefined;
    this.#counted = 0;
    this.#drained = false;
    this.#fault = `FreeSWITCH at ${this.name} cannot be used: ${why}`;
    this.#timer?.cancel();
    this.#deps.logger.error({ server: this.name, sessions: this.#sessions.size, why }, 'a FreeSWITCH server is taken out; its calls end');
    this.#quit(server);
    for (const session of [...this.#sessions]) session.abandon(this.#fault);
    this.#later();
  }

  #quit(server: FsMediaServer): void {
    try {
      server.disconnect();
    } catch (error) {
      this.#deps.logger.debug({ server: this.name, error: String(error) }, 'there is no connection to end');
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await Promise.all([...this.#sessions].map((s) => s.close()));
    if (this.#server) this.#quit(this.#server);
    this.#server = undefined;
  }

  /** @throws Error when it is not up */
  async drain(on: boolean): Promise<void> {
    const server = this.#server;
    if (!server) throw new Error(this.#fault ?? `FreeSWITCH at ${this.name} is not connected`);
    await new Promise<void>((resolve, reject) => {
      const deadline = this.#deps.clock.setTimer(SILENT_MS, () => reject(new Error(`FreeSWITCH at ${this.name} does not answer`)));
      server.conn.api('global_setvar', `${DRAINED}=${on}`, () => {
        deadline.cancel();
        resolve();
      });
    });
    this.#setDrained(on);
  }

  #setDrained(on: boolean): void {
    if (this.#drained === on) return;
    this.#drained = on;
    this.#deps.logger.info({ server: this.name }, on ? 'a FreeSWITCH server takes no new calls' : 'a FreeSWITCH server takes calls again');
  }

  has(session: FsMediaSession): boolean {
    return this.#sessions.has(session);
  }

  get sessions(): number {
    return this.#sessions.size + this.#opening;
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  view(): MediaServerView {
    const sessions = Math.max(this.sessions, this.#counted);
    return { name: this.name, up: this.#server !== undefined, drained: this.#drained, sessions, maxSessions: this.#maxSessions };
  }

  async open(events: MediaSessionEvents): Promise<FsMediaSession> {
    const server = this.#server;
    if (!server) throw new Error(`FreeSWITCH at ${this.name} is not connected`);
    this.#opening++;
    try {
      const endpoint = await openEndpoint(server, waitingSdp(1));
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

  #session(endpoint: FsEndpoint, local: { address: string; rtpPort: number }, events: MediaSessionEvents): FsMediaSession {
    const { clock, logger, mediaTimeoutMs } = this.#deps;
    const session = new FsMediaSession({
      id: ++this.#count,
      ...local,
      events,
      clock,
      logger,
      mediaTimeoutMs,
      newRoom: this.rooms.newRoom,
      hiddenFromSome: (one) => this.rooms.hidesFromSome(one),
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
    this.#deps.closed?.(session);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
