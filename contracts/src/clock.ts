/** A timer that was asked for; its owner cancels it when it is no longer needed. */
export interface Timer {
  cancel(): void;
}

/** Time comes in through this port so that every deadline can be tested on a simulated clock. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Monotonic clock in milliseconds, for durations; unrelated to the wall clock. */
  monotonic(): number;
  /** Calls `fire` once, `delayMs` from now. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

interface Pending {
  at: number;
  order: number;
  fire: () => void;
}

/** A clock that moves only when told to. Timers due at the same instant fire in the order they were set. */
export class SimulatedClock implements Clock {
  #now: number;
  #order = 0;
  #pending = new Set<Pending>();

  constructor(startAt = 0) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const entry: Pending = { at: this.#now + Math.max(0, delayMs), order: this.#order++, fire };
    this.#pending.add(entry);
    return { cancel: () => this.#pending.delete(entry) };
  }

  /** Number of timers still to fire: a test for leaks. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Moves time forward, firing what falls due on the way, including timers set while firing. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#nextDue(end); next; next = this.#nextDue(end)) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
    this.#now = end;
  }

  #nextDue(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const p of this.#pending) {
      if (p.at > end) continue;
      if (!first || p.at < first.at || (p.at === first.at && p.order < first.order)) first = p;
    }
    return first;
  }
}
