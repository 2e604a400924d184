import type { Clock } from '@yixian/contracts';

export interface RateMeter {
  count(): void;
  /** How many were counted in the last full second. */
  perSecond(): number;
}

/** Counts what happens per second of the monotonic clock. */
export function createRateMeter(clock: Pick<Clock, 'monotonic'>): RateMeter {
  let second = Math.floor(clock.monotonic() / 1000);
  let current = 0;
  let last = 0;

  function roll(): void {
    const now = Math.floor(clock.monotonic() / 1000);
    if (now === second) return;
    last = now === second + 1 ? current : 0;
    current = 0;
    second = now;
  }

  return {
    count() {
      roll();
      current++;
    },
    perSecond() {
      roll();
      return last;
    },
  };
}
