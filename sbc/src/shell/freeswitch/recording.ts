import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Logger, MediaRecording, MediaSession, RecordingResult, Timer } from '@yixian/contracts';
import {
  FRAME_BYTES,
  FRAME_MS,
  FRAME_SAMPLES,
  frameAt,
  frameOf,
  heldAt,
  isSilence,
  mixed,
  type Since,
  type Track,
  WAV_HEADER_BYTES,
  wavHeader,
  withGap,
} from '../../core/freeswitch/recording.js';
import { quoted } from '../../core/freeswitch/tones.js';
import type { FsMediaSession } from './media-session.js';

/** FreeSWITCH writes what a party says within so long. */
const LAG_MS = 400;
const TICK_MS = 200;
const SILENCE = new Int16Array(FRAME_SAMPLES);

export interface RecordingWish {
  file: string;
  channels: 1 | 2;
  left: FsMediaSession;
  right?: FsMediaSession;
  maxDurationMs?: number;
  endAfterSilenceMs?: number;
}

interface Voice {
  session: FsMediaSession;
  path: string;
  track: Track | undefined;
  file: FileHandle | undefined;
  bytes: number;
}

/** Puts a recording together from what FreeSWITCH writes of each party into the shared folder. */
export class FsRecording implements MediaRecording {
  readonly finished: Promise<RecordingResult>;
  readonly #wish: RecordingWish;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #out: FileHandle;
  readonly #startedAt: number;
  readonly #voices = new Map<FsMediaSession, Voice>();
  readonly #left: Since<readonly FsMediaSession[]>[] = [];
  readonly #right: Since<readonly FsMediaSession[]>[] = [];
  readonly #paused: Since<boolean>[] = [];
  readonly #resolve: (result: RecordingResult) => void;
  #timer: Timer | undefined;
  #frames = 0;
  #silentMs = 0;
  #end: { at: number; reason: RecordingResult['reason']; error?: string } | undefined;
  #busy = false;

  /** @throws Error that names the file when it cannot be written */
  static async start(wish: RecordingWish, clock: Clock, logger: Logger): Promise<FsRecording> {
    const out = await open(wish.file, 'w', 0o600);
    await out.write(wavHeader(wish.channels, 0), 0, WAV_HEADER_BYTES, 0);
    const recording = new FsRecording(wish, out, clock, logger);
    return recording;
  }

  private constructor(wish: RecordingWish, out: FileHandle, clock: Clock, logger: Logger) {
    this.#wish = wish;
    this.#out = out;
    this.#clock = clock;
    this.#logger = logger;
    this.#startedAt = clock.now();
    let resolved: (result: RecordingResult) => void = () => {};
    this.finished = new Promise((resolve) => {
      resolved = resolve;
    });
    this.#resolve = resolved;
    this.setLeft([wish.left]);
    if (wish.right) this.setRight([wish.right]);
    this.#arm();
  }

