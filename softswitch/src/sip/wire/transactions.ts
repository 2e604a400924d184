import type { SipWire, SourceAddress, WireHeaders, WireRequest, WireResponse } from '@yixian/contracts';
import { dialogKey } from '../dialog/dialog.js';
import type { MessageTap } from '../message-tap.js';
import type { Counters, Discards } from '../metrics.js';
import { type HeaderField, header, headerValue, type SipRequest, type SipResponse } from '../parser/message.js';
import { parseMessage } from '../parser/parse.js';
import { type CoreFields, readCore } from '../parser/validate.js';
import type { ClientUser } from '../transaction/client.js';
import type { ClientTransaction, NewRequest, ServerTransaction, TransactionHandlers, Transactions } from '../transaction/port.js';
import { responseTo } from '../transaction/responses.js';
import type { ServerUser } from '../transaction/server.js';
import type { Hop, TransportLayer } from '../transport/types.js';
import { WireDialogs } from './dialogs.js';
import { TagPairs, tagOf } from './tags.js';

export interface WireTransactionsDeps {
  wire: SipWire;
  counters: Counters;
  discards: Discards;
  /** Shown every message, for a trace. */
  tap?: MessageTap | undefined;
  locals: Pick<TransportLayer, 'localFor'>;
  /** The server has ended a dialog of ours. */
  ended?(key: string, reasonHeader: string | undefined): void;
}

/** What the server writes itself. */
const SERVER_WRITES = new Set(['via', 'content-length', 'record-route']);
/** What it knows of a dialog better than we do. */
const OF_THE_DIALOG = new Set(['from', 'to', 'call-id', 'cseq', 'route']);
/** Session timers (RFC 4028) are the server's: it refreshes, and ends what is not refreshed. */
const SESSION_TIMER = new Set(['session-expires', 'min-se']);
const OK_BEGINS_DIALOG = new Set(['INVITE', 'SUBSCRIBE']);

/** Transactions kept by a SIP server outside of this process. */
export class WireTransactions implements Transactions {
  readonly #deps: WireTransactionsDeps;
  readonly #dialogs = new WireDialogs();
  readonly #tags = new TagPairs();
  readonly #clients = new Map<string, WireClient>();
  readonly #servers = new Set<WireServer>();
  readonly #acknowledged = new Set<string>();
  /** The server numbers reliable provisional responses (RFC 3262) by itself: what our numbers are there. */
  readonly #rseqs = new Map<string, string>();
  #handlers: TransactionHandlers | undefined;
  #whenAnswered: (() => void) | undefined;

  constructor(deps: WireTransactionsDeps) {
    this.#deps = deps;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get servers(): number {
    return this.#servers.size;
  }

  start(handlers: TransactionHandlers): void {
    this.#handlers = handlers;
  }

  whenAnswered(done: () => void): void {
    this.#whenAnswered = done;
    this.#checkAnswered();
  }

  #checkAnswered(): void {
    if (this.#clients.size > 0 || !this.#whenAnswered) return;
    const done = this.#whenAnswered;
    this.#whenAnswered = undefined;
    done();
  }

