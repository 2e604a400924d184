import type { Kept, StoreChange } from '../core/inputs.js';
import { TABLES } from './kept.js';

/** What was kept, and by the decisions of which term. */
export interface Remembered {
  term: number;
  kept: Kept;
}

/** Of a store that several processes share: what this one read and wrote while it decided, until another has all of it. */
export class Memory {
  #term = 0;
  #tables = new Map<keyof Kept, Map<string, StoreChange['value']>>();

  /** The last term this process decided in; 0 when another has taken everything up since. */
  get term(): number {
    return this.#term;
  }

  /** This process decides in this term, and this is what it took up. */
  begin(term: number, kept: Kept): void {
    this.#term = term;
    this.#tables = new Map(TABLES.map((table) => [table, new Map()]));
    this.take(difference(NOTHING, kept));
  }

  take(changes: readonly StoreChange[]): void {
    if (this.#term === 0) return;
    for (const { table, key, value } of changes) {
      if (value === null) this.#tables.get(table)?.delete(key);
      else this.#tables.get(table)?.set(key, value);
    }
  }

  recall(): Remembered | undefined {
    if (this.#term === 0) return undefined;
    const kept = Object.fromEntries(TABLES.map((table) => [table, [...(this.#tables.get(table)?.values() ?? [])]])) as unknown as Kept;
    return { term: this.#term, kept };
  }

  forget(): void {
    this.#term = 0;
    this.#tables.clear();
  }
}

const NOTHING: Kept = { agents: [], calls: [], callbacks: [], doors: [], talks: [] };

const KEY_OF = { agents: 'agentId', calls: 'callId', callbacks: 'callbackId', doors: 'queueId', talks: 'number' } as const;

/** What has to be written where `has` is kept, for `wanted` to be. */
export function difference(has: Kept, wanted: Kept): StoreChange[] {
  const changes: StoreChange[] = [];
  for (const table of TABLES) {
    const keyOf = (entry: unknown): string => (entry as Record<string, string>)[KEY_OF[table]] as string;
    const keys = new Set(wanted[table].map(keyOf));
    for (const entry of wanted[table]) changes.push({ table, key: keyOf(entry), value: entry } as StoreChange);
    for (const entry of has[table]) if (!keys.has(keyOf(entry))) changes.push({ table, key: keyOf(entry), value: null } as StoreChange);
  }
  return changes;
}
