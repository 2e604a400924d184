/**
 * "Press 1 to accept": whoever answers a virtual seat is asked until somebody takes the call. A mailbox never does.
 *
 *   asking ──key 1──▶ accepted
 *   asking ──roundOver──▶ asking      asked again, as long as rounds are left
 *   asking ──roundOver──▶ refused     nobody pressed 1
 */
export interface ConfirmationState {
  readonly phase: 'asking' | 'accepted' | 'refused';
  /** Rounds left after this one. */
  readonly roundsLeft: number;
}

export type ConfirmationInput = { type: 'key'; digit: string } | { type: 'roundOver' };

export interface ConfirmationStep {
  readonly state: ConfirmationState;
  /** `ask`: from the beginning; `listen`: the round goes on, another key came. */
  readonly effect: 'ask' | 'listen' | 'none';
}

export const ACCEPT_KEY = '1';

/** @param rounds how often it is asked, at least once */
export function newConfirmation(rounds: number): ConfirmationState {
  return { phase: 'asking', roundsLeft: Math.max(1, rounds) - 1 };
}

export function stepConfirmation(state: ConfirmationState, input: ConfirmationInput): ConfirmationStep {
  if (state.phase !== 'asking') return { state, effect: 'none' };
  if (input.type === 'key') {
    if (input.digit !== ACCEPT_KEY) return { state, effect: 'listen' };
    return { state: { ...state, phase: 'accepted' }, effect: 'none' };
  }
  if (state.roundsLeft > 0) return { state: { ...state, roundsLeft: state.roundsLeft - 1 }, effect: 'ask' };
  return { state: { ...state, phase: 'refused' }, effect: 'none' };
}
