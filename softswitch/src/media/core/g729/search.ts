import { adaptiveVector, type Lag, MAX_LAG, MIN_LAG, pulseIndex } from './excitation.js';
import { dot, SUBFRAME } from './filters.js';

// The coder's searches, in the reduced form of Annex A (§A.3.4, §A.3.7, §A.3.8).

/** The open-loop lag of a frame of weighted speech that begins at `at`, found on every second sample; short lags are preferred. */
export function openLoopLag(speech: Float64Array, at: number): number {
  const ranges = [
    [20, 39, 1],
    [40, 79, 1],
    [80, MAX_LAG, 2],
  ] as const;
  const [short, middle, long] = ranges.map(([from, to, step]) => {
    let best = { lag: from as number, value: Number.NEGATIVE_INFINITY };
    for (let lag: number = from; lag <= to; lag += step) best = better(best, lag, correlation(speech, at, lag));
    if (step === 2) {
      const rough = best.lag;
      for (const lag of [rough - 1, rough + 1]) if (lag <= MAX_LAG) best = better(best, lag, correlation(speech, at, lag));
    }
    return { lag: best.lag, value: best.value / Math.sqrt(energy(speech, at - best.lag) + 1e-2) };
  }) as [Found, Found, Found];
  // A multiple of a lag is no reason to believe the longer one.
  if (Math.abs(middle.lag * 2 - long.lag) < 5) middle.value += 0.25 * long.value;
  if (Math.abs(middle.lag * 3 - long.lag) < 7) middle.value += 0.25 * long.value;
  if (Math.abs(short.lag * 2 - middle.lag) < 5) short.value += 0.2 * middle.value;
  if (Math.abs(short.lag * 3 - middle.lag) < 7) short.value += 0.2 * middle.value;
  const shorter = short.value < middle.value ? middle : short;
  return shorter.value < long.value ? long.lag : shorter.lag;
}

interface Found {
  lag: number;
  value: number;
}

function better(best: Found, lag: number, value: number): Found {
  return value > best.value ? { lag, value } : best;
}

function correlation(x: Float64Array, at: number, lag: number): number {
  let s = 0;
  for (let n = 0; n < 2 * SUBFRAME; n += 2) s += (x[at + n] as number) * (x[at + n - lag] as number);
  return s;
}

function energy(x: Float64Array, at: number): number {
  return correlation(x, at, 0);
}

const backward = new Float64Array(SUBFRAME);
const candidate = new Float64Array(SUBFRAME);

/** d(n) = Σ target(i) · h(i − n): what a unit impulse at n is worth. */
export function backwardFilter(target: Float64Array, h: Float64Array, out: Float64Array): void {
  for (let n = 0; n < SUBFRAME; n++) {
    let s = 0;
    for (let i = n; i < SUBFRAME; i++) s += (target[i] as number) * (h[i - n] as number);
    out[n] = s;
  }
}

/** The lag whose past excitation is most like the target: whole samples first, then thirds where they can be told (§A.3.7). */
export function closedLoopLag(
  excitation: Float64Array,
  at: number,
  target: Float64Array,
  h: Float64Array,
  window: { from: number; to: number; thirdsBelow: number },
): Lag {
  backwardFilter(target, h, backward);
  let whole = window.from;
  let most = Number.NEGATIVE_INFINITY;
  for (let lag = window.from; lag <= window.to; lag++) {
    const value = dot(backward, 0, excitation, at - lag, SUBFRAME);
    if (value > most) [whole, most] = [lag, value];
  }
  if (whole >= window.thirdsBelow) return { whole, third: 0 };
  let best: Lag = { whole, third: 0 };
  most = Number.NEGATIVE_INFINITY;
  for (const third of [-1, 0, 1]) {
    // Short lags reach into the subframe itself, where the residual stands for what is not yet known.
    adaptiveVector(excitation, at, { whole, third }, candidate, 0);
    const value = dot(backward, 0, candidate, 0, SUBFRAME);
    if (value > most) [best, most] = [{ whole, third }, value];
  }
  return best;
}

