import type { Timer } from '@yixian/contracts';
import { judgeSessionTimer, timerFrom2xx } from '../dialog/session-timer.js';
import { sdpOf } from '../parser/body.js';
import { type HeaderField, header, headerValue, type SipRequest, type SipResponse } from '../parser/message.js';
import type { NewRequest, ServerTransaction } from '../transaction/port.js';
import { responseTo } from '../transaction/responses.js';
import { allowHeader, contactFor, sdpBody, sdpHeaders, supportedHeader } from './context.js';
import { Repeater } from './repeater.js';
import type { UsagePort } from './usage-port.js';

/** A re-INVITE was refused; the session goes on as before (RFC 3261 §14.1). */
export class ReinviteRefused extends Error {
  readonly status: number;

  constructor(status: number, phrase: string) {
    super(`re-INVITE refused: ${status} ${phrase}`);
    this.name = 'ReinviteRefused';
    this.status = status;
  }
}

interface Outgoing {
  sdp: string;
  resolve(answer: string): void;
  reject(error: Error): void;
}

const MAX_GLARE_RETRIES = 4;

/**
 * Offers and answers after the first, in one dialog (RFC 3261 §14, RFC 3311, RFC 6337). One exchange at a time:
 *
 *   idle ──reinvite()──▶ ours ──2xx: ACK──▶ idle          their offer meanwhile: 491
 *                         └──491──▶ backing off ──timer──▶ ours
 *   idle ──re-INVITE──▶ 2xx sent ──ACK──▶ idle            our offer meanwhile: waits
 */
export class OfferExchange {
  readonly #usage: UsagePort;
  readonly #queue: Outgoing[] = [];
  #ours: Outgoing | undefined;
  #backingOff: Timer | undefined;
  #awaitingAck: { number: number; repeater: Repeater; offered: boolean; confirmed: (sdp: string | undefined) => void } | undefined;
  #blocked = true;
  #glares = 0;
  #refreshing = false;
  /** What we last sent, repeated in a refreshing re-INVITE (RFC 4028 §7.4). */
  localSdp = '';

  constructor(usage: UsagePort) {
    this.#usage = usage;
  }

  /** The initial INVITE is through: re-INVITEs may be sent. */
  unblock(): void {
    this.#blocked = false;
    this.#next();
  }

  stop(): void {
    this.#backingOff?.cancel();
    this.#awaitingAck?.repeater.stop();
    this.#awaitingAck = undefined;
    const waiting = this.#ours ? [this.#ours, ...this.#queue] : [...this.#queue];
    this.#ours = undefined;
    this.#queue.length = 0;
    for (const w of waiting) w.reject(new Error('the session has ended'));
  }

