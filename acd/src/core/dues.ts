/**
 * Lanes by when a call of theirs relaxes, the earliest first: a binary heap. It may be later than a lane says, never earlier;
 * whoever finds the lane first says so.
 */
export class Dues<T extends { due: number | null }> {
  readonly #heap: T[] = [];
  /** When each of them is due, in the same order: the lanes themselves are not looked at. */
  readonly #dues: number[] = [];

  get first(): T | undefined {
    return this.#heap[0];
  }

  /** When the first is due; Infinity: there is none. */
  get due(): number {
    return this.#dues.length === 0 ? Number.POSITIVE_INFINITY : (this.#dues[0] as number);
  }

  /** The lane is due then, or earlier if it said so. */
  put(lane: T, due: number): void {
    if (lane.due !== null && lane.due <= due) return;
    const at = lane.due === null ? this.#heap.length : this.#heap.indexOf(lane);
    lane.due = due;
    this.#up(at, lane, due);
  }

  /** The first is due later; null: not at all. */
  defer(due: number | null): void {
    const first = this.#heap[0];
    if (first === undefined) return;
    first.due = due;
    if (due !== null) {
      this.#down(first, due);
      return;
    }
    const last = this.#heap.pop() as T;
    const lastDue = this.#dues.pop() as number;
    if (last !== first) this.#down(last, lastDue);
  }

  /** All that are due by then, in no order that means anything. */
  dueBy(now: number): T[] {
    return this.#heap.filter((_, n) => (this.#dues[n] as number) <= now);
  }

  /** Each is due when this says; null: not at all. */
  renew(dueOf: (lane: T) => number | null): void {
    const heap = this.#heap;
    const dues = this.#dues;
    let count = 0;
    for (const lane of heap) {
      lane.due = dueOf(lane);
      if (lane.due === null) continue;
      heap[count] = lane;
      dues[count] = lane.due;
      count += 1;
    }
    heap.length = count;
    dues.length = count;
    for (let at = (count >> 1) - 1; at >= 0; at--) this.#down(heap[at] as T, dues[at] as number, at);
  }

  clear(): void {
    this.#heap.length = 0;
    this.#dues.length = 0;
  }

  #up(from: number, lane: T, due: number): void {
    const heap = this.#heap;
    const dues = this.#dues;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = dues[above] as number;
      if (other <= due) break;
      heap[at] = heap[above] as T;
      dues[at] = other;
      at = above;
    }
    heap[at] = lane;
    dues[at] = due;
  }

  #down(lane: T, due: number, from = 0): void {
    const heap = this.#heap;
    const dues = this.#dues;
    const { length } = heap;
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && (dues[below + 1] as number) < (dues[below] as number)) below += 1;
      const other = dues[below] as number;
      if (other >= due) break;
      heap[at] = heap[below] as T;
      dues[at] = other;
      at = below;
    }
    heap[at] = lane;
    dues[at] = due;
  }
}
