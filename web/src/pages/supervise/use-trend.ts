import { useQuery } from '@tanstack/react-query';
import { get, type Page } from '../../app/api.js';
import type { TrendRow } from './trend-hours.js';

export interface Trend {
  today: TrendRow[];
  yesterday: TrendRow[];
  lastWeek: TrendRow[];
}

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
