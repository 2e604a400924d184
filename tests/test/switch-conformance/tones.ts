import assert from 'node:assert/strict';
import type { CallLeg } from '@yixian/contracts';
import { type BaresipPhone, toneAmplitude } from '../../src/peers/index.js';
import type { Bench } from './bench.js';
import { answeredCaller, heardAfterHangUp } from './scenes.js';

// Who hears whom, told by tones: every party says a frequency of its own, and what a phone heard is read as the sets of
// frequencies that followed one another.

/** Frequencies that are no multiples of one another and far apart. */
export const VOICES = [400, 550, 700, 850, 1000, 1150, 1300, 1550] as const;

export interface Party {
  phone: BaresipPhone;
  leg: CallLeg;
  hz: number;
}

/** Parties that have called the switch and were answered, each with its own tone. */
export async function parties(bench: Bench, count: number, codecs: readonly ('PCMA' | 'PCMU')[] = []): Promise<Party[]> {
  const made: Party[] = [];
  for (let i = 0; i < count; i++) {
    const [hz, codec] = [VOICES[i] ?? 0, codecs[i]];
    const { phone, leg } = await answeredCaller(bench, { user: `1380000000${i}`, toneHz: hz, ...(codec ? { codecs: [codec] } : {}) });
    made.push({ phone, leg, hz });
  }
  return made;
}

/** Rows of who hears whom, for `Conference.set`. */
export function matrix(rows: readonly (readonly [Party, readonly Party[]])[]): Map<CallLeg, readonly CallLeg[]> {
  return new Map(rows.map(([listener, heard]) => [listener.leg, heard.map(({ leg }) => leg)]));
}

/** Everybody hears everybody else. */
export function all(of: readonly Party[]): Map<CallLeg, readonly CallLeg[]> {
  return matrix(of.map((party) => [party, of.filter((other) => other !== party)]));
}

const WINDOW = 800; // 100 ms
/** A quarter of the level at which the phones speak. */
const HEARD = 0.06;
/** What lasts less is the change itself: a window that holds the end of one thing and the beginning of the next. */
const MIN_WINDOWS = 3;

/** The sets of tones that stood in the samples one after another, each for 300 ms at least; silence is the empty set. */
export function toneSets(samples: Int16Array, tones: readonly number[] = VOICES): string[] {
  const sets: { tones: string; windows: number }[] = [];
  for (let at = 0; at + WINDOW <= samples.length; at += WINDOW) {
    const window = samples.subarray(at, at + WINDOW);
    const now = tones.filter((hz) => toneAmplitude(window, hz) > HEARD).join('+');
    const last = sets.at(-1);
    if (last?.tones === now) last.windows++;
    else sets.push({ tones: now, windows: 1 });
  }
  const lasting = sets.filter(({ windows }) => windows >= MIN_WINDOWS).map((set) => set.tones);
  return lasting.filter((set, i) => set !== lasting[i - 1]);
}

/** Hangs up and checks what the party heard, set after set; silences between are left out unless asked for. */
export async function assertHeard(who: string, { phone, leg }: Party, expected: readonly (readonly Party[])[]): Promise<void> {
  const samples = await heardAfterHangUp(phone, leg);
  const sets = toneSets(samples).filter((set) => set !== '');
  const lasting = sets.filter((set, i) => set !== sets[i - 1]);
  const wanted = expected.map((heard) =>
    heard
      .map(({ hz }) => hz)
      .sort((a, b) => a - b)
      .join('+'),
  );
  assert.deepEqual(lasting, wanted, `${who} heard, in this order`);
}
