import { IllegalTransition } from '@yixian/contracts';
import type { SipResponse } from '../parser/message.js';
import { T1, T1_64, T2, T4 } from './timers.js';
import { type Effect, type ServerInput, type Step, to } from './types.js';

/**
 * INVITE server transaction, RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1.
 *
 *                    INVITE arrives
 *                          │        ┌─┐ INVITE: last 1xx again; 1xx from TU
 *                          ▼        │ ▼
 *                     ┌────────────────┐
 *         ┌──2xx──────│   proceeding   │──────────300–699─────┐
 *         ▼           └────────────────┘                      ▼
 *   ┌──────────┐                                        ┌───────────┐─┐ INVITE, G:
 *   │ accepted │ ACK up; 2xx from TU; INVITE absorbed   │ completed │◀┘ final again
 *   └──────────┘                                        └───────────┘
 *         │ L                               H: timed out  │      │ ACK
 *         │                    ┌──────────────────────────┘      ▼
 *         │                    │                          ┌───────────┐
 *         │                    │                          │ confirmed │ ACK absorbed
 *         │                    │                          └───────────┘
 *         ▼                    ▼                                │ I
 *   ┌──────────────────────────────────────────────────────────────────┐
 *   │                            terminated                            │
 *   └──────────────────────────────────────────────────────────────────┘
 */
export type InviteServerState =
  /** No final answer yet; `last` is the newest provisional one. */
  | { readonly name: 'proceeding'; readonly reliable: boolean; readonly last: SipResponse | undefined }
  /** 2xx sent: the transaction user repeats it (§13.3.1.4) and gets the ACK. */
  | { readonly name: 'accepted' }
  /** ≥ 300 sent, waiting for its ACK. `next` is the coming interval of timer G. */
  | { readonly name: 'completed'; readonly reliable: boolean; readonly last: SipResponse; readonly next: number }
  | { readonly name: 'confirmed' }
  | { readonly name: 'terminated' };

type Next = Step<InviteServerState>;

export function inviteServer(reliable: boolean): InviteServerState {
  return { name: 'proceeding', reliable, last: undefined };
}

const failed: Next = to({ name: 'terminated' }, { type: 'transport-failed' }, { type: 'terminated' });

function proceeding(state: Extract<InviteServerState, { name: 'proceeding' }>, input: ServerInput): Next {
  switch (input.type) {
    case 'request':
      return state.last ? to(state, { type: 'send-response', response: state.last }) : to(state);
    case 'respond': {
      const { response } = input;
      const send = { type: 'send-response', response } as const;
      if (response.status < 200) return to({ ...state, last: response }, send);
      if (response.status < 300) return to({ name: 'accepted' }, send, { type: 'start-timer', timer: 'L', ms: T1_64 });
      const effects: Effect[] = [send, { type: 'start-timer', timer: 'H', ms: T1_64 }];
      if (!state.reliable) effects.push({ type: 'start-timer', timer: 'G', ms: T1 });
      return to({ name: 'completed', reliable: state.reliable, last: response, next: T1 }, ...effects);
    }
    case 'transport-error':
      return failed;
    case 'ack':
      return to(state);
    case 'timer':
      return illegal(state, `timer ${input.timer}`);
  }
}

function accepted(state: Extract<InviteServerState, { name: 'accepted' }>, input: ServerInput): Next {
  switch (input.type) {
    case 'request':
      return to(state);
    case 'respond':
      // A repeated 2xx of the transaction user; nothing else may follow a 2xx.
      return input.response.status >= 200 && input.response.status < 300
        ? to(state, { type: 'send-response', response: input.response })
        : illegal(state, `respond ${input.response.status}`);
    case 'ack':
      return to(state, { type: 'pass-ack', ack: input.ack });
    case 'timer':
      return input.timer === 'L' ? to({ name: 'terminated' }, { type: 'terminated' }) : illegal(state, `timer ${input.timer}`);
    case 'transport-error':
      // RFC 6026 §8.8: told to the TU, which keeps trying until the ACK is overdue.
      return to(state);
  }
}

function completed(state: Extract<InviteServerState, { name: 'completed' }>, input: ServerInput): Next {
  switch (input.type) {
    case 'request':
      return to(state, { type: 'send-response', response: state.last });
    case 'ack': {
      const stop: Effect[] = [
        { type: 'stop-timer', timer: 'G' },
        { type: 'stop-timer', timer: 'H' },
      ];
      if (state.reliable) return to({ name: 'terminated' }, ...stop, { type: 'terminated' });
      return to({ name: 'confirmed' }, ...stop, { type: 'start-timer', timer: 'I', ms: T4 });
    }
    case 'timer': {
      if (input.timer === 'H')
        return to({ name: 'terminated' }, { type: 'stop-timer', timer: 'G' }, { type: 'timed-out' }, { type: 'terminated' });
      if (input.timer !== 'G') return illegal(state, `timer ${input.timer}`);
      const next = Math.min(state.next * 2, T2);
      return to({ ...state, next }, { type: 'send-response', response: state.last }, { type: 'start-timer', timer: 'G', ms: next });
    }
    case 'transport-error':
      return to(
        { name: 'terminated' },
        { type: 'stop-timer', timer: 'G' },
        { type: 'stop-timer', timer: 'H' },
        { type: 'transport-failed' },
        { type: 'terminated' },
      );
    case 'respond':
      return illegal(state, `respond ${input.response.status}`);
  }
}

function confirmed(state: Extract<InviteServerState, { name: 'confirmed' }>, input: ServerInput): Next {
  if (input.type === 'timer') {
    return input.timer === 'I' ? to({ name: 'terminated' }, { type: 'terminated' }) : illegal(state, `timer ${input.timer}`);
  }
  return input.type === 'respond' ? illegal(state, `respond ${input.response.status}`) : to(state);
}

function illegal(state: InviteServerState, input: string): never {
  throw new IllegalTransition('INVITE server transaction', state.name, input);
}

export function stepInviteServer(state: InviteServerState, input: ServerInput): Next {
  switch (state.name) {
    case 'proceeding':
      return proceeding(state, input);
    case 'accepted':
      return accepted(state, input);
    case 'completed':
      return completed(state, input);
    case 'confirmed':
      return confirmed(state, input);
    case 'terminated':
      return to(state);
  }
}