  #arm(): void {
    this.#timer = this.#clock.setTimer(TICK_MS, () => {
      void this.#tick();
    });
  }

  setLeft(sessions: readonly MediaSession[]): void {
    this.#left.push({ at: this.#clock.now(), value: this.#listenTo(sessions) });
  }

  setRight(sessions: readonly MediaSession[]): void {
    this.#right.push({ at: this.#clock.now(), value: this.#listenTo(sessions) });
  }

  pause(): void {
    this.#paused.push({ at: this.#clock.now(), value: true });
  }

  resume(): void {
    this.#paused.push({ at: this.#clock.now(), value: false });
  }

  stop(): void {
    this.#finishAt(this.#clock.now(), 'stopped');
  }

  #finishAt(at: number, reason: RecordingResult['reason'], error?: string): void {
    this.#end ??= { at, reason, ...(error === undefined ? {} : { error }) };
  }

  #listenTo(given: readonly MediaSession[]): readonly FsMediaSession[] {
    const sessions = given as readonly FsMediaSession[];
    for (const session of sessions) {
      if (this.#voices.has(session) || session.closed) continue;
      const { dir, name } = path.parse(this.#wish.file);
      const voice: Voice = {
        session,
        path: path.join(dir, `.${name}-${this.#voices.size}-${session.id}.r16`),
        track: undefined,
        file: undefined,
        bytes: 0,
      };
      this.#voices.set(session, voice);
      session.record(voice.path).then(
        () => {
          voice.track = { startedAt: this.#clock.now() };
        },
        (error: unknown) => this.#logger.warn({ file: this.#wish.file, error: String(error) }, 'a party is not recorded'),
      );
    }
    return sessions;
  }

  async #tick(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#write();
      if (this.#end && this.#timeOf(this.#frames) >= this.#end.at) {
        await this.#close(this.#end);
        return;
      }
    } catch (error) {
      this.#finishAt(this.#clock.now(), 'failed', String(error));
      await this.#close({ reason: 'failed', error: String(error) });
      return;
    } finally {
      this.#busy = false;
    }
    this.#arm();
  }

  #timeOf(frame: number): number {
    return this.#startedAt + frame * FRAME_MS;
  }

  async #write(): Promise<void> {
    const now = this.#clock.now();
    const { channels, maxDurationMs = Number.POSITIVE_INFINITY, endAfterSilenceMs } = this.#wish;
    if (now - this.#startedAt >= maxDurationMs) this.#finishAt(this.#startedAt + maxDurationMs, 'max-duration');
    if ([...this.#voices.keys()].every((s) => s.closed)) this.#finishAt(now, 'legs-ended');
    const until = Math.min(now - LAG_MS, this.#end?.at ?? Number.POSITIVE_INFINITY);
    for (const voice of this.#voices.values()) await this.#look(voice);
    const frames: Int16Array[] = [];
    while (this.#timeOf(this.#frames) < until) {
      const at = this.#timeOf(this.#frames);
      const silent = heldAt(this.#paused, at, false);
      const left = await this.#side(heldAt(this.#left, at, [this.#wish.left]), at, silent);
      const right = channels === 1 ? undefined : await this.#side(heldAt(this.#right, at, []), at, silent);
      frames.push(frameOf(right ? [left, right] : [left]));
      this.#frames++;
      this.#silentMs = isSilence(left) && (!right || isSilence(right)) ? this.#silentMs + FRAME_MS : 0;
      if (endAfterSilenceMs !== undefined && this.#silentMs >= endAfterSilenceMs) {
        this.#finishAt(this.#timeOf(this.#frames), 'silence');
        break;
      }
    }
    await this.#append(frames);
  }

  async #append(frames: readonly Int16Array[]): Promise<void> {
    if (frames.length === 0) return;
    const bytes = Buffer.concat(frames.map((f) => Buffer.from(f.buffer, f.byteOffset, f.byteLength)));
    const total = this.#frames * FRAME_BYTES * this.#wish.channels;
    await this.#out.write(bytes, 0, bytes.length, WAV_HEADER_BYTES + total - bytes.length);
    await this.#out.write(wavHeader(this.#wish.channels, total), 0, WAV_HEADER_BYTES, 0);
  }

  async #look(voice: Voice): Promise<void> {
    if (!voice.track) return;
    voice.file ??= await open(voice.path, 'r').catch(() => undefined);
    if (voice.file) voice.bytes = (await voice.file.stat()).size;
  }

  async #side(sessions: readonly FsMediaSession[], at: number, silent: boolean): Promise<Int16Array> {
    const voices: Int16Array[] = [];
    for (const session of sessions) {
      const voice = this.#voices.get(session);
      const samples = voice && (await this.#frame(voice, at));
      if (samples && !silent && !session.mutedAt(at)) voices.push(samples);
    }
    return voices.length === 0 ? SILENCE : mixed(voices);
  }

  async #frame(voice: Voice, at: number): Promise<Int16Array | undefined> {
    if (!voice.track || !voice.file) return undefined;
    const index = frameAt(voice.track, at);
    if (index === undefined) return undefined;
    if ((index + 1) * FRAME_BYTES > voice.bytes) {
      if (!voice.session.closed) voice.track = withGap(voice.track);
      return undefined;
    }
    const buffer = Buffer.alloc(FRAME_BYTES);
    await voice.file.read(buffer, 0, FRAME_BYTES, index * FRAME_BYTES);
    return new Int16Array(buffer.buffer, buffer.byteOffset, FRAME_SAMPLES);
  }

  async #close({ reason, error }: { reason: RecordingResult['reason']; error?: string }): Promise<void> {
    this.#timer?.cancel();
    const bytes = await this.#out.stat().then(
      (s) => s.size,
      () => 0,
    );
    await this.#out.close().catch(() => {});
    for (const { session, path: raw, file } of this.#voices.values()) {
      if (!session.closed) await session.stopRecording(raw).catch(() => {});
      await file?.close().catch(() => {});
      await rm(raw, { force: true }).catch(() => {});
    }
    this.#resolve({
      file: this.#wish.file,
      durationMs: this.#frames * FRAME_MS,
      bytes,
      startedAt: this.#startedAt,
      reason,
      ...(error === undefined ? {} : { error }),
    });
  }
}

export function checkPath(file: string): void {
  quoted(file);
}
