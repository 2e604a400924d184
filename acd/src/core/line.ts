import {
  ARRIVED,
  BLOCK,
  type Block,
  cellOf,
  copyNumbers,
  countIn,
  FROM,
  halve,
  ITEM,
  insertAt,
  newBlock,
  ORDER,
  put,
  removeAt,
  TO,
} from './blocks.js';
import type { Placed } from './placed.js';

/** In the row of an empty line: behind every call. */
export const NOBODY = Number.NEGATIVE_INFINITY;

/** Calls that wait, in the order of their places. */
export interface Open<T extends Placed> extends Iterable<T> {
  readonly size: number;
  /** The call before all others. */
  readonly first: T | undefined;
  /** @returns false when it stands there already */
  add(item: T): boolean;
  /** @returns false when it does not stand there */
  delete(item: T): boolean;
  /** Writes the numbers of the first into a row; `NOBODY` as its key when there is none. @returns the first */
  writeFirst(row: Float64Array, at: number): T | undefined;
}

/**
 * A line of calls in the order of their places: an `OrderedSet` that keeps what it compares by beside the items. Of fifty
 * thousand calls none is looked at before its turn has come: the numbers of the next lie behind those of the first.
 */
export class Line<T extends Placed> implements Open<T> {
  /** None is empty. */
  readonly #blocks: Block[] = [];
  #head: Block | undefined = undefined;
  #tail: Block | undefined = undefined;
  /** A block that is used no more: the next one needed. */
  #spare: Block | undefined = undefined;
  #size = 0;
  /** Where the last block ends, and the numbers of the call there: who comes is compared with them without a look at it. */
  #end = 0;
  #lastKey = 0;
  #lastArrived = 0;
  #lastOrder = 0;
  /** The call before all others. */
  first: T | undefined = undefined;

  get size(): number {
    return this.#size;
  }

  /** Writes the numbers of the first into a row; `NOBODY` as its key when there is none. */
  writeFirst(row: Float64Array, at: number): T | undefined {
    const head = this.#head;
    if (head === undefined) {
      row[at] = NOBODY;
      return undefined;
    }
    return copyNumbers(head, head[FROM] as number, row, at) as T;
  }

  /** @returns false when it stands there already */
  add(item: T): boolean {
    const behind = this.#size === 0 ? 1 : this.#behindLast(item);
    if (behind >= 0) {
      if (behind > 0) this.#append(item);
      return behind > 0;
    }
    const b = this.#blockOf(item);
    const block = this.#blocks[b] as Block;
    const i = indexIn(block, item);
    if (i < (block[TO] as number) && compare(item, block, i) === 0) return false;
    if (countIn(block) === BLOCK) this.#split(b, item);
    else insertAt(block, i, item);
    this.#size += 1;
    if (b === 0) this.first = this.#firstOfHead();
    this.#noteLast();
    return true;
  }

  #behindLast({ key, arrived, order }: T): number {
    if (key !== this.#lastKey) return this.#lastKey - key;
    return arrived - this.#lastArrived || order - this.#lastOrder;
  }

  #noteLast(): void {
    const tail = this.#tail;
    if (tail === undefined) return;
    this.#end = tail[TO] as number;
    const cell = cellOf(this.#end - 1);
    this.#lastKey = tail[cell] as number;
    this.#lastArrived = tail[cell + ARRIVED] as number;
    this.#lastOrder = tail[cell + ORDER] as number;
  }

