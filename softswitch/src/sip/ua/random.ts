import { randomFillSync } from 'node:crypto';

const POOL = 4_096;

/** Bytes of node:crypto, fetched a page at a time: a call needs some dozen tags, branches and salts. */
export function pooledRandom(): (count: number) => Buffer {
  const pool = Buffer.alloc(POOL);
  let used = POOL;
  return (count) => {
    if (count > POOL) return randomFillSync(Buffer.alloc(count));
    if (used + count > POOL) {
      randomFillSync(pool);
      used = 0;
    }
    used += count;
    return Buffer.from(pool.subarray(used - count, used));
  };
}
