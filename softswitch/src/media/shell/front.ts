import { closeSync, writeSync } from 'node:fs';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Clock, Logger, RecordingResult, Timer } from '@yixian/contracts';
import type { MediaEngine, MediaRecording, MediaSession, MediaSessionEvents } from '../port.js';
import { FrontRecording } from './front-recording.js';
import { FrontSession } from './front-session.js';
import type { Command, NativeSockets, Notice, WorkerSettings } from './protocol.js';
import { Requests } from './requests.js';
import { type Opened, SpareSessions } from './spare-sessions.js';

const REQUEST_DEADLINE_MS = 10_000;
const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 10_000;
const RESTART_DELAY_MS = 500;
/** Ports that are open before they are needed: for a ring of a large group, and at most one in so many of the range. */
const SPARE_SESSIONS = 16;
const SPARE_SHARE = 16;
/** Young generation of the media thread: packets die young, a small one stays in the cache. */
const YOUNG_GENERATION_MB = 4;

export interface FrontDependencies {
  settings: WorkerSettings;
  clock: Clock;
  logger: Logger;
  /** Entry of the media thread; another one in tests. */
  entry?: URL;
}

/** The engine as the signalling thread sees it. */
export class MediaFront implements MediaEngine {
  readonly #entry: URL;
  readonly #settings: WorkerSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #requests: Requests;
  readonly #sessions = new Map<number, FrontSession>();
  readonly #recordings = new Map<number, FrontRecording>();
  readonly #spare: SpareSessions;
  #worker: Worker | undefined;
  #native: NativeSockets | undefined;
  #metrics: Record<string, number> = {};
  #nextId = 1;
  #stopping = false;
  #onReady: ((error?: Error) => void) | undefined;
  #onStopped: (() => void) | undefined;
  #restarts = 0;
  #restart: Timer | undefined;

  constructor({ settings, clock, logger, entry = new URL('./worker.js', import.meta.url) }: FrontDependencies) {
    this.#entry = entry;
    this.#settings = settings;
    this.#clock = clock;
    this.#logger = logger;
    this.#requests = new Requests(clock, REQUEST_DEADLINE_MS);
    const count = Math.min(SPARE_SESSIONS, Math.floor(this.portsTotal() / SPARE_SHARE));
    this.#spare = new SpareSessions({ count, open: (address) => this.#openPorts(address), logger });
  }

