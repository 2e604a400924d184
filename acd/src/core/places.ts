import type { CallId, QueueConfig } from '@yixian/contracts';
import type { CallEntry, Place, Ticks } from './types.js';

const MINUTE_MS = 60_000;

/** Where a call with this priority and this arrival stands in a queue. */
export function newPlace(config: QueueConfig, callId: CallId, priority: number, arrived: Ticks, order: number): Place {
  const rate = config.ageingPerMinute / MINUTE_MS;
  return { key: rate === 0 ? priority : priority - rate * arrived, arrived, order, call: null, callId, rate, priority };
}

/** The place of this call from here on. */
export function takenBy(place: { -readonly [K in keyof Place]: Place[K] }, call: CallEntry): void {
  place.call = call;
}

/** Within one queue: larger priority first, ageing counted, then first come. */
export function byPlace(a: Place, b: Place): number {
  if (a.key !== b.key) return b.key - a.key;
  return byArrival(a, b);
}

/** First come first, whatever the priorities. */
export function byArrival(a: Place, b: Place): number {
  return a.arrived - b.arrived || a.order - b.order;
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
