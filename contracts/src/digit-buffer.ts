import type { CollectResult } from './switch.js';

// Keys typed ahead and their collection. `collect` takes what is there first; the decision falls with the last key.
//
//   idle ──collect──▶ collecting ──max digits | terminator | timeout | cancel──▶ idle (result)

export const TYPE_AHEAD_LIMIT = 32;

export interface CollectRequest {
  maxDigits: number;
  terminators: string;
  firstDigitTimeoutMs: number;
  interDigitTimeoutMs: number;
}

export type DigitState = Readonly<{ buffered: string; collecting: Readonly<{ request: CollectRequest; digits: string }> | undefined }>;

export type DigitInput =
  | { type: 'digit'; digit: string }
  | { type: 'collect'; request: CollectRequest }
  | { type: 'end'; reason: 'timeout' | 'cancelled' | 'leg-ended' }
  | { type: 'clear' };

/** `timer`: start it anew with so many milliseconds, or stop it with undefined; absent: leave it. */
export interface DigitStep {
  state: DigitState;
  result?: CollectResult;
  timer?: { ms: number | undefined };
}

export const noDigits: DigitState = { buffered: '', collecting: undefined };

export function digitStep(state: DigitState, input: DigitInput): DigitStep {
  switch (input.type) {
    case 'digit':
      return typed(state, input.digit);
    case 'collect':
      return begin(state, input.request);
    case 'end':
      return state.collecting ? finish(state, state.collecting.digits, input.reason) : { state };
    case 'clear':
      return { state: { ...state, buffered: '' } };
  }
}

function typed(state: DigitState, digit: string): DigitStep {
  const { collecting } = state;
  if (!collecting) return { state: { ...state, buffered: (state.buffered + digit).slice(0, TYPE_AHEAD_LIMIT) } };
  if (collecting.request.terminators.includes(digit)) return finish(state, collecting.digits, 'terminator');
  const digits = collecting.digits + digit;
  if (digits.length >= collecting.request.maxDigits) return finish(state, digits, 'max-digits');
  return { state: { ...state, collecting: { ...collecting, digits } }, timer: { ms: collecting.request.interDigitTimeoutMs } };
}

function begin(state: DigitState, request: CollectRequest): DigitStep {
  let step: DigitStep = {
    state: { buffered: '', collecting: { request, digits: '' } },
    timer: { ms: request.firstDigitTimeoutMs },
  };
  for (let i = 0; i < state.buffered.length; i++) {
    step = typed(step.state, state.buffered.charAt(i));
    if (step.result) return { ...step, state: { ...step.state, buffered: state.buffered.slice(i + 1) } };
  }
  return step;
}

const finish = (state: DigitState, digits: string, reason: CollectResult['reason']): DigitStep => ({
  state: { buffered: state.buffered, collecting: undefined },
  result: { digits, reason },
  timer: { ms: undefined },
});
