import type { Clock, Timer } from '@yixian/contracts';
import type { SipRequest, SipResponse } from '../parser/message.js';
import { serialize } from '../parser/serialize.js';
import type { CoreFields } from '../parser/validate.js';
import type { Hop, TransportLayer } from '../transport/types.js';
import { type InviteServerState, inviteServer, stepInviteServer } from './invite-server.js';
import { type NonInviteServerState, nonInviteServer, stepNonInviteServer } from './non-invite-server.js';
import type { TimerName } from './timers.js';
import type { Effect, ServerInput } from './types.js';
import { reconnectHop, responseHop } from './via.js';

/** The transaction user of a server transaction. */
export interface ServerUser {
  /** ACK of a 2xx that matched by branch (RFC 6026); others come outside of transactions. */
  ack?(ack: SipRequest): void;
  /** CANCEL of this INVITE (§9.2); it has been answered 200. */
  cancelled?(cancel: SipRequest): void;
  /**
   * No ACK to our ≥ 300 (timer H), or the answer could not be sent; `cancelled`: whoever keeps the transaction has ended it with 487
   * before our answer came there, which the caller has not seen.
   */
  failed?(reason: 'timeout' | 'transport' | 'cancelled'): void;
}

export interface ServerDeps {
  clock: Clock;
  transport: Pick<TransportLayer, 'send' | 'connected'>;
  retransmitted(): void;
  responded(status: number): void;
  terminated(transaction: ServerTransaction): void;
}

/** Sends a response the way of §18.2.2: over the connection of its request, else over a new one. */
export function sendResponse(
  transport: Pick<TransportLayer, 'send' | 'connected'>,
  fields: CoreFields,
  source: Hop,
  bytes: Buffer,
  onError: (error: Error) => void,
): void {
  const back = responseHop(fields.via, source);
  transport.send(transport.connected(back) ? back : reconnectHop(fields.via, source), bytes, onError);
}

/** Runs one server machine. */
export class ServerTransaction {
  readonly request: SipRequest;
  readonly fields: CoreFields;
  readonly source: Hop;
  readonly key: string;
  readonly #deps: ServerDeps;
  readonly #timers = new Map<TimerName, Timer>();
  #user: ServerUser = {};
  #state: InviteServerState | NonInviteServerState;
  #last: { response: SipResponse; bytes: Buffer } | undefined;

  constructor(deps: ServerDeps, request: SipRequest, fields: CoreFields, source: Hop, key: string) {
    this.#deps = deps;
    this.request = request;
    this.fields = fields;
    this.source = source;
    this.key = key;
    const reliable = source.transport !== 'udp';
    this.#state = request.method === 'INVITE' ? inviteServer(reliable) : nonInviteServer(reliable);
  }

  get state(): string {
    return this.#state.name;
  }

  /** Whether a final answer may still be given. */
  get pending(): boolean {
    return this.#state.name === 'proceeding' || this.#state.name === 'trying';
  }

  use(user: ServerUser): void {
    this.#user = user;
  }

  get user(): ServerUser {
    return this.#user;
  }

  respond(response: SipResponse): void {
    if (this.#state.name === 'terminated') return;
    this.#deps.responded(response.status);
    this.#input({ type: 'respond', response });
  }

  retransmission(): void {
    this.#input({ type: 'request' });
  }

  acknowledge(ack: SipRequest): void {
    this.#input({ type: 'ack', ack });
  }

  destroy(): void {
    if (this.#state.name === 'terminated') return;
    this.#state = { name: 'terminated' };
    this.#end();
  }

  #input(input: ServerInput): void {
    if (this.#state.name === 'terminated') return;
    const step = this.#step(input);
    this.#state = step.state;
    for (const effect of step.effects) this.#run(effect);
  }

  #step(input: ServerInput): { state: InviteServerState | NonInviteServerState; effects: readonly Effect[] } {
    if (this.request.method === 'INVITE') return stepInviteServer(this.#state as InviteServerState, input);
    return stepNonInviteServer(this.#state as NonInviteServerState, input);
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'send-response':
        this.#send(effect.response);
        break;
      case 'start-timer':
        this.#stop(effect.timer);
        this.#timers.set(
          effect.timer,
          this.#deps.clock.setTimer(effect.ms, () => {
            this.#timers.delete(effect.timer);
            this.#input({ type: 'timer', timer: effect.timer });
          }),
        );
        break;
      case 'stop-timer':
        this.#stop(effect.timer);
        break;
      case 'pass-ack':
        this.#user.ack?.(effect.ack);
        break;
      case 'timed-out':
        this.#user.failed?.('timeout');
        break;
      case 'transport-failed':
        this.#user.failed?.('transport');
        break;
      case 'terminated':
        this.#end();
        break;
      case 'send-request':
      case 'send-ack':
      case 'pass-response':
        throw new Error(`a server transaction has no effect ${effect.type}`);
    }
  }

  #send(response: SipResponse): void {
    if (this.#last?.response === response) this.#deps.retransmitted();
    else this.#last = { response, bytes: serialize(response) };
    sendResponse(this.#deps.transport, this.fields, this.source, this.#last.bytes, () => this.#input({ type: 'transport-error' }));
  }

  #stop(timer: TimerName): void {
    this.#timers.get(timer)?.cancel();
    this.#timers.delete(timer);
  }

  #end(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#deps.terminated(this);
  }
}
