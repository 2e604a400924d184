import { IllegalTransition } from '@yixian/contracts';
import type { SipResponse } from '../parser/message.js';
import { T1_64 } from './timers.js';
import { type ServerInput, type Step, to } from './types.js';

/**
 * Non-INVITE server transaction, RFC 3261 §17.2.2.
 *
 *              request arrives
 *                    │
 *                    ▼
 *              ┌──────────┐  repeated request: absorbed
 *              │  trying  │────────────────────────┐
 *              └──────────┘                        │
 *               1xx │                      200–699 │
 *                   ▼                              │
 *            ┌────────────┐─┐ request: last 1xx    │
 *            │ proceeding │◀┘                      │
 *            └────────────┘                        │
 *                   │ 200–699                      │
 *                   ▼                              │
 *            ┌───────────┐◀────────────────────────┘
 *            │ completed │ request: final again
 *            └───────────┘
 *                   │ J, transport error
 *                   ▼
 *            ┌────────────┐
 *            │ terminated │
 *            └────────────┘
 */
export type NonInviteServerState =
  | { readonly name: 'trying'; readonly reliable: boolean }
  | { readonly name: 'proceeding'; readonly reliable: boolean; readonly last: SipResponse }
  /** Answered: the answer is repeated for every copy of the request. */
  | { readonly name: 'completed'; readonly last: SipResponse }
  | { readonly name: 'terminated' };

type Next = Step<NonInviteServerState>;

export function nonInviteServer(reliable: boolean): NonInviteServerState {
  return { name: 'trying', reliable };
}

const failed: Next = to({ name: 'terminated' }, { type: 'transport-failed' }, { type: 'terminated' });

function respond(reliable: boolean, response: SipResponse): Next {
  const send = { type: 'send-response', response } as const;
  if (response.status < 200) return to({ name: 'proceeding', reliable, last: response }, send);
  // §17.2.2: timer J is zero on reliable transports.
  if (reliable) return to({ name: 'terminated' }, send, { type: 'terminated' });
  return to({ name: 'completed', last: response }, send, { type: 'start-timer', timer: 'J', ms: T1_64 });
}

function trying(state: Extract<NonInviteServerState, { name: 'trying' }>, input: ServerInput): Next {
  switch (input.type) {
    case 'request':
      return to(state);
    case 'respond':
      return respond(state.reliable, input.response);
    case 'transport-error':
      return failed;
    case 'ack':
    case 'timer':
      return illegal(state, input.type);
  }
}

function proceeding(state: Extract<NonInviteServerState, { name: 'proceeding' }>, input: ServerInput): Next {
  switch (input.type) {
    case 'request':
      return to(state, { type: 'send-response', response: state.last });
    case 'respond':
      return respond(state.reliable, input.response);
    case 'transport-error':
      return failed;
    case 'ack':
    case 'timer':
      return illegal(state, input.type);
  }
}

function completed(state: Extract<NonInviteServerState, { name: 'completed' }>, input: ServerInput): Next {
  switch (input.type) {
    case 'request':
      return to(state, { type: 'send-response', response: state.last });
    case 'respond':
      // §17.2.2: any further final response is discarded.
      return to(state);
    case 'timer':
      return input.timer === 'J' ? to({ name: 'terminated' }, { type: 'terminated' }) : illegal(state, `timer ${input.timer}`);
    case 'transport-error':
      return to({ name: 'terminated' }, { type: 'stop-timer', timer: 'J' }, { type: 'transport-failed' }, { type: 'terminated' });
    case 'ack':
      return illegal(state, input.type);
  }
}

function illegal(state: NonInviteServerState, input: string): never {
  throw new IllegalTransition('non-INVITE server transaction', state.name, input);
}

export function stepNonInviteServer(state: NonInviteServerState, input: ServerInput): Next {
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
