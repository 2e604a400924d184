import { NOBODY, type Open } from './line.js';
import type { Placed } from './placed.js';

const KEY = 0;
const ARRIVED = 1;
const ORDER = 2;
const WIDTH = 3;

/** Where the rows of a pool's lanes stand, how many they are, and for how many there is room. Changed by `Heads` alone. */
export interface Span {
  from: number;
  count: number;
  room: number;
}

/** Rows a span has room for at first. */
const FEWEST = 8;

/**
 * Who stands first in each lane, in one row of numbers, and in another whose lanes are whose. A freed agent looks at fifteen
 * lanes; as objects these are some fifty looks into memory that nobody has looked at for a while.
 */
export class Heads<L> {
  #rows = new Float64Array(64 * WIDTH);
  #count = 0;
  readonly #spare: number[] = [];
  readonly #lanes: (L | undefined)[] = [];
  /** The rows of every pool's lanes, each pool's in one span. */
  #served = new Int32Array(64);
  #end = 0;
  /** Where spans no longer used begin, by the room there. */
  readonly #gaps = new Map<number, number[]>();

  /** A row for a lane nobody waits in. */
  take(): number {
    const row = this.#spare.pop() ?? this.#count++;
    if (row * WIDTH >= this.#rows.length) {
      const grown = new Float64Array(2 * this.#rows.length);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#rows[row * WIDTH + KEY] = NOBODY;
    return row;
  }

  /** The row is this lane's. */
  name(row: number, lane: L): void {
    this.#lanes[row] = lane;
  }

  /** @param row as of `first` */
  laneAt(row: number): L {
    return this.#lanes[row] as L;
  }

  /** The lane is gone. */
  giveBack(row: number): void {
    this.#lanes[row] = undefined;
    this.#spare.push(row);
  }

  /** Every lane and every span is gone. */
  clear(): void {
    this.#count = 0;
    this.#spare.length = 0;
    this.#lanes.length = 0;
    this.#end = 0;
    this.#gaps.clear();
  }

  /** These rows, in place of those the span had. */
  serve(span: Span, rows: readonly number[]): void {
    if (rows.length > span.room) this.#move(span, rows.length);
    this.#served.set(rows, span.from);
    span.count = rows.length;
  }

  #move(span: Span, count: number): void {
    if (span.room > 0) this.#gaps.set(span.room, [...(this.#gaps.get(span.room) ?? []), span.from]);
    let room = FEWEST;
    while (room < count) room *= 2;
    const gap = this.#gaps.get(room)?.pop();
    span.room = room;
    span.from = gap ?? this.#end;
    if (gap === undefined) this.#end += room;
    if (this.#end <= this.#served.length) return;
    const grown = new Int32Array(2 * this.#end);
    grown.set(this.#served);
    this.#served = grown;
  }

  /** Another call, or none, has become the first of this lane. */
  set(row: number, open: Pick<Open<Placed>, 'writeFirst'>): void {
    open.writeFirst(this.#rows, row * WIDTH);
  }

  /**
   * Which row of the span goes first: by place, so for queues of one rate of ageing.
   * @returns -1 when nobody waits
   */
  first({ from, count }: Readonly<Span>): number {
    const rows = this.#rows;
    const served = this.#served;
    let best = -1;
    let key = NOBODY;
    let arrived = 0;
    let order = 0;
    for (let n = from; n < from + count; n++) {
      const row = served[n] as number;
      const at = row * WIDTH;
      const k = rows[at + KEY] as number;
      if (k < key || k === NOBODY) continue;
      const a = rows[at + ARRIVED] as number;
      const o = rows[at + ORDER] as number;
      if (k === key && (a > arrived || (a === arrived && o > order))) continue;
      best = row;
      key = k;
      arrived = a;
      order = o;
    }
    return best;
  }
}
