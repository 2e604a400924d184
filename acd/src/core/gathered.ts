/**
 * A list that is filled anew by every step and handed out as a copy of just its length. An array that grows by `push` reserves
 * seventeen slots for the mostly two or three things a step decides; these were a fifth of all garbage.
 *
 * The array is a new one now and then: the collector keeps a record of every young thing in an old array, and what a step
 * decides is always young.
 */
export class Gathered<T> {
  /** What is behind the count is left over from earlier steps. */
  #items: T[] = [];
  #count = 0;
  #fillings = 0;

  get size(): number {
    return this.#count;
  }

  push(item: T): void {
    if (this.#count < this.#items.length) this.#items[this.#count] = item;
    else this.#items.push(item);
    this.#count += 1;
  }

  at(index: number): T {
    return this.#items[index] as T;
  }

  /** Keeps every item once, in the order of their first. */
  keepOnce(): void {
    const items = this.#items;
    if (this.#count > MANY) {
      const once = new Set(this.copy());
      this.#count = 0;
      for (const item of once) this.push(item);
      return;
    }
    let kept = 0;
    for (let n = 0; n < this.#count; n++) {
      const item = items[n] as T;
      let known = 0;
      while (known < kept && items[known] !== item) known += 1;
      if (known < kept) continue;
      items[kept] = item;
      kept += 1;
    }
    this.#count = kept;
  }

  /** Short ones as literals, which are made where they are needed; `slice` is a call. */
  copy(): T[] {
    const items = this.#items as T[];
    switch (this.#count) {
      case 0:
        return [];
      case 1:
        return [items[0] as T];
      case 2:
        return [items[0] as T, items[1] as T];
      case 3:
        return [items[0] as T, items[1] as T, items[2] as T];
      case 4:
        return [items[0] as T, items[1] as T, items[2] as T, items[3] as T];
      case 5:
        return [items[0] as T, items[1] as T, items[2] as T, items[3] as T, items[4] as T];
      default:
        return items.slice(0, this.#count);
    }
  }

  clear(): void {
    if (this.#count === 0) return;
    this.#count = 0;
    this.#fillings += 1;
    // A step that touched everything leaves nothing of it behind.
    if (this.#fillings < FILLINGS && this.#items.length <= MANY) return;
    this.#items = [];
    this.#fillings = 0;
  }
}

const MANY = 32;

/** So often an array is filled before it is as good as old. */
const FILLINGS = 64;
