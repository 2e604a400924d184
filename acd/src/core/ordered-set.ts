/** Items of a block at most; a full one is split. Moving half of them costs less than following pointers through a tree. */
const BLOCK = 64;

/**
 * A set kept in the order of `compare`, in a row of sorted blocks. Items that compare equal are the same item; an item's
 * order must not change while it is in the set.
 *
 * A queue is mostly added to at its end and taken from at its head: both look at one item and take O(1). In the middle
 * `add`, `delete` and `has` take O(log n) comparisons and move at most a block and, once in a block's life, the row of
 * blocks; `rank` and `at` add up the sizes of the blocks before, n ÷ 64 of them at most.
 */
export class OrderedSet<T> implements Iterable<T> {
  readonly #compare: (a: T, b: T) => number;
  /** None is empty. */
  readonly #blocks: T[][] = [];
  #size = 0;
  /** The item before all others. Kept: a freed agent looks at the heads of many lanes. */
  first: T | undefined = undefined;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  /** The item behind all others. */
  get last(): T | undefined {
    const block = this.#blocks.at(-1);
    return block?.[block.length - 1];
  }

  /** @returns false when an equal item was there already; then nothing changes. */
  add(item: T): boolean {
    const blocks = this.#blocks;
    const last = blocks.length === 0 ? undefined : blocks[blocks.length - 1];
    if (last === undefined || this.#compare(item, last[last.length - 1] as T) > 0) {
      if (last !== undefined && last.length < BLOCK) last.push(item);
      else blocks.push([item]);
      if (this.#size === 0) this.first = item;
      this.#size += 1;
      return true;
    }
    const b = this.#blockOf(item);
    const block = blocks[b] as T[];
    const i = this.#indexIn(block, item);
    if (i < block.length && this.#compare(block[i] as T, item) === 0) return false;
    insertAt(block, i, item);
    if (i === 0 && b === 0) this.first = item;
    this.#size += 1;
    if (block.length > BLOCK) blocks.splice(b + 1, 0, block.splice(BLOCK >> 1));
    return true;
  }

  /** @returns false when no equal item was there. */
  delete(item: T): boolean {
    if (this.#size === 0) return false;
    // Mostly the very head: known without a comparison.
    const isHead = item === this.first;
    const b = isHead ? 0 : this.#blockOf(item);
    const block = this.#blocks[b] as T[];
    const i = isHead ? 0 : this.#indexIn(block, item);
    if (!isHead && (i === block.length || this.#compare(block[i] as T, item) !== 0)) return false;
    if (block.length === 1) {
      if (b === 0) this.#blocks.shift();
      else this.#blocks.splice(b, 1);
    } else if (i === 0) block.shift();
    else removeAt(block, i);
    this.#size -= 1;
    if (b === 0 && i === 0) this.first = this.#size === 0 ? undefined : (this.#blocks[0] as T[])[0];
    return true;
  }

  has(item: T): boolean {
    if (this.#size === 0) return false;
    const block = this.#blocks[this.#blockOf(item)] as T[];
    const i = this.#indexIn(block, item);
    return i < block.length && this.#compare(block[i] as T, item) === 0;
  }

  /** How many items stand before this one, whether or not it is in the set. */
  rank(item: T): number {
    if (this.#size === 0) return 0;
    const blocks = this.#blocks;
    const last = blocks[blocks.length - 1] as T[];
    const behind = this.#compare(item, last[last.length - 1] as T);
    if (behind >= 0) return behind === 0 ? this.#size - 1 : this.#size;
    const b = this.#blockOf(item);
    let before = this.#indexIn(blocks[b] as T[], item);
    for (let n = 0; n < b; n++) before += (blocks[n] as T[]).length;
    return before;
  }

  /** The item with so many before it; undefined when there are not so many. */
  at(rank: number): T | undefined {
    let before = rank;
    for (const block of this.#blocks) {
      if (before < block.length) return block[before];
      before -= block.length;
    }
    return undefined;
  }

  /** The first item that comes after this one, whether or not it is in the set. */
  after(item: T): T | undefined {
    if (this.#size === 0) return undefined;
    const b = this.#blockOf(item);
    const block = this.#blocks[b] as T[];
    let i = this.#indexIn(block, item);
    if (i < block.length && this.#compare(block[i] as T, item) === 0) i += 1;
    return i < block.length ? block[i] : this.#blocks[b + 1]?.[0];
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#size = 0;
    this.first = undefined;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const block of this.#blocks) yield* block;
  }

  /** The block that holds the item, or would: the last one that does not begin behind it. */
  #blockOf(item: T): number {
    const blocks = this.#blocks;
    if (blocks.length === 1 || this.#compare(item, (blocks[1] as T[])[0] as T) < 0) return 0;
    let low = 1;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#compare((blocks[middle] as T[])[0] as T, item) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Where the item stands in the block, or would. */
  #indexIn(block: readonly T[], item: T): number {
    if (this.#compare(item, block[0] as T) <= 0) return 0;
    let low = 1;
    let high = block.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(block[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function insertAt<T>(list: T[], index: number, item: T): void {
  list.push(item);
  for (let i = list.length - 1; i > index; i--) list[i] = list[i - 1] as T;
  list[index] = item;
}

function removeAt<T>(list: T[], index: number): void {
  for (let i = index + 1; i < list.length; i++) list[i - 1] = list[i] as T;
  list.pop();
}
