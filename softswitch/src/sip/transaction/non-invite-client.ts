import { IllegalTransition } from '@yixian/contracts';
import { T1, T1_64, T2, T4 } from './timers.js';
import { type ClientInput, type Effect, type Step, to } from './types.js';

/**
 * Non-INVITE client transaction, RFC 3261 §17.1.2.
 *
 *                 start: request
 *                      │      ┌─┐ E: request, E doubles up to T2
 *                      ▼      │ ▼
 *                  ┌────────────┐  F, transport error
 *            1xx ┌─│   trying   │──────────────────┐
 *                │ └────────────┘                  │
 *                ▼       │ 200–699                 │
 *         ┌────────────┐ │                         │
 *   E: ┌──│ proceeding │─┼──F, transport error──┐  │
 *   req└─▶└────────────┘ │                      │  │
 *                │200–699▼                      │  │
 *                │ ┌───────────┐                │  │
 *                └▶│ completed │ (answers absorbed)│
 *                  └───────────┘                │  │
 *                        │ K                    │  │
 *                        ▼                      ▼  ▼
 *                  ┌─────────────────────────────────┐
 *                  │           terminated            │
 *                  └─────────────────────────────────┘
 */
export type NonInviteClientState =
  /** Sent, nothing heard. `next` is the coming interval of timer E. */
  | { readonly name: 'trying'; readonly reliable: boolean; readonly next: number }
  /** A provisional response came: retransmissions go on every T2. */
  | { readonly name: 'proceeding'; readonly reliable: boolean }
  /** Answered: late copies of the answer are absorbed for T4. */
  | { readonly name: 'completed' }
  | { readonly name: 'terminated' };

type Next = Step<NonInviteClientState>;

export function nonInviteClient(reliable: boolean): NonInviteClientState {
  return { name: 'trying', reliable, next: T1 };
}

function final(reliable: boolean, input: Extract<ClientInput, { type: 'response' }>): Next {
  const effects: Effect[] = [
    { type: 'stop-timer', timer: 'E' },
    { type: 'stop-timer', timer: 'F' },
  ];
  // §17.1.2.2: timer K is zero on reliable transports.
  if (reliable) {
    effects.push({ type: 'pass-response', response: input.response }, { type: 'terminated' });
    return to({ name: 'terminated' }, ...effects);
  }
  effects.push({ type: 'start-timer', timer: 'K', ms: T4 }, { type: 'pass-response', response: input.response });
  return to({ name: 'completed' }, ...effects);
}

const FAILED: readonly Effect[] = [
  { type: 'stop-timer', timer: 'E' },
  { type: 'stop-timer', timer: 'F' },
];

function failure(kind: 'timed-out' | 'transport-failed'): Next {
  return to({ name: 'terminated' }, ...FAILED, { type: kind }, { type: 'terminated' });
}

function trying(state: Extract<NonInviteClientState, { name: 'trying' }>, input: ClientInput): Next {
  switch (input.type) {
    case 'start': {
      const deadline = { type: 'start-timer', timer: 'F', ms: T1_64 } as const;
      if (state.reliable) return to(state, { type: 'send-request' }, deadline);
      return to(state, { type: 'send-request' }, deadline, { type: 'start-timer', timer: 'E', ms: state.next });
    }
    case 'timer':
      if (input.timer === 'E') {
        const next = Math.min(state.next * 2, T2);
        return to({ ...state, next }, { type: 'send-request' }, { type: 'start-timer', timer: 'E', ms: next });
      }
      return input.timer === 'F' ? failure('timed-out') : illegal(state, `timer ${input.timer}`);
    case 'response': {
      const { response } = input;
      if (response.status >= 200) return final(state.reliable, input);
      const pass = { type: 'pass-response', response } as const;
      if (state.reliable) return to({ name: 'proceeding', reliable: true }, pass);
      return to({ name: 'proceeding', reliable: false }, { type: 'start-timer', timer: 'E', ms: T2 }, pass);
    }
    case 'transport-error':
      return failure('transport-failed');
  }
}

function proceeding(state: Extract<NonInviteClientState, { name: 'proceeding' }>, input: ClientInput): Next {
  switch (input.type) {
    case 'timer':
      if (input.timer === 'E') return to(state, { type: 'send-request' }, { type: 'start-timer', timer: 'E', ms: T2 });
      return input.timer === 'F' ? failure('timed-out') : illegal(state, `timer ${input.timer}`);
    case 'response':
      if (input.response.status >= 200) return final(state.reliable, input);
      return to(state, { type: 'pass-response', response: input.response });
    case 'transport-error':
      return failure('transport-failed');
    case 'start':
      return illegal(state, input.type);
  }
}

function completed(state: Extract<NonInviteClientState, { name: 'completed' }>, input: ClientInput): Next {
  switch (input.type) {
    case 'timer':
      return input.timer === 'K' ? to({ name: 'terminated' }, { type: 'terminated' }) : illegal(state, `timer ${input.timer}`);
    case 'response':
    case 'transport-error':
      return to(state);
    case 'start':
      return illegal(state, input.type);
  }
}

function illegal(state: NonInviteClientState, input: string): never {
  throw new IllegalTransition('non-INVITE client transaction', state.name, input);
}

export function stepNonInviteClient(state: NonInviteClientState, input: ClientInput): Next {
  switch (state.name) {
    case 'trying':
      return trying(state, input);
    case 'proceeding':
      return proceeding(state, input);
    case 'completed':
      return completed(state, input);
    case 'terminated':
      return to(state);
  }
}
