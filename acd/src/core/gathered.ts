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

  /** Every item once, in the order of their first. */
  once(): T[] {
    if (this.#count === 0) return [];
    if (this.#count === 1) return [this.#items[0] as T];
    if (this.#count === 2 && this.#items[0] !== this.#items[1]) return this.copy();
    return [...new Set(this.copy())];
  }

  copy(): T[] {
    return this.#items.slice(0, this.#count);
  }

  clear(): void {
    // A step that touched everything leaves nothing of it behind.
    if (this.#items.length > MANY) this.#items.length = 0;
    this.#count = 0;
  }
}

const MANY = 64;
