import type { Clock } from '@yixian/contracts';
import type { MessageTap } from '../message-tap.js';
import type { Counters, Discards } from '../metrics.js';
import { headerValue, type SipMessage, type SipRequest, type SipResponse } from '../parser/message.js';
import { parseMessage } from '../parser/parse.js';
import { serialize } from '../parser/serialize.js';
import { type CoreFields, readCore } from '../parser/validate.js';
import type { Hop, Packet, TransportLayer } from '../transport/types.js';
import { ClientTransaction, type ClientUser } from './client.js';
import type { NewRequest, TransactionHandlers, Transactions } from './port.js';
import { RecentAnswers } from './recent-answers.js';
import { responseTo } from './responses.js';
import { ServerTransaction, sendResponse } from './server.js';
import { serverKey, stampVia } from './via.js';

const METHOD_LABELS = new Set([
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'REGISTER',
  'PRACK',
  'UPDATE',
  'INFO',
  'MESSAGE',
  'REFER',
  'SUBSCRIBE',
  'NOTIFY',
  'PUBLISH',
]);

export interface TransactionDeps {
  clock: Clock;
  transport: TransportLayer;
  counters: Counters;
  discards: Discards;
  /** Shown every message that could be read. */
  tap?: MessageTap | undefined;
  /** Whether a message is another process's; it is not looked at any further then. */
  takenElsewhere?: ((message: SipMessage, fields: CoreFields, packet: Packet) => boolean) | undefined;
}

/** Matches messages to transactions (RFC 3261 §17.1.3, §17.2.3) and creates them. */
export class TransactionLayer implements Transactions {
  readonly #deps: TransactionDeps;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** Call-ID, From tag and CSeq of requests in progress, to notice merged ones. */
  readonly #identities = new Map<string, string>();
  readonly #recent: RecentAnswers;
  /** Client transactions without a final answer. */
  readonly #unanswered = new Set<string>();
  #onAnswered: (() => void) | undefined;
  #handlers: TransactionHandlers | undefined;

  constructor(deps: TransactionDeps) {
    this.#deps = deps;
    this.#recent = new RecentAnswers(deps.clock);
  }

  start(handlers: TransactionHandlers): void {
    this.#handlers = handlers;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get servers(): number {
    return this.#servers.size;
  }

  /** Calls back once when every request of ours has its final answer (at once when none is waiting). */
  whenAnswered(done: () => void): void {
    this.#onAnswered = done;
    this.#checkAnswered();
  }

  #checkAnswered(): void {
    if (this.#unanswered.size > 0 || !this.#onAnswered) return;
    const done = this.#onAnswered;
    this.#onAnswered = undefined;
    done();
  }

  #answered(key: string): void {
    if (this.#unanswered.delete(key)) this.#checkAnswered();
  }

  /** Frees every timer; nothing is sent any more. */
  stop(): void {
    for (const t of [...this.#clients.values()]) t.destroy();
    for (const t of [...this.#servers.values()]) t.destroy();
  }

  /** Sends a request in a transaction of its own. Its topmost Via holds a fresh branch. */
  request(request: SipRequest, branch: string, hop: Hop, user: ClientUser): ClientTransaction {
    const { clock, transport, counters } = this.#deps;
    const key = `${branch}|${request.method}`;
    counters.add(`sip_requests_sent_total{method="${request.method}"}`);
    const transaction = new ClientTransaction(
      {
        clock,
        transport,
        retransmitted: () => counters.add('sip_retransmissions_total{kind="request"}'),
        terminated: (t) => {
          this.#clients.delete(t.key);
          this.#answered(t.key);
        },
      },
      request,
      hop,
      key,
      {
        ...user,
        response: (response) => {
          user.response(response);
          if (response.status >= 200) this.#answered(key);
        },
      },
    );
    this.#clients.set(key, transaction);
    this.#unanswered.add(key);
    transaction.start();
    return transaction;
  }

  receive(packet: Packet): void {
    const parsed = parseMessage(packet.bytes);
    if (!parsed.ok) {
      if (parsed.error === 'empty') return;
      this.#deps.discards.note(parsed.error, packet.source);
      // A stream that carries something else than SIP cannot be trusted to be framed any further.
      this.#deps.transport.close(packet.source);
      return;
    }
    const { message } = parsed;
    const core = readCore(message);
    if (core.ok) this.#take(message, core.fields, packet);
    else this.#unreadable(message, core.fault, packet);
  }

  #take(message: SipMessage, fields: CoreFields, packet: Packet): void {
    if (this.#deps.takenElsewhere?.(message, fields, packet)) return;
    const opens = message.kind === 'request' && message.method === 'INVITE';
    this.#deps.tap?.received(fields.callId, opens, packet.bytes, packet.source, this.#deps.transport);
    if (message.kind === 'response') {
      this.#takeResponse(message, fields, packet.source);
      return;
    }
    this.#count(message.method);
    const stamped = stampVia(message, fields, packet.source);
    const full = { ...fields, via: stamped.via };
    if (packet.oversize && message.method !== 'ACK') this.#replyOnce(stamped.request, full, packet.source, 513, 'Message Too Large');
    else this.#takeRequest(stamped.request, full, packet.source);
  }

  #count(method: string): void {
    this.#deps.counters.add(`sip_requests_received_total{method="${METHOD_LABELS.has(method) ? method : 'OTHER'}"}`);
  }

  #takeResponse(response: SipResponse, fields: CoreFields, source: Hop): void {
    this.#deps.counters.add(`sip_responses_received_total{status="${Math.floor(response.status / 100)}xx"}`);
    const transaction = this.#clients.get(`${fields.via.params.get('branch') ?? ''}|${fields.cseq.method}`);
    if (!transaction) this.#deps.discards.note('stray-response', source, { status: response.status, sipCallId: fields.callId });
    else if (response.faults.length > 0 || response.status < 100 || response.status > 699 || response.version.toUpperCase() !== 'SIP/2.0') {
      this.#deps.discards.note('malformed-response', source, {
        fault: response.faults[0] ?? 'status or version',
        sipCallId: fields.callId,
      });
    } else transaction.receive(response);
  }