/** Lags searched round the open-loop lag in the first subframe. */
export function firstWindow(openLoop: number): { from: number; to: number; thirdsBelow: number } {
  const from = Math.min(Math.max(openLoop - 3, MIN_LAG), MAX_LAG - 6);
  return { from, to: from + 6, thirdsBelow: 85 };
}

const d = new Float64Array(SUBFRAME);
const sign = new Float64Array(SUBFRAME);
const phi = new Float64Array(SUBFRAME * SUBFRAME);

/** Correlations of the filtered unit impulses, with the signs of the best pulses put in. */
function correlate(h: Float64Array): void {
  for (let i = 0; i < SUBFRAME; i++) {
    let s = 0;
    for (let k = 0; k < SUBFRAME - i; k++) {
      s += (h[k] as number) * (h[k + i] as number);
      const b = SUBFRAME - 1 - k;
      const a = b - i;
      const value = s * (sign[a] as number) * (sign[b] as number);
      phi[a * SUBFRAME + b] = value;
      phi[b * SUBFRAME + a] = value;
    }
  }
}

interface Pulses {
  positions: number[];
  value: number;
  energy: number;
}

const NO_PULSES: Pulses = { positions: [], value: 0, energy: 1 };

/** Two more pulses, one from each list, such that (Σd)² / energy is largest. */
function addPair(given: Pulses, first: readonly number[], second: readonly number[]): Pulses {
  let best = { a: first[0] as number, b: second[0] as number, value: 0, energy: 1 };
  let score = -1;
  for (const a of first) {
    let base = phi[a * SUBFRAME + a] as number;
    for (const p of given.positions) base += 2 * (phi[p * SUBFRAME + a] as number);
    for (const b of second) {
      let energyOfAll = (given.positions.length === 0 ? 0 : given.energy) + base + (phi[b * SUBFRAME + b] as number);
      energyOfAll += 2 * (phi[a * SUBFRAME + b] as number);
      for (const p of given.positions) energyOfAll += 2 * (phi[p * SUBFRAME + b] as number);
      const value = given.value + (d[a] as number) + (d[b] as number);
      if (value * value * Math.max(best.energy, 1e-9) <= score * energyOfAll) continue;
      best = { a, b, value, energy: energyOfAll };
      score = value * value;
    }
  }
  return { positions: [...given.positions, best.a, best.b], value: best.value, energy: best.energy };
}

const TRACKS: readonly (readonly number[])[] = [0, 1, 2, 3, 4].map((t) => Array.from({ length: 8 }, (_, i) => 5 * i + t));

function bestTwo(track: readonly number[]): number[] {
  return [...track].sort((a, b) => (d[b] as number) - (d[a] as number)).slice(0, 2);
}

/** Four pulses whose filtered sum is most like the target (§A.3.8): depth first, the last pulse on track 3 or 4. */
export function searchPulses(target: Float64Array, h: Float64Array): { index: number; signs: number } {
  backwardFilter(target, h, d);
  for (let n = 0; n < SUBFRAME; n++) {
    sign[n] = (d[n] as number) < 0 ? -1 : 1;
    d[n] = Math.abs(d[n] as number);
  }
  correlate(h);
  let best = NO_PULSES;
  for (const last of [3, 4]) {
    for (const order of [
      [2, last, 0, 1],
      [last, 0, 1, 2],
    ]) {
      const [a, b, c, e] = order.map((t) => TRACKS[t] as readonly number[]) as [readonly number[], ...(readonly number[])[]];
      const pair = addPair(NO_PULSES, bestTwo(a), b as readonly number[]);
      const found = addPair(pair, c as readonly number[], e as readonly number[]);
      if (found.value * found.value * best.energy > best.value * best.value * found.energy || best.positions.length === 0) best = found;
    }
  }
  const positions = [...best.positions].sort((x, y) => trackOf(x) - trackOf(y));
  const signs = positions.reduce((bits, p, i) => bits | ((sign[p] as number) > 0 ? 1 << i : 0), 0);
  return { index: pulseIndex(positions), signs };
}

function trackOf(position: number): number {
  return Math.min(3, position % 5);
}
