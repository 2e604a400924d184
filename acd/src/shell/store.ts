import type { Kept, StoreChange } from '../core/inputs.js';

/**
 * Where the ACD keeps what has to outlive the process. Decisions never wait for it: `write` returns at once, and what
 * is written later for the same entry replaces what was written before. A test suite holds every implementation to this.
 */
export interface AcdStore {
  /**
   * Everything kept, each entry once. Rejects when the store cannot be read.
   * @param term of the leader who reads; where several processes share the store, what a leader of a smaller one writes from
   *   here on is refused
   */
  load(term?: number): Promise<Kept>;
  /** Takes the changes of one decision; they become visible together. Never throws. */
  write(changes: readonly StoreChange[]): void;
  /** Resolves when everything taken so far is kept. */
  flush(): Promise<void>;
  /** Changes taken and not yet known to be kept. */
  pending(): number;
}

/** Every table there is. */
export const TABLES = ['agents', 'calls', 'callbacks', 'doors', 'talks'] as const satisfies readonly (keyof Kept)[];
