import type { CollectResult } from '@yixian/contracts';

/**
 * Counts keys that were pressed and not yet collected. The switch keeps the keys themselves; the count tells whether a
 * prompt that keys may interrupt needs to begin at all.
 */
export interface TypeAhead {
  pressed(): void;
  consumed(result: CollectResult): void;
  clear(): void;
  pending(): boolean;
}

export function createTypeAhead(): TypeAhead {
  // May be negative for a moment: a collection can be told of before its last key is.
  let waiting = 0;
  return {
    pressed: () => {
      waiting++;
    },
    consumed: ({ digits, reason }) => {
      waiting -= digits.length + (reason === 'terminator' ? 1 : 0);
    },
    clear: () => {
      waiting = 0;
    },
    pending: () => waiting > 0,
  };
}
