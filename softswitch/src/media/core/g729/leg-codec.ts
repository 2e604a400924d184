import { encodeAlaw, SAMPLES } from '../g711.js';
import { RTP_HEADER_LENGTH } from '../rtp.js';
import { G729Decoder } from './decoder.js';
import { G729Encoder } from './encoder.js';
import { FRAME } from './filters.js';
import { FRAME_OCTETS } from './frame.js';

/** Frames of one packet at most: 160 ms, as with G.711. */
const MOST_FRAMES = 16;
/** A gap of more packets is not loss but a pause. */
const LARGEST_GAP = 10;
/** Silence descriptor of Annex B, which we never ask for and some send all the same (RFC 3551 §4.5.6). */
const SID_OCTETS = 2;

const samples = new Int16Array(FRAME);

/**
 * A leg's G.729 at the border of the switch: inside it is A-law, so that prompts, mixes, recordings and tone detectors know one kind
 * of audio. Packets of two such legs in a bridge pass through as they came.
 */
export class G729LegCodec {
  #decoder = new G729Decoder();
  readonly #encoder = new G729Encoder();
  readonly #pending = new Int16Array((MOST_FRAMES + 1) * FRAME);
  #waiting = 0;
  #ssrc: number | undefined;
  #sequence = 0;

  /**
   * A received payload as a packet of its own: room for a header, and A-law.
   * @returns `silent` for a silence descriptor alone, undefined for what is late, twice, or no G.729
   */
  open(octets: Uint8Array, at: number, length: number, ssrc: number, sequence: number): Uint8Array | 'silent' | undefined {
    const frames = Math.floor(length / FRAME_OCTETS);
    const rest = length % FRAME_OCTETS;
    if ((rest !== 0 && rest !== SID_OCTETS) || frames > MOST_FRAMES || length === 0) return undefined;
    if (!this.#inOrder(ssrc, sequence, frames)) return undefined;
    if (frames === 0) return 'silent';
    const packet = new Uint8Array(RTP_HEADER_LENGTH + frames * FRAME);
    for (let i = 0; i < frames; i++) {
      this.#decoder.decode(octets, at + i * FRAME_OCTETS, samples, 0);
      const start = RTP_HEADER_LENGTH + i * FRAME;
      for (let n = 0; n < FRAME; n++) packet[start + n] = encodeAlaw(samples[n] as number);
    }
    return packet;
  }

  /** Lost packets move the decoder on, so that what comes after them fits. */
  #inOrder(ssrc: number, sequence: number, frames: number): boolean {
    if (ssrc !== this.#ssrc) {
      if (this.#ssrc !== undefined) this.#decoder = new G729Decoder();
      this.#ssrc = ssrc;
      this.#sequence = sequence;
      return true;
    }
    const step = (sequence - this.#sequence) & 0xffff;
    if (step === 0 || step >= 0x8000) return false;
    this.#sequence = sequence;
    if (step > 1 && step <= LARGEST_GAP) {
      for (let i = 0; i < Math.min(MOST_FRAMES, (step - 1) * Math.max(1, frames)); i++) this.#decoder.conceal(samples, 0);
    }
    return true;
  }

  /** A packet with A-law from `start` to `end`, header first, as one with G.729. Undefined until 10 ms are there. */
  close(packet: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const octets = Math.min(end - start - RTP_HEADER_LENGTH, MOST_FRAMES * FRAME);
    for (let n = 0; n < octets; n++) {
      this.#pending[this.#waiting + n] = SAMPLES.PCMA[packet[start + RTP_HEADER_LENGTH + n] as number] as number;
    }
    this.#waiting += octets;
    const frames = Math.floor(this.#waiting / FRAME);
    if (frames === 0) return undefined;
    const out = new Uint8Array(RTP_HEADER_LENGTH + frames * FRAME_OCTETS);
    out.set(packet.subarray(start, start + RTP_HEADER_LENGTH));
    for (let i = 0; i < frames; i++) this.#encoder.encode(this.#pending, i * FRAME, out, RTP_HEADER_LENGTH + i * FRAME_OCTETS);
    this.#pending.copyWithin(0, frames * FRAME, this.#waiting);
    this.#waiting -= frames * FRAME;
    return out;
  }
}
