import { localInstant } from './schedule.js';

// Where the days of a time zone begin. No zone's offset is finer than a quarter of an hour, so days begin at one.

const QUARTER_MS = 900_000;

function quarterOf(at: number): number {
  return Math.floor(at / QUARTER_MS) * QUARTER_MS;
}

/** The first instant of the local day that holds `at`; a day may begin at 01:00 where the clock is put forward at midnight. */
export function localMidnight(at: number, timeZone: string, date = localInstant(at, timeZone).date): number {
  // Quarters bound every change of the clock, so the day's first is found by stepping back from a good guess.
  const { clock } = localInstant(at, timeZone);
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  let first = quarterOf(at) - Math.max(0, hours * 60 + minutes - (minutes % 15) - 180) * 60_000;
  while (localInstant(first, timeZone).date < date) first += QUARTER_MS;
  while (localInstant(first - QUARTER_MS, timeZone).date === date) first -= QUARTER_MS;
  return first;
}

/** The first instant of the next local day. */
export function nextMidnight(at: number, timeZone: string): number {
  const today = localInstant(at, timeZone).date;
  // Twenty hours on is the same day or the next, in every zone and season; then step to its edge.
  let edge = localMidnight(at, timeZone, today) + 20 * 3_600_000;
  while (localInstant(edge, timeZone).date === today) edge += QUARTER_MS;
  while (localInstant(edge - QUARTER_MS, timeZone).date !== today) edge -= QUARTER_MS;
  return edge;
}

/**
 * The first instant of a date `2026-10-01`.
 * @throws RangeError when the time zone does not exist
 */
export function dayStart(date: string, timeZone: string): number {
  // Noon UTC is on the date, the day before or the day after, in every zone.
  const noon = Date.parse(`${date}T12:00:00Z`);
  const there = localInstant(noon, timeZone).date;
  if (there === date) return localMidnight(noon, timeZone);
  return there < date ? nextMidnight(noon, timeZone) : localMidnight(noon - 86_400_000, timeZone);
}
