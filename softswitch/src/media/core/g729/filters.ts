// Filters of G.729, direct form, with the order and the names of ITU-T G.729 §3 and §4.

/** Order of the linear prediction. */
export const ORDER = 10;
export const FRAME = 80;
export const SUBFRAME = 40;

/** Second-order high-pass: b and a with a[0] = 1 left out. */
export class HighPass {
  readonly #b: readonly [number, number, number];
  readonly #a: readonly [number, number];
  #x1 = 0;
  #x2 = 0;
  #y1 = 0;
  #y2 = 0;

  constructor(b: readonly [number, number, number], a: readonly [number, number]) {
    this.#b = b;
    this.#a = a;
  }

  step(x: number): number {
    const [b0, b1, b2] = this.#b;
    const y = b0 * x + b1 * this.#x1 + b2 * this.#x2 - this.#a[0] * this.#y1 - this.#a[1] * this.#y2;
    this.#x2 = this.#x1;
    this.#x1 = x;
    this.#y2 = this.#y1;
    this.#y1 = y;
    return y;
  }
}

/** A(z): the prediction error of `x[at … at + length)`; ten samples before it are read. */
export function residual(a: Float64Array, x: Float64Array, at: number, out: Float64Array, outAt: number, length: number): void {
  for (let n = 0; n < length; n++) {
    let s = x[at + n] as number;
    for (let i = 1; i <= ORDER; i++) s += (a[i] as number) * (x[at + n - i] as number);
    out[outAt + n] = s;
  }
}

/** 1/A(z) with its memory (the last ten outputs, oldest first), which moves on unless `keep`. */
export class Synthesis {
  readonly memory = new Float64Array(ORDER);

  run(a: Float64Array, x: Float64Array, at: number, out: Float64Array, outAt: number, length: number, keep = false): void {
    const y = new Float64Array(ORDER + length);
    y.set(this.memory);
    for (let n = 0; n < length; n++) {
      let s = x[at + n] as number;
      for (let i = 1; i <= ORDER; i++) s -= (a[i] as number) * (y[ORDER + n - i] as number);
      y[ORDER + n] = s;
    }
    out.set(y.subarray(ORDER), outAt);
    if (!keep) this.memory.set(y.subarray(length));
  }
}

/** A(z/γ). */
export function weighted(a: Float64Array, gamma: number, out: Float64Array): void {
  let factor = 1;
  for (let i = 0; i <= ORDER; i++) {
    out[i] = (a[i] as number) * factor;
    factor *= gamma;
  }
}

/** Σ x·y of two stretches. */
export function dot(x: Float64Array, xAt: number, y: Float64Array, yAt: number, length: number): number {
  let s = 0;
  for (let n = 0; n < length; n++) s += (x[xAt + n] as number) * (y[yAt + n] as number);
  return s;
}
