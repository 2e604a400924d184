import type { DomainEvent } from '@yixian/contracts';

/** The last events in order of `seq`. What is pushed beyond the limit is handed back as forgotten. */
export class EventRing {
  readonly #limit: number;
  #events: (DomainEvent | undefined)[] = [];
  #start = 0;
  #lastSeq: number;

  /** @param lastSeq the number of the last event before this ring began */
  constructor(limit: number, lastSeq: number) {
    this.#limit = limit;
    this.#lastSeq = lastSeq;
  }

  /** Number of the newest event known. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Number of the oldest event held; one past the newest when none is. */
  get firstSeq(): number {
    return this.#events[this.#start]?.seq ?? this.#lastSeq + 1;
  }

  get size(): number {
    return this.#events.length - this.#start;
  }

  /** @returns the event that fell out, if one did */
  push(event: DomainEvent): DomainEvent | undefined {
    this.#events.push(event);
    this.#lastSeq = event.seq;
    if (this.size <= this.#limit) return undefined;
    const forgotten = this.#events[this.#start];
    this.#events[this.#start] = undefined;
    this.#start += 1;
    // Moved down once per limit, so that a push costs constant time on average.
    if (this.#start >= this.#limit) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
    return forgotten;
  }

  /** Whether every event after `seq` is here. */
  covers(seq: number): boolean {
    return seq <= this.#lastSeq && seq >= this.firstSeq - 1;
  }

  /** The events after `seq` that are here, oldest first. */
  after(seq: number): DomainEvent[] {
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = this.#events[middle];
      if (event && event.seq > seq) high = middle;
      else low = middle + 1;
    }
    return this.#events.slice(low).filter((event) => event !== undefined);
  }
}
