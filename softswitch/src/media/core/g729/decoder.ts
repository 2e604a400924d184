import { adaptiveVector, decodeFirstLag, decodeSecondLag, fixedVector, type Lag, MAX_LAG, PAST, sharpeningOf } from './excitation.js';
import { FRAME, HighPass, ORDER, SUBFRAME, Synthesis } from './filters.js';
import { parityOf, unpack } from './frame.js';
import { GainMemory, type Gains } from './gains.js';
import { LspMemory, lspToLpc } from './lsp.js';
import { Postfilter } from './postfilter.js';

/** ITU-T G.729 Annex A decoder in floating point: frames of ten octets in, 80 samples out. */
export class G729Decoder {
  readonly #lspMemory = new LspMemory();
  readonly #gainMemory = new GainMemory();
  readonly #excitation = new Float64Array(PAST + FRAME);
  readonly #synthesis = new Synthesis();
  readonly #postfilter = new Postfilter();
  readonly #highPass = new HighPass([0.93980581, -1.8795834, 0.93980581], [-1.9330735, 0.93589199]);
  readonly #lsf = Float64Array.from({ length: ORDER }, (_, j) => (Math.PI * (j + 1)) / (ORDER + 1));
  readonly #lsp = Float64Array.from(this.#lsf, Math.cos);
  readonly #a = [new Float64Array(ORDER + 1), new Float64Array(ORDER + 1)] as const;
  readonly #code = new Float64Array(SUBFRAME);
  readonly #speech = new Float64Array(FRAME);
  readonly #filtered = new Float64Array(FRAME);
  #mode = 0;
  #lag = 60;
  #sharpening = 0.2;
  #gains: Gains = { pitch: 0, code: 0 };
  #seed = 21845;

  /** Decodes the frame of ten octets at `at`. */
  decode(octets: Uint8Array, at: number, out: Int16Array, outAt: number): void {
    const p = unpack(octets, at);
    this.#mode = p.mode;
    this.#lspMemory.decode(p, this.#lsf);
    this.#predictors();
    this.#begin();
    const lags: number[] = [];
    // A wrong parity says that the lag cannot be believed: the last one goes on (§4.1.2).
    const sound = parityOf(p.subframes[0].lag) === p.parity;
    let first = 0;
    for (const [i, subframe] of p.subframes.entries()) {
      let lag: Lag;
      if (i === 0) {
        lag = sound ? decodeFirstLag(subframe.lag) : { whole: this.#lag, third: 0 };
        first = lag.whole;
      } else lag = decodeSecondLag(subframe.lag, first);
      lag = { ...lag, whole: Math.min(MAX_LAG, lag.whole) };
      fixedVector(subframe.pulses, subframe.signs, lag.whole, this.#sharpening, this.#code);
      this.#gains = this.#gainMemory.decode(subframe.gains, this.#code);
      this.#subframe(i as 0 | 1, lag);
      this.#sharpening = sharpeningOf(this.#gains.pitch);
      this.#lag = lag.whole;
      lags.push(lag.whole);
    }
    if (!sound) this.#lag = Math.min(MAX_LAG, this.#lag);
    this.#finish(lags, out, outAt);
  }

  /** In place of a frame that did not come (§4.4): the last one goes on, more and more quietly. */
  conceal(out: Int16Array, outAt: number): void {
    this.#lspMemory.conceal(this.#mode, this.#lsf);
    this.#predictors();
    this.#begin();
    const lags: number[] = [];
    for (const i of [0, 1] as const) {
      fixedVector(this.#random() & 0x1fff, this.#random() & 15, this.#lag, this.#sharpening, this.#code);
      this.#gainMemory.conceal();
      this.#gains = { pitch: Math.min(0.9, this.#gains.pitch * 0.9), code: this.#gains.code * 0.98 };
      this.#subframe(i, { whole: this.#lag, third: 0 });
      this.#sharpening = sharpeningOf(this.#gains.pitch);
      lags.push(this.#lag);
      this.#lag = Math.min(MAX_LAG, this.#lag + 1);
    }
    this.#finish(lags, out, outAt);
  }

  /** The first subframe's predictor lies half way between the frames (§3.2.5). */
  #predictors(): void {
    const now = Float64Array.from(this.#lsf, Math.cos);
    const middle = now.map((x, j) => 0.5 * (x + (this.#lsp[j] as number)));
    lspToLpc(middle, this.#a[0]);
    lspToLpc(now, this.#a[1]);
    this.#lsp.set(now);
  }

  #begin(): void {
    this.#excitation.copyWithin(0, FRAME);
  }

  #subframe(i: 0 | 1, lag: Lag): void {
    const at = PAST + i * SUBFRAME;
    adaptiveVector(this.#excitation, at, lag);
    const { pitch, code } = this.#gains;
    for (let n = 0; n < SUBFRAME; n++) {
      this.#excitation[at + n] = pitch * (this.#excitation[at + n] as number) + code * (this.#code[n] as number);
    }
    this.#synthesis.run(this.#a[i], this.#excitation, at, this.#speech, i * SUBFRAME, SUBFRAME);
  }

  #finish(lags: readonly number[], out: Int16Array, outAt: number): void {
    this.#postfilter.begin(this.#speech);
    this.#postfilter.subframe(0, this.#a[0], lags[0] ?? this.#lag, this.#filtered, 0);
    this.#postfilter.subframe(1, this.#a[1], lags[1] ?? this.#lag, this.#filtered, SUBFRAME);
    for (let n = 0; n < FRAME; n++) {
      // The coder halved its input (§3.1).
      const sample = Math.round(2 * this.#highPass.step(this.#filtered[n] as number));
      out[outAt + n] = Math.max(-32768, Math.min(32767, sample));
    }
  }

  #random(): number {
    this.#seed = (this.#seed * 31821 + 13849) & 0xffff;
    return this.#seed;
  }
}
