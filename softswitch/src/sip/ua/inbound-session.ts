import type { SourceAddress, Timer } from '@yixian/contracts';
import { uasDialog } from '../dialog/dialog.js';
import { judgeSessionTimer } from '../dialog/session-timer.js';
import { sdpOf } from '../parser/body.js';
import { addressList, hasOption, parseDelta } from '../parser/fields.js';
import { type HeaderField, header, headerValue, type SipRequest, type SipResponse } from '../parser/message.js';
import { parseReplaces } from '../parser/refer-to.js';
import { parseUri } from '../parser/uri.js';
import type { IncomingRefer, InfoPackage, InviteSession, ReplacedDialog, SessionEnd, SessionHandlers } from '../port.js';
import type { NewRequest, ServerTransaction } from '../transaction/port.js';
import { responseTo } from '../transaction/responses.js';
import { allowHeader, contactFor, sdpBody, sdpHeaders, supportedHeader, type UaContext } from './context.js';
import { optionsOf, recvInfo } from './info.js';
import { sessionExpiresHeaders } from './offer-exchange.js';
import { ReliableProvisionals } from './reliable-provisionals.js';
import { DialogUsage, natHop } from './usage.js';
import type { UsageOwner } from './usage-port.js';

/** A provisional response is repeated once a minute, or proxies on the way give the call up (RFC 3261 §13.3.1.1). */
const KEEP_RINGING_MS = 60_000;

/**
 * The called side of one INVITE (RFC 3261 §13.3).
 *
 *   early ──accept()──▶ (waits for PRACK) ──2xx──▶ accepted ──ACK──▶ confirmed ──BYE──▶ ended
 *     │ refuse(), end(), CANCEL, BYE, Expires          │ no ACK in 64·T1: BYE            ▲
 *     └────────────────────────────────────────────────┴──────────────────────────────────┘
 */
type State = 'early' | 'accepted' | 'confirmed' | 'ended';

export interface InboundOptions {
  ctx: UaContext;
  incoming: NewRequest;
  transaction: ServerTransaction;
  source: SourceAddress;
}

export class InboundSession implements InviteSession, UsageOwner {
  readonly direction = 'inbound';
  readonly callId: string;
  readonly source: SourceAddress;
  readonly fromUser: string;
  readonly fromDisplayName: string | undefined;
  readonly assertedUser: string | undefined;
  readonly toUser: string;
  readonly requestUser: string;
  readonly remoteSdp: string | undefined;
  readonly replaces: ReplacedDialog | undefined;
  readonly #ctx: UaContext;
  readonly #request: SipRequest;
  readonly #transaction: ServerTransaction;
  readonly #usage: DialogUsage;
  readonly #localTag: string;
  readonly #reliable: ReliableProvisionals;
  #handlers: SessionHandlers | undefined;
  #undelivered: SessionEnd | undefined;
  #state: State = 'early';
  #ringing: Timer | undefined;
  #expires: Timer | undefined;
  /** Whether our description in a reliable provisional response was the offer (late offer with 100rel). */
  #offeredEarly = false;
  #answeredEarly = false;
  #pendingAccept: string | undefined;
  #byeAfterAck: { reason: string | undefined } | undefined;

  /** @returns undefined when the INVITE cannot make a dialog (no usable Contact). */
  static create(options: InboundOptions): InboundSession | undefined {
    const { ctx, incoming } = options;
    const localTag = ctx.token(8);
    const firstSeq = Number.parseInt(ctx.token(2), 16);
    const dialog = uasDialog(incoming.request, incoming.fields, localTag, firstSeq);
    return dialog ? new InboundSession(options, localTag, dialog) : undefined;
  }

