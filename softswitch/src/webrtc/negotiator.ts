import type { AnswerOutcome, Outcome, SessionNegotiator } from '../negotiator.js';
import { SdpError } from '../sdp/description.js';
import { plainOf, remoteIce, type WebTransport, webOf } from './sdp.js';

const NOT_SDP = { status: 400, phrase: 'Bad Session Description' } as const;
const NO_RESTART = { status: 488, phrase: 'Not Acceptable Here', text: 'ICE restart: register anew instead' } as const;

/** Offer and answer with a browser: the plain negotiation inside, the connection's own part round it, the same for the whole session. */
export class WebNegotiator implements SessionNegotiator {
  readonly #plain: SessionNegotiator;
  readonly #transport: WebTransport;
  readonly #gateway: { address: string; port: number };
  /** Of the browser's end, as it was when the connection was made. */
  #remote: string | undefined;

  constructor(plain: SessionNegotiator, transport: WebTransport, gateway: { address: string; port: number }) {
    this.#plain = plain;
    this.#transport = transport;
    this.#gateway = gateway;
  }

  clone(): WebNegotiator {
    return new WebNegotiator(this.#plain.clone(), this.#transport, this.#gateway);
  }

  offer(): string {
    return webOf(this.#plain.offer(), this.#transport);
  }

  answer(offer: string): AnswerOutcome {
    const read = this.#read(offer);
    if (!read.ok) return read;
    const outcome = this.#plain.answer(read.plain);
    return outcome.ok ? { ...outcome, sdp: webOf(outcome.sdp, this.#transport) } : outcome;
  }

  take(answer: string): Outcome {
    const read = this.#read(answer);
    return read.ok ? this.#plain.take(read.plain) : read;
  }

  #read(sdp: string): { ok: true; plain: string } | Extract<Outcome, { ok: false }> {
    try {
      const { ufrag, pwd } = remoteIce(sdp);
      const remote = `${ufrag} ${pwd}`;
      // The connection stands; another one under the same call would need a second gateway end.
      if (this.#remote !== undefined && this.#remote !== remote) return { ok: false, refusal: NO_RESTART };
      this.#remote = remote;
      return { ok: true, plain: plainOf(sdp, this.#gateway) };
    } catch (error) {
      if (!(error instanceof SdpError)) throw error;
      return { ok: false, refusal: { ...NOT_SDP, text: error.message } };
    }
  }
}
