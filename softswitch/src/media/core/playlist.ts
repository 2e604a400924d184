/** Octets of a codec, repeated as long as `samples` asks. */
export interface Clip {
  octets: Uint8Array;
  samples: number;
}

/** Reads a list of clips as one run of octets. */
export class Playlist {
  readonly #clips: readonly Clip[];
  readonly #loop: boolean;
  readonly #silence: number;
  #index = 0;
  #position = 0;

  constructor(clips: readonly Clip[], loop: boolean, silence: number) {
    this.#clips = clips.filter((clip) => clip.samples > 0 && clip.octets.length > 0);
    this.#loop = loop;
    this.#silence = silence;
  }

  get finished(): boolean {
    return this.#index >= this.#clips.length;
  }

  /** Fills `length` octets at `at`, the rest with silence once the list has ended. */
  read(into: Uint8Array, at: number, length: number): void {
    const end = at + length;
    let to = at;
    while (to < end) {
      const clip = this.#clips[this.#index];
      if (!clip) {
        into.fill(this.#silence, to, end);
        return;
      }
      const from = this.#position % clip.octets.length;
      const n = Math.min(end - to, clip.octets.length - from, clip.samples - this.#position);
      into.set(clip.octets.subarray(from, from + n), to);
      to += n;
      this.#move(clip, n);
    }
  }

  /** Passes over `samples` without reading them. */
  skip(samples: number): void {
    let left = samples;
    while (left > 0) {
      const clip = this.#clips[this.#index];
      if (!clip) return;
      const n = Math.min(left, clip.samples - this.#position);
      left -= n;
      this.#move(clip, n);
    }
  }

  #move(clip: Clip, n: number): void {
    this.#position += n;
    if (this.#position < clip.samples) return;
    this.#position = 0;
    this.#index++;
    if (this.#loop && this.finished && this.#clips.length > 0) this.#index = 0;
  }
}