  private constructor(options: InboundOptions, localTag: string, dialog: NonNullable<ReturnType<typeof uasDialog>>) {
    const { ctx, incoming, transaction } = options;
    const { request, fields } = incoming;
    this.#ctx = ctx;
    this.#request = request;
    this.#transaction = transaction;
    this.#localTag = localTag;
    this.callId = fields.callId;
    this.source = options.source;
    this.fromUser = fields.from.uri?.user ?? '';
    this.fromDisplayName = fields.from.address.displayName;
    this.assertedUser = assertedUser(request);
    this.toUser = fields.to.uri?.user ?? '';
    this.requestUser = parseUri(request.uri)?.user ?? '';
    this.remoteSdp = sdpOf(request);
    this.replaces = replacedDialog(request);
    this.#usage = new DialogUsage(ctx, {
      dialog,
      owner: this,
      contactUser: this.requestUser,
      peer: natHop(fields, incoming.source, dialog.routeSet.length > 0),
      caller: false,
    });
    this.#usage.learn(request);
    this.#reliable = new ReliableProvisionals(ctx, (response) => transaction.respond(response), fields.cseq.number, {
      overdue: () => this.#fail({ kind: 'no-ack', status: 504, phrase: 'PRACK not received' }, 504, 'Server Time-out'),
      clear: () => this.#acceptIfPossible(),
    });
    transaction.use({
      cancelled: (cancel) => this.#cancelled(cancel),
      failed: (reason) => this.#finish(endOf(reason)),
    });
    this.#watchExpires();
    ctx.sessions.add(this);
  }

  allows(method: string): boolean {
    return this.#usage.allows(method);
  }

  setHandlers(handlers: SessionHandlers): void {
    this.#handlers = handlers;
    const end = this.#undelivered;
    this.#undelivered = undefined;
    if (end) handlers.onEnded(end);
  }

  progress(status: 180 | 183, sdp?: string): void {
    if (this.#state !== 'early' || this.#pendingAccept !== undefined) return;
    const required = hasOption(this.#request, 'require', '100rel');
    const reliable = required || (sdp !== undefined && hasOption(this.#request, 'supported', '100rel'));
    if (sdp !== undefined) this.#usage.offers.localSdp = sdp;
    // Once a reliable response carried the answer there is no second one (RFC 3262 §5).
    const carried = reliable && this.#answeredEarly ? undefined : sdp;
    const build = (extra: readonly HeaderField[]) =>
      this.#response(status, status === 180 ? 'Ringing' : 'Session Progress', extra, carried);
    if (reliable) {
      if (carried !== undefined) {
        this.#answeredEarly = true;
        this.#offeredEarly ||= this.remoteSdp === undefined;
      }
      this.#reliable.send(build, carried !== undefined);
    } else this.#transaction.respond(build([]));
    this.#keepRinging(() => {
      if (!reliable) this.#transaction.respond(build([]));
      else if (!this.#reliable.busy) this.#reliable.send((extra) => this.#response(status, 'Session Progress', extra, undefined), false);
    });
  }

  accept(sdp: string): void {
    if (this.#state !== 'early' || this.#pendingAccept !== undefined) return;
    this.#pendingAccept = sdp;
    this.#acceptIfPossible();
  }

  /** RFC 3262 §3: no 2xx while a reliable provisional response with a description is not acknowledged. */
  #acceptIfPossible(): void {
    const sdp = this.#pendingAccept;
    if (sdp === undefined || this.#state !== 'early' || this.#reliable.blocksAnswer) return;
    const timer = judgeSessionTimer(this.#request, this.#ctx.sessionTimer);
    this.#state = 'accepted';
    this.#stopEarly();
    this.#usage.offers.localSdp = sdp;
    this.#usage.confirm();
    const response = this.#response(200, 'OK', sessionExpiresHeaders(timer), this.#answeredEarly ? undefined : sdp);
    const offered = this.remoteSdp === undefined && !this.#offeredEarly;
    this.#transaction.respond(response);
    if (timer.kind === 'agreed') this.#usage.armTimer(timer.timer);
    this.#usage.offers.awaitAck(this.#transaction, response, offered, (answer) => this.#confirmed(offered ? answer : undefined));
  }

  #confirmed(answer: string | undefined): void {
    if (this.#byeAfterAck) {
      this.#usage.bye(this.#byeAfterAck.reason);
      return;
    }
    if (this.#state !== 'accepted') return;
    this.#state = 'confirmed';
    this.#handlers?.onConfirmed?.(answer);
    this.#usage.offers.unblock();
  }

  refuse(status: number, phrase: string, headers: ReadonlyArray<readonly [string, string]> = []): void {
    if (this.#state !== 'early') return;
    const final = status >= 300 && status <= 699 ? status : 500;
    this.#sendFinal(
      final,
      phrase,
      headers.map(([name, value]) => header(name, value)),
    );
    this.#finish({ kind: 'local', status: final, phrase });
  }

  end(reasonHeader?: string): void {
    switch (this.#state) {
      case 'early':
        this.refuse(480, 'Temporarily Unavailable', reasonHeader === undefined ? [] : [['Reason', reasonHeader]]);
        break;
      case 'accepted':
        // §15: the called side must not send BYE before the ACK has come or is overdue.
        if (this.#usage.offers.unacknowledged) this.#byeAfterAck = { reason: reasonHeader };
        else this.#usage.bye(reasonHeader);
        this.#finish({ kind: 'local' });
        break;
      case 'confirmed':
        this.#usage.bye(reasonHeader);
        this.#finish({ kind: 'local' });
        break;
      case 'ended':
        break;
    }
  }

  reinvite(sdp: string): Promise<string> {
    if (this.#state === 'ended') return Promise.reject(new Error('the session has ended'));
    return this.#usage.offers.reinvite(sdp);
  }

  takesInfo(infoPackage: string): boolean {
    return this.#usage.takesInfo(infoPackage);
  }

  info(contentType: string, body: string, infoPackage?: string): Promise<number> {
    return this.#state === 'ended' ? Promise.resolve(481) : this.#usage.info(contentType, body, infoPackage);
  }

  probe(withinMs?: number): Promise<boolean> {
    return this.#state === 'ended' ? Promise.resolve(false) : this.#usage.probe(withinMs);
  }

  // What the dialog tells.

  offer(offer: string | undefined): { sdp: string } | { refuse: number; phrase: string } {
    return this.#handlers?.onOffer?.(offer) ?? { refuse: 488, phrase: 'Not Acceptable Here' };
  }

  answer(sdp: string): void {
    this.#handlers?.onAnswer?.(sdp);
  }

  infoReceived(contentType: string, body: string): void {
    this.#handlers?.onInfo?.(contentType, body);
  }

  get infoPackages(): readonly InfoPackage[] | undefined {
    return this.#handlers?.infoPackages;
  }

  referred(refer: IncomingRefer): true | undefined {
    // Before the answer there is nobody to be put through.
    if (this.#state !== 'confirmed' && this.#state !== 'accepted') return undefined;
    if (!this.#handlers?.onRefer) return undefined;
    this.#handlers.onRefer(refer);
    return true;
  }

  get session(): InviteSession {
    return this;
  }

  prack(incoming: NewRequest): boolean {
    if (!this.#reliable.acknowledge(incoming.request)) return false;
    const sdp = sdpOf(incoming.request);
    this.#answerPrack(incoming, sdp);
    this.#reliable.next();
    return true;
  }

  /** A PRACK may carry the answer to our early offer, or a new offer (RFC 3262 §5). */
  #answerPrack(incoming: NewRequest, sdp: string | undefined): void {
    if (sdp !== undefined && !this.#offeredEarly) {
      const answer = this.offer(sdp);
      if ('refuse' in answer) this.#usage.respond(incoming, answer.refuse, answer.phrase);
      else this.#usage.respond(incoming, 200, 'OK', sdpHeaders(answer.sdp), sdpBody(answer.sdp));
      return;
    }
    this.#usage.respond(incoming, 200, 'OK');
    if (sdp !== undefined) this.#handlers?.onAnswer?.(sdp);
  }

  firstOfferOpen(): 491 | 500 | undefined {
    if (this.#state !== 'early') return undefined;
    if (this.#offeredEarly) return this.#reliable.busy ? 491 : undefined;
    return this.#answeredEarly ? undefined : 500;
  }

  byeBeforeAnswer(): void {
    if (this.#state === 'early') this.#sendFinal(487, 'Request Terminated');
  }

  over(end: SessionEnd): void {
    this.#finish(end);
  }

  #cancelled(cancel: SipRequest): void {
    if (this.#state !== 'early') return;
    this.#sendFinal(487, 'Request Terminated');
    const reasonHeader = headerValue(cancel, 'reason');
    this.#finish({ kind: 'remote-cancel', status: 487, ...(reasonHeader === undefined ? {} : { reasonHeader }) });
  }

  #fail(end: SessionEnd, status: number, phrase: string): void {
    if (this.#state !== 'early') return;
    this.#sendFinal(status, phrase);
    this.#finish(end);
  }

  #sendFinal(status: number, phrase: string, extra: readonly HeaderField[] = []): void {
    if (!this.#transaction.pending) return;
    const headers = [header('Server', this.#ctx.userAgent), ...extra];
    this.#transaction.respond(responseTo(this.#request, status, phrase, { toTag: this.#localTag, headers }));
  }

  /** A dialog-forming response (§12.1.1): Record-Route copied, our Contact, Allow and Supported. */
  #response(status: number, phrase: string, extra: readonly HeaderField[], sdp: string | undefined): SipResponse {
    const headers: HeaderField[] = this.#request.headers.filter((h) => h.key === 'record-route');
    const packages = this.#handlers?.infoPackages;
    headers.push(
      header('Contact', contactFor(this.#ctx, this.#transaction.source, this.requestUser)),
      header('Server', this.#ctx.userAgent),
      allowHeader(),
      supportedHeader(optionsOf(packages)),
      ...(packages ? [recvInfo(packages)] : []),
      ...extra,
      ...sdpHeaders(sdp),
    );
    const body = sdpBody(sdp);
    return responseTo(this.#request, status, phrase, { toTag: this.#localTag, headers, ...(body ? { body } : {}) });
  }

  #keepRinging(again: () => void): void {
    this.#ringing?.cancel();
    this.#ringing = this.#ctx.clock.setTimer(KEEP_RINGING_MS, () => {
      again();
      this.#keepRinging(again);
    });
  }

  /** The caller's own limit on how long the INVITE stands (§13.3.1). */
  #watchExpires(): void {
    const seconds = parseDelta(headerValue(this.#request, 'expires') ?? '')?.seconds;
    if (seconds === undefined || seconds === 0 || seconds > 86_400) return;
    this.#expires = this.#ctx.clock.setTimer(seconds * 1_000, () =>
      this.#fail({ kind: 'timeout', status: 487, phrase: 'INVITE expired' }, 487, 'Request Terminated'),
    );
  }

  #stopEarly(): void {
    this.#ringing?.cancel();
    this.#expires?.cancel();
    this.#reliable.stop();
  }

  #finish(end: SessionEnd): void {
    if (this.#state === 'ended') return;
    const answered = this.#state !== 'early';
    this.#state = 'ended';
    this.#stopEarly();
    if (!answered) this.#usage.gone();
    this.#ctx.sessions.delete(this);
    this.#ctx.sessionOver?.(this.callId);
    if (this.#handlers) this.#handlers.onEnded(end);
    else this.#undelivered = end;
  }
}

/** The dialog an INVITE asks to replace; what cannot be read has been refused before (`user-agent.ts`). */
function replacedDialog(request: SipRequest): ReplacedDialog | undefined {
  const value = headerValue(request, 'replaces');
  const replaces = value === undefined ? undefined : parseReplaces(value);
  return replaces && { callId: replaces.callId, localTag: replaces.toTag, remoteTag: replaces.fromTag, earlyOnly: replaces.earlyOnly };
}

function assertedUser(request: SipRequest): string | undefined {
  for (const address of addressList(request, 'p-asserted-identity')) {
    const user = parseUri(address.uri)?.user;
    if (user !== undefined) return user;
  }
  return undefined;
}

function endOf(reason: 'timeout' | 'transport' | 'cancelled'): SessionEnd {
  if (reason === 'cancelled') return { kind: 'remote-cancel', status: 487 };
  return { kind: reason, status: reason === 'timeout' ? 408 : 503 };
}