  start(): Promise<void> {
    this.#stopping = false;
    return new Promise((resolve, reject) => {
      const deadline = this.#clock.setTimer(START_DEADLINE_MS, () =>
        reject(new Error(`the media thread did not start within ${START_DEADLINE_MS} ms`)),
      );
      this.#onReady = (error) => {
        deadline.cancel();
        if (error) reject(error);
        else resolve();
      };
      this.#spawn();
    });
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#stopping = true;
    this.#restart?.cancel();
    if (!worker) return;
    await new Promise<void>((resolve) => {
      const deadline = this.#clock.setTimer(STOP_DEADLINE_MS, resolve);
      this.#onStopped = () => {
        deadline.cancel();
        resolve();
      };
      this.send({ do: 'stop' });
    });
    this.#worker = undefined;
    this.#settleAll('the media engine was stopped');
    await worker.terminate();
  }

  keepReady(localAddress: string): void {
    this.#spare.keep(localAddress);
  }

  async open(localAddress: string, events: MediaSessionEvents): Promise<MediaSession> {
    this.#mustRun('open a port');
    const { id, rtpPort } = this.#spare.take(localAddress) ?? (await this.#openPorts(localAddress));
    const session = new FrontSession({
      id,
      address: localAddress,
      rtpPort,
      events,
      engine: this,
      clock: this.#clock,
      logger: this.#logger,
    });
    this.#sessions.set(id, session);
    return session;
  }

  async #openPorts(address: string): Promise<Opened> {
    this.#mustRun('open a port');
    const id = this.#nextId++;
    try {
      const { rtpPort } = await this.#requests.make<{ rtpPort: number }>(id, 'open a port', () =>
        this.send({ do: 'open', session: id, address }),
      );
      return { id, rtpPort };
    } catch (error) {
      // Should it open after all, nobody would close it.
      this.send({ do: 'close', session: id });
      throw error;
    }
  }

  route(hearing: ReadonlyMap<MediaSession, readonly MediaSession[]>): void {
    this.send({ do: 'route', hearing: [...hearing].map(([listener, heard]) => [listener.id, heard.map((session) => session.id)]) });
  }

  readonly takesSinks = true;

  async record(request: Parameters<MediaEngine['record']>[0]): Promise<MediaRecording> {
    this.#mustRun('start a recording');
    const recording = new FrontRecording(this.#nextId++, request.file, this);
    const { file, channels, left, right, maxDurationMs, endAfterSilenceMs, sink } = request;
    if (right && channels === 1) throw new Error(`${file}: a right channel needs channels: 2`);
    const settings = { file, channels, left: left.id, right: right?.id, maxDurationMs, endAfterSilenceMs, sink };
    // Before the answer: the recording may end in the same breath.
    this.#recordings.set(recording.id, recording);
    try {
      const command: Command = { do: 'record', recording: recording.id, settings };
      await this.#requests.make(recording.id, 'start a recording', () => this.send(command, sink ? [sink] : []));
    } catch (error) {
      this.#recordings.delete(recording.id);
      this.send({ do: 'stop-record', recording: recording.id });
      throw error;
    }
    return recording;
  }

  portsInUse(): number {
    return this.#sessions.size;
  }

  portsTotal(): number {
    const { min, max } = this.#settings.rtpPorts;
    return Math.max(0, Math.floor((max + 1 - (min + (min % 2))) / 2));
  }

  metrics(): Record<string, number> {
    return {
      ...this.#metrics,
      media_sessions: this.#sessions.size,
      media_spare_sessions: this.#spare.size,
      media_native_sockets: this.#native ? 1 : 0,
      media_thread_restarts_total: this.#restarts,
    };
  }

  /** To the media thread; nothing once it is gone. */
  /** `given` is the thread's from now on. */
  send(command: Command, given: readonly MessagePort[] = []): void {
    this.#worker?.postMessage(command, given);
    if (this.#native) wake(this.#native.wakeFd);
  }

  /** A numbered request of a session. */
  async ask<T>(what: string, command: (request: number) => Command): Promise<T> {
    this.#mustRun(what);
    const request = this.#nextId++;
    return this.#requests.make<T>(request, what, () => this.send(command(request)));
  }

  nextPlayback(): number {
    return this.#nextId++;
  }

  #mustRun(what: string): void {
    if (!this.#worker) throw new Error(`the media engine is not running: cannot ${what}`);
  }

  #spawn(): void {
    const worker = new Worker(this.#entry, {
      workerData: this.#settings,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker = worker;
    let native: NativeSockets | undefined;
    worker.on('message', (notice: Notice) => {
      if (notice.is === 'ready') native = this.#native = notice.native;
      this.#hear(notice);
    });
    worker.on('error', (error) => this.#logger.error({ err: error }, 'media thread failed'));
    worker.on('exit', (code) => {
      if (this.#native === native) this.#native = undefined;
      if (native) closeLeft(native.open);
      this.#exited(worker, code);
    });
  }

  #exited(worker: Worker, code: number): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#onStopped?.();
    if (this.#stopping) return;
    this.#logger.error({ code, sessions: this.#sessions.size }, 'media thread ended unexpectedly');
    const starting = this.#onReady;
    this.#onReady = undefined;
    const lost = [...this.#sessions.values()];
    this.#settleAll('the media thread has ended');
    if (starting) {
      starting(new Error(`the media thread did not start (code ${code})`));
      return;
    }
    // Calls in progress have lost their audio for good; new ones get a new thread.
    this.#restarts++;
    this.#restart = this.#clock.setTimer(RESTART_DELAY_MS, () => this.#spawn());
    for (const session of lost) session.lost();
  }

  #settleAll(reason: string): void {
    this.#spare.lost();
    this.#requests.failAll(reason);
    for (const session of this.#sessions.values()) session.settle(undefined);
    this.#sessions.clear();
    for (const recording of this.#recordings.values()) recording.fail(reason);
    this.#recordings.clear();
  }

  #hear(notice: Notice): void {
    switch (notice.is) {
      case 'ready':
        this.#onReady?.();
        this.#onReady = undefined;
        this.#spare.renew();
        return;
      case 'stopped':
        this.#onStopped?.();
        return;
      case 'log':
        this.#logger[notice.level](notice.facts, notice.message);
        return;
      case 'metrics':
        this.#metrics = notice.values;
        return;
      case 'opened':
        this.#requests.succeed(notice.session, { rtpPort: notice.rtpPort });
        return;
      case 'open-failed':
        this.#requests.fail(notice.session, notice.error);
        return;
      case 'stats':
        this.#requests.succeed(notice.request, notice.stats);
        return;
      case 'digits-sent':
        if (notice.error === undefined) this.#requests.succeed(notice.request, undefined);
        else this.#requests.fail(notice.request, notice.error);
        return;
      case 'recording':
        if (notice.error === undefined) this.#requests.succeed(notice.recording, undefined);
        else this.#requests.fail(notice.recording, notice.error);
        return;
      case 'recording-ended':
        this.#recordingEnded(notice.recording, notice.result);
        return;
      case 'play-ended':
        this.#sessions.get(notice.session)?.played(notice.playback, notice.end, notice.error);
        return;
      case 'digit':
        this.#sessions.get(notice.session)?.digit(notice.digit);
        return;
      case 'media-timeout':
        this.#sessions.get(notice.session)?.mediaTimeout();
        return;
      case 'first-packet':
        this.#sessions.get(notice.session)?.firstPacket();
        return;
      case 'closed':
        this.#sessions.get(notice.session)?.settle(notice.stats);
        this.#sessions.delete(notice.session);
        return;
    }
  }

  #recordingEnded(id: number, result: RecordingResult): void {
    this.#recordings.get(id)?.end(result);
    this.#recordings.delete(id);
  }
}

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** The thread waits for packets; a command has to be heard before the next one. */
function wake(fd: number): void {
  try {
    writeSync(fd, ONE);
  } catch {
    // Woken so often that the counter is full: it wakes.
  }
}

/** Descriptors that no runtime knows of are not closed by the end of their thread. */
function closeLeft(open: Uint8Array): void {
  for (let fd = open.indexOf(1); fd >= 0; fd = open.indexOf(1, fd + 1)) {
    open[fd] = 0;
    closeSync(fd);
  }
}
