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
import { NOBODY, type Open } from './line.js';
import { OrderedSet } from './ordered-set.js';
import { byPlace, type Placed } from './placed.js';

/** What is kept here. */
export interface Climber extends Placed {
  readonly priority: number;
}

/** What an event tells of a relaxation. */
export interface ToldLevels {
  readonly minLevels: Record<string, number>;
}

/** What a rung takes from its lane. */
export interface LaneOfRung {
  readonly relaxesAfter: number | null;
  readonly step: number;
  readonly plain: boolean;
  readonly row: number;
  readonly queue: { readonly id: string };
}

/** The open calls of one lane of those that share `Rungs`. Changed by `Rungs` alone, `due` by `Dues`. */
export class Rung<T extends Climber, L extends LaneOfRung> implements Open<T> {
  size = 0;
  /** The call that relaxes next, and when it arrived. */
  oldest: T | undefined = undefined;
  oldestArrived: number = 0;
  /** By place, when there are several priorities in the line; else the places are in the order of arrival anyway. */
  places: OrderedSet<T> | null = null;
  /** When a call of it relaxes next, or earlier; null: there was none. Not Infinity, which would lie in memory by itself. */
  due: number | null = null;
  /** After so long a wait its calls go on to the next rung; null: there is none. */
  readonly relaxesAfter: number | null;
  /** Where its calls go on to, and where they come from. */
  next: Rung<T, L> | undefined = undefined;
  readonly before: Rung<T, L> | undefined;
  /** How many steps of relaxation its calls have taken. */
  readonly step: number;
  /** How many rungs come before it in `all`: of a request or of one agent there is but one, at whatever step. */
  readonly level: number;
  /** Of a queue; the others are for requests of their own and for one agent. */
  readonly plain: boolean;
  /** Its row in `Heads`. */
  readonly row: number;
  /** Where the oldest stands: the block, its number, and the item in it. */
  block: Block | undefined = undefined;
  number = 0;
  index = 0;
  readonly lane: L;
  readonly all: Rungs<T, L>;
  readonly queueId: string;
  /** What an event tells of a relaxation that ends here; made when first told. */
  told: ToldLevels | undefined = undefined;
  constructor(all: Rungs<T, L>, lane: L, before: Rung<T, L> | undefined) {
    this.all = all;
    this.before = before;
    this.lane = lane;
    this.relaxesAfter = lane.relaxesAfter;
    this.step = lane.step;
    this.level = all.rungs.length;
    this.plain = lane.plain;
    this.row = lane.row;
    this.queueId = lane.queue.id;
  }

  get first(): T | undefined {
    return this.places === null ? this.oldest : this.places.first;
  }

  add(call: T): boolean {
    return this.all.add(this, call);
  }

  delete(call: T): boolean {
    return this.all.delete(this, call);
  }

  writeFirst(row: Float64Array, at: number): T | undefined {
    const { block, places } = this;
    if (block === undefined) {
      row[at] = NOBODY;
      return undefined;
    }
    const first = places?.first;
    if (first === undefined) return copyNumbers(block, this.index, row, at) as T;
    row[at] = first.key;
    row[at + 1] = first.arrived;
    row[at + 2] = first.order;
    return first;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.places ? this.places[Symbol.iterator]() : this.all.callsOf(this);
  }

  /** The oldest is the one that stands there. */
  standAt(block: Block, number: number, index: number): void {
    const cell = cellOf(index);
    this.block = block;
    this.number = number;
    this.index = index;
    this.oldest = block[cell + ITEM] as T;
    this.oldestArrived = block[cell + ARRIVED] as number;
  }

  nobody(): void {
    this.block = undefined;
    this.oldest = undefined;
  }
}

/**
 * The open calls of the lanes that a call goes through as it relaxes, in one line by arrival: how far it has relaxed is a
 * matter of its wait alone, so the calls of a lane stand together, and a relaxation is a boundary that moves past one call.
 * Nothing is moved, and of the calls themselves none but that one is looked at.
 *
 * The wall clock may go back, and a call come that stands before others who have relaxed further: each rung is in order by
 * itself, and as long as they are not in order as a whole, a call that relaxes finds its place anew.
 */
export class Rungs<T extends Climber, L extends LaneOfRung> {
  /** Its row in `Heads`; null: its lanes are shown there each by itself. */
  readonly row: number | null;
  /** Whether `Heads` shows it as one line. */
  shownWhole: boolean;
  /** By step: the youngest calls first; they stand in the line the other way round. */
  readonly rungs: Rung<T, L>[] = [];
  /** Of those whose calls go on to another, the one with the longest wait. */
  longest: Rung<T, L> | undefined = undefined;
  /** None is empty. */
  readonly #blocks: Block[] = [];
  /** A block that is used no more: the next one needed. */
  #spare: Block | undefined = undefined;
  #size = 0;
  /** The last block, and the numbers of the call at its end: who comes is compared with them without a look at the blocks. */
  #tail: Block | undefined = undefined;
  #lastArrived = 0;
  #lastOrder = 0;
  /** Of all calls, as long as they have but one. */
  #priority = 0;
  #inOrder = true;
  /** Whether places are kept beside. */
  #placed = false;

