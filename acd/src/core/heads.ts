import { NOBODY, type Open } from './line.js';
import type { Placed } from './placed.js';

const KEY = 0;
const ARRIVED = 1;
const ORDER = 2;
const WIDTH = 3;

/**
 * Where the rows of a pool's lines stand, how many they are, how many of them are looked at in any case, and for how many there
 * is room. Changed by `Heads` alone.
 */
export interface Span {
  from: number;
  count: number;
  always: number;
  room: number;
}

/** A line that agents serve: its row, and how long its first call has to have waited for them. */
export interface Served {
  readonly row: number;
  readonly waitMs: number;
}

/** Rows a span has room for at first. */
const FEWEST = 8;

/**
 * Who stands first in each line, in one row of numbers, and in another whose lines are whose. A freed agent looks at five to
 * fifteen of them; as objects these are some fifty looks into memory that nobody has looked at for a while.
 */
export class Heads<T extends Placed> {
  #rows = new Float64Array(64 * WIDTH);
  #count = 0;
  readonly #spare: number[] = [];
  /** The first calls themselves: to find them by their lines would be five looks more. */
  readonly #calls: (T | undefined)[] = [];
  /** The rows of every pool's lines, each pool's in one span, and beside each row the wait it asks for. */
  #served = new Int32Array(64);
  #waits = new Float64Array(64);
  /** How many queues whose levels relax show their lanes each by itself. */
  apart = 0;
  #end = 0;
  /** Where spans no longer used begin, by the room there. */
  readonly #gaps = new Map<number, number[]>();

  /** A row for a line nobody waits in. */
  take(): number {
    const row = this.#spare.pop() ?? this.#count++;
    if (row * WIDTH >= this.#rows.length) {
      const grown = new Float64Array(2 * this.#rows.length);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#rows[row * WIDTH + KEY] = NOBODY;
    this.#calls[row] = undefined;
    return row;
  }

  /** @param row as of `first` */
  callAt(row: number): T | undefined {
    return this.#calls[row];
  }

  /** The line is gone. */
  giveBack(row: number): void {
    this.#calls[row] = undefined;
    this.#spare.push(row);
  }

  /** Every line and every span is gone. */
  clear(): void {
    this.#count = 0;
    this.#spare.length = 0;
    this.#calls.length = 0;
    this.apart = 0;
    this.#end = 0;
    this.#gaps.clear();
  }

  /** These lines, in place of those the span had; `apart` are looked at only when some queue shows its lanes each by itself. */
  serve(span: Span, always: readonly Served[], apart: readonly Served[]): void {
    const all = [...always, ...apart];
    if (all.length > span.room) this.#move(span, all.length);
    for (const [n, { row, waitMs }] of all.entries()) {
      this.#served[span.from + n] = row;
      this.#waits[span.from + n] = waitMs;
    }
    span.count = all.length;
    span.always = always.length;
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
    const waits = new Float64Array(grown.length);
    waits.set(this.#waits);
    this.#waits = waits;
  }

  /** Another call, or none, has become the first of this line. */
  set(row: number, line: Pick<Open<T>, 'writeFirst'>): void {
    this.#calls[row] = line.writeFirst(this.#rows, row * WIDTH);
  }

  /** The line is not shown here. */
  hide(row: number): void {
    this.#rows[row * WIDTH + KEY] = NOBODY;
    this.#calls[row] = undefined;
  }

  /**
   * Which row of the span goes first: by place, so for queues of one rate of ageing.
   * @returns -1 when nobody waits, or not long enough
   */
  first({ from, count, always }: Readonly<Span>, now: number): number {
    const rows = this.#rows;
    const served = this.#served;
    const waits = this.#waits;
    const end = from + (this.apart > 0 ? count : always);
    let best = -1;
    let key = NOBODY;
    let arrived = 0;
    let order = 0;
    for (let n = from; n < end; n++) {
      const row = served[n] as number;
      const at = row * WIDTH;
      const k = rows[at + KEY] as number;
      if (k < key || k === NOBODY) continue;
      const a = rows[at + ARRIVED] as number;
      const o = rows[at + ORDER] as number;
      if (a + (waits[n] as number) > now) continue;
      if (k === key && (a > arrived || (a === arrived && o > order))) continue;
      best = row;
      key = k;
      arrived = a;
      order = o;
    }
    return best;
  }
}
