import { DomainError } from '@yixian/contracts';
import type { Kept, StoreChange } from '../core/inputs.js';
import type { Memory } from './memory.js';

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
  /** Resolves when everything taken so far is kept; rejects with `notKept` when it is refused, because another decides by now. */
  flush(): Promise<void>;
  /** Changes taken and not yet known to be kept. */
  pending(): number;
  /** The term of whoever had read it before this process last did, 0: nobody had, or the store has lost everything since. */
  readBefore(): number;
  /** Of a store that several processes share, should it lose what it kept. */
  readonly memory?: Memory;
}

/** What was decided is not kept: whoever decides now has to be asked. */
export function notKept(): DomainError {
  return new DomainError('unavailable', 'another process decides by now', { undecided: true });
}
