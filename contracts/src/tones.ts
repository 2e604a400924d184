import type { ToneName } from './switch.js';

// Call progress tones of the Chinese network (GB/T 3380, YD/T 1522): 450 Hz in all of them, told apart by their rhythm.

export interface ToneRhythm {
  hz: number;
  onMs: number;
  offMs: number;
  /** Plays once and is over, unless a duration says otherwise. */
  once?: boolean;
}

export const TONE_RHYTHMS: Readonly<Record<Exclude<ToneName, 'silence'>, ToneRhythm>> = {
  ringback: { hz: 450, onMs: 1000, offMs: 4000 },
  busy: { hz: 450, onMs: 350, offMs: 350 },
  congestion: { hz: 450, onMs: 700, offMs: 700 },
  beep: { hz: 1000, onMs: 200, offMs: 0, once: true },
};
