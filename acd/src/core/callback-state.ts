import { IllegalTransition } from '@yixian/contracts';

/**
 * A callback. A test compares this picture with the table below it.
 *
 *   resting ──line-up──▶ in-line ──dial──▶ calling ──answer──▶ gone
 *   calling ──fail──▶ resting
 *   calling ──return──▶ in-line         the agent's leg failed while the number rang: no try is lost
 *   resting ──end──▶ gone
 *   in-line ──end──▶ gone
 *   in-line ──rest──▶ resting           the queue closes
 *   calling ──end──▶ gone               cancelled, or the last try failed
 *
 *  resting  not tried before `notBefore`, or until the queue opens
 *  in-line  has its place in the queue, among the callers
 *  calling  the number rings; agent-first with the agent listening, caller-first with nobody reserved
 */
export type CallbackPhase = 'resting' | 'in-line' | 'calling';

export type CallbackCause = 'line-up' | 'dial' | 'answer' | 'fail' | 'return' | 'rest' | 'end';

export const CALLBACK_TRANSITIONS: Readonly<Record<CallbackPhase, Readonly<Partial<Record<CallbackCause, CallbackPhase | 'gone'>>>>> = {
  resting: { 'line-up': 'in-line', end: 'gone' },
  'in-line': { dial: 'calling', rest: 'resting', end: 'gone' },
  calling: { answer: 'gone', fail: 'resting', return: 'in-line', end: 'gone' },
};

/** The one place that refuses a change of phase no diagram has. */
export function assertCallbackTransition(from: CallbackPhase, cause: CallbackCause, to: CallbackPhase | 'gone'): void {
  if (CALLBACK_TRANSITIONS[from][cause] !== to) throw new IllegalTransition('callback', from, `${cause} to ${to}`);
}
