import type { Leadership, NodeId } from '@yixian/contracts';

/** How long Redis keeps the lease of a leader that is silent, milliseconds. */
export const LEASE_MS = 1_500;
/** The leader stops so much earlier by its own clock: clocks do not run equally fast. */
export const SAFETY_MS = 200;

/**
 * Who decides, as this process knows it. The lease is counted from before it was asked for, so that it is over here before
 * Redis gives it to another; a process that was stopped meanwhile finds it over at the first look.
 *
 *     ┌──────────┐  granted (term + 1)   ┌──────┐  the clock passes `until`   ┌────────┐
 *     │ follower │ ────────────────────▶ │ mine │ ──────────────────────────▶ │ lapsed │ ──▶ follower, or mine with a new term
 *     └──────────┘                       └──────┘ ◀── renewed (same term)     └────────┘
 */
export class Lease {
  readonly #monotonic: () => number;
  #leader: NodeId | null = null;
  #term = 0;
  #heldTerm = 0;
  #until = Number.NEGATIVE_INFINITY;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** The highest term heard of. */
  get term(): number {
    return this.#term;
  }

  /** The term that may be renewed; 0 when none is held, or it has lapsed. */
  get heldTerm(): number {
    return this.mine ? this.#heldTerm : 0;
  }

  get mine(): boolean {
    return this.#heldTerm > 0 && this.#monotonic() < this.#until;
  }

  /** Milliseconds until the lease lapses here. */
  get leftMs(): number {
    return this.#heldTerm > 0 ? Math.max(0, this.#until - this.#monotonic()) : 0;
  }

  now(): Leadership {
    const mine = this.mine;
    // between the end of a lease here and its end in Redis nobody decides
    const leader = this.#heldTerm > 0 && !mine ? null : this.#leader;
    return { leader, term: this.#term, mine };
  }

  /** Redis has told who leads. @param askedAt monotonic, before the question was sent */
  told(answer: { leader: NodeId | null; leaderIsMe: boolean; leaderTerm: number; term: number }, askedAt: number): void {
    const renews = answer.leaderIsMe && answer.leaderTerm === this.#heldTerm;
    // an answer that comes after the lease has lapsed cannot bring the same term back: others may have been told that nobody leads
    if (renews && !this.mine && this.#heldTerm > 0) this.#heldTerm = 0;
    this.#term = Math.max(this.#term, answer.term);
    this.#leader = answer.leader;
    if (!answer.leaderIsMe) this.#heldTerm = 0;
    else if (renews && this.#heldTerm > 0) this.#until = askedAt + LEASE_MS - SAFETY_MS;
    else if (!renews) {
      this.#heldTerm = answer.leaderTerm;
      this.#until = askedAt + LEASE_MS - SAFETY_MS;
    } else this.#leader = null;
  }

  /** Given back, or the process goes. */
  resign(): void {
    this.#heldTerm = 0;
    this.#leader = null;
  }
}