  constructor(row: number | null = null) {
    this.row = row;
    this.shownWhole = row !== null;
  }

  /**
   * Whether the first of all is the one who has relaxed furthest and goes before everybody else: then an agent who is able for
   * calls that have waited so long need not know where one lane ends and the next begins.
   */
  get isWhole(): boolean {
    return this.row !== null && this.#inOrder && !this.#placed;
  }

  /** As of a lane: of who has waited longest. */
  writeFirst(row: Float64Array, at: number): T | undefined {
    const head = this.#blocks[0];
    if (head === undefined) {
      row[at] = NOBODY;
      return undefined;
    }
    return copyNumbers(head, head[FROM] as number, row, at) as T;
  }

  /** The next lane; together they are all there are of it. */
  push(lane: L): Rung<T, L> {
    const before = this.rungs.at(-1);
    const rung = new Rung<T, L>(this, lane, before);
    if (before) before.next = rung;
    this.longest = before;
    this.rungs.push(rung);
    return rung;
  }

  /** @returns false when it stands there already */
  add(rung: Rung<T, L>, call: T): boolean {
    if (this.#size === 0) this.#priority = call.priority;
    const behind = this.#isBehindAll(call);
    if (this.#isLast(rung) && (behind || rung.size === 0)) {
      this.#inOrder &&= behind;
      this.#append(rung, call);
    } else if (!this.#insert(rung, call)) {
      return false;
    }
    this.#size += 1;
    if (rung.places) rung.places.add(call);
    else if (call.priority !== this.#priority) this.#byPlaceToo();
    return true;
  }

  /** @returns false when it does not stand there */
  delete(rung: Rung<T, L>, call: T): boolean {
    if (rung.size === 0) return false;
    const block = rung.block as Block;
    if (call === rung.oldest && rung.number === 0 && rung.index === block[FROM] && countIn(block) > 1) {
      // Mostly it is the first of all.
      removeAt(block, rung.index);
      rung.size -= 1;
      if (rung.size > 0) rung.standAt(block, 0, rung.index + 1);
      else rung.nobody();
    } else if (!this.#remove(rung, call)) {
      return false;
    }
    this.#size -= 1;
    rung.places?.delete(call);
    if (this.#size === 0) this.#begin();
    return true;
  }

  /** The oldest of one rung goes on to another; on those between there is nobody. */
  descend(from: Rung<T, L>, to: Rung<T, L>): void {
    const call = from.oldest as T;
    if (!this.#inOrder) {
      this.delete(from, call);
      this.add(to, call);
      return;
    }
    const { block, number, index } = from as Rung<T, L> & { block: Block };
    if (to.size === 0) to.standAt(block, number, index);
    to.size += 1;
    from.size -= 1;
    if (from.size === 0) from.nobody();
    else if (index + 1 < (block[TO] as number)) from.standAt(block, number, index + 1);
    else this.#standAtHead(from, number + 1);
    from.places?.delete(call);
    to.places?.add(call);
  }

  *callsOf(rung: Rung<T, L>): Iterator<T> {
    let { index, number, size } = rung;
    for (; size > 0; number++) {
      const block = this.#blocks[number] as Block;
      for (; size > 0 && index < (block[TO] as number); index++, size--) yield block[cellOf(index) + ITEM] as T;
      index = (this.#blocks[number + 1]?.[FROM] ?? 0) as number;
    }
  }

  #begin(): void {
    this.#inOrder = true;
    this.#placed = false;
    for (const rung of this.rungs) rung.places = null;
  }

  #byPlaceToo(): void {
    this.#placed = true;
    for (const rung of this.rungs) {
      const places = new OrderedSet<T>(byPlace);
      for (const call of rung) places.add(call);
      rung.places = places;
    }
  }

  #standAtHead(rung: Rung<T, L>, number: number): void {
    const block = this.#blocks[number] as Block;
    rung.standAt(block, number, block[FROM] as number);
  }

  // ── at the end ──

  #isBehindAll(call: T): boolean {
    return this.#size === 0 || (call.arrived - this.#lastArrived || call.order - this.#lastOrder) > 0;
  }

