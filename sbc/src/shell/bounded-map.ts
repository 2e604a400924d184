/**
 * A map that forgets what was not asked for lately, so that no flood of strange sources fills the memory.
 *
 * Two generations: what is set or found is young; when the young ones are half of the limit they become the old ones,
 * and the old ones before them are forgotten at once. Every operation costs the same however full it is; deleting the
 * oldest entry of one big Map one by one would not.
 */
export class BoundedMap<Value> {
  readonly #half: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** @param limit entries kept at most, at least 2; an entry outlives half as many newer ones at least */
  constructor(limit: number) {
    if (!(limit >= 2)) throw new Error(`a bounded map needs room for two entries, got ${limit}`);
    this.#half = Math.floor(limit / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  *values(): IterableIterator<Value> {
    yield* this.#young.values();
    yield* this.#old.values();
  }
}
