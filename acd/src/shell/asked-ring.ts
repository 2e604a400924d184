import type { AgentId, CallLeg, SeatRing, SeatRingEvent, Termination } from '@yixian/contracts';

/** Who has come: an extension of ours, or a number outside. */
export type Taker = { extension: AgentId; number?: undefined } | { extension?: undefined; number: string };

/** The ring of a queue or a flow that is asked: it rings as long as the question waits, then it is the seat of whoever has come. */
export class AskedRing implements SeatRing {
  readonly #listeners = new Set<(event: SeatRingEvent) => void>();
  readonly #standIn: CallLeg;
  readonly #giveUp: (termination: Termination) => void;
  #seat: SeatRing | undefined;
  #gone: () => void = () => {};
  takenBy: AgentId | undefined;
  takenByNumber: string | undefined;
  termination: Termination | undefined;

  constructor(standIn: CallLeg, giveUp: (termination: Termination) => void) {
    this.#standIn = standIn;
    this.#giveUp = giveUp;
  }

  get leg(): CallLeg {
    return this.#seat?.leg ?? this.#standIn;
  }

  get state(): SeatRing['state'] {
    if (this.termination) return 'ended';
    return this.#seat ? 'accepted' : 'ringing';
  }

  subscribe(listener: (event: SeatRingEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  end(termination: Termination): void {
    if (this.state === 'ended') return;
    if (this.#seat) this.#seat.end(termination);
    else this.#giveUp(termination);
    this.over(termination);
  }

  /** @param gone called once, when whoever came has left */
  accept(seat: SeatRing, taker: Taker, gone: () => void): void {
    this.#gone = gone;
    if (this.state === 'ended' || seat.state === 'ended') {
      const termination = this.termination ?? seat.termination ?? { by: 'called', reason: 'normal' };
      seat.end(termination);
      gone();
      this.over(termination);
      return;
    }
    this.#seat = seat;
    this.takenBy = taker.extension;
    this.takenByNumber = taker.number;
    seat.subscribe((event) => {
      if (event.type === 'ended') this.over(event.termination);
    });
    this.#emit({ type: 'accepted' });
  }

  /** The first reason counts. */
  over(termination: Termination): void {
    if (this.termination) return;
    this.termination = termination;
    this.#emit({ type: 'ended', termination });
    this.#listeners.clear();
    if (this.#seat) this.#gone();
  }

  #emit(event: SeatRingEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
