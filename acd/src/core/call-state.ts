import { IllegalTransition } from '@yixian/contracts';
import { ANOTHER, Lawful } from './lawful.js';
import type { CallPhase } from './types.js';

export type CallCause = 'offer' | 'answer' | 'bridge' | 'lapse' | 'end';

/** The table of the diagram above `CallPhase` in `types.ts`. */
export const CALL_TRANSITIONS: Readonly<Record<CallPhase, Readonly<Partial<Record<CallCause, CallPhase | 'gone'>>>>> = {
  waiting: { offer: 'offered', end: 'gone' },
  offered: { answer: 'connecting', lapse: 'waiting', end: 'gone' },
  connecting: { bridge: 'talking', lapse: 'waiting', end: 'gone' },
  talking: { end: 'gone' },
};

function numberOfPhase(phase: CallPhase | 'gone'): number {
  switch (phase) {
    case 'waiting':
      return 0;
    case 'offered':
      return 1;
    case 'connecting':
      return 2;
    case 'talking':
      return 3;
    case 'gone':
      return 4;
    default:
      return ANOTHER;
  }
}

function numberOfCause(cause: CallCause): number {
  switch (cause) {
    case 'offer':
      return 0;
    case 'answer':
      return 1;
    case 'bridge':
      return 2;
    case 'lapse':
      return 3;
    case 'end':
      return 4;
    default:
      return ANOTHER;
  }
}

const LAWFUL = new Lawful(CALL_TRANSITIONS, numberOfPhase, numberOfCause);

/** The one place that refuses a change of phase no diagram has. */
export function assertCallTransition(from: CallPhase, cause: CallCause, to: CallPhase | 'gone'): void {
  if (!LAWFUL.has(numberOfPhase(from), numberOfCause(cause), numberOfPhase(to)))
    throw new IllegalTransition('queued call', from, `${cause} to ${to}`);
}
