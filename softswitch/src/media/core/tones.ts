import { TONE_RHYTHMS, type ToneName } from '@yixian/contracts';

const RATE = 8000;
/** -10 dBm0. */
const AMPLITUDE = 7300;
/** Edges of 4 ms keep a tone from clicking. */
const EDGE = 32;

/** One period of a tone, linear. */
export function tonePeriod(tone: ToneName): Int16Array {
  if (tone === 'silence') return new Int16Array(RATE);
  const { hz, onMs, offMs } = TONE_RHYTHMS[tone];
  const on = (onMs * RATE) / 1000;
  const samples = new Int16Array(on + (offMs * RATE) / 1000);
  for (let i = 0; i < on; i++) {
    const edge = Math.min(1, i / EDGE, (on - 1 - i) / EDGE);
    samples[i] = Math.round(AMPLITUDE * edge * Math.sin((2 * Math.PI * hz * i) / RATE));
  }
  return samples;
}

/** How long a tone sounds when nobody says: a beep once, all others without end. */
export const toneSamples = (tone: ToneName, durationMs: number | undefined): number => {
  if (durationMs !== undefined) return Math.round((durationMs * RATE) / 1000);
  const rhythm = tone === 'silence' ? undefined : TONE_RHYTHMS[tone];
  return rhythm?.once ? (rhythm.onMs * RATE) / 1000 : Number.POSITIVE_INFINITY;
};
