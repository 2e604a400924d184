import { IllegalTransition } from '@yixian/contracts';
import type { CallPhase } from './types.js';

export type CallCause = 'offer' | 'answer' | 'bridge' | 'lapse' | 'end';

/** The table of the diagram above `CallPhase` in `types.ts`. */
export const CALL_TRANSITIONS: Readonly<Record<CallPhase, Readonly<Partial<Record<CallCause, CallPhase | 'gone'>>>>> = {
  waiting: { offer: 'offered', end: 'gone' },
  offered: { answer: 'connecting', lapse: 'waiting', end: 'gone' },
  connecting: { bridge: 'talking', lapse: 'waiting', end: 'gone' },
  talking: { end: 'gone' },
};

/** The same by `get`: a key that varies makes a property slow to look up. */
const LAWFUL = new Map(Object.entries(CALL_TRANSITIONS).map(([from, row]) => [from, new Map(Object.entries(row))]));

/** The one place that refuses a change of phase no diagram has. */
export function assertCallTransition(from: CallPhase, cause: CallCause, to: CallPhase | 'gone'): void {
  if (LAWFUL.get(from)?.get(cause) !== to) throw new IllegalTransition('queued call', from, `${cause} to ${to}`);
}
