/**
 * Lanes by when a call of theirs relaxes, the earliest first: a binary heap. It may be later than a lane says, never earlier;
 * whoever finds the lane first says so.
 */
export class Dues<T extends { due: number }> {
  readonly #heap: T[] = [];

  get first(): T | undefined {
    return this.#heap[0];
  }

  /** The lane is due then, or earlier if it said so. */
  put(lane: T, due: number): void {
    if (lane.due <= due) return;
    const at = lane.due === Number.POSITIVE_INFINITY ? this.#heap.length : this.#heap.indexOf(lane);
    lane.due = due;
    this.#up(at, lane);
  }

  /** The first is due later; Infinity: not at all. */
  defer(due: number): void {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined) return;
    first.due = due;
    if (due < Number.POSITIVE_INFINITY) {
      this.#down(first);
      return;
    }
    const last = heap.pop() as T;
    if (last !== first) this.#down(last);
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #up(from: number, lane: T): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = heap[above] as T;
      if (other.due <= lane.due) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = lane;
  }

  /** From the top. */
  #down(lane: T): void {
    const heap = this.#heap;
    const { length } = heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      const right = below + 1;
      if (right < length && (heap[right] as T).due < (heap[below] as T).due) below = right;
      const other = heap[below] as T;
      if (other.due >= lane.due) break;
      heap[at] = other;
      at = below;
    }
    heap[at] = lane;
  }
}
