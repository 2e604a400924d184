import type { Clock, Timer } from '@yixian/contracts';

/** Gathers items and hands them on in order, one batch at a time. */
export interface Batcher<T> {
  push(item: T): void;
  /** Puts items before all others; what was asked to be flushed still is. */
  pushFirst(items: readonly T[]): void;
  /** Resolves when everything pushed so far is stored; rejects when stopped before. */
  flush(): Promise<void>;
  readonly waiting: number;
  readonly stored: number;
  /** Takes no more and hands nothing more on; resolves with what was not stored once the batch under way is over. */
  stop(): Promise<readonly T[]>;
}

interface Waiter {
  /** Wants everything up to this count of pushed items stored. */
  target: number;
  resolve(): void;
  reject(error: Error): void;
}

interface Waiters {
  until(target: number): Promise<void>;
  reached(stored: number): void;
  /** Everything waited for comes so many items later. */
  shift(by: number): void;
  any(): boolean;
  giveUp(error: Error): void;
}

function createWaiters(): Waiters {
  let waiting: Waiter[] = [];
  return {
    until: (target) => new Promise((resolve, reject) => waiting.push({ target, resolve, reject })),
    reached(stored) {
      const done = waiting.filter((w) => w.target <= stored);
      waiting = waiting.filter((w) => w.target > stored);
      for (const w of done) w.resolve();
    },
    shift(by) {
      for (const w of waiting) w.target += by;
    },
    any: () => waiting.length > 0,
    giveUp(error) {
      const left = waiting;
      waiting = [];
      for (const w of left) w.reject(error);
    },
  };
}

export interface BatcherOptions<T> {
  clock: Clock;
  /** How long items are gathered when nobody waits for them, milliseconds. */
  batchMs: number;
  maxBatch: number;
  /** Stores a batch, however long it takes; false when it was stopped doing so. Never rejects. */
  store(items: readonly T[]): Promise<boolean>;
}

export function createBatcher<T>({ clock, batchMs, maxBatch, store }: BatcherOptions<T>): Batcher<T> {
  const waiters = createWaiters();
  let items: T[] = [];
  let pushed = 0;
  let stored = 0;
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const schedule = (): void => {
    if (!running && !stopped) timer ??= clock.setTimer(batchMs, kick);
  };
  const kick = (): void => {
    timer?.cancel();
    timer = undefined;
    if (running || stopped || items.length === 0) return;
    running = run().finally(() => {
      running = undefined;
      if (items.length > 0) schedule();
    });
  };
  const run = async (): Promise<void> => {
    do {
      const batch = items.slice(0, maxBatch);
      if (!(await store(batch))) return;
      items = items.slice(batch.length);
      stored += batch.length;
      waiters.reached(stored);
      // Someone waits for a commit or there is a backlog: go on at once, else gather first.
    } while (items.length > 0 && !stopped && (waiters.any() || items.length >= maxBatch));
  };

  return {
    push(item) {
      items.push(item);
      pushed += 1;
      schedule();
    },
    pushFirst(first) {
      items = [...first, ...items];
      pushed += first.length;
      waiters.shift(first.length);
      schedule();
    },
    flush() {
      if (pushed <= stored) return Promise.resolve();
      if (stopped) return Promise.reject(new Error('the event journal is closed'));
      const done = waiters.until(pushed);
      kick();
      return done;
    },
    get waiting() {
      return items.length;
    },
    get stored() {
      return stored;
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      waiters.giveUp(new Error('the event journal was closed before the database took everything'));
      await running;
      return items;
    },
  };
}
