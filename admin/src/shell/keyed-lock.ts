/**
 * Lets one job per key run at a time. A job may give its result back early and keep the key until `release(until)` settles,
 * so that the next job of the key sees what was written.
 */
export function createKeyedLock() {
  const tails = new Map<string, Promise<void>>();
  return async <T>(key: string, job: (release: (until: Promise<void> | undefined) => void) => Promise<T>): Promise<T> => {
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
    let until: Promise<void> | undefined;
    await before;
    try {
      return await job((promise) => {
        until = promise;
      });
    } finally {
      if (until) void until.then(leave, leave);
      else leave();
    }
  };
}
