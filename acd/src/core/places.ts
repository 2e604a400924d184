import type { QueueConfig } from '@yixian/contracts';
import { byArrival, byPlace } from './placed.js';
import type { Place, Ticks } from './types.js';

const MINUTE_MS = 60_000;

/** Priority gained by a millisecond of waiting. */
export function rateOf(config: QueueConfig): number {
  return config.ageingPerMinute / MINUTE_MS;
}

/** What a call with this priority and this arrival is placed by. */
export function keyOf(rate: number, priority: number, arrived: Ticks): number {
  return rate === 0 ? priority : priority - rate * arrived;
}

/** Between queues: those of different rates of ageing are compared as they stand now. */
export function goesBefore(a: Place, b: Place, now: Ticks): boolean {
  if (a.rate === b.rate) return byPlace(a, b) < 0;
  const gap = priorityAt(b, now) - priorityAt(a, now);
  return gap < 0 || (gap === 0 && byArrival(a, b) < 0);
}

/** Priority with what has been gained by waiting. */
export function priorityAt(place: Place, now: Ticks): number {
  return place.key + place.rate * now;
}
