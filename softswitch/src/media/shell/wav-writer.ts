import { close, open, write } from 'node:fs';
import { WAV_HEADER_LENGTH, wavHeader } from '../core/wav.js';
import { type AudioWriter, borrowChunk, CHUNK_BYTES, giveBack, MAX_QUEUED_BYTES } from './writer.js';

// Appends audio to a WAV file. The sizes in its header follow within a few writes, so that the file can be played whenever the
// program dies; what was written after them is found by the repair at the next start, which goes by the length of the file.

/** Writes (about one a second) after which the header follows: it costs as much as the audio itself. */
const HEADER_EVERY = 4;

interface Queued {
  chunk: Uint8Array;
  bytes: number;
}

export class WavWriter implements AudioWriter {
  readonly #fd: number;
  readonly #channels: 1 | 2;
  readonly #queue: Queued[] = [];
  #queuedBytes = 0;
  #written = 0;
  #busy = false;
  /** Writes that the header does not tell of yet. */
  #untold = 0;
  #closing: ((error: string | undefined, bytes: number) => void) | undefined;
  /** Why nothing can be written any more. */
  error: string | undefined;

  private constructor(fd: number, channels: 1 | 2) {
    this.#fd = fd;
    this.#channels = channels;
  }

  /** Makes the file, readable by its owner only. Rejects with the system's error. */
  static open(file: string, channels: 1 | 2): Promise<WavWriter> {
    return new Promise((resolve, reject) => {
      open(file, 'w', 0o600, (error, fd) => {
        if (error) return reject(error);
        const writer = new WavWriter(fd, channels);
        writer.#run({ chunk: wavHeader(channels, 0), bytes: 0 });
        resolve(writer);
      });
    });
  }

  /** A buffer to fill and give to `write`. */
  borrow(): Uint8Array {
    return borrowChunk();
  }

  write(chunk: Uint8Array, bytes: number): void {
    if (this.error !== undefined || bytes === 0) {
      giveBack(chunk);
      return;
    }
    if (this.#queuedBytes + bytes > MAX_QUEUED_BYTES) {
      this.error = 'the disk is too slow';
      giveBack(chunk);
      return;
    }
    this.#queuedBytes += bytes;
    if (this.#busy) this.#queue.push({ chunk, bytes });
    else this.#run({ chunk, bytes });
  }

  /** Calls back once everything is written, or has failed, with the bytes of audio in the file. */
  close(done: (error: string | undefined, bytes: number) => void): void {
    this.#closing = done;
    if (!this.#busy) this.#finish();
  }

  #run(next: Queued): void {
    this.#busy = true;
    this.#put(next.chunk, 0, next.bytes, WAV_HEADER_LENGTH + this.#written, () => {
      this.#written += next.bytes;
      this.#queuedBytes -= next.bytes;
      if (next.bytes > 0) giveBack(next.chunk);
      this.#untold += 1;
      // a short recording is told of at once: it may be all there is
      if (this.#untold >= HEADER_EVERY || this.#written <= HEADER_EVERY * CHUNK_BYTES) this.#tell(() => this.#next());
      else this.#next();
    });
  }

  #tell(done: () => void): void {
    this.#untold = 0;
    this.#put(wavHeader(this.#channels, this.#written), 0, WAV_HEADER_LENGTH, 0, done);
  }

  #next(): void {
    this.#busy = false;
    const next = this.error === undefined ? this.#queue.shift() : undefined;
    if (next) this.#run(next);
    else if (this.#closing) this.#finish();
  }

  /** Writes all of it, however the system splits it. */
  #put(b: Uint8Array, from: number, to: number, position: number, done: () => void): void {
    if (from >= to) {
      done();
      return;
    }
    write(this.#fd, b, from, to - from, position, (error, written) => {
      if (!error && written > 0) return this.#put(b, from + written, to, position + written, done);
      this.error ??= error ? `${error.code ?? 'error'}: ${error.message}` : 'the disk takes nothing more';
      this.#next();
    });
  }

  #finish(): void {
    this.#busy = true;
    if (this.#untold > 0 && this.error === undefined) {
      this.#tell(() => this.#finish());
      return;
    }
    const done = this.#closing;
    this.#closing = undefined;
    for (const { chunk } of this.#queue.splice(0)) giveBack(chunk);
    close(this.#fd, (error) => {
      if (error) this.error ??= error.message;
      done?.(this.error, this.#written);
    });
  }
}