  reinvite(sdp: string): Promise<string> {
    if (!this.#usage.open) return Promise.reject(new Error('the session has ended'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ sdp, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#blocked || this.#ours || this.#awaitingAck || this.#refreshing || !this.#usage.open) return;
    this.#ours = this.#queue.shift();
    this.#glares = 0;
    if (this.#ours) this.#sendInvite(this.#ours);
  }

  #timerHeaders(): HeaderField[] {
    const { ctx, timer } = this.#usage;
    const interval = timer.agreed?.interval ?? ctx.sessionTimer.sessionExpires;
    if (interval === 0) return [supportedHeader()];
    const refresher = timer.agreed === undefined ? '' : `;refresher=${timer.agreed.refresher === 'local' ? 'uac' : 'uas'}`;
    return [supportedHeader(), header('Session-Expires', `${interval}${refresher}`), header('Min-SE', String(ctx.sessionTimer.minSe))];
  }

  #sendInvite(ours: Outgoing): void {
    const usage = this.#usage;
    this.localSdp = ours.sdp;
    const extra = [allowHeader(), ...this.#timerHeaders(), ...sdpHeaders(ours.sdp)];
    let repeatAck: (() => void) | undefined;
    usage.request('INVITE', extra, sdpBody(ours.sdp), {
      response: (response) => {
        if (response.status < 200) return;
        if (response.status >= 300) {
          this.#refused(ours, response);
          return;
        }
        if (repeatAck) repeatAck();
        else repeatAck = this.#accepted(ours, response);
      },
      failed: (kind) => {
        this.#settle(ours, () => ours.reject(new Error(`re-INVITE: ${kind}`)));
        usage.fail({ kind, status: kind === 'timeout' ? 408 : 503 });
      },
    });
  }

  #accepted(ours: Outgoing, response: SipResponse): () => void {
    const usage = this.#usage;
    const number = Number.parseInt(headerValue(response, 'cseq') ?? '', 10);
    usage.refresh(response);
    const repeat = usage.ack(number, undefined);
    usage.armTimer(timerFrom2xx(response));
    const sdp = sdpOf(response);
    this.#settle(ours, () => {
      if (sdp === undefined) ours.reject(new Error('the answer to the re-INVITE has no SDP'));
      else ours.resolve(sdp);
    });
    return repeat;
  }

  #settle(ours: Outgoing, tell: () => void): void {
    if (this.#ours === ours) this.#ours = undefined;
    tell();
    this.#next();
  }

  #refused(ours: Outgoing, response: SipResponse): void {
    if (response.status === 491 && this.#glares < MAX_GLARE_RETRIES && this.#usage.open) {
      this.#glares++;
      this.#backingOff = this.#usage.ctx.clock.setTimer(this.#backOff(), () => {
        if (this.#ours === ours) this.#sendInvite(ours);
      });
      return;
    }
    this.#settle(ours, () => ours.reject(new ReinviteRefused(response.status, response.reason)));
    this.#usage.checkAlive(response);
  }

  /** §14.1: the owner of the Call-ID waits 2.1 to 4 s, the other side 0 to 2 s, in steps of 10 ms. */
  #backOff(): number {
    const random = Number.parseInt(this.#usage.ctx.token(2), 16);
    return this.#usage.caller ? 2_100 + (random % 191) * 10 : (random % 201) * 10;
  }

  /** Our turn to refresh the session (RFC 4028 §7.4): UPDATE where the peer takes it, else a re-INVITE with the same SDP. */
  refresh(): void {
    const usage = this.#usage;
    if (!usage.open) return;
    if (!usage.allows('UPDATE')) {
      this.reinvite(this.localSdp).then(
        (sdp) => usage.owner.answer(sdp),
        (error: unknown) => usage.ctx.logger.info({ sipCallId: usage.dialog.callId, error: String(error) }, 'session refresh refused'),
      );
      return;
    }
    this.#refreshing = true;
    const done = () => {
      this.#refreshing = false;
      this.#next();
    };
    usage.request('UPDATE', this.#timerHeaders(), undefined, {
      response: (response) => {
        if (response.status < 200) return;
        if (response.status < 300) {
          usage.refresh(response);
          usage.armTimer(timerFrom2xx(response) ?? usage.timer.agreed);
        } else usage.checkAlive(response);
        done();
      },
      failed: (kind) => {
        done();
        usage.fail({ kind, status: kind === 'timeout' ? 408 : 503 });
      },
    });
  }

  /** A re-INVITE or UPDATE of theirs. */
  receive(incoming: NewRequest): void {
    const usage = this.#usage;
    const offer = sdpOf(incoming.request);
    const invite = incoming.request.method === 'INVITE';
    const busy = this.#ours !== undefined || this.#awaitingAck !== undefined || (invite && this.#blocked);
    if (busy && (invite || offer !== undefined)) {
      usage.respond(incoming, 491, 'Request Pending');
      return;
    }
    const open = offer === undefined ? undefined : usage.owner.firstOfferOpen?.();
    if (open !== undefined) {
      if (open === 491) usage.respond(incoming, 491, 'Request Pending');
      else usage.respond(incoming, 500, 'Server Internal Error - offer not answered yet', [header('Retry-After', '5')]);
      return;
    }
    const timer = judgeSessionTimer(incoming.request, usage.ctx.sessionTimer);
    if (timer.kind === 'too-small') {
      usage.respond(incoming, 422, 'Session Interval Too Small', [header('Min-SE', String(timer.minSe))]);
      return;
    }
    if (invite || offer !== undefined) this.#answer(incoming, offer, timer);
    else this.#accept(incoming, undefined, timer);
  }

  #answer(incoming: NewRequest, offer: string | undefined, timer: ReturnType<typeof judgeSessionTimer>): void {
    const answer = this.#usage.owner.offer(offer);
    // The owner may have ended the session while deciding.
    if (!this.#usage.open) this.#usage.respond(incoming, 481, 'Call/Transaction Does Not Exist');
    else if ('refuse' in answer) this.#usage.respond(incoming, answer.refuse, answer.phrase);
    else {
      this.localSdp = answer.sdp;
      this.#accept(incoming, answer.sdp, timer, offer === undefined);
    }
  }

  #accept(incoming: NewRequest, sdp: string | undefined, timer: ReturnType<typeof judgeSessionTimer>, offered = false): void {
    const usage = this.#usage;
    usage.refresh(incoming.request);
    const headers = [
      header('Contact', contactFor(usage.ctx, incoming.source, usage.contactUser)),
      header('Server', usage.ctx.userAgent),
      allowHeader(),
      supportedHeader(),
      ...sessionExpiresHeaders(timer),
      ...sdpHeaders(sdp),
    ];
    const body = sdpBody(sdp);
    const response = responseTo(incoming.request, 200, 'OK', { headers, ...(body ? { body } : {}) });
    const transaction = incoming.open();
    transaction.respond(response);
    if (timer.kind === 'agreed') usage.armTimer(timer.timer);
    if (incoming.request.method === 'INVITE') {
      this.awaitAck(transaction, response, offered, (answer) => {
        if (offered && answer !== undefined) usage.owner.answer(answer);
      });
    }
  }

  /** A 2xx of ours is out: it is repeated until its ACK comes (§13.3.1.4); without one the session ends. */
  awaitAck(transaction: ServerTransaction, response: SipResponse, offered: boolean, confirmed: (sdp: string | undefined) => void): void {
    const usage = this.#usage;
    const number = transaction.fields.cseq.number;
    transaction.use({
      ack: (ack) => this.acknowledged(ack, number),
      failed: (reason) => {
        if (reason !== 'cancelled' || this.#awaitingAck?.number !== number) return;
        this.#awaitingAck.repeater.stop();
        this.#awaitingAck = undefined;
        usage.fail({ kind: 'remote-cancel', status: 487 });
      },
    });
    const repeater = new Repeater(
      usage.ctx.clock,
      true,
      () => transaction.respond(response),
      () => {
        this.#awaitingAck = undefined;
        usage.fail({ kind: 'no-ack', status: 408 }, 'SIP;cause=408;text="ACK not received"');
      },
    );
    this.#awaitingAck = { number, repeater, offered, confirmed };
  }

  /** Whether a 2xx of ours still lacks its ACK: no BYE may be sent before (§15). */
  get unacknowledged(): boolean {
    return this.#awaitingAck !== undefined;
  }

  acknowledged(ack: SipRequest, number: number): void {
    const waiting = this.#awaitingAck;
    if (!waiting || waiting.number !== number) return;
    waiting.repeater.stop();
    this.#awaitingAck = undefined;
    const sdp = sdpOf(ack);
    if (waiting.offered && sdp === undefined) {
      this.#usage.fail({ kind: 'protocol', status: 488, phrase: 'ACK without the answer' }, 'SIP;cause=488;text="No answer in ACK"');
      return;
    }
    waiting.confirmed(sdp);
    this.#next();
  }
}

export function sessionExpiresHeaders(timer: ReturnType<typeof judgeSessionTimer>): HeaderField[] {
  if (timer.kind !== 'agreed') return [];
  const value = header('Session-Expires', timer.headerValue);
  return timer.require ? [header('Require', 'timer'), value] : [value];
}
