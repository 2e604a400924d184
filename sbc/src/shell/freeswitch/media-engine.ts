import type { Clock, Logger, MediaEngine, MediaRecording, MediaServerState, MediaSession, MediaSessionEvents } from '@yixian/contracts';
import type { ControlAddress } from '../../core/freeswitch/addresses.js';
import { chooseServer } from '../../core/freeswitch/media-choice.js';
import { newMrf, type Srf } from './libraries.js';
import type { PortRange } from './listen-ports.js';
import { MediaServer } from './media-server.js';
import type { FsMediaSession } from './media-session.js';
import { checkPath, FsRecording } from './recording.js';
import { ServerLines } from './server-lines.js';
import type { SharedFolders } from './shared-folders.js';

export interface FsEngineOptions {
  servers: readonly ControlAddress[];
  /** Of drachtio-server, which calls the media servers; may be connected later than the engine starts. */
  srf: Srf;
  /** Whether drachtio-server is connected. */
  sipConnected(): boolean;
  clock: Clock;
  logger: Logger;
  /** Where FreeSWITCH connects to for the calls it has from us. */
  listenAddress?: string | undefined;
  /** On which port; default any. */
  listenPorts?: PortRange | undefined;
  /** SIP profile of FreeSWITCH that drachtio-server calls. */
  profile: string;
  shared?: SharedFolders | undefined;
  mediaTimeoutMs: number;
}

/** Media on one or several FreeSWITCH servers. */
export class FsMediaEngine implements MediaEngine {
  readonly #options: FsEngineOptions;
  readonly #servers: MediaServer[] = [];
  readonly #lines: ServerLines;
  #inUse: string | undefined;
  #recordings = 0;

  constructor(options: FsEngineOptions) {
    this.#options = options;
    this.#lines = new ServerLines(this.#servers, options.logger);
  }

  /** @throws Error naming each server that cannot be used, when none can */
  async start(): Promise<void> {
    const mrf = newMrf(this.#options.srf);
    const faults: string[] = [];
    this.#servers.push(
      ...this.#options.servers.map(
        (address) => new MediaServer(address, { ...this.#options, mrf, closed: (session) => this.#lines.closed(session) }),
      ),
    );
    const fault = (error: unknown) => faults.push(error instanceof Error ? error.message : String(error));
    await Promise.all(this.#servers.map((server) => server.start().catch(fault)));
    if (faults.length === this.#servers.length) {
      await this.stop();
      throw new Error(faults.join('; '));
    }
    for (const fault of faults) this.#options.logger.error({ fault }, 'a FreeSWITCH server cannot be used; it is tried again');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((s) => s.stop()));
  }

  keepReady(): void {}

  async open(_localAddress: string, events: MediaSessionEvents): Promise<MediaSession> {
    this.#inUse = chooseServer(
      this.#servers.map((s) => s.view()),
      this.#inUse,
    );
    const server = this.#servers.find((s) => s.name === this.#inUse);
    if (!server) throw new Error('no FreeSWITCH server can take a call');
    return await server.open(events);
  }

  route(hearing: ReadonlyMap<MediaSession, readonly MediaSession[]>): void {
    this.#lines.route(hearing as ReadonlyMap<FsMediaSession, readonly FsMediaSession[]>);
  }

  async record(request: Parameters<MediaEngine['record']>[0]): Promise<MediaRecording> {
    checkPath(request.file);
    const { left, right, ...rest } = request;
    const recording = await FsRecording.start(
      { ...rest, left: left as FsMediaSession, ...(right ? { right: right as FsMediaSession } : {}) },
      this.#options.clock,
      this.#options.logger,
    );
    this.#recordings++;
    void recording.finished.then(() => this.#recordings--);
    return recording;
  }

  portsInUse(): number {
    return 2 * this.#servers.reduce((n, s) => n + s.sessions, 0);
  }

  portsTotal(): number {
    return 2 * this.#servers.reduce((n, s) => n + s.view().maxSessions, 0);
  }

  /** Without any server nobody can be called; one of several is told of, and missed by nobody. */
  problems(): string[] {
    return this.#servers.some((s) => s.view().up) ? [] : this.#faults();
  }

  notices(): string[] {
    return this.#servers.some((s) => s.view().up) ? this.#faults() : [];
  }

  #faults(): string[] {
    return this.#servers.flatMap((s) => (s.fault === undefined ? [] : [s.fault]));
  }

  servers(): MediaServerState[] {
    return this.#servers.map((server) => {
      const { fault } = server;
      return { ...server.view(), ...(fault === undefined ? {} : { fault }) };
    });
  }

  async drain(name: string, on: boolean): Promise<void> {
    const server = this.#servers.find((s) => s.name === name);
    if (!server) throw new Error(`there is no FreeSWITCH ${name}`);
    await server.drain(on);
  }

  metrics(): Record<string, number> {
    const views = this.#servers.map((s) => s.view());
    return {
      freeswitch_servers: views.length,
      freeswitch_servers_up: views.filter((v) => v.up).length,
      media_sessions: this.#servers.reduce((n, s) => n + s.sessions, 0),
      media_recordings: this.#recordings,
      freeswitch_lines_between_servers: this.#lines.size,
    };
  }
}
