import type { SourceAddress } from '@yixian/contracts';
import { type Dialog, reliableSeq, uacDialog } from '../dialog/dialog.js';
import { timerFrom2xx } from '../dialog/session-timer.js';
import { answerChallenge } from '../digest/client.js';
import { sdpOf } from '../parser/body.js';
import { addressList, formatNameAddr, parseDelta } from '../parser/fields.js';
import { type HeaderField, header, headerValue, makeRequest, type SipRequest, type SipResponse } from '../parser/message.js';
import { formatUri, parseUri } from '../parser/uri.js';
import { type CoreFields, readCore } from '../parser/validate.js';
import type { IncomingRefer, InviteOptions, InviteSession, SessionEnd, SessionHandlers } from '../port.js';
import type { ClientTransaction } from '../transaction/port.js';
import { T1_64 } from '../transaction/timers.js';
import { type Hop, isStream } from '../transport/types.js';
import { allowHeader, contactFor, sdpBody, sdpHeaders, sendRequest, supportedHeader, type UaContext } from './context.js';
import { optionsOf, recvInfo } from './info.js';
import { routeTo } from './route.js';
import { DialogUsage } from './usage.js';
import type { UsageOwner } from './usage-port.js';

/**
 * The calling side of one INVITE (RFC 3261 §13.2).
 *
 *   resolving ──INVITE──▶ calling ──2xx: ACK──▶ confirmed ──BYE──▶ ended
 *       │                   │  └──401/407/422 once: INVITE anew──┐     ▲
 *       │                   │◀────────────────────────────────────┘     │
 *       │                   └─end()─▶ CANCEL when a 1xx has come ───────┤  a 2xx after it: ACK and BYE
 *       └──────────────────── failure, ≥ 300 ───────────────────────────┘
 */
type State = 'resolving' | 'calling' | 'confirmed' | 'ended';

interface Fork {
  usage: DialogUsage;
  rseq: number;
  sdp: string | undefined;
  /** Set once this fork answered; repeats its ACK. */
  repeatAck: (() => void) | undefined;
}

export class OutboundSession implements InviteSession {
  readonly direction = 'outbound';
  readonly callId: string;
  readonly source: SourceAddress | undefined = undefined;
  readonly fromUser: string;
  readonly fromDisplayName: string | undefined;
  readonly assertedUser = undefined;
  readonly toUser: string;
  readonly requestUser: string;
  readonly remoteSdp = undefined;
  readonly replaces = undefined;
  readonly #ctx: UaContext;
  readonly #options: InviteOptions;
  readonly #fromTag: string;
  /** By To tag. */
  readonly #forks = new Map<string, Fork>();
  #handlers: SessionHandlers;
  #state: State = 'resolving';
  #seq = 1;
  #transaction: ClientTransaction | undefined;
  #request: { message: SipRequest; fields: CoreFields } | undefined;
  #hop: Hop | undefined;
  #heard = false;
  #cancel: { reason: string | undefined; sent: boolean } | undefined;
  #credentials: HeaderField | undefined;
  #sessionExpires: number;
  #minSe: number;
  #answered: Fork | undefined;
  /** The Reason a provisional response gave for a refusal still to come (RFC 6432). */
  #announced: string | undefined;

  constructor(ctx: UaContext, options: InviteOptions, handlers: SessionHandlers) {
    this.#ctx = ctx;
    this.#options = options;
    this.#handlers = handlers;
    this.callId = `${ctx.token(12)}@yixian`;
    this.#fromTag = ctx.token(8);
    this.fromUser = options.from.user;
    this.fromDisplayName = options.from.displayName;
    this.requestUser = parseUri(options.uri)?.user ?? '';
    this.toUser = options.toUser ?? this.requestUser;
    this.#sessionExpires = ctx.sessionTimer.sessionExpires;
    this.#minSe = ctx.sessionTimer.minSe;
    ctx.sessions.add(this);
  }

