import { isIP } from 'node:net';
import { advance, confirm, type Dialog, dialogRequest, keyOf, receiveSeq, refreshTarget, routing } from '../dialog/dialog.js';
import type { AgreedTimer } from '../dialog/session-timer.js';
import { answerChallenge } from '../digest/client.js';
import { listValues } from '../parser/fields.js';
import { type HeaderField, header, headerValue, type SipMessage, type SipRequest, type SipResponse } from '../parser/message.js';
import type { CoreFields } from '../parser/validate.js';
import type { InviteSession, SessionEnd } from '../port.js';
import type { NewRequest } from '../transaction/port.js';
import { responseTo } from '../transaction/responses.js';
import { type Hop, isStream } from '../transport/types.js';
import {
  ALLOW_IN_CALL,
  allowHeader,
  type ClientCallbacks,
  contactFor,
  type DialogEndpoint,
  hopOf,
  sendAck,
  sendRequest,
  supportedHeader,
  type UaContext,
} from './context.js';
import { receiveInfo } from './info.js';
import { OfferExchange } from './offer-exchange.js';
import { ReferUsage } from './refer.js';
import { SessionRefresh } from './session-refresh.js';
import type { UsageOwner, UsagePort } from './usage-port.js';

export interface UsageOptions {
  dialog: Dialog;
  owner: UsageOwner;
  /** User part of our Contact. */
  contactUser: string;
  /** Where requests of the dialog go when the Contact cannot be reached: the source of a peer behind NAT. */
  peer?: Hop | undefined;
  auth?: { username: string; password: string } | undefined;
  /** Whether we sent the INVITE: decides the back-off of §14.1. */
  caller: boolean;
}

/** How long a peer may take to answer a probe: five sendings over UDP (RFC 3261 §17.1.2.2), the whole 32 s would serve nobody. */
const PROBE_MS = 10_000;

/** Whether requests to this peer have to go to its source: it wrote another address into Via than it has (RFC 3581), or holds a stream. */
export function natHop(fields: CoreFields, source: Hop, routed: boolean): Hop | undefined {
  if (routed) return undefined;
  if (isStream(source)) return source;
  return isIP(fields.via.host) !== 0 && fields.via.host !== source.address ? source : undefined;
}

/** The INVITE usage of one dialog: sends and receives its requests (RFC 3261 §12.2). */
export class DialogUsage implements DialogEndpoint, UsagePort {
  readonly ctx: UaContext;
  readonly owner: UsageOwner;
  readonly caller: boolean;
  readonly offers: OfferExchange;
  readonly timer: SessionRefresh;
  readonly #refers: ReferUsage;
  readonly contactUser: string;
  dialog: Dialog;
  /** What the peer lists in Allow, as far as heard. */
  #allowed: ReadonlySet<string> | undefined;
  /** The INFO packages the peer takes, as far as heard (RFC 6086 §5.2). */
  #takes: ReadonlySet<string> = new Set();
  readonly #auth: UsageOptions['auth'];
  #peer: Hop | undefined;
  #phase: 'open' | 'terminating' | 'gone' = 'open';

  constructor(ctx: UaContext, options: UsageOptions) {
    this.ctx = ctx;
    this.owner = options.owner;
    this.dialog = options.dialog;
    this.caller = options.caller;
    this.contactUser = options.contactUser;
    this.#auth = options.auth;
    this.#peer = options.peer;
    this.offers = new OfferExchange(this);
    this.#refers = new ReferUsage(this);
    this.timer = new SessionRefresh(
      ctx.clock,
      () => this.offers.refresh(),
      () => this.fail({ kind: 'session-expired', status: 408 }, 'SIP;cause=408;text="Session expired"'),
    );
    ctx.dialogs.set(keyOf(this.dialog), this);
  }

  /** A refresh or its answer sets the session timer anew; an ended dialog has none. */
  armTimer(agreed: AgreedTimer | undefined): void {
    if (this.open) this.timer.arm(agreed);
  }

  get call(): { session: InviteSession; state: 'early' | 'confirmed' | 'ended' } {
    const state = this.#phase !== 'open' ? 'ended' : this.dialog.confirmed ? 'confirmed' : 'early';
    return { session: this.owner.session, state };
  }

  get open(): boolean {
    return this.#phase === 'open';
  }

  confirm(response?: SipResponse): void {
    this.dialog = confirm(this.dialog, response);
  }

  refresh(message: SipMessage): void {
    this.dialog = refreshTarget(this.dialog, message);
    this.learn(message);
  }

  /** Notes the peer's Allow (§20.5) and Recv-Info. */
  learn(message: SipMessage): void {
    if (headerValue(message, 'recv-info') !== undefined)
      this.#takes = new Set(listValues(message, 'recv-info').map((p) => p.toLowerCase()));
    if (headerValue(message, 'allow') !== undefined) this.#allowed = new Set(listValues(message, 'allow').map((m) => m.toUpperCase()));
  }

