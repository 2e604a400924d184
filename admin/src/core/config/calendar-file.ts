import { type CalendarDay, DomainError, type HolidayCalendar } from '@yixian/contracts';
import { fieldProblem } from '../field-fault.js';
import { check } from '../validate.js';
import { csvRows, EntryFaults } from './csv.js';
import { byYear, calendarChange, calendarDay } from './schemas.js';

/**
 * A file of holidays: JSON `{ "year": 2026, "days": [{ "date", "kind", "name" }] }`, a list of such, or CSV with the columns
 * date, kind and name, of any years.
 * @throws DomainError `bad-request` naming the field or the lines; SyntaxError when it is neither
 */
export function readCalendar(text: string): HolidayCalendar[] {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  return /^[[{]/.test(trimmed) ? [JSON.parse(trimmed) as unknown].flat().map(calendarOf) : calendarsFromCsv(trimmed);
}

/** @throws DomainError `bad-request` naming the field */
export function calendarOf(given: unknown): HolidayCalendar {
  const { year, days } = (given ?? {}) as { year?: unknown; days?: unknown };
  const checked = { year: check(byYear, { year: String(year) }, 'body').year, days: check(calendarChange, { days }, 'body').days };
  checkDays(checked.year, checked.days);
  return { ...checked, days: inOrder(checked.days) };
}

/** @throws DomainError `bad-request` for a day of another year, or one that is there twice */
export function checkDays(year: string, days: HolidayCalendar['days']): void {
  const seen = new Set<string>();
  for (const [i, { date }] of days.entries()) {
    const field = `days.${i}.date`;
    const problem = date.startsWith(`${year}-`) ? (seen.has(date) ? `${date} is there twice` : undefined) : `${date} is not in ${year}`;
    if (problem)
      throw new DomainError('bad-request', `body field ${field}: ${problem}`, { in: 'body', fields: [fieldProblem(field, problem)] });
    seen.add(date);
  }
}

/** What the notices of the State Council call them. */
const KINDS: Readonly<Record<string, string>> = { 放假: 'holiday', 休: 'holiday', 上班: 'workday', 调休上班: 'workday', 班: 'workday' };

/** @throws DomainError `bad-request` with every line at fault */
export function calendarsFromCsv(text: string): HolidayCalendar[] {
  const years = new Map<string, CalendarDay[]>();
  const seen = new Set<string>();
  const faults = new EntryFaults();
  for (const { line, row, problem } of csvRows(text, ['date', 'kind', 'name'])) {
    const checked = calendarDay.safeParse({ ...row, kind: KINDS[row.kind ?? ''] ?? row.kind });
    const issue = checked.error?.issues[0];
    const twice = checked.data && seen.has(checked.data.date) ? `${checked.data.date} is there twice` : undefined;
    const wrong = problem ?? (issue ? `${issue.path.join('.')} ${issue.message}` : twice);
    if (wrong !== undefined) faults.add(`line ${line}`, wrong);
    if (!checked.data || wrong !== undefined) continue;
    seen.add(checked.data.date);
    const year = checked.data.date.slice(0, 4);
    years.set(year, [...(years.get(year) ?? []), checked.data]);
  }
  faults.assertNone();
  return [...years].map(([year, days]) => ({ year, days: inOrder(days) }));
}

const inOrder = (days: readonly CalendarDay[]): CalendarDay[] => days.toSorted((a, b) => (a.date < b.date ? -1 : 1));
