import { longestIdle } from './tables.js';
import type { QueueEntry } from './types.js';

/** The newest call weighs at least this much in the mean. */
const NEWEST_WEIGHT = 1 / 16;

/** Notes how long a finished call has taken an agent of the queue, talk and wrap-up together. */
export function recordHandling(queue: QueueEntry, handlingMs: number): void {
  queue.handled += 1;
  queue.handlingMs += (Math.max(0, handlingMs) - queue.handlingMs) * Math.max(NEWEST_WEIGHT, 1 / queue.handled);
}

/**
 * How long a caller at this place may wait: place × mean handling time ÷ agents at work. With n agents busy one is
 * freed every handling/n on average. Agents shared with other queues make it too short; nothing here hides that.
 * @param position from 1
 * @returns milliseconds; 0 when somebody is free; null when no call of this queue has ended yet or nobody is at work
 */
export function estimateWaitMs(queue: QueueEntry, position: number): number | null {
  if (longestIdle(queue)) return 0;
  const working = queue.pools.reduce((sum, pool) => sum + pool.working, 0);
  if (queue.handled === 0 || working === 0) return null;
  return Math.round((position * queue.handlingMs) / working);
}
