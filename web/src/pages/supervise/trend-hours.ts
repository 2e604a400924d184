// A day of calls by the hour.

export interface TrendRow {
  from: string;
  inbound: number;
  answered: number;
  abandoned: number;
}

/** Calls by hour of the day, 24 each; null for hours to come. */
export type DayByHour = (number | null)[];

const HOUR_MS = 3_600_000;

/** Calls of each hour; null after the hour `until`, which is still to come. */
export function byHour(rows: readonly TrendRow[], measure: 'inbound' | 'answered' | 'abandoned', until: number): DayByHour {
  const hours: DayByHour = Array.from({ length: 24 }, () => 0);
  for (const row of rows) {
    const hour = new Date(row.from).getHours();
    hours[hour] = (hours[hour] ?? 0) + row[measure];
  }
  return hours.map((count, hour) => (hour <= until ? count : null));
}

/** The hour that runs, 0–23. */
export function hourNow(): number {
  return Math.floor((Date.now() - new Date().setHours(0, 0, 0, 0)) / HOUR_MS);
}
