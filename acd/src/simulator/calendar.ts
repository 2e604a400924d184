/** Something that will happen. Belongs to the calendar that gave it. */
export interface Appointment<T> {
  readonly at: number;
  readonly what: T;
  /** Breaks ties: what was asked for first happens first. */
  readonly order: number;
  /** Where it stands in the heap; −1 when it is over or taken back. */
  slot: number;
}

/** What happens next on the virtual clock: a binary heap whose entries know their place, so one can be taken back in O(log n). */
export class Calendar<T> {
  readonly #heap: Appointment<T>[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(at: number, what: T): Appointment<T> {
    const appointment = { at, what, order: this.#order++, slot: this.#heap.length };
    this.#heap.push(appointment);
    this.#rise(appointment);
    return appointment;
  }

  /** The earliest. */
  get first(): Appointment<T> | undefined {
    return this.#heap[0];
  }

  /** @returns false when it was over already */
  cancel(appointment: Appointment<T>): boolean {
    const { slot } = appointment;
    if (slot < 0) return false;
    appointment.slot = -1;
    const last = this.#heap.pop();
    if (!last || last === appointment) return true;
    this.#put(last, slot);
    this.#rise(last);
    this.#sink(last);
    return true;
  }

  #put(appointment: Appointment<T>, slot: number): void {
    this.#heap[slot] = appointment;
    appointment.slot = slot;
  }

  #rise(appointment: Appointment<T>): void {
    while (appointment.slot > 0) {
      const parent = this.#heap[(appointment.slot - 1) >> 1];
      if (!parent || isBefore(parent, appointment)) return;
      const { slot } = parent;
      this.#put(parent, appointment.slot);
      this.#put(appointment, slot);
    }
  }

  #sink(appointment: Appointment<T>): void {
    for (;;) {
      const left = this.#heap[2 * appointment.slot + 1];
      const right = this.#heap[2 * appointment.slot + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || isBefore(appointment, child)) return;
      const { slot } = child;
      this.#put(child, appointment.slot);
      this.#put(appointment, slot);
    }
  }
}

function isBefore<T>(a: Appointment<T>, b: Appointment<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
