// The subscription a REFER makes (RFC 3515 §2.4) as values: what is told, in which order, and when it is over.

/**
 * One REFER from its arrival to its last NOTIFY.
 *
 *   asked ──accept──▶ active ──done, expire, close──▶ over        202, then NOTIFY 100 … final, terminated
 *     └──refuse, expire, close──▶ over                            a refusal
 */
export interface ReferState {
  readonly phase: 'asked' | 'active' | 'over';
  /** Told and not yet answered: the next waits, so that they cannot overtake each other over UDP. */
  readonly inFlight: boolean;
  /** The latest that waits; an older one is of no interest any more. */
  readonly waiting: Notice | undefined;
  /** RFC 4488: the phone wants no NOTIFY. */
  readonly silent: boolean;
}

export interface Notice {
  readonly status: number;
  readonly final: boolean;
  /** Why it is over (RFC 6665 §4.1.3), with `final`. */
  readonly reason?: 'noresource' | 'timeout';
}

export type ReferInput =
  | { type: 'accept' }
  | { type: 'progress'; status: number }
  | { type: 'done'; status: number }
  | { type: 'refuse'; status: number; phrase: string }
  | { type: 'notified' }
  /** The peer knows nothing of it any more (481 to a NOTIFY), or has unsubscribed. */
  | { type: 'forgotten' }
  /** Nobody settled it, or what it led to took too long. */
  | { type: 'expired' }
  /** The dialog ends; `theirs` when by the peer's BYE, after which nothing is told any more. */
  | { type: 'closed'; theirs: boolean };

export type ReferEffect =
  | { type: 'respond'; status: number; phrase: string }
  | { type: 'notify'; notice: Notice }
  | { type: 'start-expiry' }
  | { type: 'over' };

export interface ReferStep {
  readonly state: ReferState;
  readonly effects: readonly ReferEffect[];
}

export function referAsked(silent: boolean): ReferState {
  return { phase: 'asked', inFlight: false, waiting: undefined, silent };
}

function ended(state: ReferState, ...effects: ReferEffect[]): ReferStep {
  return { state: { ...state, phase: 'over', waiting: undefined }, effects: [...effects, { type: 'over' }] };
}

const SAME = (state: ReferState): ReferStep => ({ state, effects: [] });

function stepAsked(state: ReferState, input: ReferInput): ReferStep {
  switch (input.type) {
    case 'accept': {
      const accepted: ReferEffect[] = [{ type: 'respond', status: 202, phrase: 'Accepted' }];
      if (state.silent) return ended(state, ...accepted);
      const trying: Notice = { status: 100, final: false };
      const effects: ReferEffect[] = [...accepted, { type: 'start-expiry' }, { type: 'notify', notice: trying }];
      return { state: { ...state, phase: 'active', inFlight: true }, effects };
    }
    case 'refuse':
      return ended(state, { type: 'respond', status: input.status, phrase: input.phrase });
    case 'expired':
      return ended(state, { type: 'respond', status: 603, phrase: 'Decline' });
    case 'closed':
      // RFC 3261 §15.1.2: what is still unanswered when the dialog ends.
      return ended(state, { type: 'respond', status: 487, phrase: 'Request Terminated' });
    default:
      return SAME(state);
  }
}

function tell(state: ReferState, notice: Notice): ReferStep {
  if (state.inFlight) return { state: { ...state, waiting: notice }, effects: [] };
  const effects: ReferEffect[] = [{ type: 'notify', notice }];
  return notice.final ? ended(state, ...effects) : { state: { ...state, inFlight: true }, effects };
}

/** The last word of an ending dialog goes out at once, whatever is still unanswered. */
function lastWord(state: ReferState, otherwise: Notice): ReferStep {
  return ended(state, { type: 'notify', notice: state.waiting?.final ? state.waiting : otherwise });
}

function stepActive(state: ReferState, input: ReferInput): ReferStep {
  switch (input.type) {
    case 'progress':
      return state.waiting?.final ? SAME(state) : tell(state, { status: input.status, final: false });
    case 'done':
      return state.waiting?.final ? SAME(state) : tell(state, { status: input.status, final: true, reason: 'noresource' });
    case 'notified': {
      const { waiting } = state;
      const free = { ...state, inFlight: false, waiting: undefined };
      return waiting ? tell(free, waiting) : { state: free, effects: [] };
    }
    case 'forgotten':
      return ended(state);
    case 'expired':
      return lastWord(state, { status: 408, final: true, reason: 'timeout' });
    case 'closed':
      return input.theirs ? ended(state) : lastWord(state, { status: 503, final: true, reason: 'noresource' });
    default:
      return SAME(state);
  }
}

/** One step; what comes too late, or twice, changes nothing. */
export function stepRefer(state: ReferState, input: ReferInput): ReferStep {
  switch (state.phase) {
    case 'asked':
      return stepAsked(state, input);
    case 'active':
      return stepActive(state, input);
    case 'over':
      return SAME(state);
  }
}
