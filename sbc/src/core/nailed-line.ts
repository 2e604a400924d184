import { IllegalTransition, type Termination } from '@yixian/contracts';

/**
 * A nailed-up line: the telephone of an agent who is signed in, called once and kept up between calls. A test compares
 * this picture with what the machine does.
 *
 *   calling ──answered──▶ confirming     idle at once where nobody has to confirm
 *   calling ──answered──▶ idle
 *   confirming ──confirmed──▶ idle
 *   confirming ──refused──▶ waiting      a mailbox: we hang up
 *   idle ──call──▶ offering
 *   offering ──taken──▶ busy
 *   offering ──released──▶ idle          withdrawn, or not accepted
 *   busy ──released──▶ idle
 *   calling ──lost──▶ waiting
 *   confirming ──lost──▶ waiting
 *   idle ──lost──▶ waiting
 *   offering ──lost──▶ waiting
 *   busy ──lost──▶ waiting
 *   waiting ──due──▶ calling
 *   calling ──close──▶ closed
 *   confirming ──close──▶ closed
 *   idle ──close──▶ closed
 *   waiting ──close──▶ closed
 *   offering ──close──▶ leaving
 *   busy ──close──▶ leaving
 *   leaving ──released──▶ closed
 *   leaving ──lost──▶ closed
 *
 *  calling     the phone rings, or is about to
 *  confirming  answered; whoever it is shall press 1
 *  idle        up and quiet: a call may be given to it
 *  offering    a beep (or the question for key 1) announces a call
 *  busy        somebody talks
 *  waiting     lost; called again after a pause that grows with every failure
 *  leaving     the agent has signed out or changed the seat: up until the call is over
 *  closed      the end
 */
export type LinePhase = 'calling' | 'confirming' | 'idle' | 'offering' | 'busy' | 'waiting' | 'leaving' | 'closed';

export interface LineState {
  readonly phase: LinePhase;
  /** Times in a row that the line did not come up, or was lost at once. */
  readonly failures: number;
  /** Whether somebody has to press 1 when it comes up. */
  readonly confirm: boolean;
}

export type LineInput =
  | { type: 'answered' }
  | { type: 'confirmed' }
  | { type: 'refused' }
  | { type: 'lost'; termination: Termination }
  | { type: 'call' }
  | { type: 'taken' }
  | { type: 'released' }
  | { type: 'due' }
  | { type: 'close'; termination: Termination };

export type LineEffect =
  | { type: 'dial' }
  | { type: 'ask' }
  /** Quiet on the line, so that it does not seem dead. */
  | { type: 'comfort' }
  | { type: 'announce' }
  | { type: 'hangUp'; termination: Termination }
  | { type: 'wait'; ms: number }
  | { type: 'stopWaiting' }
  | { type: 'tellUp' }
  | { type: 'tellDown'; termination: Termination };

export interface LineStep {
  readonly state: LineState;
  readonly effects: readonly LineEffect[];
  readonly ignored?: string;
}

/** Pauses before the line is called again, by failures in a row, milliseconds. */
export const BACK_OFF_MS: readonly number[] = [2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000];

const NOT_CONFIRMED: Termination = { by: 'called', reason: 'not-confirmed', text: 'nobody pressed 1 when the line came up' };

export function openLine(confirm: boolean): LineStep {
  return { state: { phase: 'calling', failures: 0, confirm }, effects: [{ type: 'dial' }] };
}

/** Whether a call may be given to it, or is on it. */
export function isUp({ phase }: LineState): boolean {
  return phase === 'idle' || phase === 'offering' || phase === 'busy' || phase === 'leaving';
}

/** One step of a nailed-up line. Pure; runs nothing. */
export function stepLine(state: LineState, input: LineInput): LineStep {
  if (state.phase === 'closed') return ignore(state, 'the line is closed');
  switch (input.type) {
    case 'answered':
      if (state.phase !== 'calling') throw illegal(state, input);
      return state.confirm ? to(state, 'confirming', [{ type: 'ask' }]) : cameUp(state);
    case 'confirmed':
      return state.phase === 'confirming' ? cameUp(state) : ignore(state, 'the line is not asked for a key now');
    case 'refused':
      if (state.phase !== 'confirming') return ignore(state, 'the line is not asked for a key now');
      return again(state, NOT_CONFIRMED, [{ type: 'hangUp', termination: NOT_CONFIRMED }]);
    case 'lost':
      return lost(state, input.termination);
    case 'call':
      return state.phase === 'idle' ? to(state, 'offering', [{ type: 'announce' }]) : ignore(state, `the line is ${state.phase}`);
    case 'taken':
      return state.phase === 'offering' ? to(state, 'busy', []) : ignore(state, 'no call is offered');
    case 'released':
      return released(state);
    case 'due':
      return state.phase === 'waiting' ? to(state, 'calling', [{ type: 'dial' }]) : ignore(state, 'the line does not wait');
    case 'close':
      return close(state, input.termination);
  }
}

function cameUp(state: LineState): LineStep {
  return to({ ...state, failures: 0 }, 'idle', [{ type: 'comfort' }, { type: 'tellUp' }]);
}

function lost(state: LineState, termination: Termination): LineStep {
  if (state.phase === 'waiting') return ignore(state, 'the line is down already');
  if (state.phase === 'leaving') return to(state, 'closed', [{ type: 'tellDown', termination }]);
  return again(state, termination, []);
}

function again(state: LineState, termination: Termination, first: LineEffect[]): LineStep {
  const pause = BACK_OFF_MS[Math.min(state.failures, BACK_OFF_MS.length - 1)] ?? 0;
  const effects: LineEffect[] = [...first, { type: 'tellDown', termination }, { type: 'wait', ms: pause }];
  return to({ ...state, failures: state.failures + 1 }, 'waiting', effects);
}

function released(state: LineState): LineStep {
  switch (state.phase) {
    case 'offering':
    case 'busy':
      return to(state, 'idle', [{ type: 'comfort' }]);
    case 'leaving': {
      const termination: Termination = { by: 'system', reason: 'normal', text: 'the seat is no longer used' };
      return to(state, 'closed', [
        { type: 'hangUp', termination },
        { type: 'tellDown', termination },
      ]);
    }
    default:
      return ignore(state, 'no call is on the line');
  }
}

function close(state: LineState, termination: Termination): LineStep {
  switch (state.phase) {
    case 'offering':
    case 'busy':
      return to(state, 'leaving', []);
    case 'leaving':
      return ignore(state, 'the line is leaving already');
    case 'waiting':
      return to(state, 'closed', [{ type: 'stopWaiting' }]);
    default: {
      const told: LineEffect[] = state.phase === 'idle' ? [{ type: 'tellDown', termination }] : [];
      return to(state, 'closed', [{ type: 'hangUp', termination }, ...told]);
    }
  }
}

function illegal(state: LineState, input: LineInput): IllegalTransition {
  return new IllegalTransition('nailed-up line', state.phase, input.type);
}

function to(state: LineState, phase: LinePhase, effects: LineEffect[]): LineStep {
  return { state: { ...state, phase }, effects };
}

function ignore(state: LineState, reason: string): LineStep {
  return { state, effects: [], ignored: reason };
}
