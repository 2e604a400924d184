import { NOBODY, type Open } from './line.js';
import type { Placed } from './placed.js';

const KEY = 0;
const ARRIVED = 1;
const ORDER = 2;
const WIDTH = 3;

/**
 * Who stands first in each lane, in one row of numbers. A freed agent looks at fifteen lanes; as objects these are some fifty
 * looks into memory that nobody has looked at for a while.
 */
export class Heads {
  #rows = new Float64Array(64 * WIDTH);
  #count = 0;
  readonly #spare: number[] = [];

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

  /** The lane is gone. */
  giveBack(row: number): void {
    this.#spare.push(row);
  }

  clear(): void {
    this.#count = 0;
    this.#spare.length = 0;
  }

  /** Another call, or none, has become the first of this lane. */
  set(row: number, open: Pick<Open<Placed>, 'writeFirst'>): void {
    open.writeFirst(this.#rows, row * WIDTH);
  }

  /**
   * Which of these rows goes first: by place, so for queues of one rate of ageing.
   * @returns an index into `of`; -1 when nobody waits
   */
  first(of: Int32Array): number {
    const rows = this.#rows;
    let best = -1;
    let key = NOBODY;
    let arrived = 0;
    let order = 0;
    for (let n = 0; n < of.length; n++) {
      const at = (of[n] as number) * WIDTH;
      const k = rows[at + KEY] as number;
      if (k < key || k === NOBODY) continue;
      const a = rows[at + ARRIVED] as number;
      const o = rows[at + ORDER] as number;
      if (k === key && (a > arrived || (a === arrived && o > order))) continue;
      best = n;
      key = k;
      arrived = a;
      order = o;
    }
    return best;
  }
}
