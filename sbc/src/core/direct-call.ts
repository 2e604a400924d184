import { IllegalTransition, type Termination } from '@yixian/contracts';

export type Side = 'caller' | 'callee';

/**
 * A call between two parties without a queue. A test compares this picture with what the machine does.
 *
 *   dialling ──calleeAnswered──▶ answering
 *   dialling ──calleeAnswered──▶ talking        the caller was answered before and early media had joined the two
 *   answering ──callerAnswered──▶ talking       early media had joined the two
 *   answering ──bridged──▶ talking
 *   dialling ──calleeEnded──▶ ended
 *   answering ──calleeEnded──▶ ended
 *   dialling ──callerEnded──▶ ended
 *   answering ──callerEnded──▶ ended
 *   dialling ──release──▶ ended
 *   answering ──release──▶ ended
 *   talking ──conversationEnded──▶ ended
 *   talking ──release──▶ ended             our own failure
 *
 *  dialling   the callee rings: an extension, one of a group, a number over whichever trunk takes it
 *  answering  the callee has answered, the caller is being answered and both joined
 *  talking    both are a conversation's: who holds, leaves or comes is decided there
 *  ended      once, with the first reason that came
 */
export type DirectPhase = 'dialling' | 'answering' | 'talking' | 'ended';

export interface DirectCallState {
  readonly phase: DirectPhase;
  readonly started: boolean;
  /** How far the callee's phone has come: decides what the caller hears. */
  readonly progress: 'none' | 'ringing' | 'early';
  readonly callerAnswered: boolean;
  /** asked: the switch was told to join the two and has not said so yet. */
  readonly bridge: 'none' | 'asked' | 'up';
  /** Who put us on hold with the phone's own key (re-INVITE) before they talked. */
  readonly remoteHold: Readonly<Record<Side, boolean>>;
  readonly termination: Termination | undefined;
}

export type DirectInput =
  | { type: 'start' }
  | { type: 'calleeRinging' }
  | { type: 'calleeEarlyMedia' }
  | { type: 'calleeAnswered' }
  | { type: 'calleeEnded'; termination: Termination }
  | { type: 'callerAnswered' }
  | { type: 'callerEnded'; termination: Termination }
  | { type: 'bridged' }
  /** Early media could not be opened: the caller hears it late, at the answer. */
  | { type: 'earlyFailed' }
  /** Somebody outside the two ends the call: call control, our own failure. */
  | { type: 'release'; termination: Termination }
  /** Nobody talks any more. */
  | { type: 'conversationEnded'; termination: Termination }
  | { type: 'remoteHeld'; side: Side }
  | { type: 'remoteResumed'; side: Side };

export type DirectEffect =
  | { type: 'dial' }
  | { type: 'ringCaller' }
  /** For a caller who is already answered (click to dial): our own ringback. */
  | { type: 'playRingback' }
  | { type: 'stopRingback' }
  | { type: 'openEarlyMedia' }
  | { type: 'answerCaller' }
  | { type: 'bridge' }
  /** The two talk: their legs and the bridge belong to the conversation until it is over. */
  | { type: 'handOver' }
  | { type: 'hangUpCallee'; termination: Termination }
  | { type: 'finish'; termination: Termination };

export type DirectFact = { type: 'ringing' } | { type: 'callerAnswered' };

export interface DirectStep {
  readonly state: DirectCallState;
  readonly effects: readonly DirectEffect[];
  readonly facts: readonly DirectFact[];
  /** Why the input changed nothing: a lawful race or a wish that does not fit. */
  readonly ignored?: string;
}

export function newDirectCall(callerAnswered: boolean): DirectCallState {
  return {
    phase: 'dialling',
    started: false,
    progress: 'none',
    callerAnswered,
    bridge: 'none',
    remoteHold: { caller: false, callee: false },
    termination: undefined,
  };
}

/** One step of a direct call. Pure; runs nothing. */
export function stepDirectCall(state: DirectCallState, input: DirectInput): DirectStep {
  if (state.phase === 'ended') return ignore(state, 'the call is over');
  if (state.phase === 'talking') return talking(state, input);
  switch (input.type) {
    case 'callerEnded':
      return end(state, input.termination, calleeFarewell(state, input.termination));
    case 'release':
      return end(state, input.termination, input.termination);
    case 'remoteHeld':
    case 'remoteResumed':
      return remoteHold(state, input.side, input.type === 'remoteHeld');
    default:
      break;
  }
  return state.phase === 'dialling' ? dialling(state, input) : answering(state, input);
}

