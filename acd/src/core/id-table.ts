/** Slots at first; always a power of two. */
const FEWEST = 64;

/** What a slot consists of: the hash of the id, and the entry. */
const WIDTH = 2;

/**
 * Entries by their id: what a `Map` does, with a look at one place in memory where a `Map` looks at five, its buckets, its
 * chains and the ids it meets there. Of sixty thousand calls each of these is cold, and together they were a tenth of a match.
 *
 * Open addressing with linear probing, at most half full. Nobody is ever moved: an entry written anew has the collector look at
 * its page, which is cold, too. Who goes leaves a mark, where others stand behind; the marks at the end of a run go with it.
 */
export class IdTable<T extends { readonly id: string }> {
  #slots: unknown[] = emptySlots(FEWEST);
  #mask = FEWEST - 1;
  #size = 0;
  /** Slots that are marked: nobody stands there, somebody stands behind. */
  #marks = 0;
  /** Where the entry stood that was found last. */
  #found = 0;
  readonly #seed: number;

  /** @param seed of the hashes, lest whoever chooses ids knows which of them meet */
  constructor(seed: number) {
    this.#seed = (seed ^ (seed / 0x1_0000_0000)) | 0;
  }

  get size(): number {
    return this.#size;
  }

  get(id: string): T | undefined {
    const hash = this.#hashOf(id);
    const slots = this.#slots;
    for (let n = hash & this.#mask; ; n = (n + 1) & this.#mask) {
      const entry = slots[n * WIDTH + 1] as T | undefined | null;
      if (entry === undefined) return undefined;
      if (slots[n * WIDTH] !== hash || entry === null || entry.id !== id) continue;
      this.#found = n;
      return entry;
    }
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** Under its id, in place of whoever had it. */
  add(entry: T): void {
    if (2 * (this.#size + this.#marks + 1) > this.#mask) this.#grow();
    const hash = this.#hashOf(entry.id);
    const slots = this.#slots;
    let marked = -1;
    let n = hash & this.#mask;
    for (; ; n = (n + 1) & this.#mask) {
      const other = slots[n * WIDTH + 1] as T | undefined | null;
      if (other === undefined) break;
      if (other === null) {
        if (marked < 0) marked = n;
      } else if (slots[n * WIDTH] === hash && other.id === entry.id) {
        slots[n * WIDTH + 1] = entry;
        return;
      }
    }
    if (marked >= 0) {
      this.#marks -= 1;
      n = marked;
    }
    this.#size += 1;
    slots[n * WIDTH] = hash;
    slots[n * WIDTH + 1] = entry;
  }

  /**
   * Whatever stands under the id of this entry.
   * @returns false when nothing does
   */
  delete(entry: Pick<T, 'id'>): boolean {
    // Whoever leaves has mostly just been asked for: its id need not be hashed again.
    if (this.#slots[this.#found * WIDTH + 1] !== entry && this.get(entry.id) === undefined) return false;
    this.#size -= 1;
    this.#vacate(this.#found);
    return true;
  }

  /** In no order that means anything. */
  *values(): IterableIterator<T> {
    for (let n = 1; n < this.#slots.length; n += WIDTH) {
      const entry = this.#slots[n] as T | undefined | null;
      if (entry) yield entry;
    }
  }

  /** Empty at the end of a run, with the marks before it; marked when somebody stands behind. */
  #vacate(from: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    if (slots[((from + 1) & mask) * WIDTH + 1] !== undefined) {
      slots[from * WIDTH + 1] = null;
      this.#marks += 1;
      return;
    }
    slots[from * WIDTH + 1] = undefined;
    for (let n = (from - 1) & mask; slots[n * WIDTH + 1] === null; n = (n - 1) & mask) {
      slots[n * WIDTH + 1] = undefined;
      this.#marks -= 1;
    }
  }

  /** Larger, or without its marks. */
  #grow(): void {
    const old = this.#slots;
    // With many marks it is as large as before, without them.
    const count = 4 * (this.#size + 1) > this.#mask ? 2 * (this.#mask + 1) : this.#mask + 1;
    this.#slots = emptySlots(count);
    this.#mask = count - 1;
    this.#size = 0;
    this.#marks = 0;
    for (let n = 1; n < old.length; n += WIDTH) if (old[n]) this.add(old[n] as T);
  }

  /** FNV-1a over the characters, and its bits mixed: the slot is told by the lowest. */
  #hashOf(id: string): number {
    let hash = this.#seed;
    for (let n = 0; n < id.length; n++) hash = Math.imul(hash ^ id.charCodeAt(n), 0x0100_0193);
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x2c1b_3c6d) ^ (hash >>> 12);
  }
}

function emptySlots(count: number): unknown[] {
  const slots: unknown[] = new Array(count * WIDTH).fill(undefined);
  for (let n = 0; n < slots.length; n += WIDTH) slots[n] = 0;
  return slots;
}
