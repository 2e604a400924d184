// Sending by absolute deadlines: t0 + n · interval on a monotonic clock, so that nothing drifts. Streams get one of five phases,
// 4 ms apart, by load. After a stall the packets that are past are skipped: a burst would overflow the receiver's jitter buffer.

const PHASE_MS = 4;

export interface Paced {
  /** Milliseconds between packets. */
  readonly intervalMs: number;
  /** Sends one packet; `skipped` intervals before it have passed unsent. Returns false to be taken off. */
  tick(now: number, skipped: number): boolean;
}

interface Entry {
  paced: Paced;
  due: number;
}

export class Pacer {
  #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The first packet falls on the least used phase within the next 20 ms. */
  add(paced: Paced, now: number): void {
    const first = Math.ceil(now / PHASE_MS) * PHASE_MS;
    const load = [0, 0, 0, 0, 0];
    for (const entry of this.#entries) {
      const phase = Math.round(entry.due / PHASE_MS) % 5;
      load[phase] = (load[phase] ?? 0) + 1;
    }
    let due = first;
    for (let k = 1; k < 5; k++) {
      const at = first + k * PHASE_MS;
      if ((load[Math.round(at / PHASE_MS) % 5] ?? 0) < (load[Math.round(due / PHASE_MS) % 5] ?? 0)) due = at;
    }
    this.#entries.push({ paced, due });
  }

  remove(paced: Paced): void {
    const at = this.#entries.findIndex((entry) => entry.paced === paced);
    if (at >= 0) this.#entries.splice(at, 1);
  }

  /** When `run` is next needed, or undefined when nothing plays. */
  nextDue(): number | undefined {
    let next: number | undefined;
    for (const entry of this.#entries) if (next === undefined || entry.due < next) next = entry.due;
    return next;
  }

  run(now: number): void {
    // A copy would cost more than it is worth: entries may leave while their own tick runs, others may not.
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i];
      if (!entry || entry.due > now) continue;
      const interval = entry.paced.intervalMs;
      const skipped = Math.max(0, Math.floor((now - entry.due) / interval));
      entry.due += (skipped + 1) * interval;
      if (!entry.paced.tick(now, skipped)) this.remove(entry.paced);
    }
  }
}