  /** Resolves the next hop and sends the INVITE. */
  start(): void {
    const { nextHop, uri } = this.#options;
    const resolved = (hop: Hop | undefined, error?: Error) => {
      if (this.#state !== 'resolving') return;
      if (!hop) {
        this.#finish({ kind: 'transport', status: 503, phrase: error?.message ?? 'no route' });
        return;
      }
      this.#hop = hop;
      this.#state = 'calling';
      this.#invite(hop);
    };
    routeTo(this.#ctx, uri, nextHop, resolved);
  }

  /** The dialog in use: the answered one, before that the first early one. */
  get #dialog(): DialogUsage | undefined {
    return (this.#answered ?? [...this.#forks.values()][0])?.usage;
  }

  allows(method: string): boolean {
    return this.#dialog?.allows(method) ?? false;
  }

  setHandlers(handlers: SessionHandlers): void {
    this.#handlers = handlers;
  }

  progress(): void {}

  accept(): void {}

  refuse(): void {}

  end(reasonHeader?: string): void {
    switch (this.#state) {
      case 'resolving':
        this.#finish({ kind: 'local' });
        break;
      case 'calling':
        this.#cancel = { reason: reasonHeader, sent: false };
        this.#cancelIfPossible();
        this.#finish({ kind: 'local' });
        break;
      case 'confirmed':
        this.#answered?.usage.bye(reasonHeader);
        this.#finish({ kind: 'local' });
        break;
      case 'ended':
        break;
    }
  }

  reinvite(sdp: string): Promise<string> {
    const usage = this.#answered?.usage;
    return usage && this.#state === 'confirmed' ? usage.offers.reinvite(sdp) : Promise.reject(new Error('the session is not up'));
  }

  takesInfo(infoPackage: string): boolean {
    return this.#dialog?.takesInfo(infoPackage) ?? false;
  }

  /** Before the answer it goes to the early dialog, where a provisional response has made one (RFC 6086 §4.2.1). */
  info(contentType: string, body: string, infoPackage?: string): Promise<number> {
    const usage = this.#state === 'confirmed' || this.#state === 'calling' ? this.#dialog : undefined;
    return usage ? usage.info(contentType, body, infoPackage) : Promise.resolve(481);
  }

  probe(withinMs?: number): Promise<boolean> {
    const usage = this.#answered?.usage;
    return usage && this.#state === 'confirmed' ? usage.probe(withinMs) : Promise.resolve(false);
  }

  #invite(hop: Hop): void {
    const message = this.#buildInvite(hop);
    const core = readCore({ ...message, headers: [header('Via', 'SIP/2.0/UDP 0.0.0.0'), ...message.headers] });
    if (!core.ok) {
      this.#finish({ kind: 'protocol', status: 400, phrase: core.fault });
      return;
    }
    this.#request = { message, fields: core.fields };
    this.#heard = false;
    this.#transaction = sendRequest(this.#ctx, message, hop, {
      response: (response) => this.#response(response),
      failed: (kind, error) => this.#failed(kind, error),
    });
  }

  #buildInvite(hop: Hop): SipRequest {
    const { from, headers = [], sdp, uri } = this.#options;
    const local = this.#ctx.transport.localFor(hop) ?? { address: hop.address, port: hop.port };
    const own = formatUri({ scheme: 'sip', user: from.user, host: local.address, port: undefined, params: new Map() });
    const target = parseUri(uri);
    const to = target?.scheme === 'tel' ? uri : `sip:${this.#userAt(this.toUser, target?.host ?? hop.address, target?.port)}`;
    const identity = formatNameAddr({ displayName: from.displayName, uri: own, params: new Map() });
    const asserted = headers.some(([name]) => name.toLowerCase() === 'p-asserted-identity');
    const timer =
      this.#sessionExpires === 0 ? [] : [header('Session-Expires', String(this.#sessionExpires)), header('Min-SE', String(this.#minSe))];
    const fields: HeaderField[] = [
      header('Max-Forwards', '70'),
      header('From', `${identity};tag=${this.#fromTag}`),
      header('To', `<${to}>`),
      header('Call-ID', this.callId),
      header('CSeq', `${this.#seq} INVITE`),
      header('Contact', contactFor(this.#ctx, hop, from.user)),
      header('User-Agent', this.#ctx.userAgent),
      allowHeader(),
      supportedHeader(optionsOf(this.#handlers.infoPackages)),
      ...(this.#handlers.infoPackages ? [recvInfo(this.#handlers.infoPackages)] : []),
      ...timer,
      ...(asserted || from.user === '' ? [] : [header('P-Asserted-Identity', identity)]),
      ...headers.map(([name, value]) => header(name, value)),
      ...(this.#credentials ? [this.#credentials] : []),
      ...sdpHeaders(sdp),
    ];
    return makeRequest('INVITE', uri, fields, sdpBody(sdp));
  }

  #userAt(user: string, host: string, port: number | undefined): string {
    return formatUri({ scheme: 'sip', user: user === '' ? undefined : user, host, port, params: new Map() }).slice(4);
  }

  #failed(kind: 'timeout' | 'transport', error: Error): void {
    this.#dropForks(undefined);
    this.#finish({ kind, status: kind === 'timeout' ? 408 : 503, phrase: error.message });
  }

  #response(response: SipResponse): void {
    this.#heard = true;
    const core = readCore(response);
    if (!core.ok || !this.#request) return;
    if (response.status === 100) {
      this.#cancelIfPossible();
      if (this.#state === 'calling') this.#handlers.onProgress?.(100, undefined);
    } else if (response.status < 200) {
      this.#progressed(response, core.fields);
      this.#cancelIfPossible();
    } else if (response.status < 300) this.#success(response, core.fields);
    else this.#refused(response);
  }

  /** The dialog of a To tag: one per branch of a forking proxy (§12.1, §13.2.2.4). */
  #fork(response: SipResponse, fields: CoreFields): Fork {
    const tag = fields.to.tag ?? '';
    const known = this.#forks.get(tag);
    if (known) return known;
    const request = this.#request;
    if (!request) throw new Error('a response before the INVITE');
    const dialog = uacDialog(request.message, request.fields, response, fields);
    const fork: Fork = { usage: this.#newUsage(dialog, response), rseq: 0, sdp: undefined, repeatAck: undefined };
    this.#forks.set(tag, fork);
    return fork;
  }

  #newUsage(dialog: Dialog, response: SipResponse): DialogUsage {
    const usage: DialogUsage = new DialogUsage(this.#ctx, {
      dialog,
      owner: this.#ownerOf(() => usage),
      contactUser: this.fromUser,
      peer: this.#peerHop(response),
      auth: this.#options.auth,
      caller: true,
    });
    usage.offers.localSdp = this.#options.sdp;
    usage.learn(response);
    return usage;
  }

  /** A phone behind NAT answers with the Contact it registered: what was sent to its source goes on being sent there. */
  #peerHop(response: SipResponse): Hop | undefined {
    const hop = this.#hop;
    if (!this.#options.nextHop || !hop) return undefined;
    if (isStream(hop)) return hop;
    const contact = parseUri(addressList(response, 'contact')[0]?.uri ?? '');
    const target = parseUri(this.#options.uri);
    return contact && target && contact.host === target.host && contact.port === target.port ? hop : undefined;
  }

  #ownerOf(usage: () => DialogUsage): UsageOwner {
    const refusal = { refuse: 488, phrase: 'Not Acceptable Here' };
    return {
      offer: (offer) => this.#handlers.onOffer?.(offer) ?? refusal,
      answer: (sdp) => this.#handlers.onAnswer?.(sdp),
      infoReceived: (type, body) => this.#handlers.onInfo?.(type, body),
      infoPackages: this.#handlers.infoPackages,
      referred: (refer) => this.#referred(usage(), refer),
      session: this,
      prack: () => false,
      firstOfferOpen: () => {
        // Only a reliable response can have brought the answer before the 2xx (RFC 3262 §5).
        const fork = [...this.#forks.values()].find((f) => f.usage === usage());
        return this.#state === 'calling' && (!fork || fork.rseq === 0 || fork.sdp === undefined) ? 491 : undefined;
      },
      over: (end) => {
        if (this.#answered?.usage === usage()) this.#finish(end);
        // A page that rang is gone with its connection: no other answer can come.
        else if (this.#state === 'calling' && end.kind === 'transport') this.#giveUp(end);
      },
    };
  }

  #giveUp(end: SessionEnd): void {
    this.#transaction?.destroy();
    this.#dropForks(undefined);
    this.#finish(end);
  }

  #referred(usage: DialogUsage, refer: IncomingRefer): true | undefined {
    // Before the answer there is nobody to be put through to.
    if (this.#answered?.usage !== usage || this.#state !== 'confirmed' || !this.#handlers.onRefer) return undefined;
    this.#handlers.onRefer(refer);
    return true;
  }

  #progressed(response: SipResponse, fields: CoreFields): void {
    // Without a To tag there is no dialog (RFC 2543 peers), only progress.
    const fork = fields.to.tag === undefined ? undefined : this.#fork(response, fields);
    const rseq = reliableSeq(response);
    if (fork && rseq !== undefined) {
      // RFC 3262 §4: a repeated one is not processed again, one out of order is dropped.
      if (fork.rseq !== 0 && rseq !== fork.rseq + 1) return;
      fork.rseq = rseq;
      this.#sendPrack(fork, rseq);
    }
    const sdp = sdpOf(response);
    if (fork && sdp !== undefined) fork.sdp = sdp;
    const reasonHeader = headerValue(response, 'reason');
    this.#announced = reasonHeader ?? this.#announced;
    if (this.#state === 'calling') this.#handlers.onProgress?.(response.status, sdp, reasonHeader);
  }

  #sendPrack(fork: Fork, rseq: number): void {
    fork.usage.request('PRACK', [header('RAck', `${rseq} ${this.#seq} INVITE`)], undefined, {
      response: (response) => {
        if (response.status >= 300) this.#ctx.logger.info({ sipCallId: this.callId, status: response.status }, 'PRACK refused');
      },
      failed: (kind) => this.#ctx.logger.info({ sipCallId: this.callId, kind }, 'PRACK not answered'),
    });
  }

  #success(response: SipResponse, fields: CoreFields): void {
    const fork = this.#fork(response, fields);
    if (fork.repeatAck) {
      fork.repeatAck();
      return;
    }
    fork.usage.confirm(response);
    fork.usage.learn(response);
    fork.repeatAck = fork.usage.ack(this.#seq, undefined);
    const sdp = sdpOf(response) ?? fork.sdp;
    if (this.#state !== 'calling') {
      // CANCEL and 2xx crossed (§9.1), or a second branch of a fork answered (§13.2.2.4).
      fork.usage.bye(this.#answered ? 'SIP;cause=200;text="Call completed elsewhere"' : this.#cancel?.reason);
      return;
    }
    this.#answered = fork;
    if (sdp === undefined) {
      fork.usage.bye('SIP;cause=488;text="No answer in 2xx"');
      this.#finish({ kind: 'protocol', status: 488, phrase: '2xx without the answer' });
      return;
    }
    this.#state = 'confirmed';
    fork.usage.armTimer(timerFrom2xx(response));
    // The other early dialogs end when no more 2xx can come (§13.2.2.4).
    if (this.#forks.size > 1) this.#ctx.clock.setTimer(T1_64, () => this.#dropForks(fork));
    this.#handlers.onAccepted?.(sdp);
    fork.usage.offers.unblock();
  }

  #refused(response: SipResponse): void {
    this.#dropForks(undefined);
    if (this.#state !== 'calling') return;
    if (this.#retryWith(response)) {
      this.#seq++;
      if (this.#hop) this.#invite(this.#hop);
      return;
    }
    const reasonHeader = headerValue(response, 'reason') ?? this.#announced;
    this.#finish({
      kind: 'refused',
      status: response.status,
      phrase: response.reason,
      ...(reasonHeader === undefined ? {} : { reasonHeader }),
    });
  }

  /** Whether the refusal can be mended: credentials (§22.2) or a longer session interval (RFC 4028 §7.3), each once. */
  #retryWith(response: SipResponse): boolean {
    const { auth, uri } = this.#options;
    if ((response.status === 401 || response.status === 407) && auth && !this.#credentials) {
      this.#credentials = answerChallenge(response, { method: 'INVITE', uri }, auth, this.#ctx.token(8));
      return this.#credentials !== undefined;
    }
    if (response.status !== 422) return false;
    const minSe = parseDelta(headerValue(response, 'min-se') ?? '')?.seconds;
    if (minSe === undefined || minSe <= this.#minSe || minSe > 86_400) return false;
    this.#minSe = minSe;
    this.#sessionExpires = Math.max(this.#sessionExpires, minSe);
    return true;
  }

  /** §9.1: CANCEL only after a provisional response, on the way of its INVITE. */
  #cancelIfPossible(): void {
    const { message } = this.#request ?? {};
    const transaction = this.#transaction;
    if (!this.#cancel || this.#cancel.sent || !this.#heard || !message || !transaction) return;
    this.#cancel.sent = true;
    const via = transaction.request.headers.find((h) => h.key === 'via');
    const kept = message.headers.filter((h) => h.key === 'from' || h.key === 'to' || h.key === 'call-id' || h.key === 'route');
    const headers = [
      ...(via ? [via] : []),
      header('Max-Forwards', '70'),
      ...kept,
      header('CSeq', `${this.#seq} CANCEL`),
      header('User-Agent', this.#ctx.userAgent),
      ...(this.#cancel.reason === undefined ? [] : [header('Reason', this.#cancel.reason)]),
    ];
    const branch = transaction.key.slice(0, transaction.key.indexOf('|'));
    const ignore = () => {};
    this.#ctx.transactions.request(makeRequest('CANCEL', message.uri, headers), branch, transaction.hop, {
      response: ignore,
      timeout: ignore,
      transportError: ignore,
    });
    // §9.1: no final answer within 64·T1 after CANCEL: the INVITE is given up.
    this.#ctx.clock.setTimer(T1_64, () => {
      if (transaction.state !== 'proceeding') return;
      transaction.destroy();
      this.#dropForks(undefined);
    });
  }

  #dropForks(except: Fork | undefined): void {
    for (const [tag, fork] of this.#forks) {
      if (fork === except || fork.repeatAck) continue;
      fork.usage.gone();
      this.#forks.delete(tag);
    }
  }

  #finish(end: SessionEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#ctx.sessions.delete(this);
    this.#ctx.sessionOver?.(this.callId);
    this.#handlers.onEnded(end);
  }
}
