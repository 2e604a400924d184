import type {
  AccessCode,
  CalendarDay,
  ConfigRows,
  Extension,
  ExtensionGroup,
  HolidayCalendar,
  Revised,
  Schedule,
  Skill,
  Trunk,
  VoicemailBox,
  Wallboard,
} from '@yixian/contracts';
import type { Knex } from 'knex';
import { BOX, EXTENSION, GROUP, NUMBER, SCHEDULE, SKILL, TRUNK, WALLBOARD } from './columns.js';
import { rowsOf } from './rows.js';

// Kinds of configuration that are one row each.

export function extensionRows(knex: Knex): ConfigRows<Extension> {
  return rowsOf<Extension>(knex, { table: 'extensions', what: 'extension', key: 'number', columns: EXTENSION, json: ['forwards'] });
}

export function skillRows(knex: Knex): ConfigRows<Skill> {
  return rowsOf<Skill>(knex, { table: 'skills', what: 'skill', key: 'id', columns: SKILL });
}

export function numberRows(knex: Knex): ConfigRows<AccessCode> {
  return rowsOf<AccessCode>(knex, { table: 'access_codes', what: 'number', key: 'number', columns: NUMBER, json: ['target'] });
}

export function trunkRows(knex: Knex): ConfigRows<Trunk> {
  const json = ['auth', 'seatCallerId', 'recording'] as const;
  return rowsOf<Trunk>(knex, { table: 'trunks', what: 'trunk', key: 'id', columns: TRUNK, json });
}

export function scheduleRows(knex: Knex): ConfigRows<Schedule> {
  return rowsOf<Schedule>(knex, { table: 'schedules', what: 'schedule', key: 'id', columns: SCHEDULE, json: ['weekly', 'special'] });
}

export function boxRows(knex: Knex): ConfigRows<VoicemailBox> {
  return rowsOf<VoicemailBox>(knex, { table: 'voicemail_boxes', what: 'box', key: 'id', columns: BOX });
}

export function groupRows(knex: Knex): ConfigRows<ExtensionGroup> {
  return rowsOf<ExtensionGroup>(knex, { table: 'extension_groups', what: 'group', key: 'number', columns: GROUP });
}

export function wallboardRows(knex: Knex): ConfigRows<Wallboard> {
  return rowsOf<Wallboard>(knex, { table: 'wallboards', what: 'wallboard', key: 'id', columns: WALLBOARD, json: ['tiles'] });
}

/** The year is a number there and a key here. */
export function calendarRows(knex: Knex): ConfigRows<HolidayCalendar> {
  const rows = rowsOf<{ year: number; days: CalendarDay[] }>(knex, {
    table: 'calendars',
    what: 'calendar',
    key: 'year',
    columns: { year: 'year', days: 'days' },
    json: ['days'],
  });
  const outside = (row: Revised<{ year: number; days: CalendarDay[] }>): Revised<HolidayCalendar> => ({ ...row, year: String(row.year) });
  return {
    list: async () => (await rows.list()).map(outside),
    async get(year) {
      const row = /^\d{4}$/.test(year) ? await rows.get(year) : undefined;
      return row && outside(row);
    },
    insert: async (calendar) => outside(await rows.insert({ ...calendar, year: Number(calendar.year) })),
    update: async (year, { days }) => outside(await rows.update(year, days === undefined ? {} : { days })),
    delete: (year) => rows.delete(year),
  };
}
