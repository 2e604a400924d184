import { ALAW_TO_LINEAR, ALAW_TO_ULAW, SILENCE, ULAW_TO_ALAW, ULAW_TO_LINEAR } from './g711.js';

// The last two seconds of a recording, as the octets that came: a packet is copied to its place and no more, samples are decoded
// when they are taken out to be written. What has been taken is silence again, so every gap is.

/** Power of two: 2.048 s. */
export const RING_FRAMES = 16384;
const MASK = RING_FRAMES - 1;

type Law = keyof typeof SILENCE;

/** The octet that fills gaps stands for exactly nothing; in A-law it would read as +8. */
const toSamples = (linear: Int16Array, silence: number): Int16Array => linear.map((sample, octet) => (octet === silence ? 0 : sample));
const SAMPLES: Readonly<Record<Law, Int16Array>> = {
  PCMA: toSamples(ALAW_TO_LINEAR, SILENCE.PCMA),
  PCMU: toSamples(ULAW_TO_LINEAR, SILENCE.PCMU),
};

class Channel {
  readonly octets = new Uint8Array(RING_FRAMES).fill(SILENCE.PCMA);
  law: Law = 'PCMA';
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

export class RecordingRing {
  readonly channels: 1 | 2;
  readonly #rings: readonly Channel[];
  /** First frame that has not been taken out. */
  #tail = 0;
  dropped = 0;

  constructor(channels: 1 | 2) {
    this.channels = channels;
    this.#rings = Array.from({ length: channels }, () => new Channel());
  }

  get tail(): number {
    return this.#tail;
  }

  /** Puts octets at a frame position of one channel; what lies outside the window is left out and counted. */
  put(channel: number, position: number, b: Uint8Array, start: number, length: number, law: Law): void {
    const ring = this.#rings[channel];
    if (!ring) return;
    const from = Math.max(position, this.#tail);
    const to = Math.min(position + length, this.#tail + RING_FRAMES);
    this.dropped += length - Math.max(0, to - from);
    const shift = start - position;
    const translation = ring.translation(law);
    const { octets } = ring;
    if (translation) for (let frame = from; frame < to; frame++) octets[frame & MASK] = translation[b[frame + shift] as number] as number;
    else for (let frame = from; frame < to; frame++) octets[frame & MASK] = b[frame + shift] as number;
  }

  /** Moves the frames before `until` into `into` as PCM16; returns how many bytes. At most what fits; `into` is aligned to 2. */
  take(until: number, into: Uint8Array): number {
    const unit = 2 * this.channels;
    const frames = Math.max(0, Math.min(until - this.#tail, Math.floor(into.length / unit), RING_FRAMES));
    // WAV is little-endian, as is every machine that Node runs media on.
    const samples = new Int16Array(into.buffer, into.byteOffset, frames * this.channels);
    this.#rings.forEach((ring, channel) => {
      decode(ring, this.#tail, frames, samples, channel, this.channels);
    });
    this.#tail += frames;
    return frames * unit;
  }
}

function decode({ octets, law }: Channel, tail: number, frames: number, into: Int16Array, channel: number, step: number): void {
  const linear = SAMPLES[law];
  let to = channel;
  for (let frame = tail, end = tail + frames; frame < end; frame++, to += step) into[to] = linear[octets[frame & MASK] as number] as number;
  const at = tail & MASK;
  octets.fill(SILENCE[law], at, Math.min(RING_FRAMES, at + frames));
  if (at + frames > RING_FRAMES) octets.fill(SILENCE[law], 0, at + frames - RING_FRAMES);
}
