// The one impure file of this package: the real clock and real ids, so that shells need not each write them.
import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.js';
import type { IdSource } from './ids.js';

/** The clock of this machine. Timers do not keep the process alive by themselves when `unref` is true. */
export function systemClock(options: { unref?: boolean } = {}): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimer(delayMs, fire) {
      const handle = setTimeout(fire, Math.max(0, delayMs));
      if (options.unref) handle.unref();
      return { cancel: () => clearTimeout(handle) };
    },
  };
}

/** Ids of 9 characters of time (base 36, sorts for centuries) and 10 hexadecimal random digits. */
export function randomIds(clock: Pick<Clock, 'now'> = { now: () => Date.now() }): IdSource {
  return {
    next: (prefix) => `${prefix}-${clock.now().toString(36).padStart(9, '0')}${randomBytes(5).toString('hex')}`,
  };
}
