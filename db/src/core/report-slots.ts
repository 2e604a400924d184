import { localInstant, localMidnight, nextMidnight, type ReportInterval, type ReportRow } from '@yixian/contracts';

// Quarters of an hour become hours and days of the hotline. A quarter is a quarter in every time zone there is; an hour or a day is
// as long as the zone makes it (23 and 25 hours when the clock changes, and the hour that comes twice is two hours).

export const SLOT_MS = 900_000;

/** Sums by name. `longest…` is a maximum, all else adds up. */
export type Sums = Record<string, number>;

export interface Slot {
  key: string;
  startsAt: number;
  sums: Sums;
}

export function slotOf(at: number): number {
  return Math.floor(at / SLOT_MS) * SLOT_MS;
}

export function addSums(a: Sums, b: Sums): Sums {
  const sum = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const before = sum[name] ?? 0;
    sum[name] = name.startsWith('longest') ? Math.max(before, value) : before + value;
  }
  return sum;
}

/** When the interval that holds this slot began, and a name for it that no other interval has. */
export function intervalStart(interval: ReportInterval, startsAt: number, timeZone: string): { name: string; startsAt: number } {
  if (interval === '15m') return { name: String(startsAt), startsAt };
  const { date, clock } = localInstant(startsAt, timeZone);
  if (interval === 'day') return { name: date, startsAt: localMidnight(startsAt, timeZone, date) };
  const intoHour = (Number(clock.slice(3)) * 60_000) % 3_600_000;
  return { name: String(startsAt - intoHour), startsAt: startsAt - intoHour };
}

function endOf(interval: ReportInterval, startsAt: number, timeZone: string): number {
  if (interval === '15m') return startsAt + SLOT_MS;
  return interval === 'hour' ? startsAt + 3_600_000 : nextMidnight(startsAt, timeZone);
}

/**
 * Sums slots up to the intervals asked for, oldest first, then by key. Intervals are whole, also where the range cuts them:
 * the sums are then of the part asked for.
 */
export function groupSlots(
  slots: readonly Slot[],
  range: { from: number; to: number; interval: ReportInterval },
  timeZone: string,
): ReportRow<string, Sums>[] {
  const groups = new Map<string, ReportRow<string, Sums>>();
  const starts = new Map<number, { name: string; startsAt: number }>();
  for (const slot of slots) {
    let start = starts.get(slot.startsAt);
    if (!start) {
      start = range.interval === 'total' ? { name: '', startsAt: range.from } : intervalStart(range.interval, slot.startsAt, timeZone);
      starts.set(slot.startsAt, start);
    }
    const id = `${start.name} ${slot.key}`;
    const known = groups.get(id);
    if (known) known.sums = addSums(known.sums, slot.sums);
    else groups.set(id, { key: slot.key, from: start.startsAt, to: range.to, sums: { ...slot.sums } });
  }
  const rows = [...groups.values()];
  if (range.interval !== 'total') for (const row of rows) row.to = endOf(range.interval, row.from, timeZone);
  return rows.sort((a, b) => a.from - b.from || (a.key < b.key ? -1 : Number(a.key > b.key)));
}
