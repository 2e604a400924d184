import type { Clock } from '@yixian/contracts';

/** Waits for a promise, but no longer than `ms`. The promise's rejection is passed on; the timer is freed either way. */
export async function within<T>(clock: Pick<Clock, 'setTimer'>, ms: number, promise: Promise<T>): Promise<T | 'too-late'> {
  let stop = () => {};
  const deadline = new Promise<'too-late'>((resolve) => {
    const timer = clock.setTimer(ms, () => resolve('too-late'));
    stop = () => timer.cancel();
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    stop();
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
