export interface ForLeader<T> {
  l: number;
  message: T;
}

/** What this process has for whoever decides, in order, until a leader has taken it; a new leader gets what the last one has not. */
export class LeaderQueue<T> {
  #kept: (ForLeader<T> & { term: number })[] = [];
  #next = 1;

  push(message: T): ForLeader<T> {
    const entry = { l: this.#next, message, term: 0 };
    this.#next += 1;
    this.#kept.push(entry);
    return entry;
  }

  get waiting(): number {
    return this.#kept.length;
  }

  /** Those that the leader of this term has not been sent, marked as sent. */
  due(term: number): ForLeader<T>[] {
    const due = this.#kept.filter((entry) => entry.term !== term);
    for (const entry of due) entry.term = term;
    return due;
  }

  /** The first one, taken out: this process leads itself. */
  shift(): ForLeader<T> | undefined {
    return this.#kept.shift();
  }

  taken(upTo: number): void {
    while (this.#kept[0] && this.#kept[0].l <= upTo) this.#kept.shift();
  }

  drop(fits: (message: T) => boolean): void {
    this.#kept = this.#kept.filter((entry) => !fits(entry.message));
  }
}
