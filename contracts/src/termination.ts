/** Who ended it. */
export type TerminationParty = 'caller' | 'called' | 'agent' | 'supervisor' | 'system' | 'network';

/** Why it ended: one taxonomy for call records, metrics and SIP responses. */
export type TerminationReason =
  | 'normal'
  | 'cancelled'
  | 'withdrawn'
  | 'answered-elsewhere'
  | 'busy'
  | 'no-answer'
  | 'declined'
  | 'not-registered'
  /** A mobile that is switched off or out of coverage (Q.850 20 from a trunk). */
  | 'switched-off'
  | 'unknown-number'
  | 'forbidden'
  | 'unauthorized'
  | 'trunk-full'
  | 'rate-limited'
  | 'no-common-codec'
  | 'invalid-request'
  | 'media-timeout'
  | 'media-failure'
  | 'session-expired'
  | 'no-ack'
  | 'no-response'
  | 'transport-failure'
  | 'switch-failure'
  | 'storage-failure'
  | 'flow-ended'
  | 'flow-failure'
  | 'forced-release'
  /** Put through to somebody else: the party's own part is over. */
  | 'transferred'
  /** The seat rang and was answered, but nobody confirmed (press 1 to accept): a mailbox, say. */
  | 'not-confirmed'
  | 'draining'
  | 'process-died';

/** How a leg or a call ended. It is set exactly once. */
export interface Termination {
  by: TerminationParty;
  reason: TerminationReason;
  /** The SIP status that was received or sent, where one was. */
  sipStatus?: number;
  /** Q.850 cause, as carried in the Reason header (RFC 3326). */
  q850?: number;
  /** A short sentence for the operator. */
  text?: string;
}

interface Mapping {
  sip: number;
  q850: number;
  phrase: string;
}

const MAP: Record<TerminationReason, Mapping> = {
  normal: { sip: 200, q850: 16, phrase: 'Normal Clearing' },
  cancelled: { sip: 487, q850: 16, phrase: 'Request Terminated' },
  withdrawn: { sip: 487, q850: 16, phrase: 'Request Terminated' },
  'answered-elsewhere': { sip: 487, q850: 26, phrase: 'Call Completed Elsewhere' },
  busy: { sip: 486, q850: 17, phrase: 'Busy Here' },
  'no-answer': { sip: 480, q850: 19, phrase: 'Temporarily Unavailable' },
  declined: { sip: 603, q850: 21, phrase: 'Decline' },
  'not-registered': { sip: 480, q850: 20, phrase: 'Temporarily Unavailable' },
  'switched-off': { sip: 480, q850: 20, phrase: 'Temporarily Unavailable' },
  'unknown-number': { sip: 404, q850: 1, phrase: 'Not Found' },
  forbidden: { sip: 403, q850: 21, phrase: 'Forbidden' },
  unauthorized: { sip: 403, q850: 21, phrase: 'Forbidden' },
  'trunk-full': { sip: 503, q850: 34, phrase: 'Service Unavailable' },
  'rate-limited': { sip: 503, q850: 42, phrase: 'Service Unavailable' },
  'no-common-codec': { sip: 488, q850: 88, phrase: 'Not Acceptable Here' },
  'invalid-request': { sip: 400, q850: 95, phrase: 'Bad Request' },
  'media-timeout': { sip: 500, q850: 41, phrase: 'Server Internal Error' },
  'media-failure': { sip: 500, q850: 41, phrase: 'Server Internal Error' },
  'session-expired': { sip: 408, q850: 102, phrase: 'Request Timeout' },
  'no-ack': { sip: 408, q850: 102, phrase: 'Request Timeout' },
  'no-response': { sip: 408, q850: 18, phrase: 'Request Timeout' },
  'transport-failure': { sip: 503, q850: 38, phrase: 'Service Unavailable' },
  'switch-failure': { sip: 500, q850: 41, phrase: 'Server Internal Error' },
  'storage-failure': { sip: 503, q850: 41, phrase: 'Service Unavailable' },
  'flow-ended': { sip: 200, q850: 16, phrase: 'Normal Clearing' },
  'flow-failure': { sip: 500, q850: 41, phrase: 'Server Internal Error' },
  'forced-release': { sip: 200, q850: 16, phrase: 'Normal Clearing' },
  transferred: { sip: 200, q850: 16, phrase: 'Normal Clearing' },
  'not-confirmed': { sip: 480, q850: 19, phrase: 'Temporarily Unavailable' },
  draining: { sip: 503, q850: 42, phrase: 'Service Unavailable' },
  'process-died': { sip: 500, q850: 41, phrase: 'Server Internal Error' },
};

