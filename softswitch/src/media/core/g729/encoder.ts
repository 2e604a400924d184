import { predict, WINDOW } from './analysis.js';
import {
  adaptiveVector,
  encodeFirstLag,
  encodeSecondLag,
  fixedVector,
  type Lag,
  MAX_LAG,
  PAST,
  secondLagFrom,
  sharpen,
  sharpeningOf,
} from './excitation.js';
import { dot, FRAME, HighPass, ORDER, residual, SUBFRAME, Synthesis, weighted } from './filters.js';
import { pack, parityOf, type Subframe } from './frame.js';
import { GainMemory } from './gains.js';
import { LspMemory, lpcToLsp, lspToLpc } from './lsp.js';
import { closedLoopLag, firstWindow, openLoopLag, searchPulses } from './search.js';

const AHEAD = 40;
/** Where the frame to code begins in the buffer of speech. */
const NOW = WINDOW - FRAME - AHEAD;
const WEIGHTING = 0.75;
const WEIGHTED_TILT = 0.7;
const MOST_PITCH_GAIN = 1.2;
/** A long train of large gains would let an error at the decoder grow without end (§3.10, taming). */
const TAMED_PITCH_GAIN = 0.9999;
const LARGEST_ERROR = 60_000;

/** ITU-T G.729 Annex A coder in floating point: 80 samples in, ten octets out, 15 ms later than they came. */
export class G729Encoder {
  readonly #lspMemory = new LspMemory();
  readonly #gainMemory = new GainMemory();
  readonly #highPass = new HighPass([0.46363718, -0.92724705, 0.46363718], [-1.9059465, 0.9114024]);
  readonly #speech = new Float64Array(WINDOW);
  readonly #weightedSpeech = new Float64Array(MAX_LAG + FRAME);
  readonly #excitation = new Float64Array(PAST + FRAME);
  readonly #openLoopFilter = new Synthesis();
  readonly #targetFilter = new Synthesis();
  readonly #a = Float64Array.from({ length: ORDER + 1 }, (_, i) => (i === 0 ? 1 : 0));
  readonly #lsp = Float64Array.from({ length: ORDER }, (_, j) => Math.cos((Math.PI * (j + 1)) / (ORDER + 1)));
  readonly #quantized = this.#lsp.slice();
  #sharpening = 0.2;
  /** How large an error of the decoder may have grown by now, by the gains of the last lags. */
  #error = 1;

