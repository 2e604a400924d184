// One subscription on the notifier's side (RFC 6665 §4.2) as values.

/**
 *   active ──change──▶ NOTIFY; one at a time, what changes meanwhile is told by the next
 *     │ refresh: the end moves; NOTIFY (§4.2.1.2)
 *     └─unsubscribe, run out, replaced, stop──▶ over   NOTIFY terminated
 *     └─NOTIFY refused for good or unanswered──▶ over  nothing (§4.2.2)
 */
export interface SubscriptionState {
  readonly phase: 'active' | 'over';
  readonly inFlight: boolean;
  /** Something is to be told when the NOTIFY on its way has been answered. */
  readonly stale: boolean;
}

export type SubscriptionInput =
  | { type: 'begun' }
  | { type: 'changed' }
  | { type: 'notified' }
  | { type: 'lost' }
  | { type: 'refreshed' }
  | { type: 'unsubscribed' }
  | { type: 'ran-out' }
  | { type: 'stopped' };

export type SubscriptionEffect = { type: 'notify'; terminated: undefined | 'timeout' | 'deactivated' } | { type: 'over' };

export interface SubscriptionStep {
  readonly state: SubscriptionState;
  readonly effects: readonly SubscriptionEffect[];
}

export const NEW_SUBSCRIPTION: SubscriptionState = { phase: 'active', inFlight: false, stale: false };

function end(state: SubscriptionState, reason?: 'timeout' | 'deactivated'): SubscriptionStep {
  const last: SubscriptionEffect[] = reason === undefined ? [] : [{ type: 'notify', terminated: reason }];
  return { state: { ...state, phase: 'over', stale: false }, effects: [...last, { type: 'over' }] };
}

function tell(state: SubscriptionState): SubscriptionStep {
  if (state.inFlight) return { state: { ...state, stale: true }, effects: [] };
  return { state: { ...state, inFlight: true, stale: false }, effects: [{ type: 'notify', terminated: undefined }] };
}

export function stepSubscription(state: SubscriptionState, input: SubscriptionInput): SubscriptionStep {
  if (state.phase === 'over') return { state, effects: [] };
  switch (input.type) {
    case 'begun':
    case 'changed':
    case 'refreshed':
      return tell(state);
    case 'notified':
      return state.stale ? tell({ ...state, inFlight: false }) : { state: { ...state, inFlight: false }, effects: [] };
    case 'lost':
      return end(state);
    case 'unsubscribed':
    case 'ran-out':
      return end(state, 'timeout');
    case 'stopped':
      return end(state, 'deactivated');
  }
}

/** Refusals of a NOTIFY that end the subscription (RFC 6665 §4.2.2); others leave it. */
const ENDING = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

export function endsSubscription(status: number): boolean {
  return ENDING.has(status);
}