  stop(): void {
    for (const client of [...this.#clients.values()]) client.destroy();
    this.#servers.clear();
    this.#dialogs.clear();
  }

  receive(): void {
    throw new Error('packets come to the SIP server outside, not here');
  }

  /** The server is gone: nothing is answered any more, and its dialogs are not known by the one that comes after it. */
  lost(why: string): void {
    this.#dialogs.clear();
    for (const client of [...this.#clients.values()]) client.failed(new Error(why));
    for (const server of [...this.#servers]) server.lost();
  }

  // Theirs.

  incoming(wire: WireRequest): void {
    const read = this.#read(wire.text);
    if (read?.message.kind !== 'request') {
      this.#deps.discards.note('malformed', hopOfSource(wire.source));
      wire.respond({ status: 400, reason: 'Bad Request', headers: [], body: '' });
      return;
    }
    const { fields } = read;
    if (wire.source.transport === 'ws' || wire.source.transport === 'wss') {
      wire.respond({ status: 403, reason: 'Forbidden - browsers connect to the hotline itself', headers: [], body: '' });
      return;
    }
    const request = read.message.method === 'PRACK' ? this.#ownRack(read.message, fields) : read.message;
    this.#deps.counters.add(`sip_requests_received_total{method="${request.method}"}`);
    const source = hopOfSource(wire.source);
    this.#shown('received', fields, wire.text, source);
    if (wire.dialogId !== undefined && fields.to.tag !== undefined) this.#dialogs.learn(ourKey(fields, 'theirs'), wire.dialogId);
    let opened: WireServer | undefined;
    const reply = (response: SipResponse): void => {
      this.#deps.counters.add(`sip_responses_sent_total{status="${response.status}"}`);
      wire.respond(wireResponse(response), (text) => this.#shown('sent', fields, text, source));
    };
    const incoming: NewRequest = {
      request,
      fields,
      source,
      target: undefined,
      merged: false,
      open: () => {
        opened = this.#open(wire, request, fields, source);
        return opened;
      },
      reply,
      // The server has said 100 to an INVITE; left unanswered it would keep it for ever.
      drop: () => reply(responseTo(request, 403, 'Forbidden')),
      fail: () => {
        const response = responseTo(request, 500, 'Server Internal Error');
        if (!opened) reply(response);
        else if (opened.pending) opened.respond(response);
      },
    };
    this.#handlers?.request(incoming);
  }

  #ownRack(prack: SipRequest, fields: CoreFields): SipRequest {
    const headers = prack.headers.map((h) => {
      const [given, ...rest] = h.key === 'rack' ? h.value.trim().split(/\s+/) : [];
      const id = `${ourKey(fields, 'theirs')}|${given}`;
      const own = this.#rseqs.get(id);
      if (own === undefined) return h;
      this.#rseqs.delete(id);
      return header(h.name, [own, ...rest].join(' '));
    });
    return { ...prack, headers };
  }

  acknowledged(text: string, from: SourceAddress): void {
    const read = this.#read(text);
    if (read?.message.kind !== 'request') return;
    this.#shown('received', read.fields, text, hopOfSource(from));
    this.#handlers?.ack(read.message, read.fields, hopOfSource(from));
  }

  /** The server's own BYE: no ACK came, or nobody refreshed the session. */
  endedByServer(text: string): void {
    const read = this.#read(text, 'from');
    if (read?.message.kind === 'request') this.#deps.ended?.(ourKey(read.fields, 'ours'), headerValue(read.message, 'reason'));
  }

  #open(wire: WireRequest, request: SipRequest, fields: CoreFields, source: Hop): WireServer {
    const server: WireServer = new WireServer(request, fields, source, {
      respond: (response, failed) => this.#respond(wire, request, fields, response, failed),
      over: () => this.#servers.delete(server),
    });
    this.#servers.add(server);
    wire.onCancel((text) => {
      const cancel = this.#read(text);
      if (cancel?.message.kind === 'request' && server.pending) server.user.cancelled?.(cancel.message);
    });
    return server;
  }

  #respond(wire: WireRequest, request: SipRequest, fields: CoreFields, response: SipResponse, failed: () => void): void {
    this.#deps.counters.add(`sip_responses_sent_total{status="${response.status}"}`);
    const begins = fields.to.tag === undefined && OK_BEGINS_DIALOG.has(request.method) && response.status > 100 && response.status < 300;
    const tag = tagOf(headerValue(response, 'to')) ?? '';
    const key = dialogKey(fields.callId, tag, fields.from.tag ?? '');
    if (begins) this.#dialogs.expect(key);
    wire.respond(
      wireResponse(response),
      (text, dialogId) => {
        this.#shown('sent', fields, text, hopOfSource(wire.source));
        if (!begins) return;
        const sent = parse(text);
        const theirs = tagOf(sent && headerValue(sent, 'to'));
        if (theirs !== undefined) this.#tags.pair(tag, theirs);
        const [own, given] = [headerValue(response, 'rseq'), sent && headerValue(sent, 'rseq')];
        if (own !== undefined && given !== undefined) this.#rseqs.set(`${key}|${given}`, own);
        this.#dialogs.learn(key, dialogId);
      },
      (error) => {
        this.#deps.discards.note('answer-not-sent', hopOfSource(wire.source), { why: error.message });
        this.#dialogs.forget(key);
        failed();
      },
    );
  }

  // Ours.

  request(request: SipRequest, branch: string, hop: Hop, user: ClientUser): ClientTransaction {
    if (request.method === 'CANCEL') return this.#cancel(request, branch, hop);
    this.#deps.counters.add(`sip_requests_sent_total{method="${request.method}"}`);
    const client = new WireClient(request, hop, `${branch}|${request.method}`, user, () => {
      this.#clients.delete(client.key);
      this.#checkAnswered();
    });
    this.#clients.set(client.key, client);
    const inDialog = tagOf(headerValue(request, 'to')) !== undefined;
    if (inDialog) this.#sendInDialog(request, client);
    else this.#send(request, client, undefined, hop);
    return client;
  }

  #sendInDialog(request: SipRequest, client: WireClient): void {
    const key = requestKey(request);
    this.#dialogs.of(key, (dialogId) => {
      if (dialogId !== undefined) this.#send(request, client, dialogId, undefined);
      else queueMicrotask(() => client.failed(new Error('the SIP server does not know the dialog')));
      if (request.method === 'BYE') this.#forget(key, tagOf(headerValue(request, 'from')));
    });
  }

  #send(request: SipRequest, client: WireClient, dialogId: string | undefined, hop: Hop | undefined): void {
    const sent = this.#deps.wire.send(
      {
        method: request.method,
        uri: request.uri,
        headers: wireHeaders(request.headers, dialogId === undefined ? undefined : OF_THE_DIALOG),
        body: request.body.toString('utf8'),
        ...(dialogId === undefined ? {} : { dialogId }),
        ...(hop ? { nextHop: { address: hop.address, port: hop.port, transport: hop.transport } } : {}),
      },
      {
        sent: (text) => this.#shown('sent', { callId: headerValue(request, 'call-id') ?? '' }, text, client.hop),
        response: (text, made) => this.#answered(client, text, dialogId === undefined ? made : undefined),
        failed: (kind, error) => client.failed(error, kind),
      },
    );
    client.sent((headers) => sent.cancel(headers));
  }

  #answered(client: WireClient, text: string, dialogId: string | undefined): void {
    const read = this.#read(text);
    if (read?.message.kind !== 'response') {
      client.failed(new Error('the SIP server gave an answer that cannot be read'));
      return;
    }
    const { message, fields } = read;
    this.#shown('received', fields, text, client.hop);
    this.#deps.counters.add(`sip_responses_received_total{status="${Math.floor(message.status / 100)}xx"}`);
    if (dialogId !== undefined && fields.to.tag !== undefined && OK_BEGINS_DIALOG.has(client.request.method)) {
      this.#dialogs.learn(ourKey(fields, 'ours'), dialogId);
    }
    client.receive(message);
  }

  #cancel(request: SipRequest, branch: string, hop: Hop): ClientTransaction {
    this.#deps.counters.add('sip_requests_sent_total{method="CANCEL"}');
    const dropped = new Set([...OF_THE_DIALOG, 'max-forwards']);
    this.#clients.get(`${branch}|INVITE`)?.cancel(wireHeaders(request.headers, dropped));
    return new WireClient(request, hop, `${branch}|CANCEL`, { response() {}, timeout() {}, transportError() {} }, () => {});
  }

  /** An ACK of a 2xx; the server repeats it by itself where it has to. */
  acknowledge(ack: SipRequest): void {
    const key = requestKey(ack);
    const once = `${key}|${headerValue(ack, 'cseq') ?? ''}`;
    if (this.#acknowledged.has(once)) return;
    this.#acknowledged.add(once);
    if (this.#acknowledged.size > 10_000) for (const oldest of [...this.#acknowledged].slice(0, 1_000)) this.#acknowledged.delete(oldest);
    this.#dialogs.of(key, (dialogId) => {
      if (dialogId === undefined) return;
      const headers = wireHeaders(ack.headers, OF_THE_DIALOG);
      const ignore = { response() {}, failed() {} };
      this.#deps.wire.send({ method: 'ACK', uri: ack.uri, headers, body: ack.body.toString('utf8'), dialogId }, ignore);
    });
  }

  /** Half a minute later nothing of the dialog can come any more. */
  #forget(key: string, tag: string | undefined): void {
    setTimeout(() => {
      this.#dialogs.forget(key);
      if (tag !== undefined) this.#tags.forget(tag);
    }, 32_000).unref();
  }

  #shown(way: 'received' | 'sent', { callId }: Pick<CoreFields, 'callId'>, text: string, hop: Hop): void {
    const { tap, locals } = this.#deps;
    tap?.[way](callId, text.startsWith('INVITE '), Buffer.from(text, 'utf8'), hop, locals);
  }

  #read(text: string, own?: 'from' | 'to'): { message: SipRequest | SipResponse; fields: CoreFields } | undefined {
    const parsed = parse(text);
    if (!parsed) return undefined;
    const message = this.#tags.inward(withoutSessionTimer(parsed), own);
    const core = readCore(message);
    return core.ok ? { message, fields: core.fields } : undefined;
  }
}

