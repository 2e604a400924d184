/** What a call is placed by: larger key first, then who came first. */
export interface Placed {
  readonly key: number;
  readonly arrived: number;
  readonly order: number;
}

/**
 * Some of a line, in one array, so that what is looked at together lies together: from which item on and up to which one
 * items stand in it, then each item behind its key, arrival and order.
 */
type Block = unknown[];

const FROM = 0;
const TO = 1;
const FIRST = 2;
/** Cells an item takes, and which of them is what. */
const WIDTH = 4;
const ARRIVED = 1;
const ORDER = 2;
const ITEM = 3;

/** Items of a block at most. */
const BLOCK = 64;

/** In the row of an empty line: behind every call. */
export const NOBODY = Number.NEGATIVE_INFINITY;

/**
 * A line of calls in the order of their places: an `OrderedSet` that keeps what it compares by beside the items. Of fifty
 * thousand calls none is looked at before its turn has come: the numbers of the next lie behind those of the first.
 */
export class Line<T extends Placed> implements Iterable<T> {
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

  /** When the first of them arrived. */
  get firstArrived(): number {
    const head = this.#head as Block;
    return head[cellOf(head[FROM] as number) + ARRIVED] as number;
  }

  /** Writes the numbers of the first into a row; `NOBODY` as its key when there is none. */
  writeFirst(row: Float64Array, at: number): void {
    const head = this.#head;
    if (head === undefined) {
      row[at] = NOBODY;
      return;
    }
    const cell = cellOf(head[FROM] as number);
    row[at] = head[cell] as number;
    row[at + 1] = head[cell + ARRIVED] as number;
    row[at + 2] = head[cell + ORDER] as number;
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
    return spare ?? new Array<unknown>(FIRST + BLOCK * WIDTH).fill(0);
  }

  /** A full block becomes two, and the item finds its place in one of them. */
  #split(b: number, item: T): void {
    const block = this.#blocks[b] as Block;
    const second = this.#newBlock();
    const half = BLOCK >> 1;
    for (let i = half; i < BLOCK; i++) {
      move(block, i, second, i - half);
      vacate(block, i);
    }
    second[TO] = BLOCK - half;
    block[TO] = half;
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
    if (i === block[FROM]) {
      vacate(block, i);
      block[FROM] = i + 1;
    } else {
      const last = (block[TO] as number) - 1;
      for (let n = i; n < last; n++) move(block, n + 1, block, n);
      vacate(block, last);
      block[TO] = last;
    }
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

function cellOf(i: number): number {
  return FIRST + i * WIDTH;
}

function countIn(block: Block): number {
  return (block[TO] as number) - (block[FROM] as number);
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

function put(block: Block, i: number, item: Placed): void {
  const cell = cellOf(i);
  block[cell] = item.key;
  block[cell + ARRIVED] = item.arrived;
  block[cell + ORDER] = item.order;
  block[cell + ITEM] = item;
}

/** Lest what is gone be kept. */
function vacate(block: Block, i: number): void {
  block[cellOf(i) + ITEM] = undefined;
}

function move(source: Block, i: number, target: Block, k: number): void {
  for (let n = 0, from = cellOf(i), to = cellOf(k); n < WIDTH; n++) target[to + n] = source[from + n];
}

/** There is room at one of the two ends. */
function insertAt(block: Block, i: number, item: Placed): void {
  const from = block[FROM] as number;
  const to = block[TO] as number;
  if (from > 0) {
    for (let n = from; n < i; n++) move(block, n, block, n - 1);
    block[FROM] = from - 1;
    put(block, i - 1, item);
    return;
  }
  for (let n = to; n > i; n--) move(block, n - 1, block, n);
  block[TO] = to + 1;
  put(block, i, item);
}
