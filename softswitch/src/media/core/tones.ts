import type { ToneName } from '@yixian/contracts';

// Call progress tones of the Chinese network (GB/T 3380, YD/T 1522): 450 Hz in all of them, told apart by their rhythm.

const RATE = 8000;
/** -10 dBm0. */
const AMPLITUDE = 7300;
/** Edges of 4 ms keep a tone from clicking. */
const EDGE = 32;

interface Rhythm {
  hz: number;
  onMs: number;
  offMs: number;
  /** Plays once and is over, unless a duration says otherwise. */
  once?: boolean;
}

const RHYTHMS: Readonly<Record<Exclude<ToneName, 'silence'>, Rhythm>> = {
  ringback: { hz: 450, onMs: 1000, offMs: 4000 },
  busy: { hz: 450, onMs: 350, offMs: 350 },
  congestion: { hz: 450, onMs: 700, offMs: 700 },
  beep: { hz: 1000, onMs: 200, offMs: 0, once: true },
};

/** One period of a tone, linear. */
export function tonePeriod(tone: ToneName): Int16Array {
  if (tone === 'silence') return new Int16Array(RATE);
  const { hz, onMs, offMs } = RHYTHMS[tone];
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
  const rhythm = tone === 'silence' ? undefined : RHYTHMS[tone];
  return rhythm?.once ? (rhythm.onMs * RATE) / 1000 : Number.POSITIVE_INFINITY;
};
