import { ORDER } from './filters.js';
import { LSP_STAGE_1, LSP_STAGE_2, MA_PREDICTOR } from './tables.js';

// Line spectral pairs (§3.2.3 to §3.2.6): cosines as `lsp`, angles in radians as `lsf`.

const HALF = ORDER / 2;
const HISTORY = 4;
const GAP_FIRST = 10 / 8192;
const GAP_SECOND = 5 / 8192;
const GAP_STABLE = 321 / 8192;
const LOWEST = 40 / 8192;
const HIGHEST = 25681 / 8192;

/** Part of a predicted LSF that is not predicted: 1 − Σ of the predictor, by predictor and coefficient. */
const UNPREDICTED = new Float64Array(2 * ORDER);
for (let mode = 0; mode < 2; mode++) {
  for (let j = 0; j < ORDER; j++) {
    let sum = 0;
    for (let k = 0; k < HISTORY; k++) sum += predictor(mode, k, j);
    UNPREDICTED[mode * ORDER + j] = 1 - sum;
  }
}

function predictor(mode: number, k: number, j: number): number {
  return MA_PREDICTOR[(mode * HISTORY + k) * ORDER + j] as number;
}

/** What the quantizer transmits: predictor, first stage, lower and upper half of the second. */
export interface LspIndices {
  mode: number;
  first: number;
  lower: number;
  upper: number;
}

function polynomial(lsp: Float64Array, from: number, f: Float64Array): void {
  f[0] = 1;
  f[1] = -2 * (lsp[from] as number);
  for (let i = 2; i <= HALF; i++) {
    const b = -2 * (lsp[from + 2 * (i - 1)] as number);
    f[i] = b * (f[i - 1] as number) + 2 * (f[i - 2] as number);
    for (let j = i - 1; j > 1; j--) f[j] = (f[j] as number) + b * (f[j - 1] as number) + (f[j - 2] as number);
    f[1] = (f[1] as number) + b;
  }
}

const f1 = new Float64Array(HALF + 1);
const f2 = new Float64Array(HALF + 1);

/** LSP → A(z), a[0] = 1 (§3.2.6). */
export function lspToLpc(lsp: Float64Array, a: Float64Array): void {
  polynomial(lsp, 0, f1);
  polynomial(lsp, 1, f2);
  for (let i = HALF; i > 0; i--) {
    f1[i] = (f1[i] as number) + (f1[i - 1] as number);
    f2[i] = (f2[i] as number) - (f2[i - 1] as number);
  }
  a[0] = 1;
  for (let i = 1; i <= HALF; i++) {
    a[i] = 0.5 * ((f1[i] as number) + (f2[i] as number));
    a[ORDER + 1 - i] = 0.5 * ((f1[i] as number) - (f2[i] as number));
  }
}

const GRID = 60;
const BISECTIONS = 8;

function chebyshev(x: number, f: Float64Array): number {
  let b2 = 1;
  let b1 = 2 * x + (f[1] as number);
  for (let i = 2; i < HALF; i++) {
    const b0 = 2 * x * b1 - b2 + (f[i] as number);
    b2 = b1;
    b1 = b0;
  }
  return x * b1 - b2 + 0.5 * (f[HALF] as number);
}

/** A(z) → LSP by sign changes on a grid (§3.2.3). @returns false when not all ten roots were found; `lsp` is left as it was then */
export function lpcToLsp(a: Float64Array, lsp: Float64Array): boolean {
  f1[0] = 1;
  f2[0] = 1;
  for (let i = 0; i < HALF; i++) {
    f1[i + 1] = (a[i + 1] as number) + (a[ORDER - i] as number) - (f1[i] as number);
    f2[i + 1] = (a[i + 1] as number) - (a[ORDER - i] as number) + (f2[i] as number);
  }
  const roots = new Float64Array(ORDER);
  let found = 0;
  let f = f1;
  let high = 1;
  let atHigh = chebyshev(high, f);
  for (let k = 1; k <= GRID && found < ORDER; k++) {
    const low = Math.cos((Math.PI * k) / GRID);
    let atLow = chebyshev(low, f);
    // A root may be followed by one of the other polynomial before the next point of the grid.
    while (atLow * atHigh <= 0 && found < ORDER) {
      let [left, right, atRight] = [low, high, atHigh];
      for (let i = 0; i < BISECTIONS; i++) {
        const middle = 0.5 * (left + right);
        const value = chebyshev(middle, f);
        if (value * atRight <= 0) left = middle;
        else [right, atRight] = [middle, value];
      }
      const root = 0.5 * (left + right);
      roots[found++] = root;
      f = f === f1 ? f2 : f1;
      high = root;
      atHigh = chebyshev(root, f);
      atLow = chebyshev(low, f);
    }
    high = low;
    atHigh = atLow;
  }
  if (found < ORDER) return false;
  lsp.set(roots);
  return true;
}

function spread(lsf: Float64Array, from: number, to: number, gap: number): void {
  for (let j = from; j < to; j++) {
    const excess = ((lsf[j - 1] as number) - (lsf[j] as number) + gap) / 2;
    if (excess <= 0) continue;
    lsf[j - 1] = (lsf[j - 1] as number) - excess;
    lsf[j] = (lsf[j] as number) + excess;
  }
}

