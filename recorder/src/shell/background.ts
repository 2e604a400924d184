import type { Clock, Logger, Timer } from '@yixian/contracts';

const RETRY_MS = 500;
const RETRY_MAX_MS = 10_000;

/** Work that no call waits for: rows are written until the database takes them. */
export interface Background {
  /** Resolves with true once done, false when closed before. Never rejects. */
  persist(what: string, work: () => Promise<void>): Promise<boolean>;
  /** Keeps count of a piece of work that must be over before the process ends; it must not reject. */
  track(work: Promise<unknown>): void;
  /** Runs one after the other, so that checksums never crowd the processor. */
  queue<T>(work: () => Promise<T>): Promise<T>;
  readonly pending: number;
  /** Waits for what is under way, at most so long, then gives up retrying. */
  close(deadlineMs: number): Promise<void>;
}

export function createBackground(clock: Clock, logger: Logger): Background {
  const running = new Set<Promise<unknown>>();
  const sleepers = new Set<() => void>();
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        sleepers.delete(wake);
        resolve();
      };
      const timer: Timer = clock.setTimer(ms, wake);
      sleepers.add(wake);
    });
  const track = (work: Promise<unknown>): void => {
    running.add(work);
    void work.finally(() => running.delete(work));
  };
  const attempt = async (what: string, work: () => Promise<void>): Promise<boolean> => {
    for (let delay = RETRY_MS; ; delay = Math.min(delay * 2, RETRY_MAX_MS)) {
      try {
        await work();
        return true;
      } catch (error) {
        logger.error({ err: error, what, retryInMs: closed ? null : delay }, 'a row of the recorder cannot be written');
        if (closed) return false;
        await sleep(delay);
        if (closed) return false;
      }
    }
  };

  return {
    persist(what, work) {
      const done = attempt(what, work);
      track(done);
      return done;
    },
    track,
    queue(work) {
      const next = last.then(work, work);
      last = next.catch(() => undefined);
      return next;
    },
    get pending() {
      return running.size;
    },
    async close(deadlineMs) {
      let giveUp: Timer | undefined;
      const late = new Promise<'late'>((resolve) => {
        giveUp = clock.setTimer(deadlineMs, () => resolve('late'));
      });
      while (running.size > 0 && (await Promise.race([Promise.all(running), late])) !== 'late');
      giveUp?.cancel();
      closed = true;
      for (const wake of [...sleepers]) wake();
      // Whoever was woken gives up at once; what is left hangs on something outside.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
