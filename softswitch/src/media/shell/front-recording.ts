import type { RecordingResult } from '@yixian/contracts';
import type { MediaRecording, MediaSession } from '../port.js';
import type { Command } from './protocol.js';

/** A recording as the signalling thread sees it. */
export class FrontRecording implements MediaRecording {
  readonly id: number;
  readonly finished: Promise<RecordingResult>;
  readonly #file: string;
  readonly #engine: { send(command: Command): void };
  readonly #startedAt = Date.now();
  #resolve: (result: RecordingResult) => void = () => undefined;

  constructor(id: number, file: string, engine: { send(command: Command): void }) {
    this.id = id;
    this.#file = file;
    this.#engine = engine;
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  setLeft(sessions: readonly MediaSession[]): void {
    this.#set('left', sessions);
  }

  setRight(sessions: readonly MediaSession[]): void {
    this.#set('right', sessions);
  }

  #set(channel: 'left' | 'right', sessions: readonly MediaSession[]): void {
    this.#engine.send({ do: 'set-channel', recording: this.id, channel, sessions: sessions.map((session) => session.id) });
  }

  pause(): void {
    this.#engine.send({ do: 'pause', recording: this.id, on: true });
  }

  resume(): void {
    this.#engine.send({ do: 'pause', recording: this.id, on: false });
  }

  stop(): void {
    this.#engine.send({ do: 'stop-record', recording: this.id });
  }

  end(result: RecordingResult): void {
    this.#resolve(result);
  }

  /** The media thread is gone: what it had written is in the file. */
  fail(error: string): void {
    this.#resolve({ file: this.#file, durationMs: 0, bytes: 0, startedAt: this.#startedAt, reason: 'failed', error });
  }
}
