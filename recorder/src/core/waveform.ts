// The outline of a recording: the loudest sample of every stretch, channel by channel.

/** Gathers peaks while PCM16 passes by in pieces of any length. */
export class PeakMeter {
  readonly peaks: Uint8Array[];
  readonly #channels: number;
  readonly #framesPerPoint: number;
  readonly #points: number;
  /** A sample whose second byte comes with the next piece. */
  #half: number | undefined;
  #sample = 0;

  constructor(channels: number, frames: number, points: number) {
    this.#channels = channels;
    this.#points = points;
    this.#framesPerPoint = Math.max(1, frames / points);
    this.peaks = Array.from({ length: channels }, () => new Uint8Array(points));
  }

  /** Little-endian samples, the channels in turn. */
  take(bytes: Uint8Array): void {
    let at = 0;
    if (this.#half !== undefined && bytes.length > 0) {
      this.#put(this.#half | ((bytes[0] ?? 0) << 8));
      this.#half = undefined;
      at = 1;
    }
    for (; at + 1 < bytes.length; at += 2) this.#put((bytes[at] as number) | ((bytes[at + 1] as number) << 8));
    if (at < bytes.length) this.#half = bytes[at];
  }

  #put(word: number): void {
    const value = word >= 0x8000 ? 0x10000 - word : word;
    const channel = this.#sample % this.#channels;
    const frame = (this.#sample - channel) / this.#channels;
    const point = Math.min(this.#points - 1, Math.floor(frame / this.#framesPerPoint));
    const peaks = this.peaks[channel] as Uint8Array;
    const level = Math.min(255, Math.ceil(value / 128));
    if (level > (peaks[point] as number)) peaks[point] = level;
    this.#sample += 1;
  }
}

/** Peaks of fewer or as many points, 0–1. */
export function resample(peaks: Uint8Array, points: number): number[] {
  const count = Math.min(points, peaks.length);
  return Array.from({ length: count }, (_, n) => {
    const part = peaks.subarray(Math.floor((n * peaks.length) / count), Math.max(Math.floor(((n + 1) * peaks.length) / count), 1));
    return Math.round((Math.max(...part) / 255) * 1000) / 1000;
  });
}
