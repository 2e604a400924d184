import type { Clock, Timer } from '@yixian/contracts';

/** Longest delay a Node timer can hold; about 24 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export interface Timers {
  /** Replaces the timer of the same key. */
  set(key: string, delayMs: number, fire: () => void): void;
  cancel(key: string): void;
  cancelAll(): void;
  readonly size: number;
}

/** Named timers with one owner, so that each has an end and none is left behind. */
export function createTimers(clock: Clock): Timers {
  const timers = new Map<string, Timer>();
  const cancel = (key: string): void => {
    timers.get(key)?.cancel();
    timers.delete(key);
  };
  return {
    set(key, delayMs, fire) {
      cancel(key);
      const timer = clock.setTimer(Math.min(MAX_DELAY_MS, Math.max(0, delayMs)), () => {
        timers.delete(key);
        fire();
      });
      timers.set(key, timer);
    },
    cancel,
    cancelAll() {
      for (const key of [...timers.keys()]) cancel(key);
    },
    get size() {
      return timers.size;
    },
  };
}