/** Every reason there is. */
export const TERMINATION_REASONS = Object.keys(MAP) as TerminationReason[];

/** The final SIP response that refuses an INVITE for this reason; a reason that is a normal ending gives 480. */
export function sipStatusFor(termination: Termination): { status: number; phrase: string } {
  const m = MAP[termination.reason];
  const status = termination.sipStatus && termination.sipStatus >= 300 ? termination.sipStatus : m.sip;
  if (status < 300) return { status: 480, phrase: 'Temporarily Unavailable' };
  return { status, phrase: m.phrase };
}

/** The Q.850 cause for a Reason header (RFC 3326). */
export function q850For(termination: Termination): number {
  return termination.q850 ?? MAP[termination.reason].q850;
}

const FROM_SIP: ReadonlyArray<readonly [number, TerminationReason]> = [
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'unknown-number'],
  [407, 'unauthorized'],
  [408, 'no-response'],
  [410, 'unknown-number'],
  [415, 'no-common-codec'],
  [480, 'no-answer'],
  [481, 'transport-failure'],
  [484, 'unknown-number'],
  [486, 'busy'],
  [487, 'cancelled'],
  [488, 'no-common-codec'],
  [503, 'transport-failure'],
  [600, 'busy'],
  [603, 'declined'],
  [604, 'unknown-number'],
  [606, 'no-common-codec'],
];

/**
 * Statuses that say little of why: gateways give them for many causes (RFC 3398 §7.2.4.1 maps 18 to 408, 19, 20 and 31 to 480, 21 to
 * 403, 27 to 502, 34 to 47 to 503), so that the Q.850 cause, where there is one, says more. Every other status keeps its meaning.
 */
const VAGUE = new Set([403, 408, 480, 500, 502, 503, 504]);

/**
 * Q.850 causes (ITU-T Q.850 table 1) as reasons. 20, subscriber absent, is defined there as "a mobile station has logged
 * off, radio contact is not obtained": a telephone that is switched off or out of coverage. 27, destination out of order, is "the interface
 * to the destination is not functioning correctly", which may as well be a line of the network, and is therefore no `switched-off`. Causes left out (16, 31, 111, 127 …) add nothing to the status.
 */
const FROM_Q850: Readonly<Record<number, TerminationReason>> = {
  1: 'unknown-number',
  2: 'transport-failure',
  3: 'transport-failure',
  17: 'busy',
  18: 'no-answer',
  19: 'no-answer',
  20: 'switched-off',
  21: 'declined',
  22: 'unknown-number',
  27: 'transport-failure',
  28: 'unknown-number',
  34: 'trunk-full',
  38: 'transport-failure',
  41: 'transport-failure',
  42: 'rate-limited',
  44: 'trunk-full',
  47: 'trunk-full',
  50: 'forbidden',
  55: 'forbidden',
  57: 'forbidden',
  58: 'no-common-codec',
  65: 'no-common-codec',
  79: 'no-common-codec',
  88: 'no-common-codec',
  102: 'no-response',
};

/** The reason a Q.850 cause stands for; undefined when it says nothing more than "ended". */
export function reasonOfQ850(cause: number): TerminationReason | undefined {
  return FROM_Q850[cause];
}

/**
 * The termination meant by a final SIP response (RFC 3261 §21) of the party that was called.
 * @param q850 cause of its Reason header (RFC 3326, RFC 6432), which tells vague statuses such as 480 apart
 */
export function terminationFromSip(status: number, by: TerminationParty, text?: string, q850?: number): Termination {
  const cause = q850 === undefined || !VAGUE.has(status) ? undefined : FROM_Q850[q850];
  const known = cause ?? FROM_SIP.find(([s]) => s === status)?.[1];
  const reason = known ?? (status >= 600 ? 'declined' : status >= 500 ? 'switch-failure' : 'declined');
  return { by, reason, sipStatus: status, ...(q850 === undefined ? {} : { q850 }), ...(text ? { text } : {}) };
}
