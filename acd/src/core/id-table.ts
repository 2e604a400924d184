/** Slots at first; always a power of two. */
const FEWEST = 64;

/** What a slot consists of: the hash of the id, and the entry. */
const WIDTH = 2;

/**
 * Entries by their id: what a `Map` does, with a look at one place in memory where a `Map` looks at five, its buckets, its
 * chains and the ids it meets there. Of sixty thousand calls each of these is cold, and together they were a tenth of a match.
 *
 * Open addressing with linear probing, at most half full; whoever goes leaves no gap behind.
 */
export class IdTable<T extends { readonly id: string }> {
  #slots: unknown[] = emptySlots(FEWEST);
  #mask = FEWEST - 1;
  #size = 0;
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
      const entry = slots[n * WIDTH + 1] as T | undefined;
      if (entry === undefined) return undefined;
      if (slots[n * WIDTH] !== hash || entry.id !== id) continue;
      this.#found = n;
      return entry;
    }
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** Under its id, in place of whoever had it. */
  add(entry: T): void {
    if (2 * (this.#size + 1) > this.#mask) this.#grow();
    const hash = this.#hashOf(entry.id);
    const slots = this.#slots;
    for (let n = hash & this.#mask; ; n = (n + 1) & this.#mask) {
      const other = slots[n * WIDTH + 1] as T | undefined;
      if (other !== undefined && !(slots[n * WIDTH] === hash && other.id === entry.id)) continue;
      if (other === undefined) this.#size += 1;
      slots[n * WIDTH] = hash;
      slots[n * WIDTH + 1] = entry;
      return;
    }
  }

  /**
   * Whatever stands under the id of this entry.
   * @returns false when nothing does
   */
  delete(entry: Pick<T, 'id'>): boolean {
    // Whoever leaves has mostly just been asked for: its id need not be hashed again.
    if (this.#slots[this.#found * WIDTH + 1] !== entry && this.get(entry.id) === undefined) return false;
    this.#size -= 1;
    this.#close(this.#found);
    return true;
  }

  /** In no order that means anything. */
  *values(): IterableIterator<T> {
    for (let n = 1; n < this.#slots.length; n += WIDTH) {
      const entry = this.#slots[n] as T | undefined;
      if (entry !== undefined) yield entry;
    }
  }

  /** Whoever stands behind a gap because it was taken moves up. */
  #close(from: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let gap = from;
    for (let n = (gap + 1) & mask; ; n = (n + 1) & mask) {
      const entry = slots[n * WIDTH + 1];
      if (entry === undefined) break;
      const home = slots[n * WIDTH] as number;
      // Whether the gap lies between its place by hash and where it stands.
      if (((n - home) & mask) < ((n - gap) & mask)) continue;
      slots[gap * WIDTH] = home;
      slots[gap * WIDTH + 1] = entry;
      gap = n;
    }
    slots[gap * WIDTH + 1] = undefined;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = emptySlots(2 * (this.#mask + 1));
    this.#mask = 2 * this.#mask + 1;
    this.#size = 0;
    for (let n = 1; n < old.length; n += WIDTH) if (old[n] !== undefined) this.add(old[n] as T);
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
