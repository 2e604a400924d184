import type { RecordingResult } from '@yixian/contracts';
import { ALAW_TO_LINEAR, ULAW_TO_LINEAR } from '../core/g711.js';
import { RecordingRing, type Track } from '../core/recording-ring.js';
import type { RtpHeader } from '../core/rtp.js';
import { REORDER_SAMPLES, StreamTimeline } from '../core/timeline.js';
import { WAV_HEADER_LENGTH } from '../core/wav.js';
import type { Law } from '../port.js';
import type { MediaEnvironment } from './environment.js';
import type { Tap } from './leg.js';
import type { RecordSettings } from './protocol.js';
import type { AudioWriter } from './writer.js';

const FRAMES_PER_MS = 8;
const WRITE_EVERY_MS = 1000;
/** Mean magnitude of a packet above which somebody speaks: about -46 dBm0. */
const VOICE_LEVEL = 130;

/** One party's way into a recording. */
export class VoiceTap implements Tap {
  readonly track: Track;
  readonly #recording: Recording;
  readonly #timeline = new StreamTimeline();

  constructor(recording: Recording, track: Track) {
    this.#recording = recording;
    this.track = track;
  }

  hear(h: RtpHeader, b: Uint8Array, codec: Law, now: number): void {
    const position = this.#timeline.place(h.ssrc, h.sequence, h.timestamp, this.#recording.frameAt(now));
    this.#recording.put(this.track, position, b, h.payloadOffset, h.payloadLength, codec, now);
  }
}

/** A running recording: all parties on one time line that began with it. */
export class Recording {
  readonly id: number;
  readonly settings: RecordSettings;
  readonly #env: MediaEnvironment;
  readonly #ring: RecordingRing;
  readonly #writer: AudioWriter;
  readonly #startedAt: number;
  readonly #start: number;
  readonly #frameLimit: number;
  readonly #ended: (result: RecordingResult) => void;
  #nextWriteAt: number;
  #lastVoiceAt: number;
  #paused = false;
  #over = false;

  constructor(id: number, settings: RecordSettings, env: MediaEnvironment, writer: AudioWriter, ended: (result: RecordingResult) => void) {
    this.id = id;
    this.settings = settings;
    this.#env = env;
    this.#writer = writer;
    this.#ended = ended;
    this.#ring = new RecordingRing(settings.channels);
    this.#start = env.now();
    this.#startedAt = env.wallClock();
    this.#lastVoiceAt = this.#start;
    this.#frameLimit = settings.maxDurationMs === undefined ? Number.POSITIVE_INFINITY : settings.maxDurationMs * FRAMES_PER_MS;
    // The first write after a random part of the interval staggers the recordings.
    this.#nextWriteAt = this.#start + WRITE_EVERY_MS * (0.5 + env.random32() / 0x2_0000_0000);
  }

  get over(): boolean {
    return this.#over;
  }

  frameAt(now: number): number {
    return Math.floor((now - this.#start) * FRAMES_PER_MS);
  }

  /** One more voice on a channel. */
  tap(channel: number): VoiceTap {
    return new VoiceTap(this, this.#ring.track(channel));
  }

  untap(tap: VoiceTap): void {
    this.#ring.release(tap.track);
  }

  put(track: Track, position: number, b: Uint8Array, offset: number, length: number, codec: Law, now: number): void {
    if (this.#paused || this.#over) return;
    this.#ring.put(track, position, b, offset, length, codec);
    if (this.settings.endAfterSilenceMs !== undefined && isVoice(b, offset, length, codec)) this.#lastVoiceAt = now;
  }

  pause(on: boolean, now: number): void {
    // Silence that was asked for does not end the recording.
    if (this.#paused && !on) this.#lastVoiceAt = now;
    this.#paused = on;
  }

  /** Once every 20 ms or so. */
  housekeep(now: number): void {
    if (this.#over) return;
    if (this.#writer.error !== undefined) {
      this.finish('failed', now);
      return;
    }
    if (this.frameAt(now) >= this.#frameLimit) {
      this.finish('max-duration', now);
      return;
    }
    const silence = this.settings.endAfterSilenceMs;
    if (silence !== undefined && !this.#paused && now - this.#lastVoiceAt >= silence) {
      this.finish('silence', now);
      return;
    }
    if (now < this.#nextWriteAt) return;
    this.#nextWriteAt = Math.max(this.#nextWriteAt + WRITE_EVERY_MS, now);
    this.#writeUntil(this.frameAt(now) - REORDER_SAMPLES);
  }

  /** Writes what is there, closes the file and reports. */
  finish(reason: RecordingResult['reason'], now: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#writeUntil(this.frameAt(now));
    const { file } = this.settings;
    this.#writer.close((error, bytes) => {
      const durationMs = Math.round(bytes / (2 * this.#ring.channels) / FRAMES_PER_MS);
      const base = { file, durationMs, bytes: bytes + WAV_HEADER_LENGTH, startedAt: this.#startedAt };
      if (error === undefined) return this.#ended({ ...base, reason });
      this.#env.counters.recordingFailures++;
      this.#ended({ ...base, reason: 'failed', error });
    });
  }

  #writeUntil(frame: number): void {
    const until = Math.min(frame, this.#frameLimit);
    while (this.#ring.tail < until && this.#writer.error === undefined) {
      const chunk = this.#writer.borrow();
      const bytes = this.#ring.take(until, chunk);
      this.#env.counters.recordingBytes += bytes;
      this.#writer.write(chunk, bytes);
    }
  }
}

function isVoice(b: Uint8Array, offset: number, length: number, codec: Law): boolean {
  const linear = codec === 'PCMA' ? ALAW_TO_LINEAR : ULAW_TO_LINEAR;
  let sum = 0;
  // Every sample: a stride would not hear a tone whose period it divides.
  for (let i = offset; i < offset + length; i++) sum += Math.abs(linear[b[i] as number] as number);
  return sum > VOICE_LEVEL * length;
}
