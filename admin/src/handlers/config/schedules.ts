import { DomainError, type HolidayCalendar, isoTime, type Revised, type Schedule, scheduleState } from '@yixian/contracts';
import type { z } from 'zod';
import { calendarOf, calendarsFromCsv, checkDays } from '../../core/config/calendar-file.js';
import { difference } from '../../core/config/difference.js';
import type {
  byYear,
  calendarChange,
  calendarImport,
  newSchedule,
  removal,
  scheduleChange,
  scheduleMoment,
} from '../../core/config/schemas.js';
import { flowsUsing, type Use } from '../../core/config/uses.js';
import type { GuardedRequest } from '../../core/route.js';
import type { byId, livePage } from '../../core/schemas.js';
import { pageOf } from '../page.js';
import { type AdministrationDeps, assertRevision, type Change, change, fieldError, present, surroundings } from './change.js';
import { createKindHandlers, defined, type Kind } from './kind.js';
import { assertDistinct } from './references.js';

type ById = z.output<typeof byId>;
type ByYear = z.output<typeof byYear>;

function kindOf(deps: AdministrationDeps): Kind<Schedule, Revised<Schedule>> {
  return {
    what: 'schedule',
    keyField: 'id',
    table: (config) => config.schedules,
    rows: (config) => config.schedules,
    view: (schedule) => schedule,
    async check(_change, schedule) {
      schedule.weekly.forEach((hours, i) => {
        checkHours(`weekly.${i}`, hours);
        assertDistinct(`weekly.${i}.days`, hours.days.map(String));
      });
      assertDistinctDates('special', schedule.special);
      schedule.special.forEach((day, i) => {
        for (const [k, hours] of day.hours.entries()) checkHours(`special.${i}.hours.${k}`, hours);
      });
    },
    async uses({ config }, { id }) {
      const queues = (await config.queues.list()).filter((queue) => queue.scheduleId === id);
      return [
        ...queues.map((queue): Use => ({ kind: 'queue', id: queue.id })),
        ...flowsUsing(await config.flows.published(), deps.validators.flow, await surroundings(deps, config), 'schedules', id),
      ];
    },
  };
}

function checkHours(field: string, { from, to }: { from: string; to: string }): void {
  if (from === to) throw fieldError(`${field}.to`, `must differ from ${from}; all day is 00:00 to 24:00`);
}

function assertDistinctDates(field: string, days: readonly { date: string }[]): void {
  const seen = new Set<string>();
  for (const [i, { date }] of days.entries()) {
    if (seen.has(date)) throw fieldError(`${field}.${i}.date`, `${date} is there twice`);
    seen.add(date);
  }
}

/** When the hotline and its queues are open. */
export function createSchedules(deps: AdministrationDeps) {
  const schedules = createKindHandlers(deps, kindOf(deps));
  return {
    list: ({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) => schedules.list(query),
    get: ({ params }: GuardedRequest<ById, unknown, unknown>) => schedules.get(params.id),
    async state({ params, query }: GuardedRequest<ById, z.output<typeof scheduleMoment>, unknown>) {
      const schedule = await present(deps.config.schedules, 'schedule', params.id);
      const days = new Map((await deps.config.calendars.list()).flatMap((year) => year.days).map((day) => [day.date, day]));
      const at = query.at === undefined ? deps.clock.now() : Date.parse(query.at);
      return { at: isoTime(at), ...scheduleState(schedule, at, deps.timeZone, (date) => days.get(date)) };
    },
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newSchedule>>) =>
      schedules.add(request, { ...request.body, name: request.body.name ?? request.body.id }),
    change(request: GuardedRequest<ById, unknown, z.output<typeof scheduleChange>>) {
      const { revision, ...fields } = request.body;
      return schedules.change(request, request.params.id, revision, () => defined<Schedule>(fields));
    },
    remove: (request: GuardedRequest<ById, z.output<typeof removal>, unknown>) =>
      schedules.remove(request, request.params.id, request.query),
  };
}

/** Statutory holidays and make-up workdays, a year at a time. */
export function createCalendars(deps: AdministrationDeps) {
  const one = (year: string): Promise<Revised<HolidayCalendar>> => present(deps.config.calendars, 'calendar', year);
  return {
    async list({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) {
      return pageOf(await deps.config.calendars.list(), (calendar) => calendar.year, query);
    },
    get: ({ params }: GuardedRequest<ByYear, unknown, unknown>) => one(params.year),
    /** The whole year, whether it is there already or not. */
    put: (request: GuardedRequest<ByYear, unknown, z.output<typeof calendarChange>>) =>
      change(deps, request, async (c) => {
        const { year } = request.params;
        const { revision, days } = request.body;
        checkDays(year, days);
        assertRevision('calendar', year, (await c.config.calendars.get(year))?.revision ?? 0, revision);
        return putYear(c, { year, days });
      }),
    /** Every year of a file, or none. */
    async import(request: GuardedRequest<unknown, unknown, z.output<typeof calendarImport>>) {
      const { csv, calendars = [] } = request.body;
      const years = csv === undefined ? calendars.map(calendarOf) : calendarsFromCsv(csv);
      if (years.length === 0) throw new DomainError('bad-request', 'body: there is no day in it', { in: 'body' });
      const items = await change(deps, request, async (c) => {
        const stored: Revised<HolidayCalendar>[] = [];
        for (const year of years) stored.push(await putYear(c, year));
        return stored;
      });
      return { items, next: null };
    },
    remove: (request: GuardedRequest<ByYear, z.output<typeof removal>, unknown>): Promise<void> =>
      change(deps, request, async (c) => {
        const { year } = request.params;
        const before = await present(c.config.calendars, 'calendar', year);
        assertRevision('calendar', year, before.revision, request.query.revision);
        await c.config.calendars.delete(year);
        await c.audit('calendar.deleted', year, { before });
      }),
  };
}

/** The whole year: what it had before is replaced. */
async function putYear({ config, audit }: Change, { year, days }: HolidayCalendar): Promise<Revised<HolidayCalendar>> {
  const before = await config.calendars.get(year);
  const sorted = days.toSorted((a, b) => (a.date < b.date ? -1 : 1));
  const after = before ? await config.calendars.update(year, { days: sorted }) : await config.calendars.insert({ year, days: sorted });
  await audit(before ? 'calendar.changed' : 'calendar.created', year, before ? difference(before, after) : { after });
  return after;
}
