import type { Placed } from './placed.js';

/**
 * Some of a line, in one array, so that what is looked at together lies together: from which item on and up to which one
 * items stand in it, then each item behind its key, arrival and order.
 */
export type Block = unknown[];

export const FROM = 0;
export const TO = 1;
const FIRST = 2;
/** Cells an item takes, and which of them is what. */
const WIDTH = 4;
export const ARRIVED = 1;
export const ORDER = 2;
export const ITEM = 3;

/** Items of a block at most. */
export const BLOCK = 64;

export function newBlock(): Block {
  // Filled with what is no number, or the array would be made over when the first item comes.
  const block = new Array<unknown>(FIRST + BLOCK * WIDTH).fill(undefined);
  block[FROM] = 0;
  block[TO] = 0;
  return block;
}

export function cellOf(i: number): number {
  return FIRST + i * WIDTH;
}

export function countIn(block: Block): number {
  return (block[TO] as number) - (block[FROM] as number);
}

export function put(block: Block, i: number, item: Placed): void {
  const cell = cellOf(i);
  block[cell] = item.key;
  block[cell + ARRIVED] = item.arrived;
  block[cell + ORDER] = item.order;
  block[cell + ITEM] = item;
}

/** Writes what one item is compared by into a row of numbers. @returns the item */
export function copyNumbers(block: Block, i: number, row: Float64Array, at: number): unknown {
  const cell = cellOf(i);
  row[at] = block[cell] as number;
  row[at + 1] = block[cell + ARRIVED] as number;
  row[at + 2] = block[cell + ORDER] as number;
  return block[cell + ITEM];
}

/** Lest what is gone be kept. */
export function vacate(block: Block, i: number): void {
  block[cellOf(i) + ITEM] = undefined;
}

export function move(source: Block, i: number, target: Block, k: number): void {
  for (let n = 0, from = cellOf(i), to = cellOf(k); n < WIDTH; n++) target[to + n] = source[from + n];
}

/** A full block gives the second half of its items to an empty one. */
export function halve(block: Block, second: Block): void {
  const half = BLOCK >> 1;
  for (let i = half; i < BLOCK; i++) {
    move(block, i, second, i - half);
    vacate(block, i);
  }
  second[TO] = BLOCK - half;
  block[TO] = half;
}

export function removeAt(block: Block, i: number): void {
  if (i === block[FROM]) {
    vacate(block, i);
    block[FROM] = i + 1;
    return;
  }
  const last = (block[TO] as number) - 1;
  for (let n = i; n < last; n++) move(block, n + 1, block, n);
  vacate(block, last);
  block[TO] = last;
}

/** There is room at one of the two ends. */
export function insertAt(block: Block, i: number, item: Placed): void {
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