  /** Codes 80 samples into ten octets. */
  encode(samples: Int16Array, at: number, out: Uint8Array, outAt: number): void {
    this.#speech.copyWithin(0, FRAME);
    for (let n = 0; n < FRAME; n++) this.#speech[WINDOW - FRAME + n] = this.#highPass.step(samples[at + n] as number);
    predict(this.#speech, 0, this.#a);
    lpcToLsp(this.#a, this.#lsp);
    const indices = this.#lspMemory.search(Float64Array.from(this.#lsp, Math.acos));
    const [first, second] = this.#predictors(indices);
    this.#weightedSpeech.copyWithin(0, FRAME);
    this.#excitation.copyWithin(0, FRAME);
    this.#weight(0, first);
    this.#weight(1, second);
    const openLoop = openLoopLag(this.#weightedSpeech, MAX_LAG);
    const one = this.#subframe(0, first, firstWindow(openLoop));
    const from = secondLagFrom(one.lag.whole);
    const two = this.#subframe(1, second, { from, to: from + 9, thirdsBelow: MAX_LAG + 1 });
    const lag = encodeFirstLag(one.lag);
    const subframes: [Subframe, Subframe] = [
      { ...one.rest, lag },
      { ...two.rest, lag: encodeSecondLag(two.lag, one.lag.whole) },
    ];
    pack({ ...indices, parity: parityOf(lag), subframes }, out, outAt);
  }

  /** Quantizes as the decoder will see it, and interpolates (§3.2.5). */
  #predictors(indices: Parameters<LspMemory['decode']>[0]): [Float64Array, Float64Array] {
    const lsf = new Float64Array(ORDER);
    this.#lspMemory.decode(indices, lsf);
    const now = Float64Array.from(lsf, Math.cos);
    const middle = now.map((x, j) => 0.5 * (x + (this.#quantized[j] as number)));
    this.#quantized.set(now);
    const [first, second] = [new Float64Array(ORDER + 1), new Float64Array(ORDER + 1)];
    lspToLpc(middle, first);
    lspToLpc(now, second);
    return [first, second];
  }

  /** Weighted speech for the open-loop search (§A.3.3); the residual stays in the excitation until it is known. */
  #weight(i: 0 | 1, a: Float64Array): void {
    const poles = new Float64Array(ORDER + 1);
    weighted(a, WEIGHTING, poles);
    const tilted = poles.map((x, k) => (k === 0 ? x : x - WEIGHTED_TILT * (poles[k - 1] as number)));
    const at = PAST + i * SUBFRAME;
    residual(a, this.#speech, NOW + i * SUBFRAME, this.#excitation, at, SUBFRAME);
    this.#openLoopFilter.run(tilted, this.#excitation, at, this.#weightedSpeech, MAX_LAG + i * SUBFRAME, SUBFRAME);
  }

  #subframe(
    i: 0 | 1,
    a: Float64Array,
    window: { from: number; to: number; thirdsBelow: number },
  ): { lag: Lag; rest: Omit<Subframe, 'lag'> } {
    const at = PAST + i * SUBFRAME;
    const poles = new Float64Array(ORDER + 1);
    weighted(a, WEIGHTING, poles);
    const h = new Float64Array(SUBFRAME);
    const impulse = new Float64Array(SUBFRAME);
    impulse[0] = 1;
    new Synthesis().run(poles, impulse, 0, h, 0, SUBFRAME);
    const target = new Float64Array(SUBFRAME);
    this.#targetFilter.run(poles, this.#excitation, at, target, 0, SUBFRAME, true);

    const lag = closedLoopLag(this.#excitation, at, target, h, window);
    adaptiveVector(this.#excitation, at, lag);
    const y = convolve(this.#excitation, at, h);
    const tamed = this.#error > LARGEST_ERROR;
    const limit = tamed ? 0.94 : MOST_PITCH_GAIN;
    const pitchGain = Math.min(limit, Math.max(0, dot(target, 0, y, 0, SUBFRAME) / (dot(y, 0, y, 0, SUBFRAME) + 1e-2)));

    const rest = target.map((x, n) => x - pitchGain * (y[n] as number));
    const sharp = h.slice();
    sharpen(sharp, lag.whole, this.#sharpening);
    const { index, signs } = searchPulses(rest, sharp);
    const code = new Float64Array(SUBFRAME);
    fixedVector(index, signs, lag.whole, this.#sharpening, code);
    const z = convolve(code, 0, h);
    const gainIndex = this.#gainMemory.search(target, y, z, code, tamed ? TAMED_PITCH_GAIN : Number.POSITIVE_INFINITY);
    const gains = this.#gainMemory.decode(gainIndex, code);
    for (let n = 0; n < SUBFRAME; n++) {
      this.#excitation[at + n] = gains.pitch * (this.#excitation[at + n] as number) + gains.code * (code[n] as number);
    }
    // What the quantized excitation leaves of the target is where the next target begins (§3.10).
    for (let k = 0; k < ORDER; k++) {
      const n = SUBFRAME - ORDER + k;
      this.#targetFilter.memory[k] = (target[n] as number) - gains.pitch * (y[n] as number) - gains.code * (z[n] as number);
    }
    this.#sharpening = sharpeningOf(gains.pitch);
    this.#error = Math.min(1e9, Math.max(1, 1 + this.#error * gains.pitch * (lag.whole < SUBFRAME ? gains.pitch : 1)));
    return { lag, rest: { pulses: index, signs, gains: gainIndex } };
  }
}

function convolve(x: Float64Array, at: number, h: Float64Array): Float64Array {
  const y = new Float64Array(SUBFRAME);
  for (let n = 0; n < SUBFRAME; n++) {
    let s = 0;
    for (let i = 0; i <= n; i++) s += (x[at + i] as number) * (h[n - i] as number);
    y[n] = s;
  }
  return y;
}
