import type { Admission } from '@yixian/contracts';
import { dialogKey } from '../dialog/dialog.js';
import { judgeSessionTimer } from '../dialog/session-timer.js';
import type { DigestServer } from '../digest/server.js';
import { ALLOW_EVENTS } from '../notifier/packages.js';
import { judgeSubscribe } from '../notifier/subscribe.js';
import { type HeaderField, header, type SipRequest } from '../parser/message.js';
import { parseReplaces } from '../parser/refer-to.js';
import { type CoreFields, judgeRequest } from '../parser/validate.js';
import type { SipHandlers } from '../port.js';
import type { Registrar } from '../registrar/registrar.js';
import type { NewRequest } from '../transaction/port.js';
import { responseTo } from '../transaction/responses.js';
import { AdmissionControl } from './admission.js';
import { ALLOW, allowHeader, SUPPORTED, supportedHeader, type UaContext } from './context.js';
import type { DialogWatch } from './dialog-watch.js';
import { InboundSession } from './inbound-session.js';
import type { MessageWaiting } from './message-waiting.js';
import { receiveMessage } from './messages.js';
import { SUBSCRIBE_LIMITS } from './subscriptions.js';

type Origin = Extract<Admission, { action: 'accept' }>['origin'];

const CAPABILITIES = { allow: ALLOW, supported: SUPPORTED };

export interface UserAgentDeps {
  ctx: UaContext;
  digest: DigestServer;
  registrar: Registrar;
  messageWaiting: MessageWaiting;
  dialogWatch: DialogWatch;
  handlers(): SipHandlers;
  maxServerTransactions: number;
  /** Whose a request is that another process has admitted. */
  admitted?(incoming: NewRequest): Origin | undefined;
  /** Gives an INVITE to another process; false when it stays here. `here` is called when that turns out later. */
  elsewhere?(incoming: NewRequest, origin: Origin, here: () => void): boolean;
}

/** Takes every request that is no retransmission and gives it to its dialog, to the registrar, or to a new session (§8.2). */
export class UserAgentServer {
  readonly #deps: UserAgentDeps;
  readonly #admission: AdmissionControl;
  #draining = false;

  constructor(deps: UserAgentDeps) {
    this.#deps = deps;
    this.#admission = new AdmissionControl(deps);
  }

  drain(): void {
    this.#draining = true;
  }

  request(incoming: NewRequest): void {
    const { request, fields } = incoming;
    const { ctx } = this.#deps;
    if (ctx.transactions.servers >= this.#deps.maxServerTransactions) {
      this.#admission.reply(incoming, 503, 'Service Unavailable', [header('Retry-After', '5')]);
      return;
    }
    const owed = judgeRequest(request, fields, CAPABILITIES);
    if (owed) {
      const known = fields.to.tag !== undefined && this.#dialogOf(fields) !== undefined;
      if (known || !this.#admission.silent(incoming)) this.#admission.reply(incoming, owed.status, owed.phrase, owed.headers);
    } else if (request.method === 'CANCEL') this.#cancel(incoming);
    else if (fields.to.tag !== undefined && request.method !== 'REGISTER') this.#inDialog(incoming);
    else this.#outsideDialog(incoming);
  }

  /** An ACK of a 2xx belongs to its dialog; any other stray one is ignored. */
  ack(request: SipRequest, fields: CoreFields): void {
    const dialog = this.#dialogOf(fields);
    if (dialog) dialog.acknowledge(request, fields);
    else this.#deps.ctx.counters.add('sip_stray_acks_total');
  }

  #dialogOf(fields: CoreFields) {
    return this.#deps.ctx.dialogs.get(dialogKey(fields.callId, fields.to.tag ?? '', fields.from.tag ?? ''));
  }

