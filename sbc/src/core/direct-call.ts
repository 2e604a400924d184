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
 *   talking ──calleeEnded──▶ ended
 *   dialling ──callerEnded──▶ ended
 *   answering ──callerEnded──▶ ended
 *   talking ──callerEnded──▶ ended
 *   dialling ──release──▶ ended
 *   answering ──release──▶ ended
 *   talking ──release──▶ ended
 *
 *  dialling   the callee rings: an extension, one of a group, a number over whichever trunk takes it
 *  answering  the callee has answered, the caller is being answered and both joined
 *  talking    both hear each other, unless one holds
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
  /** Who put the call on hold through call control. */
  readonly heldBy: Side | undefined;
  /** Who put us on hold with the phone's own key (re-INVITE). */
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
  | { type: 'hold'; by: Side }
  | { type: 'resume'; by: Side }
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
  | { type: 'unbridge' }
  | { type: 'startMusic'; to: Side }
  | { type: 'stopMusic'; to: Side }
  | { type: 'startRecording' }
  | { type: 'hangUpCallee'; termination: Termination }
  | { type: 'finish'; termination: Termination };

export type DirectFact =
  | { type: 'ringing' }
  | { type: 'callerAnswered' }
  | { type: 'connected' }
  | { type: 'held'; by: Side }
  | { type: 'resumed'; by: Side };

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
    heldBy: undefined,
    remoteHold: { caller: false, callee: false },
    termination: undefined,
  };
}

/** One step of a direct call. Pure; runs nothing. */
export function stepDirectCall(state: DirectCallState, input: DirectInput): DirectStep {
  if (state.phase === 'ended') return ignore(state, 'the call is over');
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
  switch (state.phase) {
    case 'dialling':
      return dialling(state, input);
    case 'answering':
      return answering(state, input);
    case 'talking':
      return talking(state, input);
  }
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
      return to({ ...state, bridge: bridgeUp(state) }, []);
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
      return join({ ...state, bridge: bridgeUp(state) }, [], []);
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

function talking(state: DirectCallState, input: DirectInput): DirectStep {
  switch (input.type) {
    case 'calleeEnded':
      return end(state, input.termination, undefined);
    case 'bridged':
      return to({ ...state, bridge: bridgeUp(state) }, []);
    case 'hold':
      if (state.heldBy === input.by) return ignore(state, 'the call is on hold already');
      if (state.heldBy) return ignore(state, 'the other party has the call on hold');
      return hear(state, { ...state, heldBy: input.by, bridge: 'none' }, input.by);
    case 'resume':
      if (state.heldBy !== input.by)
        return ignore(state, state.heldBy ? 'the other party has the call on hold' : 'the call is not on hold');
      return hear(state, { ...state, heldBy: undefined, bridge: 'asked' }, input.by);
    case 'calleeRinging':
    case 'calleeEarlyMedia':
      return ignore(state, 'a provisional response after the answer');
    default:
      throw new IllegalTransition('direct call', state.phase, input.type);
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
  const talkingNow: DirectCallState = { ...state, phase: 'talking' };
  const music = musicChanges(state, talkingNow);
  const heldAlready: DirectFact[] = isHeld(talkingNow) ? [{ type: 'held', by: state.remoteHold.caller ? 'caller' : 'callee' }] : [];
  return to(talkingNow, [...effects, { type: 'startRecording' }, ...music], [...facts, { type: 'connected' }, ...heldAlready]);
}

function remoteHold(state: DirectCallState, side: Side, held: boolean): DirectStep {
  if (state.remoteHold[side] === held) return ignore(state, held ? 'the party holds already' : 'the party did not hold');
  const next: DirectCallState = { ...state, remoteHold: { ...state.remoteHold, [side]: held } };
  return state.phase === 'talking' ? hear(state, next, side) : to(next, []);
}

/** What has to change for the ears of both, and what is told, between two talking states. */
function hear(before: DirectCallState, after: DirectCallState, by: Side): DirectStep {
  const effects: DirectEffect[] = [];
  if (!before.heldBy && after.heldBy) effects.push({ type: 'unbridge' });
  effects.push(...musicChanges(before, after));
  if (before.heldBy && !after.heldBy) effects.push({ type: 'bridge' });
  const facts: DirectFact[] = [];
  if (!isHeld(before) && isHeld(after)) facts.push({ type: 'held', by });
  if (isHeld(before) && !isHeld(after)) facts.push({ type: 'resumed', by });
  return to(after, effects, facts);
}

function musicChanges(before: DirectCallState, after: DirectCallState): DirectEffect[] {
  return (['caller', 'callee'] as const).flatMap((side): DirectEffect[] => {
    const was = before.phase === 'talking' && hearsMusic(before, side);
    const is = hearsMusic(after, side);
    if (was === is) return [];
    return [{ type: is ? 'startMusic' : 'stopMusic', to: side }];
  });
}

/** Music is for the party who waits, not for the one who holds. */
function hearsMusic(state: DirectCallState, side: Side): boolean {
  const other: Side = side === 'caller' ? 'callee' : 'caller';
  const holds = (s: Side) => state.heldBy === s || state.remoteHold[s];
  return holds(other) && !holds(side);
}

function isHeld(state: DirectCallState): boolean {
  return state.heldBy !== undefined || state.remoteHold.caller || state.remoteHold.callee;
}

function ringbackPlays(state: DirectCallState): boolean {
  return state.callerAnswered && state.progress === 'ringing';
}

/** A `bridged` that was overtaken by a hold leaves the bridge as the hold wants it. */
function bridgeUp(state: DirectCallState): DirectCallState['bridge'] {
  return state.heldBy ? 'none' : 'up';
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
  if (input.type === 'hold' || input.type === 'resume') return ignore(state, 'the two parties do not talk yet');
  throw new IllegalTransition('direct call', state.phase, input.type);
}

function to(state: DirectCallState, effects: DirectEffect[], facts: DirectFact[] = []): DirectStep {
  return { state, effects, facts };
}

function ignore(state: DirectCallState, reason: string): DirectStep {
  return { state, effects: [], facts: [], ignored: reason };
}