  #takeRequest(request: SipRequest, fields: CoreFields, source: Hop): void {
    const key = serverKey(request, fields, request.method);
    const transaction = this.#servers.get(key);
    if (request.method === 'ACK') {
      if (transaction) transaction.acknowledge(request);
      else this.#handlers?.ack(request, fields, source);
      return;
    }
    if (transaction) {
      this.#deps.counters.add('sip_retransmissions_received_total');
      transaction.retransmission();
      return;
    }
    const recent = this.#recent.find(key);
    if (recent) {
      this.#deps.counters.add('sip_retransmissions_received_total');
      if (recent.bytes) sendResponse(this.#deps.transport, fields, source, recent.bytes, () => this.#unsendable(source));
      return;
    }
    this.#handlers?.request(this.#newRequest(request, fields, source, key));
  }

  #newRequest(request: SipRequest, fields: CoreFields, source: Hop, key: string): NewRequest {
    const identity = `${fields.callId}|${fields.from.tag ?? ''}|${fields.cseq.number}|${request.method}`;
    let opened: ServerTransaction | undefined;
    const reply = (response: SipResponse) => {
      const bytes = serialize(response);
      this.#recent.keep(key, bytes);
      this.#responded(response.status);
      sendResponse(this.#deps.transport, fields, source, bytes, () => this.#unsendable(source));
    };
    return {
      request,
      fields,
      source,
      target: request.method === 'CANCEL' ? this.#servers.get(serverKey(request, fields, 'INVITE')) : undefined,
      merged: fields.to.tag === undefined && this.#identities.has(identity),
      open: () => {
        opened = this.#open(request, fields, source, key, identity);
        return opened;
      },
      reply,
      drop: () => this.#recent.keep(key, undefined),
      fail: () => {
        const response = responseTo(request, 500, 'Server Internal Error', { toTag: 'failed' });
        if (!opened) reply(response);
        else if (opened.pending) opened.respond(response);
      },
    };
  }

  #open(request: SipRequest, fields: CoreFields, source: Hop, key: string, identity: string): ServerTransaction {
    const { clock, transport, counters } = this.#deps;
    const transaction = new ServerTransaction(
      {
        clock,
        transport,
        retransmitted: () => counters.add('sip_retransmissions_total{kind="response"}'),
        responded: (status) => this.#responded(status),
        terminated: () => {
          this.#servers.delete(key);
          if (this.#identities.get(identity) === key) this.#identities.delete(identity);
        },
      },
      request,
      fields,
      source,
      key,
    );
    this.#servers.set(key, transaction);
    if (fields.to.tag === undefined) this.#identities.set(identity, key);
    return transaction;
  }

  #responded(status: number): void {
    this.#deps.counters.add(`sip_responses_sent_total{status="${status}"}`);
  }

  #unsendable(source: Hop): void {
    this.#deps.discards.note('answer-not-sent', source);
  }

  #replyOnce(request: SipRequest, fields: CoreFields, source: Hop, status: number, phrase: string): void {
    this.#deps.discards.refused(status, source, { method: request.method, sipCallId: fields.callId });
    this.#responded(status);
    const bytes = serialize(responseTo(request, status, phrase, { toTag: 'refused' }));
    sendResponse(this.#deps.transport, fields, source, bytes, () => this.#unsendable(source));
  }

  /** A message without its mandatory headers: 400 when there is a Via for the sender to recognize it by, else silence (§8.2.6). */
  #unreadable(message: SipMessage, fault: string, packet: Packet): void {
    const { source } = packet;
    const answerable = headerValue(message, 'via') !== undefined;
    if (message.kind === 'response' || message.method === 'ACK' || !answerable) {
      this.#deps.discards.note(message.kind === 'response' ? 'malformed-response' : 'malformed', source, { fault });
      return;
    }
    this.#count(message.method);
    const version = message.version.toUpperCase() === 'SIP/2.0';
    const status = version ? 400 : 505;
    this.#deps.discards.refused(status, source, { method: message.method, fault });
    this.#responded(status);
    const bytes = serialize(
      responseTo(message, status, version ? `Bad Request - ${fault}` : 'Version Not Supported', { toTag: 'refused' }),
    );
    // Only the true source is trusted as the way back.
    this.#deps.transport.send(source, bytes, () => this.#unsendable(source));
  }
}