  /** §9.2: answered 200 whatever it still can do; without its INVITE 481. */
  #cancel(incoming: NewRequest): void {
    const { target } = incoming;
    if (!target) {
      this.#admission.reply(incoming, 481, 'Call/Transaction Does Not Exist');
      return;
    }
    const headers = [header('Server', this.#deps.ctx.userAgent)];
    incoming.open().respond(responseTo(incoming.request, 200, 'OK', { toTag: this.#deps.ctx.token(8), headers }));
    if (target.pending) target.user.cancelled?.(incoming.request);
  }

  #inDialog(incoming: NewRequest): void {
    const dialog = this.#dialogOf(incoming.fields);
    if (dialog) dialog.receive(incoming);
    else if (!this.#admission.silent(incoming)) this.#admission.reply(incoming, 481, 'Call/Transaction Does Not Exist');
  }

  #outsideDialog(incoming: NewRequest): void {
    const { method } = incoming.request;
    if (incoming.merged) {
      this.#admission.reply(incoming, 482, 'Loop Detected');
      return;
    }
    if (method === 'INVITE' && this.#draining) {
      this.#admission.reply(incoming, 503, 'Service Unavailable', [header('Retry-After', '30')]);
      return;
    }
    // A request that only makes sense in a dialog we do not have (§12.2.2).
    if (method === 'BYE' || method === 'PRACK' || method === 'UPDATE' || method === 'INFO') {
      this.#inDialog(incoming);
      return;
    }
    const admitted = this.#deps.admitted?.(incoming);
    const origin = admitted ?? this.#admission.admit(incoming);
    if (!origin) return;
    if (method === 'INVITE') {
      const here = () => this.#invite(incoming, origin);
      if (admitted || !this.#deps.elsewhere?.(incoming, origin, here)) here();
    } else if (method === 'REGISTER') this.#register(incoming, origin);
    else if (method === 'MESSAGE') this.#message(incoming, origin);
    else if (method === 'SUBSCRIBE') this.#subscribe(incoming, origin);
    else if (method === 'REFER') this.#admission.reply(incoming, 403, 'Forbidden - only within a call');
    else this.#options(incoming);
  }

  readonly #refuse = (incoming: NewRequest, status: number, phrase: string, headers: readonly HeaderField[] = []): void =>
    this.#admission.reply(incoming, status, phrase, headers);

  #subscribe(incoming: NewRequest, origin: Origin): void {
    const asked = judgeSubscribe(incoming.request, SUBSCRIBE_LIMITS);
    const { dialogWatch, messageWaiting } = this.#deps;
    if (!asked.ok) this.#refuse(incoming, asked.status, asked.phrase, asked.headers);
    else if (asked.package === 'dialog') dialogWatch.subscribe(incoming, asked, origin, this.#refuse);
    else messageWaiting.subscribe(incoming, asked, origin, this.#refuse);
  }

  #message(incoming: NewRequest, origin: Origin): void {
    receiveMessage(this.#deps.ctx, incoming, origin, this.#deps.handlers(), this.#refuse);
  }

  #options(incoming: NewRequest): void {
    const headers = [
      allowHeader(),
      supportedHeader(),
      ALLOW_EVENTS,
      header('Accept', 'application/sdp'),
      header('Accept-Encoding', 'identity'),
    ];
    this.#admission.reply(incoming, 200, 'OK', headers);
  }

  #register(incoming: NewRequest, origin: Origin): void {
    const { request, fields, source } = incoming;
    // §10.3 step 3: nobody registers contacts for another address of record.
    if (origin.kind !== 'extension' || fields.to.uri?.user !== origin.extension) {
      this.#admission.reply(incoming, 403, 'Forbidden');
      return;
    }
    const from = { address: source.address, port: source.port, transport: source.transport };
    const answer = this.#deps.registrar.register(request, fields, origin.extension, from);
    this.#admission.reply(incoming, answer.status, answer.phrase, answer.headers);
  }

  #invite(incoming: NewRequest, origin: Origin): void {
    const { ctx } = this.#deps;
    const timer = judgeSessionTimer(incoming.request, ctx.sessionTimer);
    if (timer.kind === 'too-small') {
      this.#admission.reply(incoming, 422, 'Session Interval Too Small', [header('Min-SE', String(timer.minSe))]);
      return;
    }
    const replaces = incoming.request.headers.filter((h) => h.key === 'replaces');
    // RFC 3891 §3: one at most, and one that can be read.
    if (replaces.length > 1 || replaces.some((h) => !parseReplaces(h.value))) {
      this.#admission.reply(incoming, 400, 'Bad Request - malformed Replaces');
      return;
    }
    const { source } = incoming;
    const transaction = incoming.open();
    const from = { address: source.address, port: source.port, transport: source.transport };
    const session = InboundSession.create({ ctx, incoming, transaction, source: from });
    if (!session) {
      ctx.discards.refused(400, source, { method: 'INVITE', sipCallId: incoming.fields.callId, phrase: 'no usable Contact' });
      transaction.respond(responseTo(incoming.request, 400, 'Bad Request - missing or malformed Contact', { toTag: ctx.token(8) }));
      return;
    }
    transaction.respond(responseTo(incoming.request, 100, 'Trying'));
    try {
      this.#deps.handlers().onInvite(session, origin);
    } catch (error) {
      session.refuse(500, 'Server Internal Error');
      throw error;
    }
  }
}
