/**
 * Lets one job per key run at a time. A job may end early and keep the key until what it gave to `keepUntil` has settled, so
 * that the next job of the key sees what was written.
 */
export function createKeyedLock() {
  const tails = new Map<string, Promise<void>>();
  return async <T>(key: string, job: (keepUntil: (written: Promise<void> | undefined) => void) => Promise<T>): Promise<T> => {
    const before = tails.get(key);
    let done = () => {};
    const tail = new Promise<void>((resolve) => {
      done = resolve;
    });
    tails.set(key, tail);
    const leave = () => {
      if (tails.get(key) === tail) tails.delete(key);
      done();
    };
    let written: Promise<void> | undefined;
    await before;
    try {
      return await job((promise) => {
        written = promise;
      });
    } finally {
      if (written) void written.then(leave, leave);
      else leave();
    }
  };
}
