import { ALAW_TO_ULAW, SAMPLES, SILENCE, ULAW_TO_ALAW } from './g711.js';

// The last two seconds of a recording, as the octets that came: a packet is copied to its place and no more, samples are decoded
// when they are taken out to be written. What has been taken is silence again, so every gap is.

/** Power of two: 2.048 s. */
export const RING_FRAMES = 16384;
const MASK = RING_FRAMES - 1;

type Law = keyof typeof SILENCE;

/** The halves of a stereo frame as one little-endian word: left low, right high. */
const LEFT: Readonly<Record<Law, Int32Array>> = {
  PCMA: Int32Array.from(SAMPLES.PCMA, (sample) => sample & 0xffff),
  PCMU: Int32Array.from(SAMPLES.PCMU, (sample) => sample & 0xffff),
};
const RIGHT: Readonly<Record<Law, Int32Array>> = {
  PCMA: Int32Array.from(SAMPLES.PCMA, (sample) => sample << 16),
  PCMU: Int32Array.from(SAMPLES.PCMU, (sample) => sample << 16),
};

/** One voice of a channel: the octets of the parties that had it one after another. */
export class Track {
  readonly octets = new Uint8Array(RING_FRAMES).fill(SILENCE.PCMA);
  law: Law = 'PCMA';
  /** A party has it now. */
  taken = false;
  /** Behind the last frame put. */
  end = 0;
  #used = false;

  /** The first party decides the law; a later one of the other law is translated. */
  translation(law: Law): Uint8Array | undefined {
    if (!this.#used) {
      this.#used = true;
      this.law = law;
      this.octets.fill(SILENCE[law]);
    }
    if (law === this.law) return undefined;
    return law === 'PCMA' ? ALAW_TO_ULAW : ULAW_TO_ALAW;
  }
}

/** One or two channels; a channel with several voices has a track for each, and their sum when it is taken out. */
export class RecordingRing {
  readonly channels: 1 | 2;
  readonly #tracks: readonly Track[][];
  /** First frame that has not been taken out. */
  #tail = 0;
  dropped = 0;

  constructor(channels: 1 | 2) {
    this.channels = channels;
    this.#tracks = Array.from({ length: channels }, () => [new Track()]);
  }

  get tail(): number {
    return this.#tail;
  }

  /** A track for one more voice; to be given back with `release`. */
  track(channel: number): Track {
    const tracks = this.#tracks[Math.min(channel, this.channels - 1)] as Track[];
    let track = tracks.find((t) => !t.taken);
    if (!track) {
      track = new Track();
      tracks.push(track);
    }
    track.taken = true;
    return track;
  }

  /** What it holds is still taken out in its time. */
  release(track: Track): void {
    track.taken = false;
  }

  /** Puts octets at a frame position of a track; what lies outside the window is left out and counted. */
  put(track: Track, position: number, b: Uint8Array, start: number, length: number, law: Law): void {
    const from = Math.max(position, this.#tail);
    const frames = Math.max(0, Math.min(position + length, this.#tail + RING_FRAMES) - from) | 0;
    this.dropped += length - frames;
    if (from + frames > track.end) track.end = from + frames;
    copy(b, (start + from - position) | 0, frames, track.octets, from & MASK, track.translation(law));
  }

  /** Moves the frames before `until` into `into` as PCM16; returns how many bytes. At most what fits; `into` is aligned to 4. */
  take(until: number, into: Uint8Array): number {
    const unit = 2 * this.channels;
    const frames = Math.max(0, Math.min(until - this.#tail, Math.floor(into.length / unit), RING_FRAMES)) | 0;
    const [left, right] = this.#tracks;
    const at = this.#tail & MASK;
    // WAV is little-endian, as is every machine that Node runs media on.
    const several = this.#tracks.some((tracks) => tracks.length > 1);
    if (several) mixChannels(this.#tracks, at, new Int16Array(into.buffer, into.byteOffset, frames * this.channels));
    else if (left && right) decodeStereo(left[0] as Track, right[0] as Track, at, new Int32Array(into.buffer, into.byteOffset, frames));
    else decodeMono(left?.[0] as Track, at, new Int16Array(into.buffer, into.byteOffset, frames));
    this.#tail += frames;
    for (const tracks of this.#tracks) {
      for (const { octets, law } of tracks) {
        octets.fill(SILENCE[law], at, Math.min(RING_FRAMES, at + frames));
        if (at + frames > RING_FRAMES) octets.fill(SILENCE[law], 0, at + frames - RING_FRAMES);
      }
      if (several) this.#forget(tracks);
    }
    return frames * unit;
  }

  /** Tracks that nobody has and that hold nothing more; the last one stays. */
  #forget(tracks: Track[]): void {
    for (let i = tracks.length - 1; i >= 0 && tracks.length > 1; i--) {
      const track = tracks[i] as Track;
      if (!track.taken && track.end <= this.#tail) tracks.splice(i, 1);
    }
  }
}

// The loops run on whole numbers only: positions that the compiler takes for doubles made them several times slower.

function copy(b: Uint8Array, start: number, length: number, into: Uint8Array, at: number, translation: Uint8Array | undefined): void {
  if (translation) {
    for (let i = 0; i < length; i++) into[(at + i) & MASK] = translation[b[start + i] as number] as number;
    return;
  }
  const first = Math.min(length, RING_FRAMES - at);
  into.set(b.subarray(start, start + first), at);
  if (first < length) into.set(b.subarray(start + first, start + length), 0);
}

function decodeMono({ octets, law }: Track, at: number, into: Int16Array): void {
  const samples = SAMPLES[law];
  for (let i = 0; i < into.length; i++) into[i] = samples[octets[(at + i) & MASK] as number] as number;
}

function decodeStereo(left: Track, right: Track, at: number, into: Int32Array): void {
  const [low, high] = [LEFT[left.law], RIGHT[right.law]];
  const [a, b] = [left.octets, right.octets];
  for (let i = 0; i < into.length; i++) {
    const frame = (at + i) & MASK;
    into[i] = (low[a[frame] as number] as number) | (high[b[frame] as number] as number);
  }
}

const sums = new Int32Array(RING_FRAMES);

/** Interleaved; what is louder than full scale is clipped. */
function mixChannels(channels: readonly (readonly Track[])[], at: number, into: Int16Array): void {
  const stride = channels.length;
  const frames = (into.length / stride) | 0;
  channels.forEach((tracks, channel) => {
    sums.fill(0, 0, frames);
    for (const { octets, law } of tracks) {
      const samples = SAMPLES[law];
      for (let i = 0; i < frames; i++) sums[i] = (sums[i] as number) + (samples[octets[(at + i) & MASK] as number] as number);
    }
    for (let i = 0; i < frames; i++) into[i * stride + channel] = Math.max(-32768, Math.min(32767, sums[i] as number));
  });
}
