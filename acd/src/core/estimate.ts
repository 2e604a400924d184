import { somebodyReady } from './lanes.js';
import type { CallEntry, Lane, QueueEntry, Tables } from './types.js';

/** The newest call weighs at least this much in the mean. */
const NEWEST_WEIGHT = 1 / 16;

/** Notes how long a finished call has taken an agent of the queue, talk and wrap-up together. */
export function recordHandling(queue: QueueEntry, handlingMs: number): void {
  queue.handled += 1;
  const change = (Math.max(0, handlingMs) - queue.handlingMs) * Math.max(NEWEST_WEIGHT, 1 / queue.handled);
  // Whole: a fraction would be a number on the heap of its own, one more look into cold memory for every call.
  queue.handlingMs = Math.round(queue.handlingMs + change);
}

/**
 * How long a caller at this place may wait: place × mean handling time ÷ agents at work. With n agents busy one is
 * freed every handling/n on average. Agents shared with other queues make it too short; nothing here hides that.
 * @param position from 1
 * @returns milliseconds; 0 when somebody is free; null when no call of this queue has ended yet or nobody is at work
 */
export function estimateWaitMs(
  tables: Tables,
  queue: QueueEntry,
  position: number,
  lane: Lane | undefined = queue.lanes[0],
): number | null {
  if (lane && somebodyReady(tables, lane)) return 0;
  return expectedAt(queue, position);
}

/** The same for a place nobody is ready for. */
export function expectedAt(queue: QueueEntry, position: number): number | null {
  if (queue.handled === 0 || queue.working === 0) return null;
  return Math.round((position * queue.handlingMs) / queue.working);
}

/** Compares what was expected on arrival with what happened. */
export function recordWait(call: CallEntry, waitMs: number): void {
  if (call.estimateMs === null) return;
  call.queue.estimates += 1;
  call.queue.estimateErrorMs += Math.abs(call.estimateMs - waitMs);
}

/** Mean absolute error of the estimates, milliseconds; null before the first that could be compared. */
export function estimateErrorMs(queue: QueueEntry): number | null {
  return queue.estimates === 0 ? null : Math.round(queue.estimateErrorMs / queue.estimates);
}
