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
  /** So many items of the first block have been taken from its head already; what stands there still is no item. */
  #taken = 0;
  /** The last block. */
  #tail: T[] | undefined = undefined;
  /** The item before all others. Kept: a freed agent looks at the heads of many lanes. */
  first: T | undefined = undefined;
  /** The item behind all others. */
  last: T | undefined = undefined;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns false when an equal item was there already; then nothing changes. */
  add(item: T): boolean {
    if (this.last === undefined || this.#compare(item, this.last) > 0) {
      this.#append(item);
      return true;
    }
    const blocks = this.#blocks;
    const b = this.#blockOf(item);
    const block = blocks[b] as T[];
    const i = this.#indexIn(b, item);
    if (i < block.length && this.#compare(block[i] as T, item) === 0) return false;
    if (b === 0 && i === this.#taken) {
      this.first = item;
      if (i > 0) {
        this.#taken -= 1;
        block[i - 1] = item;
        this.#size += 1;
        return true;
      }
    }
    insertAt(block, i, item);
    this.#size += 1;
    if (block.length > BLOCK) this.#split(b);
    return true;
  }

  #append(item: T): void {
    const tail = this.#tail;
    if (tail !== undefined && tail.length < BLOCK) tail.push(item);
    else {
      this.#tail = [item];
      this.#blocks.push(this.#tail);
    }
    if (this.#size === 0) this.first = item;
    this.last = item;
    this.#size += 1;
  }

  #split(b: number): void {
    const blocks = this.#blocks;
    const block = blocks[b] as T[];
    if (b === 0 && this.#taken > 0) {
      block.splice(0, this.#taken);
      this.#taken = 0;
      return;
    }
    blocks.splice(b + 1, 0, block.splice(BLOCK >> 1));
    this.#tail = blocks[blocks.length - 1];
  }

  /** @returns false when no equal item was there. */
  delete(item: T): boolean {
    if (this.#size === 0) return false;
    // Mostly the very head: known without a comparison.
    if (item === this.first) {
      this.#behead();
      return true;
    }
    const blocks = this.#blocks;
    const b = this.#blockOf(item);
    const block = blocks[b] as T[];
    const i = this.#indexIn(b, item);
    if (i === block.length || this.#compare(block[i] as T, item) !== 0) return false;
    if (b === 0 && i === this.#taken) {
      this.#behead();
      return true;
    }
    this.#size -= 1;
    if (block.length === 1) blocks.splice(b, 1);
    else removeAt(block, i);
    const tail = blocks[blocks.length - 1] as T[];
    this.#tail = tail;
    this.last = tail[tail.length - 1];
    return true;
  }

  /** Takes the first item out. */
  #behead(): void {
    this.#size -= 1;
    if (this.#size === 0) {
      this.clear();
      return;
    }
    const blocks = this.#blocks;
    let head = blocks[0] as T[];
    // Something else has to stand there, lest what is gone be kept; of that a block at most.
    head[this.#taken] = this.last as T;
    this.#taken += 1;
    if (this.#taken === head.length) {
      blocks.shift();
      this.#taken = 0;
      head = blocks[0] as T[];
    }
    this.first = head[this.#taken];
  }

  has(item: T): boolean {
    if (this.#size === 0) return false;
    const b = this.#blockOf(item);
    const block = this.#blocks[b] as T[];
    const i = this.#indexIn(b, item);
    return i < block.length && this.#compare(block[i] as T, item) === 0;
  }

  /** How many items stand before this one, whether or not it is in the set. */
  rank(item: T): number {
    if (this.last === undefined) return 0;
    if (item === this.last) return this.#size - 1;
    const behind = this.#compare(item, this.last);
    if (behind >= 0) return behind === 0 ? this.#size - 1 : this.#size;
    const blocks = this.#blocks;
    const b = this.#blockOf(item);
    let before = this.#indexIn(b, item) - this.#taken;
    for (let n = 0; n < b; n++) before += (blocks[n] as T[]).length;
    return before;
  }

  /** The item with so many before it; undefined when there are not so many. */
  at(rank: number): T | undefined {
    let before = rank + this.#taken;
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
    let i = this.#indexIn(b, item);
    if (i < block.length && this.#compare(block[i] as T, item) === 0) i += 1;
    return i < block.length ? block[i] : this.#blocks[b + 1]?.[0];
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#size = 0;
    this.#taken = 0;
    this.#tail = undefined;
    this.first = undefined;
    this.last = undefined;
  }

  *[Symbol.iterator](): Iterator<T> {
    let taken = this.#taken;
    for (const block of this.#blocks) {
      for (let i = taken; i < block.length; i++) yield block[i] as T;
      taken = 0;
    }
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

  /** Where the item stands in this block, or would. */
  #indexIn(b: number, item: T): number {
    const block = this.#blocks[b] as T[];
    const from = b === 0 ? this.#taken : 0;
    if (this.#compare(item, block[from] as T) <= 0) return from;
    let low = from + 1;
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
