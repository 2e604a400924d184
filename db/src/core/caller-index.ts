import type { CallerListEntry } from '@yixian/contracts';

/** Entries of one caller list, found by number in a few look-ups however many there are. */
export class CallerIndex {
  readonly #exact = new Map<string, CallerListEntry>();
  readonly #prefixes = new Map<string, CallerListEntry>();
  /** How many prefixes there are of each length, and the lengths, longest first. */
  readonly #counts = new Map<number, number>();
  #lengths: number[] = [];

  get size(): number {
    return this.#exact.size + this.#prefixes.size;
  }

  /** Puts an entry in place of whatever this number had. */
  put(entry: CallerListEntry): void {
    this.remove(entry.number);
    if (!entry.prefix) {
      this.#exact.set(entry.number, entry);
      return;
    }
    this.#prefixes.set(entry.number, entry);
    this.#count(entry.number.length, 1);
  }

  remove(number: string): void {
    this.#exact.delete(number);
    if (this.#prefixes.delete(number)) this.#count(number.length, -1);
  }

  /** The number itself, else the longest prefix of it; what has expired at `now` covers nothing. */
  find(number: string, now: number): CallerListEntry | undefined {
    const exact = this.#exact.get(number);
    if (exact && holds(exact, now)) return exact;
    for (const length of this.#lengths) {
      if (length > number.length) continue;
      const entry = this.#prefixes.get(number.slice(0, length));
      if (entry && holds(entry, now)) return entry;
    }
    return undefined;
  }

  #count(length: number, by: number): void {
    const before = this.#counts.get(length) ?? 0;
    const after = before + by;
    if (after === 0) this.#counts.delete(length);
    else this.#counts.set(length, after);
    if (before === 0 || after === 0) this.#lengths = [...this.#counts.keys()].toSorted((a, b) => b - a);
  }
}

function holds(entry: CallerListEntry, now: number): boolean {
  return entry.expiresAt === null || entry.expiresAt > now;
}
