import { answerOffer, makeOffer, type Negotiated, type Refusal, type SdpState, takeAnswer } from './sdp/index.js';

export type Outcome = { ok: true; negotiated: Negotiated } | { ok: false; refusal: Refusal };
export type AnswerOutcome = { ok: true; sdp: string; negotiated: Negotiated } | { ok: false; refusal: Refusal };

/** The offer/answer state of one dialog, whatever the other end is. */
export interface SessionNegotiator {
  /** A dialog of its own that begins with the same offer: another fork's. */
  clone(): SessionNegotiator;
  offer(): string;
  answer(offer: string): AnswerOutcome;
  take(answer: string): Outcome;
}

/** Plain RTP. A refused offer leaves it as it was (RFC 3264 §8). */
export class Negotiator implements SessionNegotiator {
  #state: SdpState;

  constructor(state: SdpState) {
    this.#state = state;
  }

  /** A dialog of its own that begins with the same offer: another fork's. */
  clone(): Negotiator {
    return new Negotiator(this.#state);
  }

  offer(): string {
    const made = makeOffer(this.#state);
    this.#state = made.state;
    return made.sdp;
  }

  answer(offer: string): AnswerOutcome {
    const answered = answerOffer(this.#state, offer);
    if (!answered.ok) return answered;
    this.#state = answered.state;
    return { ok: true, sdp: answered.sdp, negotiated: answered.negotiated };
  }

  take(answer: string): Outcome {
    const taken = takeAnswer(this.#state, answer);
    if (!taken.ok) return taken;
    this.#state = taken.state;
    return { ok: true, negotiated: taken.negotiated };
  }
}
