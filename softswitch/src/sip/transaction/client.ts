import type { Clock, Timer } from '@yixian/contracts';
import { type HeaderField, header, makeRequest, type SipRequest, type SipResponse } from '../parser/message.js';
import { serialize } from '../parser/serialize.js';
import type { Hop, TransportLayer } from '../transport/types.js';
import { type InviteClientState, inviteClient, stepInviteClient } from './invite-client.js';
import { type NonInviteClientState, nonInviteClient, stepNonInviteClient } from './non-invite-client.js';
import type { TimerName } from './timers.js';
import type { ClientInput, Effect } from './types.js';

/** Who asked: told of every answer, or of one failure. */
export interface ClientUser {
  response(response: SipResponse): void;
  /** Timer B or F: as if a 408 had come (RFC 3261 §8.1.3.1). */
  timeout(): void;
  /** As if a 503 had come. */
  transportError(error: Error): void;
}

export interface ClientDeps {
  clock: Clock;
  transport: Pick<TransportLayer, 'send'>;
  retransmitted(): void;
  terminated(transaction: ClientTransaction): void;
}

const ACK_COPIED = new Set(['from', 'call-id', 'route', 'max-forwards']);

/** ACK of a final response ≥ 300: same branch, same route (RFC 3261 §17.1.1.3). */
export function ackFor(request: SipRequest, response: SipResponse): SipRequest {
  const headers: HeaderField[] = [];
  for (const h of request.headers) {
    if (h.key === 'via' || ACK_COPIED.has(h.key)) headers.push(h);
    else if (h.key === 'cseq') headers.push(header('CSeq', h.value.replace('INVITE', 'ACK')));
  }
  const to = response.headers.find((h) => h.key === 'to') ?? request.headers.find((h) => h.key === 'to');
  if (to) headers.push(to);
  return makeRequest('ACK', request.uri, headers);
}

/** Runs one client machine: keeps its timers, sends its messages, tells its user. */
export class ClientTransaction {
  readonly request: SipRequest;
  readonly hop: Hop;
  readonly key: string;
  readonly #deps: ClientDeps;
  readonly #user: ClientUser;
  readonly #bytes: Buffer;
  readonly #timers = new Map<TimerName, Timer>();
  #state: InviteClientState | NonInviteClientState;
  #sent = false;
  #error = new Error('transport error');

  constructor(deps: ClientDeps, request: SipRequest, hop: Hop, key: string, user: ClientUser) {
    this.#deps = deps;
    this.request = request;
    this.hop = hop;
    this.key = key;
    this.#user = user;
    this.#bytes = serialize(request);
    const reliable = hop.transport !== 'udp';
    this.#state = request.method === 'INVITE' ? inviteClient(reliable) : nonInviteClient(reliable);
  }

  get state(): string {
    return this.#state.name;
  }

  start(): void {
    this.#input({ type: 'start' });
  }

  receive(response: SipResponse): void {
    this.#input({ type: 'response', response });
  }

  /** Forgets the transaction without telling its user. */
  destroy(): void {
    if (this.#state.name === 'terminated') return;
    this.#state = { name: 'terminated' };
    this.#end();
  }

  #input(input: ClientInput): void {
    if (this.#state.name === 'terminated') return;
    const step = this.#step(input);
    this.#state = step.state;
    for (const effect of step.effects) this.#run(effect);
  }

  #step(input: ClientInput): { state: InviteClientState | NonInviteClientState; effects: readonly Effect[] } {
    if (this.request.method === 'INVITE') return stepInviteClient(this.#state as InviteClientState, input);
    return stepNonInviteClient(this.#state as NonInviteClientState, input);
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'send-request':
        if (this.#sent) this.#deps.retransmitted();
        this.#sent = true;
        this.#send(this.#bytes);
        break;
      case 'send-ack':
        this.#send(serialize(ackFor(this.request, effect.response)));
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
      case 'pass-response':
        this.#user.response(effect.response);
        break;
      case 'timed-out':
        this.#user.timeout();
        break;
      case 'transport-failed':
        this.#user.transportError(this.#error);
        break;
      case 'terminated':
        this.#end();
        break;
      case 'send-response':
      case 'pass-ack':
        throw new Error(`a client transaction has no effect ${effect.type}`);
    }
  }

  #send(bytes: Buffer): void {
    this.#deps.transport.send(this.hop, bytes, (error) => {
      this.#error = error;
      this.#input({ type: 'transport-error' });
    });
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
