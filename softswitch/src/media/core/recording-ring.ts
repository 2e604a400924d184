// The last two seconds of a recording, as the PCM16 frames that the file will hold. Packets are decoded straight into their
// place; what is older than the reordering window is taken out and zeroed, so that every gap is silence.

/** Power of two: 2.048 s. */
export const RING_FRAMES = 16384;
const MASK = RING_FRAMES - 1;

export class RecordingRing {
  readonly channels: 1 | 2;
  readonly #samples: Int16Array;
  /** First frame that has not been taken out. */
  #tail = 0;
  dropped = 0;

  constructor(channels: 1 | 2) {
    this.channels = channels;
    this.#samples = new Int16Array(RING_FRAMES * channels);
  }

  get tail(): number {
    return this.#tail;
  }

  /** Puts decoded octets at a frame position of one channel; what lies outside the window is left out and counted. */
  put(channel: number, position: number, octets: Uint8Array, start: number, length: number, linear: Int16Array): void {
    const from = Math.max(position, this.#tail);
    const to = Math.min(position + length, this.#tail + RING_FRAMES);
    this.dropped += length - Math.max(0, to - from);
    const shift = start - position;
    const samples = this.#samples;
    const step = this.channels;
    let at = (from & MASK) * step + channel;
    const size = samples.length;
    for (let frame = from; frame < to; frame++) {
      samples[at] = linear[octets[frame + shift] as number] as number;
      at += step;
      if (at >= size) at -= size;
    }
  }

  /** Moves the frames before `until` into `into` (little-endian bytes); returns how many bytes. At most what fits. */
  take(until: number, into: Uint8Array): number {
    const fit = Math.floor(into.length / (2 * this.channels));
    const frames = Math.max(0, Math.min(until - this.#tail, fit, RING_FRAMES));
    const bytes = new Uint8Array(this.#samples.buffer);
    const unit = 2 * this.channels;
    let done = 0;
    while (done < frames) {
      const at = (this.#tail + done) & MASK;
      const n = Math.min(frames - done, RING_FRAMES - at);
      into.set(bytes.subarray(at * unit, (at + n) * unit), done * unit);
      this.#samples.fill(0, at * this.channels, (at + n) * this.channels);
      done += n;
    }
    this.#tail += frames;
    return frames * unit;
  }
}
