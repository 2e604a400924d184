import { ORDER } from './filters.js';

// Linear prediction of a windowed stretch of speech (§3.2.1, §3.2.2).

/** Window: 120 samples of the past, the frame, and 40 ahead. */
export const WINDOW = 240;

const WINDOWING = Float64Array.from({ length: WINDOW }, (_, n) =>
  n < 200 ? 0.54 - 0.46 * Math.cos((2 * Math.PI * n) / 399) : Math.cos((2 * Math.PI * (n - 200)) / 159),
);
/** 60 Hz of bandwidth expansion, and white noise 40 dB down. */
const LAG_WINDOW = Float64Array.from({ length: ORDER + 1 }, (_, k) =>
  k === 0 ? 1.0001 : Math.exp(-0.5 * ((2 * Math.PI * 60 * k) / 8000) ** 2),
);

const windowed = new Float64Array(WINDOW);
const r = new Float64Array(ORDER + 1);
const previous = new Float64Array(ORDER + 1);

/** Levinson and Durbin on the autocorrelation of the window that begins at `at`; `a` keeps its values when the recursion is unstable. */
export function predict(speech: Float64Array, at: number, a: Float64Array): void {
  for (let n = 0; n < WINDOW; n++) windowed[n] = (speech[at + n] as number) * (WINDOWING[n] as number);
  for (let k = 0; k <= ORDER; k++) {
    let s = 0;
    for (let n = k; n < WINDOW; n++) s += (windowed[n] as number) * (windowed[n - k] as number);
    r[k] = s;
  }
  r[0] = Math.max(1, r[0] as number);
  for (let k = 0; k <= ORDER; k++) r[k] = (r[k] as number) * (LAG_WINDOW[k] as number);
  levinson(a);
}

const fresh = new Float64Array(ORDER + 1);

function levinson(a: Float64Array): void {
  fresh.fill(0);
  fresh[0] = 1;
  let error = r[0] as number;
  for (let i = 1; i <= ORDER; i++) {
    let s = r[i] as number;
    for (let j = 1; j < i; j++) s += (fresh[j] as number) * (r[i - j] as number);
    const k = -s / error;
    if (Math.abs(k) >= 0.9999) return;
    previous.set(fresh);
    for (let j = 1; j < i; j++) fresh[j] = (previous[j] as number) + k * (previous[i - j] as number);
    fresh[i] = k;
    error *= 1 - k * k;
  }
  a.set(fresh);
}
