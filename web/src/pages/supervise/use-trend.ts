import { useQuery } from '@tanstack/react-query';
import { get, type Page } from '../../app/api.js';

export interface TrendRow {
  from: string;
  inbound: number;
  answered: number;
  abandoned: number;
}

/** Calls by hour of the day, 24 each; null for hours to come. */
export type DayByHour = (number | null)[];

export interface Trend {
  today: TrendRow[];
  yesterday: TrendRow[];
  lastWeek: TrendRow[];
}

const HOUR_MS = 3_600_000;

function dateText(daysAgo: number): string {
  const at = new Date();
  at.setDate(at.getDate() - daysAgo);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

async function day(daysAgo: number): Promise<TrendRow[]> {
  const range = { from: dateText(daysAgo), ...(daysAgo === 0 ? {} : { to: dateText(daysAgo - 1) }) };
  return (await get<Page<TrendRow>>('/reports/trend', { ...range, interval: 'hour' })).items;
}

async function read(): Promise<Trend> {
  const [today, yesterday, lastWeek] = await Promise.all([day(0), day(1), day(7)]);
  return { today, yesterday, lastWeek };
}

/** Today, yesterday and the same day of last week by the hour; read anew every minute. */
export function useTrend(): Trend | undefined {
  // The date is in the key: past midnight it is another day's trend.
  return useQuery({
    queryKey: ['trend', dateText(0)],
    queryFn: read,
    refetchInterval: 60_000,
    refetchIntervalInBackground: true,
    gcTime: 120_000,
  }).data;
}

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