  /** Whether nobody stands behind this rung's calls. */
  #isLast({ level }: Rung<T, L>): boolean {
    for (let n = 0; n < level; n++) if ((this.rungs[n] as Rung<T, L>).size > 0) return false;
    return true;
  }

  #append(rung: Rung<T, L>, call: T): void {
    let tail = this.#tail;
    if (tail === undefined || tail[TO] === BLOCK) {
      tail = this.#newBlock();
      this.#tail = tail;
      this.#blocks.push(tail);
    }
    const index = tail[TO] as number;
    put(tail, index, call);
    tail[TO] = index + 1;
    this.#lastArrived = call.arrived;
    this.#lastOrder = call.order;
    if (rung.size === 0) rung.standAt(tail, this.#blocks.length - 1, index);
    rung.size += 1;
  }

  /** The end may be another. */
  #noteEnd(): void {
    const tail = this.#blocks.at(-1);
    this.#tail = tail;
    if (tail === undefined) return;
    const cell = cellOf((tail[TO] as number) - 1);
    this.#lastArrived = tail[cell + ARRIVED] as number;
    this.#lastOrder = tail[cell + ORDER] as number;
  }

  #newBlock(): Block {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare ?? newBlock();
  }

  // ── elsewhere ──

  #insert(rung: Rung<T, L>, call: T): boolean {
    let [number, index, there] = this.#find(rung, call);
    if (there) return false;
    let block = this.#blocks[number] as Block;
    this.#inOrder &&= this.#fits(call, number, index);
    if (countIn(block) === BLOCK) {
      const second = this.#newBlock();
      halve(block, second);
      this.#blocks.splice(number + 1, 0, second);
      if (index > (block[TO] as number)) {
        number += 1;
        index -= block[TO] as number;
        block = second;
      }
    }
    insertAt(block, index, call);
    rung.size += 1;
    this.#noteEnd();
    this.#standAnew();
    return true;
  }

  #remove(rung: Rung<T, L>, call: T): boolean {
    const [number, index] = call === rung.oldest ? [rung.number, rung.index] : this.#find(rung, call);
    const block = this.#blocks[number] as Block;
    if (index >= (block[TO] as number) || block[cellOf(index) + ITEM] !== call) return false;
    removeAt(block, index);
    if (countIn(block) === 0) {
      this.#blocks.splice(number, 1);
      block[FROM] = 0;
      block[TO] = 0;
      this.#spare = block;
    }
    rung.size -= 1;
    this.#noteEnd();
    this.#standAnew();
    return true;
  }

  /** Where the call stands among those of its rung, or would; and whether it does. */
  #find(rung: Rung<T, L>, call: T): [number: number, index: number, there: boolean] {
    let [number, index] = rung.size > 0 ? [rung.number, rung.index] : this.#beginOf(rung);
    let left = rung.size;
    for (;;) {
      const block = this.#blocks[number] as Block;
      const end = Math.min(index + left, block[TO] as number);
      left -= end - index;
      if (left > 0 && compare(call, block, end - 1) > 0) {
        number += 1;
        index = (this.#blocks[number] as Block)[FROM] as number;
        continue;
      }
      const at = indexIn(block, call, index, end);
      return [number, at, at < end && compare(call, block, at) === 0];
    }
  }

  /** Where calls of a rung without any would stand. */
  #beginOf({ level }: Rung<T, L>): [number: number, index: number] {
    let before = 0;
    for (let n = level + 1; n < this.rungs.length; n++) before += (this.rungs[n] as Rung<T, L>).size;
    return this.#locate(before);
  }

  #locate(rank: number): [number: number, index: number] {
    const last = this.#blocks.length - 1;
    let before = rank;
    for (let number = 0; ; number++) {
      const block = this.#blocks[number] as Block;
      const count = countIn(block);
      if (before < count || number === last) return [number, (block[FROM] as number) + before];
      before -= count;
    }
  }

  /** Items have moved: the oldest of each rung stands elsewhere. */
  #standAnew(): void {
    let before = 0;
    for (let step = this.rungs.length - 1; step >= 0; step--) {
      const rung = this.rungs[step] as Rung<T, L>;
      if (rung.size === 0) {
        rung.nobody();
        continue;
      }
      const [number, index] = this.#locate(before);
      rung.standAt(this.#blocks[number] as Block, number, index);
      before += rung.size;
    }
  }

  /** Whether it came behind the one who would stand before it, and before the one who would stand behind. */
  #fits(call: T, number: number, index: number): boolean {
    const block = this.#blocks[number] as Block;
    const [above, below] = [this.#blocks[number - 1], this.#blocks[number + 1]];
    const isFirst = index === block[FROM];
    const isLast = index === block[TO];
    const comesBehind = isFirst ? !above || compare(call, above, (above[TO] as number) - 1) > 0 : compare(call, block, index - 1) > 0;
    const goesBefore = isLast ? !below || compare(call, below, below[FROM] as number) < 0 : compare(call, block, index) < 0;
    return comesBehind && goesBefore;
  }
}

/** Larger than 0: the call came behind the one that stands there. */
function compare({ arrived, order }: Placed, block: Block, i: number): number {
  const cell = cellOf(i);
  return arrived - (block[cell + ARRIVED] as number) || order - (block[cell + ORDER] as number);
}

/** Where it stands among these of the block, or would. */
function indexIn(block: Block, call: Placed, from: number, end: number): number {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(call, block, middle) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
