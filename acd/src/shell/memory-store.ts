import type { Kept } from '../core/inputs.js';
import { TABLES } from './kept.js';
import type { AcdStore } from './store.js';

/** A store in memory: for tests, where another ACD started on the same one is the restart. */
export function createMemoryAcdStore(): AcdStore {
  const tables = new Map<keyof Kept, Map<string, unknown>>(TABLES.map((table) => [table, new Map()]));
  return {
    async load() {
      return Object.fromEntries(
        TABLES.map((table) => [table, structuredClone([...(tables.get(table)?.values() ?? [])])]),
      ) as unknown as Kept;
    },
    write(changes) {
      for (const { table, key, value } of changes) {
        if (value === null) tables.get(table)?.delete(key);
        else tables.get(table)?.set(key, structuredClone(value));
      }
    },
    flush: async () => {},
    pending: () => 0,
    readBefore: () => 0,
  };
}
