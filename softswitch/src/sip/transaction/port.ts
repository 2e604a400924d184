import type { SipRequest, SipResponse } from '../parser/message.js';
import type { CoreFields } from '../parser/validate.js';
import type { Hop, Packet } from '../transport/types.js';
import type { ClientUser } from './client.js';
import type { ServerUser } from './server.js';

// What the user agent asks of transactions (RFC 3261 §17): kept by ourselves over sockets (`layer.ts`), or by another program (`wire/`).

/** A request of theirs that is being answered. */
export interface ServerTransaction {
  readonly request: SipRequest;
  readonly fields: CoreFields;
  readonly source: Hop;
  /** Whether a final answer may still be given. */
  readonly pending: boolean;
  readonly user: ServerUser;
  use(user: ServerUser): void;
  respond(response: SipResponse): void;
}

/** A request of ours that is being answered. */
export interface ClientTransaction {
  readonly request: SipRequest;
  readonly hop: Hop;
  /** Branch and method, with a bar between. */
  readonly key: string;
  /** `proceeding` while a provisional answer is all there is. */
  readonly state: string;
  /** Forgets the transaction without telling its user. */
  destroy(): void;
}

/** A request that belongs to no transaction yet. The user opens one, answers without one, or drops it. */
export interface NewRequest {
  readonly request: SipRequest;
  readonly fields: CoreFields;
  readonly source: Hop;
  /** CANCEL only: the INVITE it means (RFC 3261 §9.2). */
  readonly target: ServerTransaction | undefined;
  /** Another transaction carries the same request, come by another way (§8.2.2.2). */
  readonly merged: boolean;
  open(): ServerTransaction;
  /** Answers without a transaction; a retransmission gets the same bytes. */
  reply(response: SipResponse): void;
  /** No answer, now or to a retransmission. */
  drop(): void;
  /** 500 after a mistake of ours, in the transaction if one was opened and not yet answered. */
  fail(): void;
}

export interface TransactionHandlers {
  request(incoming: NewRequest): void;
  /** An ACK that matches no transaction by branch: the one of a 2xx (§13.2.2.4). */
  ack(request: SipRequest, fields: CoreFields, source: Hop): void;
}

export interface Transactions {
  /** Open ones of ours. */
  readonly clients: number;
  /** Open ones of theirs. */
  readonly servers: number;
  start(handlers: TransactionHandlers): void;
  /** Calls back once when every request of ours has its final answer (at once when none is waiting). */
  whenAnswered(done: () => void): void;
  /** Frees every timer; nothing is sent any more. */
  stop(): void;
  /** Sends a request in a transaction of its own. Its topmost Via holds a fresh branch. */
  request(request: SipRequest, branch: string, hop: Hop, user: ClientUser): ClientTransaction;
  receive(packet: Packet): void;
}
