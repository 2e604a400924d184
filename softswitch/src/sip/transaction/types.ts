import type { SipRequest, SipResponse } from '../parser/message.js';
import type { TimerName } from './timers.js';

// What goes into and comes out of the four machines of RFC 3261 §17. They send nothing themselves.

export type ClientInput =
  | { type: 'start' }
  | { type: 'response'; response: SipResponse }
  | { type: 'timer'; timer: TimerName }
  | { type: 'transport-error' };

export type ServerInput =
  /** A retransmission of the request. */
  | { type: 'request' }
  | { type: 'ack'; ack: SipRequest }
  /** From the transaction user. */
  | { type: 'respond'; response: SipResponse }
  | { type: 'timer'; timer: TimerName }
  | { type: 'transport-error' };

export type Effect =
  | { type: 'send-request' }
  /** ACK of a final response ≥ 300 (§17.1.1.3). */
  | { type: 'send-ack'; response: SipResponse }
  | { type: 'send-response'; response: SipResponse }
  | { type: 'start-timer'; timer: TimerName; ms: number }
  | { type: 'stop-timer'; timer: TimerName }
  /** To the transaction user. */
  | { type: 'pass-response'; response: SipResponse }
  | { type: 'pass-ack'; ack: SipRequest }
  /** No answer came in time (timers B, F), or no ACK (timer H). */
  | { type: 'timed-out' }
  | { type: 'transport-failed' }
  | { type: 'terminated' };

export interface Step<S> {
  readonly state: S;
  readonly effects: readonly Effect[];
}

export function to<S>(state: S, ...effects: Effect[]): Step<S> {
  return { state, effects };
}