  #firstOfHead(): T | undefined {
    const head = this.#head;
    return head && (head[cellOf(head[FROM] as number) + ITEM] as T);
  }

  #append(item: T): void {
    let tail = this.#tail;
    if (tail === undefined || this.#end === BLOCK) {
      tail = this.#newBlock();
      if (this.#tail === undefined) this.#head = tail;
      this.#tail = tail;
      this.#blocks.push(tail);
      this.#end = 0;
    }
    put(tail, this.#end, item);
    this.#end += 1;
    tail[TO] = this.#end;
    this.#lastKey = item.key;
    this.#lastArrived = item.arrived;
    this.#lastOrder = item.order;
    if (this.#size === 0) this.first = item;
    this.#size += 1;
  }

  #newBlock(): Block {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare ?? newBlock();
  }

  /** A full block becomes two, and the item finds its place in one of them. */
  #split(b: number, item: T): void {
    const block = this.#blocks[b] as Block;
    const second = this.#newBlock();
    halve(block, second);
    this.#blocks.splice(b + 1, 0, second);
    if (this.#tail === block) this.#tail = second;
    const into = compare(item, second, 0) > 0 ? second : block;
    insertAt(into, indexIn(into, item), item);
  }

  /** @returns false when it does not stand there */
  delete(item: T): boolean {
    if (this.#size === 0) return false;
    // Mostly the very head: known without a comparison.
    if (item === this.first) {
      this.#removeAt(0, (this.#head as Block)[FROM] as number);
      return true;
    }
    const b = this.#blockOf(item);
    const block = this.#blocks[b] as Block;
    const i = indexIn(block, item);
    if (i >= (block[TO] as number) || compare(item, block, i) !== 0) return false;
    this.#removeAt(b, i);
    return true;
  }

  #removeAt(b: number, i: number): void {
    const block = (b === 0 ? this.#head : this.#blocks[b]) as Block;
    this.#size -= 1;
    removeAt(block, i);
    const isLast = block === this.#tail;
    if (countIn(block) === 0) this.#dropBlock(b, block);
    if (isLast) this.#noteLast();
    if (b === 0) this.first = this.#firstOfHead();
  }

  #dropBlock(b: number, block: Block): void {
    const blocks = this.#blocks;
    if (b === 0) blocks.shift();
    else blocks.splice(b, 1);
    block[FROM] = 0;
    block[TO] = 0;
    this.#spare = block;
    this.#head = blocks[0];
    this.#tail = blocks.length === 0 ? undefined : blocks[blocks.length - 1];
  }

  has(item: T): boolean {
    if (this.#size === 0) return false;
    const block = this.#blocks[this.#blockOf(item)] as Block;
    const i = indexIn(block, item);
    return i < (block[TO] as number) && compare(item, block, i) === 0;
  }

  /** How many stand before this one, whether or not it stands there. */
  rank(item: T): number {
    if (this.#size === 0) return 0;
    const behind = this.#behindLast(item);
    if (behind >= 0) return behind === 0 ? this.#size - 1 : this.#size;
    const b = this.#blockOf(item);
    const block = this.#blocks[b] as Block;
    let before = indexIn(block, item) - (block[FROM] as number);
    for (let n = 0; n < b; n++) before += countIn(this.#blocks[n] as Block);
    return before;
  }

  /** The call with so many before it; undefined when there are not so many. */
  at(rank: number): T | undefined {
    let before = rank;
    for (const block of this.#blocks) {
      const count = countIn(block);
      if (before < count) return block[cellOf((block[FROM] as number) + before) + ITEM] as T;
      before -= count;
    }
    return undefined;
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#head = undefined;
    this.#tail = undefined;
    this.#size = 0;
    this.first = undefined;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const block of this.#blocks) {
      for (let i = block[FROM] as number; i < (block[TO] as number); i++) yield block[cellOf(i) + ITEM] as T;
    }
  }

  /** The block that holds the item, or would: the last one that does not begin behind it. */
  #blockOf(item: T): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const block = blocks[middle] as Block;
      if (compare(item, block, block[FROM] as number) >= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Larger than 0: the item stands behind this one of the block. */
function compare({ key, arrived, order }: Placed, block: Block, i: number): number {
  const cell = cellOf(i);
  const other = block[cell] as number;
  if (key !== other) return other - key;
  return arrived - (block[cell + ARRIVED] as number) || order - (block[cell + ORDER] as number);
}

/** Where the item stands in this block, or would. */
function indexIn(block: Block, item: Placed): number {
  let low = block[FROM] as number;
  let high = block[TO] as number;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(item, block, middle) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
