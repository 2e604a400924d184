import { parseRAck } from '../parser/fields.js';
import { type HeaderField, header, headerValue, type SipRequest, type SipResponse } from '../parser/message.js';
import type { UaContext } from './context.js';
import { Repeater } from './repeater.js';

interface Pending {
  build: (extra: readonly HeaderField[]) => SipResponse;
  withSdp: boolean;
}

/** Reliable provisional responses of the called side (RFC 3262 §3): one at a time, repeated until PRACK. */
export class ReliableProvisionals {
  readonly #ctx: UaContext;
  readonly #send: (response: SipResponse) => void;
  readonly #inviteNumber: number;
  readonly #told: { overdue: () => void; clear: () => void };
  readonly #waiting: Pending[] = [];
  #outstanding: { rseq: number; withSdp: boolean; repeater: Repeater } | undefined;
  #rseq: number;

  constructor(
    ctx: UaContext,
    send: (response: SipResponse) => void,
    inviteNumber: number,
    told: { overdue: () => void; clear: () => void },
  ) {
    this.#ctx = ctx;
    this.#send = send;
    this.#inviteNumber = inviteNumber;
    this.#told = told;
    // §3: the first RSeq is random, within 1 and 2^31 - 1.
    this.#rseq = Number.parseInt(ctx.token(3), 16) + 1;
  }

  get busy(): boolean {
    return this.#outstanding !== undefined;
  }

  /** Whether a 2xx has to wait. */
  get blocksAnswer(): boolean {
    return (this.#outstanding?.withSdp ?? false) || this.#waiting.some((w) => w.withSdp);
  }

  send(build: Pending['build'], withSdp: boolean): void {
    this.#waiting.push({ build, withSdp });
    this.next();
  }

  next(): void {
    if (this.#outstanding) return;
    const pending = this.#waiting.shift();
    if (!pending) {
      this.#told.clear();
      return;
    }
    const rseq = this.#rseq++;
    const response = pending.build([header('Require', '100rel'), header('RSeq', String(rseq))]);
    const repeater = new Repeater(
      this.#ctx.clock,
      false,
      () => this.#send(response),
      () => {
        this.#outstanding = undefined;
        this.#told.overdue();
      },
    );
    this.#outstanding = { rseq, withSdp: pending.withSdp, repeater };
    this.#send(response);
  }

  /** Whether a PRACK matches what is outstanding; call `next` after it has been answered. */
  acknowledge(prack: SipRequest): boolean {
    const rack = parseRAck(headerValue(prack, 'rack') ?? '');
    const outstanding = this.#outstanding;
    if (!rack || !outstanding || rack.rseq !== outstanding.rseq || rack.cseq !== this.#inviteNumber || rack.method !== 'INVITE')
      return false;
    outstanding.repeater.stop();
    this.#outstanding = undefined;
    return true;
  }

  stop(): void {
    this.#outstanding?.repeater.stop();
    this.#outstanding = undefined;
    this.#waiting.length = 0;
  }
}
