import { DomainError, type HolidayCalendar } from '@yixian/contracts';
import { check } from '../validate.js';
import { csvRows } from './csv.js';
import { byYear, calendarChange } from './schemas.js';

/**
 * A file of holidays: JSON `{ "year": 2026, "days": [{ "date", "kind", "name" }] }`, a list of such, or CSV with the columns
 * date, kind and name, of any years.
 * @throws DomainError `bad-request` naming the field or the line; SyntaxError when it is neither
 */
export function readCalendar(text: string): HolidayCalendar[] {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  const years = /^[[{]/.test(trimmed) ? [JSON.parse(trimmed) as unknown].flat() : fromCsv(trimmed);
  return years.map(calendarOf);
}

function calendarOf(given: unknown): HolidayCalendar {
  const { year, days } = (given ?? {}) as { year?: unknown; days?: unknown };
  const checked = { year: check(byYear, { year: String(year) }, 'body').year, days: check(calendarChange, { days }, 'body').days };
  checkDays(checked.year, checked.days);
  return { ...checked, days: checked.days.toSorted((a, b) => (a.date < b.date ? -1 : 1)) };
}

/** @throws DomainError `bad-request` for a day of another year, or one that is there twice */
export function checkDays(year: string, days: HolidayCalendar['days']): void {
  const seen = new Set<string>();
  for (const [i, { date }] of days.entries()) {
    const field = `days.${i}.date`;
    const problem = date.startsWith(`${year}-`) ? (seen.has(date) ? `${date} is there twice` : undefined) : `${date} is not in ${year}`;
    if (problem) throw new DomainError('bad-request', `body field ${field}: ${problem}`, { in: 'body', fields: [{ field, problem }] });
    seen.add(date);
  }
}

function fromCsv(text: string): { year: string; days: unknown[] }[] {
  const years = new Map<string, unknown[]>();
  for (const { row } of csvRows(text, ['date', 'kind', 'name'])) {
    const year = (row.date ?? '').slice(0, 4);
    years.set(year, [...(years.get(year) ?? []), row]);
  }
  return [...years].map(([year, days]) => ({ year, days }));
}
