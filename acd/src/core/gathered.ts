/**
 * A list that is filled anew by every step and handed out as a copy of just its length. An array that grows by `push` reserves
 * seventeen slots for the mostly two or three things a step decides; these were a fifth of all garbage.
 */
export class Gathered<T> {
  /** What is behind the count is left over from earlier steps. */
  readonly #items: T[] = [];
  #count = 0;

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

  /** Every item once, in the order of their first; so it stays. */
  once(): T[] {
    if (this.#count > MANY) return [...new Set(this.copy())];
    const items = this.#items;
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
    return this.copy();
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
    // A step that touched everything leaves nothing of it behind.
    if (this.#items.length > MANY) this.#items.length = 0;
    this.#count = 0;
  }
}

const MANY = 32;
