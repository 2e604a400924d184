import type { AudioSink, FromSink, ToSink } from '@yixian/contracts';
import { type AudioWriter, borrowChunk, giveBack, MAX_QUEUED_BYTES } from './writer.js';

/** Hands the audio of a recording on to whoever keeps it; what that costs is not this thread's. */
export class SinkWriter implements AudioWriter {
  readonly #sink: AudioSink;
  #sent = 0;
  #kept = 0;
  #over = false;
  #closing: ((error: string | undefined, bytes: number) => void) | undefined;
  error: string | undefined;

  constructor(sink: AudioSink) {
    this.#sink = sink;
    sink.on('message', (answer: FromSink) => this.#hear(answer));
    sink.on('close', () => this.#end('who keeps the audio has gone'));
  }

  borrow(): Uint8Array {
    return borrowChunk();
  }

  write(chunk: Uint8Array, bytes: number): void {
    if (this.#sent - this.#kept + bytes > MAX_QUEUED_BYTES) this.error ??= 'the disk is too slow';
    if (this.error === undefined && bytes > 0) {
      const piece = chunk.slice(0, bytes);
      this.#sent += bytes;
      this.#sink.postMessage(piece satisfies ToSink, [piece.buffer]);
    }
    giveBack(chunk);
  }

  close(done: (error: string | undefined, bytes: number) => void): void {
    this.#closing = done;
    if (this.#over) this.#end(undefined);
    else this.#sink.postMessage('end' satisfies ToSink);
  }

  #hear(answer: FromSink): void {
    if (answer.is === 'kept') this.#kept = answer.bytes;
    else this.#end(answer.is === 'failed' ? answer.error : undefined);
  }

  #end(error: string | undefined): void {
    if (!this.#over) this.error ??= error;
    this.#over = true;
    const done = this.#closing;
    if (!done) return;
    this.#closing = undefined;
    this.#sink.close();
    done(this.error, this.#kept);
  }
}
