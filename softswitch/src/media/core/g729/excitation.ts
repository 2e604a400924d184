import { SUBFRAME } from './filters.js';
import { INTERPOLATION } from './tables.js';

// What drives the synthesis filter: the past excitation at a fractional lag, and four pulses (§3.7, §3.8).

export const MIN_LAG = 20;
export const MAX_LAG = 143;
/** Past excitation both ends keep: the longest lag and the interpolation filter. */
export const PAST = MAX_LAG + 11;

/** Lag in whole samples and thirds (−1, 0, 1). */
export interface Lag {
  whole: number;
  third: number;
}

/** Window of the second subframe's lag round the first's (§3.7). */
export function secondLagFrom(first: number): number {
  return Math.min(Math.max(first - 5, MIN_LAG), MAX_LAG - 9);
}

export function decodeFirstLag(index: number): Lag {
  if (index >= 197) return { whole: index - 112, third: 0 };
  const whole = Math.floor((index + 2) / 3) + 19;
  return { whole, third: index - 3 * whole + 58 };
}

export function encodeFirstLag({ whole, third }: Lag): number {
  return whole <= 85 ? whole * 3 - 58 + third : whole + 112;
}

export function decodeSecondLag(index: number, first: number): Lag {
  const step = Math.floor((index + 2) / 3) - 1;
  return { whole: secondLagFrom(first) + step, third: index - 2 - 3 * step };
}

export function encodeSecondLag({ whole, third }: Lag, first: number): number {
  return (whole - secondLagFrom(first)) * 3 + 2 + third;
}

/** The adaptive-codebook vector, written at `at` in the excitation itself: short lags repeat what has just been written (§3.7.1). */
export function adaptiveVector(
  excitation: Float64Array,
  at: number,
  { whole, third }: Lag,
  out: Float64Array = excitation,
  outAt = at,
): void {
  let start = at - whole;
  let phase = -third;
  if (phase < 0) {
    phase += 3;
    start--;
  }
  for (let n = 0; n < SUBFRAME; n++) {
    let s = 0;
    for (let i = 0; i < 10; i++) {
      s += (excitation[start + n - i] as number) * (INTERPOLATION[phase + 3 * i] as number);
      s += (excitation[start + n + 1 + i] as number) * (INTERPOLATION[3 - phase + 3 * i] as number);
    }
    out[outAt + n] = s;
  }
}

/** Positions of the four pulses of a 13-bit index: tracks 0, 1, 2 and 3 or 4 (§3.8, table 7). */
export function pulsePositions(index: number): readonly [number, number, number, number] {
  const last = (index >> 9) & 15;
  return [(index & 7) * 5, ((index >> 3) & 7) * 5 + 1, ((index >> 6) & 7) * 5 + 2, (last >> 1) * 5 + 3 + (last & 1)];
}

export function pulseIndex(positions: readonly number[]): number {
  const [a = 0, b = 0, c = 0, d = 0] = positions.map((p) => Math.floor(p / 5));
  const last = (positions[3] ?? 0) % 5 === 4 ? 1 : 0;
  return a | (b << 3) | (c << 6) | ((d * 2 + last) << 9);
}

/** The fixed-codebook vector, sharpened with the pitch where the lag is shorter than a subframe (§3.8). */
export function fixedVector(index: number, signs: number, lag: number, sharpening: number, out: Float64Array): void {
  out.fill(0);
  for (const [i, position] of pulsePositions(index).entries()) {
    out[position] = (out[position] as number) + ((signs >> i) & 1 ? 1 : -1);
  }
  sharpen(out, lag, sharpening);
}

export function sharpen(x: Float64Array, lag: number, sharpening: number): void {
  for (let n = lag; n < SUBFRAME; n++) x[n] = (x[n] as number) + sharpening * (x[n - lag] as number);
}

/** Bounds of the sharpening: the last adaptive gain (§3.8). */
export function sharpeningOf(gain: number): number {
  return Math.min(0.7945, Math.max(0.2, gain));
}
