/** What a call is placed by: larger key first, then who came first. */
export interface Placed {
  readonly key: number;
  readonly arrived: number;
  readonly order: number;
}

interface Block<T> {
  /** Key, arrival and order of each item, one behind the other. */
  readonly rows: number[];
  readonly items: (T | undefined)[];
  /** Items stand from here … */
  from: number;
  /** … up to here, this one not among them. */
  to: number;
}

const BLOCK = 64;
const WIDTH = 3;

/** In the row of an empty line: behind every call. */
export const NOBODY = Number.NEGATIVE_INFINITY;

/**
 * A line of calls in the order of their places: an `OrderedSet` that keeps what it compares by beside the items. Of fifty
 * thousand calls none is looked at before its turn has come: the numbers of the next lie behind those of the first.
 */
export class Line<T extends Placed> implements Iterable<T> {
  /** None is empty. */
  readonly #blocks: Block<T>[] = [];
  #head: Block<T> | undefined = undefined;
  #tail: Block<T> | undefined = undefined;
  /** A block that is used no more: the next one needed. */
  #spare: Block<T> | undefined = undefined;
  #size = 0;
  /** The call before all others. */
  first: T | undefined = undefined;

  get size(): number {
    return this.#size;
  }

  /** When the first of them arrived. */
  get firstArrived(): number {
    const head = this.#head as Block<T>;
    return head.rows[head.from * WIDTH + 1] as number;
  }

  /** Writes the numbers of the first into a row; `NOBODY` as its key when there is none. */
  writeFirst(row: Float64Array, at: number): void {
    const head = this.#head;
    if (head === undefined) {
      row[at] = NOBODY;
      return;
    }
    const from = head.from * WIDTH;
    row[at] = head.rows[from] as number;
    row[at + 1] = head.rows[from + 1] as number;
    row[at + 2] = head.rows[from + 2] as number;
  }

  /** @returns false when it stands there already */
  add(item: T): boolean {
    const tail = this.#tail;
    if (tail === undefined) {
      this.#append(item);
      return true;
    }
    const behind = compare(item, tail.rows, tail.to - 1);
    if (behind >= 0) {
      if (behind > 0) this.#append(item);
      return behind > 0;
    }
    const b = this.#blockOf(item);
    const block = this.#blocks[b] as Block<T>;
    const i = indexIn(block, item);
    if (i < block.to && compare(item, block.rows, i) === 0) return false;
    if (block.to - block.from === BLOCK) this.#split(b, item);
    else insertAt(block, i, item);
    this.#size += 1;
    if (b === 0) this.first = (this.#head as Block<T>).items[(this.#head as Block<T>).from];
    return true;
  }

  #append(item: T): void {
    let tail = this.#tail;
    if (tail === undefined || tail.to === BLOCK) {
      tail = this.#newBlock();
      if (this.#tail === undefined) this.#head = tail;
      this.#tail = tail;
      this.#blocks.push(tail);
    }
    put(tail, tail.to, item);
    tail.to += 1;
    if (this.#size === 0) this.first = item;
    this.#size += 1;
  }

  #newBlock(): Block<T> {
    const spare = this.#spare;
    this.#spare = undefined;
    return (
      spare ?? { rows: new Array<number>(BLOCK * WIDTH).fill(0), items: new Array<T | undefined>(BLOCK).fill(undefined), from: 0, to: 0 }
    );
  }

  /** A full block becomes two, and the item finds its place in one of them. */
  #split(b: number, item: T): void {
    const block = this.#blocks[b] as Block<T>;
    const second = this.#newBlock();
    for (let i = BLOCK >> 1; i < BLOCK; i++) {
      move(block, i, second, second.to);
      second.to += 1;
    }
    block.to = BLOCK >> 1;
    this.#blocks.splice(b + 1, 0, second);
    if (this.#tail === block) this.#tail = second;
    const into = compare(item, second.rows, 0) > 0 ? second : block;
    insertAt(into, indexIn(into, item), item);
  }

  /** @returns false when it does not stand there */
  delete(item: T): boolean {
    if (this.#size === 0) return false;
    // Mostly the very head: known without a comparison.
    if (item === this.first) {
      this.#removeAt(0, (this.#head as Block<T>).from);
      return true;
    }
    const b = this.#blockOf(item);
    const block = this.#blocks[b] as Block<T>;
    const i = indexIn(block, item);
    if (i >= block.to || compare(item, block.rows, i) !== 0) return false;
    this.#removeAt(b, i);
    return true;
  }

  #removeAt(b: number, i: number): void {
    const block = this.#blocks[b] as Block<T>;
    this.#size -= 1;
    if (i === block.from) {
      block.items[i] = undefined;
      block.from += 1;
    } else {
      for (let n = i + 1; n < block.to; n++) move(block, n, block, n - 1);
      block.to -= 1;
      block.items[block.to] = undefined;
    }
    if (block.from === block.to) this.#dropBlock(b, block);
    if (b === 0) this.first = this.#head?.items[this.#head.from];
  }

  #dropBlock(b: number, block: Block<T>): void {
    const blocks = this.#blocks;
    if (b === 0) blocks.shift();
    else blocks.splice(b, 1);
    block.from = 0;
    block.to = 0;
    this.#spare = block;
    this.#head = blocks[0];
    this.#tail = blocks.length === 0 ? undefined : blocks[blocks.length - 1];
  }