  allows(method: string): boolean {
    return this.#allowed?.has(method.toUpperCase()) ?? false;
  }

  takesInfo(infoPackage: string): boolean {
    return this.#takes.has(infoPackage);
  }

  /** A browser's page is gone with its connection, and its audio with it: the call need not wait for a timer to notice. */
  connectionLost(hop: Hop): void {
    const peer = this.#peer;
    if (peer?.transport !== hop.transport || peer.address !== hop.address || peer.port !== hop.port || peer.node !== hop.node) return;
    this.fail({ kind: 'transport', status: 503, phrase: 'the connection of the browser was lost' });
  }

  /** Only a browser has no other way to us: a phone on TCP has a Contact to connect to. */
  nodeLost(node: string): void {
    if (this.#peer?.node !== node || this.#peer.transport !== 'ws') return;
    this.fail({ kind: 'transport', status: 503, phrase: `the process ${node}, which the browser was connected to, is gone` });
  }

  lost(end: SessionEnd): void {
    if (!this.open || this.#peer?.transport === 'ws') return;
    this.gone();
    this.owner.over(end);
  }

  /** The hop of the dialog's next request. */
  hop(done: (hop: Hop | undefined, error?: Error) => void): void {
    const peer = this.#peer;
    // A stream may be gone; then the Contact has to do.
    if (peer && this.dialog.routeSet.length === 0 && this.ctx.transport.connected(peer)) done(peer);
    else hopOf(this.ctx, routing(this.dialog).nextHop, done);
  }

  /** Sends a request of the dialog; a challenge is answered once (§22.2). */
  request(method: string, extra: readonly HeaderField[], body: Buffer | undefined, callbacks: ClientCallbacks): void {
    this.hop((hop, error) => {
      if (hop) this.#sendTo(hop, method, extra, body, callbacks, true);
      else callbacks.failed('transport', error ?? new Error('no route'));
    });
  }

  #sendTo(
    hop: Hop,
    method: string,
    extra: readonly HeaderField[],
    body: Buffer | undefined,
    callbacks: ClientCallbacks,
    first: boolean,
  ): void {
    const next = advance(this.dialog);
    this.dialog = next.dialog;
    const headers = [header('Contact', contactFor(this.ctx, hop, this.contactUser)), header('User-Agent', this.ctx.userAgent), ...extra];
    const { request } = dialogRequest(this.dialog, method, next.number, method === 'BYE' ? headers.slice(1) : headers, body);
    sendRequest(this.ctx, request, hop, {
      failed: callbacks.failed,
      response: (response) => {
        const challenged = first && (response.status === 401 || response.status === 407) && this.#auth !== undefined;
        const credentials = challenged && this.#auth ? answerChallenge(response, request, this.#auth, this.ctx.token(8)) : undefined;
        if (credentials) this.#sendTo(hop, method, [...extra, credentials], body, callbacks, false);
        else callbacks.response(response);
      },
    });
  }

  /** INFO, without a package the legacy kind (RFC 6086 §2). Resolves with the final status. */
  info(contentType: string, body: string, infoPackage?: string): Promise<number> {
    if (!this.open) return Promise.resolve(481);
    const packaged = infoPackage === undefined ? [] : [header('Info-Package', infoPackage), header('Content-Disposition', 'Info-Package')];
    return new Promise((resolve) => {
      this.request('INFO', [...packaged, header('Content-Type', contentType)], Buffer.from(body, 'utf8'), {
        response: (response) => {
          if (response.status < 200) return;
          resolve(response.status);
          this.checkAlive(response);
        },
        failed: (kind) => {
          resolve(kind === 'timeout' ? 408 : 503);
          // An early dialog is the INVITE's affair.
          if (this.dialog.confirmed) this.fail({ kind, status: kind === 'timeout' ? 408 : 503 });
        },
      });
    });
  }

  /** OPTIONS as a question whether the peer still has this dialog; its failure ends nothing here. */
  probe(withinMs = PROBE_MS): Promise<boolean> {
    if (!this.open) return Promise.resolve(false);
    return new Promise((resolve) => {
      const deadline = this.ctx.clock.setTimer(withinMs, () => resolve(false));
      const answered = (alive: boolean) => {
        deadline.cancel();
        resolve(alive);
      };
      this.request('OPTIONS', [header('Accept', 'application/sdp')], undefined, {
        response: ({ status }) => {
          if (status >= 200) answered(status !== 408 && status !== 481);
        },
        failed: () => answered(false),
      });
    });
  }

  /** ACK of a 2xx. @returns how to repeat it. */
  ack(inviteNumber: number, sdp: string | undefined): () => void {
    const headers = [header('User-Agent', this.ctx.userAgent), ...(sdp === undefined ? [] : [header('Content-Type', 'application/sdp')])];
    const body = sdp === undefined ? undefined : Buffer.from(sdp);
    const { request } = dialogRequest(this.dialog, 'ACK', inviteNumber, headers, body);
    let repeat = () => {};
    this.hop((hop) => {
      if (!hop) return;
      const bytes = sendAck(this.ctx, request, hop);
      repeat = () => this.ctx.transport.send(hop, bytes, () => this.ctx.counters.add('sip_acks_not_sent_total'));
    });
    return () => repeat();
  }

  /** Sends BYE and lets the dialog go once it is answered. */
  bye(reasonHeader?: string): void {
    if (this.#phase !== 'open') return;
    this.#refers.close(false);
    this.#phase = 'terminating';
    this.#release();
    const extra = reasonHeader === undefined ? [] : [header('Reason', reasonHeader)];
    this.request('BYE', extra, undefined, {
      response: (response) => {
        if (response.status >= 200) this.gone();
      },
      failed: () => this.gone(),
    });
  }

  /** Ends the dialog for a failure of ours or the peer's: BYE with a reason, then the owner is told. */
  fail(end: SessionEnd, reasonHeader?: string): void {
    if (this.#phase !== 'open') return;
    this.bye(reasonHeader);
    this.owner.over(end);
  }

  /** Forgets the dialog without a word. */
  gone(): void {
    if (this.#phase === 'gone') return;
    this.#refers.close(true);
    this.#phase = 'gone';
    this.#release();
    this.ctx.dialogs.delete(keyOf(this.dialog));
  }

  #release(): void {
    this.timer.stop();
    this.offers.stop();
  }

  acknowledge(ack: SipRequest, fields: CoreFields): void {
    this.offers.acknowledged(ack, fields.cseq.number);
  }

  receive(incoming: NewRequest): void {
    const { request, fields, source } = incoming;
    // It speaks to us through another process: what we say goes the same way, or would overtake our answers.
    if (source.node !== undefined) this.#peer = source;
    if (this.#phase !== 'open') {
      // BYE glare: both have hung up, and both get their 200.
      if (request.method === 'BYE') this.respond(incoming, 200, 'OK');
      else this.respond(incoming, 481, 'Call/Transaction Does Not Exist');
      return;
    }
    const seq = receiveSeq(this.dialog, fields.cseq.number);
    if (seq === 'out-of-order') {
      this.respond(incoming, 500, 'Server Internal Error - CSeq out of order');
      return;
    }
    this.dialog = seq.dialog;
    this.#dispatch(incoming);
  }

  #dispatch(incoming: NewRequest): void {
    switch (incoming.request.method) {
      case 'BYE':
        this.#receiveBye(incoming);
        break;
      case 'INVITE':
      case 'UPDATE':
        this.offers.receive(incoming);
        break;
      case 'INFO':
        receiveInfo(this, incoming);
        break;
      case 'REFER':
        this.#refers.receive(incoming);
        break;
      case 'SUBSCRIBE':
        this.#refers.subscribe(incoming);
        break;
      case 'PRACK':
        if (!this.owner.prack(incoming)) this.respond(incoming, 481, 'Call/Transaction Does Not Exist');
        break;
      case 'OPTIONS':
        this.respond(incoming, 200, 'OK', [allowHeader(), supportedHeader(), header('Accept', 'application/sdp')]);
        break;
      default:
        this.respond(incoming, 405, 'Method Not Allowed', [allowHeader(ALLOW_IN_CALL)]);
    }
  }

  #receiveBye(incoming: NewRequest): void {
    this.respond(incoming, 200, 'OK');
    const reasonHeader = headerValue(incoming.request, 'reason');
    this.owner.byeBeforeAnswer?.();
    this.gone();
    this.owner.over({ kind: 'remote-bye', ...(reasonHeader === undefined ? {} : { reasonHeader }) });
  }

  respond(incoming: NewRequest, status: number, phrase: string, headers: readonly HeaderField[] = [], body?: Buffer): void {
    const all = [header('Server', this.ctx.userAgent), ...headers];
    if (status >= 300)
      this.ctx.discards.refused(status, incoming.source, { method: incoming.request.method, sipCallId: this.dialog.callId });
    incoming.open().respond(responseTo(incoming.request, status, phrase, { headers: all, ...(body ? { body } : {}) }));
  }

  /** A refusal that means the peer has no such dialog any more (§12.2.1.2, RFC 5057). */
  checkAlive(response: SipResponse): void {
    if (response.status === 481) {
      if (!this.open) return;
      this.gone();
      this.owner.over({ kind: 'protocol', status: 481, phrase: response.reason });
    } else if (response.status === 408) this.fail({ kind: 'timeout', status: 408, phrase: response.reason });
  }
}
