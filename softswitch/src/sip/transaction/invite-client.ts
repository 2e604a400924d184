import { IllegalTransition } from '@yixian/contracts';
import { T1, T1_64, TIMER_D } from './timers.js';
import { type ClientInput, type Step, to } from './types.js';

/**
 * INVITE client transaction, RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2.
 *
 *                      start: INVITE
 *                           │        ┌─┐ A: INVITE, A doubles
 *                           ▼        │ ▼
 *                        ┌────────────────┐   B, transport error
 *          ┌─────────────│    calling     │──────────────────────┐
 *          │ 1xx         └────────────────┘                      │
 *          ▼  ┌─┐ 1xx up    │2xx      │ ≥300                     │
 *   ┌────────────┐ │        │         │                          │
 *   │ proceeding │◀┘  2xx   │         │                          │
 *   └────────────┘────────┐ │         │                          │
 *          │ ≥300         ▼ ▼         │   ┌─┐ ≥300: ACK          │
 *          │          ┌──────────┐    ▼   │ ▼                    │
 *          └──────────┼──────────┼▶┌───────────┐                 │
 *         2xx up ┌────│ accepted │ │ completed │──transport err──┤
 *                └───▶└──────────┘ └───────────┘                 │
 *                          │ M          │ D                      │
 *                          ▼            ▼                        ▼
 *                        ┌─────────────────────────────────────────┐
 *                        │               terminated                │
 *                        └─────────────────────────────────────────┘
 */
export type InviteClientState =
  /** Sent, nothing heard. `next` is the coming interval of timer A. */
  | { readonly name: 'calling'; readonly reliable: boolean; readonly next: number }
  /** A provisional response came: no more retransmissions. */
  | { readonly name: 'proceeding'; readonly reliable: boolean }
  /** 2xx: the transaction user acknowledges, every further 2xx goes up (other branches of a fork). */
  | { readonly name: 'accepted' }
  /** ≥ 300: acknowledged here, repeated answers absorbed. */
  | { readonly name: 'completed'; readonly reliable: boolean }
  | { readonly name: 'terminated' };

type Next = Step<InviteClientState>;

export function inviteClient(reliable: boolean): InviteClientState {
  return { name: 'calling', reliable, next: T1 };
}

function final(reliable: boolean, input: Extract<ClientInput, { type: 'response' }>): Next {
  const { response } = input;
  const stop = [
    { type: 'stop-timer', timer: 'A' },
    { type: 'stop-timer', timer: 'B' },
  ] as const;
  const pass = { type: 'pass-response', response } as const;
  if (response.status < 300) return to({ name: 'accepted' }, ...stop, { type: 'start-timer', timer: 'M', ms: T1_64 }, pass);
  const ack = { type: 'send-ack', response } as const;
  // §17.1.1.2: timer D is zero on reliable transports.
  if (reliable) return to({ name: 'terminated' }, ...stop, ack, pass, { type: 'terminated' });
  return to({ name: 'completed', reliable }, ...stop, ack, { type: 'start-timer', timer: 'D', ms: TIMER_D }, pass);
}

function calling(state: Extract<InviteClientState, { name: 'calling' }>, input: ClientInput): Next {
  switch (input.type) {
    case 'start': {
      const deadline = { type: 'start-timer', timer: 'B', ms: T1_64 } as const;
      if (state.reliable) return to(state, { type: 'send-request' }, deadline);
      return to(state, { type: 'send-request' }, deadline, { type: 'start-timer', timer: 'A', ms: state.next });
    }
    case 'timer':
      if (input.timer === 'A') {
        const next = state.next * 2;
        return to({ ...state, next }, { type: 'send-request' }, { type: 'start-timer', timer: 'A', ms: next });
      }
      if (input.timer === 'B') return to({ name: 'terminated' }, { type: 'timed-out' }, { type: 'terminated' });
      return illegal(state, `timer ${input.timer}`);
    case 'response':
      if (input.response.status >= 200) return final(state.reliable, input);
      return to(
        { name: 'proceeding', reliable: state.reliable },
        { type: 'stop-timer', timer: 'A' },
        { type: 'stop-timer', timer: 'B' },
        { type: 'pass-response', response: input.response },
      );
    case 'transport-error':
      return to({ name: 'terminated' }, { type: 'transport-failed' }, { type: 'terminated' });
  }
}

function proceeding(state: Extract<InviteClientState, { name: 'proceeding' }>, input: ClientInput): Next {
  switch (input.type) {
    case 'response':
      if (input.response.status >= 200) return final(state.reliable, input);
      return to(state, { type: 'pass-response', response: input.response });
    case 'transport-error':
      return to({ name: 'terminated' }, { type: 'transport-failed' }, { type: 'terminated' });
    case 'start':
    case 'timer':
      return illegal(state, input.type);
  }
}

function accepted(state: Extract<InviteClientState, { name: 'accepted' }>, input: ClientInput): Next {
  switch (input.type) {
    case 'response':
      // RFC 6026 §7.2: 2xx go up, anything else is of no interest any more.
      return input.response.status >= 200 && input.response.status < 300
        ? to(state, { type: 'pass-response', response: input.response })
        : to(state);
    case 'timer':
      return input.timer === 'M' ? to({ name: 'terminated' }, { type: 'terminated' }) : illegal(state, `timer ${input.timer}`);
    case 'transport-error':
      return to(state);
    case 'start':
      return illegal(state, input.type);
  }
}

function completed(state: Extract<InviteClientState, { name: 'completed' }>, input: ClientInput): Next {
  switch (input.type) {
    case 'response':
      return input.response.status >= 300 ? to(state, { type: 'send-ack', response: input.response }) : to(state);
    case 'timer':
      return input.timer === 'D' ? to({ name: 'terminated' }, { type: 'terminated' }) : illegal(state, `timer ${input.timer}`);
    case 'transport-error':
      return to({ name: 'terminated' }, { type: 'stop-timer', timer: 'D' }, { type: 'transport-failed' }, { type: 'terminated' });
    case 'start':
      return illegal(state, input.type);
  }
}

function illegal(state: InviteClientState, input: string): never {
  throw new IllegalTransition('INVITE client transaction', state.name, input);
}

export function stepInviteClient(state: InviteClientState, input: ClientInput): Next {
  switch (state.name) {
    case 'calling':
      return calling(state, input);
    case 'proceeding':
      return proceeding(state, input);
    case 'accepted':
      return accepted(state, input);
    case 'completed':
      return completed(state, input);
    case 'terminated':
      return to(state);
  }
}