  has(item: T): boolean {
    if (this.#size === 0) return false;
    const block = this.#blocks[this.#blockOf(item)] as Block<T>;
    const i = indexIn(block, item);
    return i < block.to && compare(item, block.rows, i) === 0;
  }

  /** How many stand before this one, whether or not it stands there. */
  rank(item: T): number {
    const tail = this.#tail;
    if (tail === undefined) return 0;
    const behind = compare(item, tail.rows, tail.to - 1);
    if (behind >= 0) return behind === 0 ? this.#size - 1 : this.#size;
    const b = this.#blockOf(item);
    const block = this.#blocks[b] as Block<T>;
    let before = indexIn(block, item) - block.from;
    for (let n = 0; n < b; n++) before += (this.#blocks[n] as Block<T>).to - (this.#blocks[n] as Block<T>).from;
    return before;
  }

  /** The call with so many before it; undefined when there are not so many. */
  at(rank: number): T | undefined {
    let before = rank;
    for (const { items, from, to } of this.#blocks) {
      if (before < to - from) return items[from + before];
      before -= to - from;
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
    for (const { items, from, to } of this.#blocks) for (let i = from; i < to; i++) yield items[i] as T;
  }

  /** The block that holds the item, or would: the last one that does not begin behind it. */
  #blockOf(item: T): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const block = blocks[middle] as Block<T>;
      if (compare(item, block.rows, block.from) >= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Larger than 0: the item stands behind the one of this row. */
function compare({ key, arrived, order }: Placed, rows: readonly number[], i: number): number {
  const at = i * WIDTH;
  const other = rows[at] as number;
  if (key !== other) return other - key;
  return arrived - (rows[at + 1] as number) || order - (rows[at + 2] as number);
}

/** Where the item stands in this block, or would. */
function indexIn<T extends Placed>({ rows, from, to }: Block<T>, item: T): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(item, rows, middle) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function put<T extends Placed>({ rows, items }: Block<T>, i: number, item: T): void {
  const at = i * WIDTH;
  rows[at] = item.key;
  rows[at + 1] = item.arrived;
  rows[at + 2] = item.order;
  items[i] = item;
}

function move<T>(source: Block<T>, i: number, target: Block<T>, k: number): void {
  const at = i * WIDTH;
  const to = k * WIDTH;
  target.rows[to] = source.rows[at] as number;
  target.rows[to + 1] = source.rows[at + 1] as number;
  target.rows[to + 2] = source.rows[at + 2] as number;
  target.items[k] = source.items[i];
  if (source !== target) source.items[i] = undefined;
}

/** There is room at one of the two ends. */
function insertAt<T extends Placed>(block: Block<T>, i: number, item: T): void {
  if (block.from > 0) {
    for (let n = block.from; n < i; n++) move(block, n, block, n - 1);
    block.from -= 1;
    put(block, i - 1, item);
    return;
  }
  for (let n = block.to; n > i; n--) move(block, n - 1, block, n);
  block.to += 1;
  put(block, i, item);
}
