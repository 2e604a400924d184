import { MAX_LAG, MIN_LAG } from './excitation.js';
import { dot, FRAME, ORDER, residual, SUBFRAME, Synthesis, weighted } from './filters.js';

// The simplified postfilter of Annex A (§A.4.2): long-term, short-term, tilt, and gain control, a subframe at a time.

const ZEROS = 0.55;
const POLES = 0.7;
const LONG_TERM = 0.5;
const TILT = 0.8;
const RESPONSE = 22;
const AGC = 0.9;

export class Postfilter {
  /** Synthesized speech with the ten samples before this frame. */
  readonly #speech = new Float64Array(ORDER + FRAME);
  readonly #residual = new Float64Array(MAX_LAG + SUBFRAME);
  readonly #zeros = new Float64Array(ORDER + 1);
  readonly #poles = new Float64Array(ORDER + 1);
  readonly #synthesis = new Synthesis();
  readonly #response = new Float64Array(ORDER + RESPONSE);
  #tiltMemory = 0;
  #gain = 1;

  /** Takes a frame of synthesized speech; its subframes are then filtered one by one. */
  begin(speech: Float64Array): void {
    this.#speech.copyWithin(0, FRAME);
    this.#speech.set(speech.subarray(0, FRAME), ORDER);
  }

  /** Filters one subframe with its predictor and its lag. */
  subframe(index: 0 | 1, a: Float64Array, lag: number, out: Float64Array, outAt: number): void {
    const at = ORDER + index * SUBFRAME;
    weighted(a, ZEROS, this.#zeros);
    weighted(a, POLES, this.#poles);
    this.#residual.copyWithin(0, SUBFRAME);
    residual(this.#zeros, this.#speech, at, this.#residual, MAX_LAG, SUBFRAME);
    const filtered = new Float64Array(SUBFRAME);
    this.#longTerm(lag, filtered);
    this.#compensateTilt(filtered);
    this.#synthesis.run(this.#poles, filtered, 0, filtered, 0, SUBFRAME);
    this.#control(dot(this.#speech, at, this.#speech, at, SUBFRAME), filtered, out, outAt);
  }

  #longTerm(lag: number, out: Float64Array): void {
    const r = this.#residual;
    let best = 0;
    let delay = 0;
    const from = Math.max(MIN_LAG, Math.min(lag, MAX_LAG - 3) - 3);
    for (let t = from; t <= Math.min(from + 6, MAX_LAG); t++) {
      const c = dot(r, MAX_LAG, r, MAX_LAG - t, SUBFRAME);
      if (c > best) [best, delay] = [c, t];
    }
    const energy = delay === 0 ? 0 : dot(r, MAX_LAG - delay, r, MAX_LAG - delay, SUBFRAME);
    const own = dot(r, MAX_LAG, r, MAX_LAG, SUBFRAME);
    // Less than 3 dB of prediction gain: not voiced.
    const voiced = energy > 0 && best * best >= 0.5 * energy * own;
    const gain = voiced ? LONG_TERM * Math.min(1, best / energy) : 0;
    const scale = 1 / (1 + gain);
    for (let n = 0; n < SUBFRAME; n++) {
      const delayed = gain === 0 ? 0 : gain * (r[MAX_LAG + n - delay] as number);
      out[n] = scale * ((r[MAX_LAG + n] as number) + delayed);
    }
  }

  #compensateTilt(x: Float64Array): void {
    const h = this.#response;
    h.fill(0);
    for (let n = 0; n < RESPONSE; n++) {
      let s = n <= ORDER ? (this.#zeros[n] as number) : 0;
      for (let i = 1; i <= ORDER; i++) s -= (this.#poles[i] as number) * (h[ORDER + n - i] as number);
      h[ORDER + n] = s;
    }
    const r0 = dot(h, ORDER, h, ORDER, RESPONSE);
    const r1 = dot(h, ORDER, h, ORDER + 1, RESPONSE - 1);
    const tilt = r1 > 0 && r0 > 0 ? (TILT * r1) / r0 : 0;
    let before = this.#tiltMemory;
    this.#tiltMemory = x[SUBFRAME - 1] as number;
    for (let n = 0; n < SUBFRAME; n++) {
      const now = x[n] as number;
      x[n] = now - tilt * before;
      before = now;
    }
  }

  #control(energyBefore: number, x: Float64Array, out: Float64Array, outAt: number): void {
    const energyAfter = dot(x, 0, x, 0, SUBFRAME);
    const target = energyAfter > 0 && energyBefore > 0 ? Math.sqrt(energyBefore / energyAfter) : 0;
    for (let n = 0; n < SUBFRAME; n++) {
      this.#gain = AGC * this.#gain + (1 - AGC) * target;
      out[outAt + n] = this.#gain * (x[n] as number);
    }
  }
}
