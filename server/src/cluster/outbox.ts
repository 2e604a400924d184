/** What one process has to say to another, numbered from 1, kept until the other has said that it has it. */
export class Outbox {
  #kept: string[] = [];
  /** Number of the first that is kept. */
  #first = 1;
  /** The highest number that Redis has taken. */
  #sent = 0;
  /** Since when the other has not confirmed more, though there is more, monotonic; null: nothing is owed. */
  #owedSince: number | null = null;

  push(message: string): void {
    this.#kept.push(message);
  }

  get waiting(): number {
    return this.#kept.length;
  }

  /** The next to be sent, at most so many; undefined when all are. */
  batch(most: number): { first: number; messages: string[] } | undefined {
    const from = this.#sent + 1 - this.#first;
    if (from >= this.#kept.length) return undefined;
    return { first: this.#sent + 1, messages: this.#kept.slice(from, from + most) };
  }

  sent(last: number, now: number): void {
    this.#sent = Math.max(this.#sent, last);
    this.#owedSince ??= now;
  }

  /** The other has everything up to this number. */
  confirmed(upTo: number, now: number): void {
    const done = upTo - this.#first + 1;
    if (done <= 0) return;
    this.#kept.splice(0, done);
    this.#first = upTo + 1;
    this.#sent = Math.max(this.#sent, upTo);
    this.#owedSince = this.#sent >= this.#first ? now : null;
  }

  /** Redis has forgotten what it took, when nothing was confirmed for so long: sends again from the first that is not confirmed. */
  resendIfOwed(now: number, patienceMs: number): boolean {
    if (this.#owedSince === null || this.#sent < this.#first || now - this.#owedSince < patienceMs) return false;
    this.#sent = this.#first - 1;
    this.#owedSince = null;
    return true;
  }
}

/** Takes each message of a sender once and in order: what comes again is passed over, what came too early will come again. */
export class Inbox {
  readonly #last = new Map<string, number>();

  /** Those of the batch that are new. */
  take<T>(sender: string, first: number, messages: readonly T[]): readonly T[] {
    const last = this.#last.get(sender) ?? 0;
    if (first > last + 1) return [];
    const fresh = messages.slice(last + 1 - first);
    this.#last.set(sender, Math.max(last, first + messages.length - 1));
    return fresh;
  }

  /** The last number had of each sender. */
  confirmations(): Record<string, number> {
    return Object.fromEntries(this.#last);
  }

  forget(sender: string): void {
    this.#last.delete(sender);
  }
}