function stabilize(lsf: Float64Array): void {
  for (let j = 0; j < ORDER - 1; j++) {
    const [a, b] = [lsf[j] as number, lsf[j + 1] as number];
    if (b < a) [lsf[j], lsf[j + 1]] = [b, a];
  }
  lsf[0] = Math.max(lsf[0] as number, LOWEST);
  for (let j = 0; j < ORDER - 1; j++) lsf[j + 1] = Math.max(lsf[j + 1] as number, (lsf[j] as number) + GAP_STABLE);
  lsf[ORDER - 1] = Math.min(lsf[ORDER - 1] as number, HIGHEST);
}

/** The moving-average memory both ends keep in step (§3.2.4). */
export class LspMemory {
  /** The last four quantizer outputs, the newest first. */
  readonly #past: Float64Array[] = Array.from({ length: HISTORY }, () =>
    Float64Array.from({ length: ORDER }, (_, j) => (Math.PI * (j + 1)) / (ORDER + 1)),
  );

  /** What the predictor says, to be added to the unpredicted part. */
  predicted(mode: number, j: number): number {
    let s = 0;
    for (let k = 0; k < HISTORY; k++) s += predictor(mode, k, j) * (this.#past[k]?.[j] as number);
    return s;
  }

  push(output: Float64Array): void {
    const oldest = this.#past.pop() as Float64Array;
    oldest.set(output);
    this.#past.unshift(oldest);
  }

  /** Indices → quantized LSF; the memory moves on. */
  decode({ mode, first, lower, upper }: LspIndices, lsf: Float64Array): void {
    const output = new Float64Array(ORDER);
    for (let j = 0; j < ORDER; j++) {
      const second = j < HALF ? lower : upper;
      output[j] = (LSP_STAGE_1[first * ORDER + j] as number) + (LSP_STAGE_2[second * ORDER + j] as number);
    }
    spread(output, 1, ORDER, GAP_FIRST);
    spread(output, 1, ORDER, GAP_SECOND);
    for (let j = 0; j < ORDER; j++) lsf[j] = (output[j] as number) * (UNPREDICTED[mode * ORDER + j] as number) + this.predicted(mode, j);
    this.push(output);
    stabilize(lsf);
  }

  /** A lost frame keeps the last LSF; the memory is what would have led to it (§4.4.1). */
  conceal(mode: number, lsf: Float64Array): void {
    const output = new Float64Array(ORDER);
    for (let j = 0; j < ORDER; j++) output[j] = ((lsf[j] as number) - this.predicted(mode, j)) / (UNPREDICTED[mode * ORDER + j] as number);
    this.push(output);
  }

  /** The nearest quantizer output to these LSF, close ones weighing more (§3.2.4); the memory stays. */
  search(lsf: Float64Array): LspIndices {
    const weights = weightsOf(lsf);
    let best: LspIndices = { mode: 0, first: 0, lower: 0, upper: 0 };
    let least = Number.POSITIVE_INFINITY;
    for (let mode = 0; mode < 2; mode++) {
      const target = new Float64Array(ORDER);
      for (let j = 0; j < ORDER; j++) {
        target[j] = ((lsf[j] as number) - this.predicted(mode, j)) / (UNPREDICTED[mode * ORDER + j] as number);
      }
      const found = nearest(target, weights, mode);
      if (found.distance < least) {
        least = found.distance;
        best = { mode, first: found.first, lower: found.lower, upper: found.upper };
      }
    }
    return best;
  }
}

const LOW_EDGE = 0.04 * Math.PI;
const HIGH_EDGE = 0.92 * Math.PI;

function weightsOf(lsf: Float64Array): Float64Array {
  const weights = new Float64Array(ORDER);
  for (let j = 0; j < ORDER; j++) {
    const below = j === 0 ? LOW_EDGE : (lsf[j - 1] as number);
    const above = j === ORDER - 1 ? HIGH_EDGE : (lsf[j + 1] as number);
    const room = above - below - 1;
    weights[j] = room > 0 ? 1 : 10 * room * room + 1;
  }
  weights[4] = (weights[4] as number) * 1.2;
  weights[5] = (weights[5] as number) * 1.2;
  return weights;
}

function nearest(
  target: Float64Array,
  weights: Float64Array,
  mode: number,
): { first: number; lower: number; upper: number; distance: number } {
  let first = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 128; i++) {
    let distance = 0;
    for (let j = 0; j < ORDER; j++) distance += ((target[j] as number) - (LSP_STAGE_1[i * ORDER + j] as number)) ** 2;
    if (distance < least) [first, least] = [i, distance];
  }
  const half = (from: number): number => {
    let chosen = 0;
    let nearestYet = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 32; i++) {
      let distance = 0;
      for (let j = from; j < from + HALF; j++) {
        const error = (target[j] as number) - (LSP_STAGE_1[first * ORDER + j] as number) - (LSP_STAGE_2[i * ORDER + j] as number);
        distance += (weights[j] as number) * error * error;
      }
      if (distance < nearestYet) [chosen, nearestYet] = [i, distance];
    }
    return chosen;
  };
  const [lower, upper] = [half(0), half(HALF)];
  const output = new Float64Array(ORDER);
  for (let j = 0; j < ORDER; j++) {
    output[j] = (LSP_STAGE_1[first * ORDER + j] as number) + (LSP_STAGE_2[(j < HALF ? lower : upper) * ORDER + j] as number);
  }
  spread(output, 1, ORDER, GAP_FIRST);
  spread(output, 1, ORDER, GAP_SECOND);
  let distance = 0;
  for (let j = 0; j < ORDER; j++) {
    const error = ((output[j] as number) - (target[j] as number)) * (UNPREDICTED[mode * ORDER + j] as number);
    distance += (weights[j] as number) * error * error;
  }
  return { first, lower, upper, distance };
}