function dialling(state: DirectCallState, input: DirectInput): DirectStep {
  switch (input.type) {
    case 'start':
      if (state.started) throw new IllegalTransition('direct call', 'dialling', 'start');
      return to({ ...state, started: true }, [{ type: 'dial' }]);
    case 'calleeRinging':
      return calleeRinging(state);
    case 'calleeEarlyMedia':
      return calleeEarlyMedia(state);
    case 'calleeAnswered': {
      const quiet: DirectEffect[] = ringbackPlays(state) ? [{ type: 'stopRingback' }] : [];
      const answer: DirectEffect[] = state.callerAnswered ? [] : [{ type: 'answerCaller' }];
      return join({ ...state, phase: 'answering' }, [...quiet, ...answer], []);
    }
    case 'calleeEnded':
      return end(state, input.termination, undefined);
    case 'bridged':
      return to({ ...state, bridge: 'up' }, []);
    case 'earlyFailed':
      return to({ ...state, bridge: 'none' }, []);
    default:
      return notYet(state, input);
  }
}

function answering(state: DirectCallState, input: DirectInput): DirectStep {
  switch (input.type) {
    case 'callerAnswered':
      return join({ ...state, callerAnswered: true }, [], [{ type: 'callerAnswered' }]);
    case 'bridged':
      return join({ ...state, bridge: 'up' }, [], []);
    case 'earlyFailed':
      return join({ ...state, bridge: 'none' }, [], []);
    case 'calleeEnded':
      return end(state, input.termination, undefined);
    case 'calleeRinging':
    case 'calleeEarlyMedia':
      return ignore(state, 'a provisional response after the answer');
    default:
      return notYet(state, input);
  }
}

/** What the legs do now is heard by the conversation. */
function talking(state: DirectCallState, input: DirectInput): DirectStep {
  switch (input.type) {
    case 'conversationEnded':
      return end(state, input.termination, input.termination);
    case 'release':
      return end(state, input.termination, input.termination);
    default:
      return ignore(state, 'the conversation has the call');
  }
}

function calleeRinging(state: DirectCallState): DirectStep {
  if (state.progress !== 'none') return ignore(state, 'the callee rings already');
  const tone: DirectEffect = state.callerAnswered ? { type: 'playRingback' } : { type: 'ringCaller' };
  return to({ ...state, progress: 'ringing' }, [tone], [{ type: 'ringing' }]);
}

function calleeEarlyMedia(state: DirectCallState): DirectStep {
  if (state.progress === 'early') return ignore(state, 'early media flows already');
  const quiet: DirectEffect[] = ringbackPlays(state) ? [{ type: 'stopRingback' }] : [];
  const facts: DirectFact[] = state.progress === 'none' ? [{ type: 'ringing' }] : [];
  return to({ ...state, progress: 'early', bridge: 'asked' }, [...quiet, { type: 'openEarlyMedia' }], facts);
}

/** Once both have answered: ask for the bridge, or talk when it stands already (early media). */
function join(state: DirectCallState, effects: DirectEffect[], facts: DirectFact[]): DirectStep {
  if (!state.callerAnswered) return to(state, effects, facts);
  if (state.bridge === 'asked') return to(state, effects, facts);
  if (state.bridge === 'none') return to({ ...state, bridge: 'asked' }, [...effects, { type: 'bridge' }], facts);
  return to({ ...state, phase: 'talking' }, [...effects, { type: 'handOver' }], facts);
}

function remoteHold(state: DirectCallState, side: Side, held: boolean): DirectStep {
  if (state.remoteHold[side] === held) return ignore(state, held ? 'the party holds already' : 'the party did not hold');
  return to({ ...state, remoteHold: { ...state.remoteHold, [side]: held } }, []);
}

function ringbackPlays(state: DirectCallState): boolean {
  return state.callerAnswered && state.progress === 'ringing';
}

/** How the callee is told that the caller has gone: CANCEL before the answer, BYE after it. */
function calleeFarewell(state: DirectCallState, termination: Termination): Termination {
  if (state.phase === 'dialling') return { ...termination, reason: termination.reason === 'normal' ? 'cancelled' : termination.reason };
  return termination;
}

function end(state: DirectCallState, termination: Termination, toCallee: Termination | undefined): DirectStep {
  const effects: DirectEffect[] = [];
  if (ringbackPlays(state) && state.phase === 'dialling') effects.push({ type: 'stopRingback' });
  if (toCallee) effects.push({ type: 'hangUpCallee', termination: toCallee });
  effects.push({ type: 'finish', termination });
  return to({ ...state, phase: 'ended', termination }, effects);
}

function notYet(state: DirectCallState, input: DirectInput): DirectStep {
  throw new IllegalTransition('direct call', state.phase, input.type);
}

function to(state: DirectCallState, effects: DirectEffect[], facts: DirectFact[] = []): DirectStep {
  return { state, effects, facts };
}

function ignore(state: DirectCallState, reason: string): DirectStep {
  return { state, effects: [], facts: [], ignored: reason };
}