interface ServerDeps {
  respond(response: SipResponse, failed: () => void): void;
  over(): void;
}

/** Runs what is left of a server transaction: one final answer, repeated by the server outside. */
class WireServer implements ServerTransaction {
  readonly request: SipRequest;
  readonly fields: CoreFields;
  readonly source: Hop;
  readonly #deps: ServerDeps;
  #user: ServerUser = {};
  #pending = true;

  constructor(request: SipRequest, fields: CoreFields, source: Hop, deps: ServerDeps) {
    this.request = request;
    this.fields = fields;
    this.source = source;
    this.#deps = deps;
  }

  get pending(): boolean {
    return this.#pending;
  }

  get user(): ServerUser {
    return this.#user;
  }

  use(user: ServerUser): void {
    this.#user = user;
  }

  respond(response: SipResponse): void {
    // 100 has been sent, and a final answer is repeated by the server as long as it has to be.
    if (!this.#pending || response.status === 100) return;
    if (response.status >= 200) {
      this.#pending = false;
      this.#deps.over();
    }
    // A 2xx for which the server has no transaction any more: it has answered a CANCEL, with 487 to the INVITE. It does not tell of
    // that when our answer is under way already.
    const overtaken = response.status >= 200 && response.status < 300 && this.request.method === 'INVITE';
    this.#deps.respond(response, () => this.#user.failed?.(overtaken ? 'cancelled' : 'transport'));
  }

  lost(): void {
    if (!this.#pending) return;
    this.#pending = false;
    this.#deps.over();
    this.#user.failed?.('transport');
  }
}

class WireClient implements ClientTransaction {
  readonly request: SipRequest;
  readonly hop: Hop;
  readonly key: string;
  readonly #user: ClientUser;
  readonly #over: () => void;
  #state: 'calling' | 'proceeding' | 'terminated' = 'calling';
  #cancel: ((headers: WireHeaders) => void) | undefined;

  constructor(request: SipRequest, hop: Hop, key: string, user: ClientUser, over: () => void) {
    this.request = request;
    this.hop = hop;
    this.key = key;
    this.#user = user;
    this.#over = over;
  }

  get state(): string {
    return this.#state;
  }

  sent(cancel: (headers: WireHeaders) => void): void {
    this.#cancel = cancel;
  }

  cancel(headers: WireHeaders): void {
    if (this.#state !== 'terminated') this.#cancel?.(headers);
  }

  receive(response: SipResponse): void {
    if (this.#state === 'terminated') return;
    const final = response.status >= 200;
    this.#state = final ? 'terminated' : 'proceeding';
    if (final) this.#over();
    this.#user.response(response);
  }

  failed(error: Error, kind: 'timeout' | 'transport' = 'transport'): void {
    if (this.#state === 'terminated') return;
    this.destroy();
    if (kind === 'timeout') this.#user.timeout();
    else this.#user.transportError(error);
  }

  destroy(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#over();
  }
}

function parse(text: string): SipRequest | SipResponse | undefined {
  const parsed = parseMessage(Buffer.from(text, 'utf8'));
  return parsed.ok ? parsed.message : undefined;
}

function withoutSessionTimer<M extends SipRequest | SipResponse>(message: M): M {
  if (!message.headers.some((h) => SESSION_TIMER.has(h.key))) return message;
  return { ...message, headers: message.headers.filter((h) => !SESSION_TIMER.has(h.key)) };
}

function wireHeaders(headers: readonly HeaderField[], dropped?: ReadonlySet<string>): [string, string][] {
  return headers.filter((h) => !SERVER_WRITES.has(h.key) && !dropped?.has(h.key)).map((h) => [h.name, h.value]);
}

function wireResponse(response: SipResponse): WireResponse {
  const headers = wireHeaders(response.headers, OF_THE_DIALOG);
  return { status: response.status, reason: response.reason, headers, body: response.body.toString('utf8') };
}

/** The dialog of a request of ours. */
function requestKey(request: SipRequest): string {
  const [from, to] = [tagOf(headerValue(request, 'from')) ?? '', tagOf(headerValue(request, 'to')) ?? ''];
  return dialogKey(headerValue(request, 'call-id') ?? '', from, to);
}

/** The dialog of a message from the network: its From is ours in answers to us, its To in requests of theirs. */
function ourKey(fields: CoreFields, whose: 'ours' | 'theirs'): string {
  const [from, to] = [fields.from.tag ?? '', fields.to.tag ?? ''];
  return whose === 'ours' ? dialogKey(fields.callId, from, to) : dialogKey(fields.callId, to, from);
}

export function hopOfSource({ address, port, transport }: SourceAddress): Hop {
  return { transport: transport === 'udp' ? 'udp' : 'tcp', address, port };
}
