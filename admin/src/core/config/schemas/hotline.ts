import { z } from 'zod';
import { extension, identifier, page } from '../../schemas.js';
import {
  calendarDate,
  changeOf,
  flag,
  hours,
  listed,
  name,
  named,
  oneOf,
  recordingPolicy,
  revision,
  revisionGiven,
  secondsFrom,
  text,
  whole,
} from './fields.js';

// Schedules, calendars, caller lists, voicemail boxes and the settings of the whole hotline.

// ── schedules and calendars ──

const scheduleFields = {
  id: identifier,
  name,
  weekly: listed(
    z.strictObject({ days: listed(whole(1, 7), 7).min(1, 'must have at least one day').describe('1 Monday … 7 Sunday'), ...hours }),
    50,
  ).describe('Opening hours by day of the week'),
  holidays: oneOf('closed', 'ignore').describe('closed: closed on statutory holidays, open as on a Monday on make-up workdays'),
  special: listed(
    z.strictObject({ date: calendarDate, name, hours: listed(z.strictObject(hours), 10).describe('None: closed all day') }),
    1000,
  ).describe('Dates that go by their own rule, before holidays and weekdays'),
};
export const newSchedule = named(
  'NewSchedule',
  z.strictObject({
    ...scheduleFields,
    name: name.optional(),
    weekly: scheduleFields.weekly.default([]),
    holidays: scheduleFields.holidays.default('closed'),
    special: scheduleFields.special.default([]),
  }),
);
export const scheduleChange = named('ScheduleChange', changeOf(scheduleFields));
export const schedule = named('Schedule', z.strictObject({ ...scheduleFields, name: z.string(), revision }));
export const scheduleMoment = z.strictObject({
  at: z.iso
    .datetime({ offset: true, error: 'must be an ISO 8601 time with zone, such as 2026-01-31T08:00:00Z' })
    .optional()
    .describe('Default: now'),
});
export const scheduleState = named(
  'ScheduleState',
  z.strictObject({ at: z.string(), open: z.boolean(), because: z.string().describe('weekly, holiday:…, workday:… or special:…') }),
);

export const byYear = z.strictObject({
  year: z.string().regex(/^(19|[2-9]\d)\d\d$/, 'must be a year such as 2026'),
});
export const calendarDay = z.strictObject({
  date: calendarDate,
  kind: oneOf('holiday', 'workday').describe('workday: makes up for a holiday'),
  name,
});
const days = listed(calendarDay, 400);
export const calendarChange = named('CalendarChange', z.strictObject({ days, ...revisionGiven }));
export const calendarImport = named(
  'CalendarImport',
  z
    .strictObject({
      calendars: z
        .array(z.unknown(), 'must be a list')
        .max(50, 'must be at most 50 years')
        .optional()
        .meta({ description: 'Years as {year, days: [{date, kind, name}]}' }),
      csv: z
        .string('must be a text')
        .optional()
        .describe('A head line date,kind,name; then a line a day, of any years. The same as a body of text/csv'),
    })
    .refine(({ calendars, csv }) => (calendars === undefined) !== (csv === undefined), {
      error: 'send either calendars or csv',
      path: ['calendars'],
    }),
);
export const calendar = named('Calendar', z.strictObject({ year: z.string(), days, revision }));

// ── caller lists ──

const listFields = { id: identifier, name, kind: oneOf('black', 'white', 'vip', 'other') };
export const newList = named('NewCallerList', z.strictObject({ ...listFields, name: name.optional() }));
export const listChange = named('CallerListChange', changeOf(listFields));
export const callerList = named(
  'CallerList',
  z.strictObject({ ...listFields, name: z.string(), entries: z.int().describe('How many it has'), revision }),
);
const entryNumber = z.string('must be a text').regex(/^\+?[0-9*#]{1,32}$/, 'must be a number: digits, * and #, optionally a leading +');
const expiry = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with zone, such as 2026-01-31T08:00:00Z' });
/** One entry as it comes in; checked one by one, as there may be very many. */
export const listEntry = named(
  'CallerListEntryGiven',
  z.strictObject(
    {
      number: entryNumber,
      prefix: flag.default(false).describe('Every number that begins with it'),
      expiresAt: expiry.nullable().default(null).describe('From then on it covers nothing'),
      note: text(200).default(''),
    },
    'must be an entry: { number, prefix?, expiresAt?, note? }',
  ),
);
export const MOST_ENTRIES = 200_000;
const entries = z
  .array(z.unknown(), 'must be a list')
  .max(MOST_ENTRIES, `must have at most ${MOST_ENTRIES} entries`)
  .meta({ description: `Entries: {number, prefix?, expiresAt?, note?}; at most ${MOST_ENTRIES}` });
const csv = z
  .string('must be a text')
  .describe('A head line with columns out of number, prefix, expiresAt, note; then a line an entry. The same as a body of text/csv');
export const listEntries = named(
  'CallerListEntries',
  z
    .strictObject({ entries: entries.optional(), csv: csv.optional(), ...revisionGiven })
    .refine(({ entries, csv }) => (entries === undefined) !== (csv === undefined), {
      error: 'send either entries or csv',
      path: ['entries'],
    }),
);
export const listEntryView = named(
  'CallerListEntry',
  z.strictObject({ number: z.string(), prefix: z.boolean(), expiresAt: z.string().nullable(), note: z.string() }),
);
export const entriesQuery = z.strictObject({
  ...page,
  limit: page.limit.unwrap().default(1000),
  search: text(64).optional().describe('Entries whose number begins so or whose note has it, and prefixes that cover this number'),
});
export const byListEntry = z.strictObject({ id: identifier, number: entryNumber });

// ── voicemail boxes ──

const boxFields = {
  id: identifier,
  name,
  extensions: listed(extension, 200).describe('Whose phones show waiting messages and whose users may hear them'),
  notifyUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .max(1000, 'must be at most 1000 characters')
    .nullable()
    .describe('Told of each message by POST'),
  keepDays: whole(1, 36_500).nullable().describe('Older messages are deleted; null to keep them'),
};
export const newBox = named(
  'NewVoicemailBox',
  z.strictObject({
    ...boxFields,
    name: name.optional(),
    extensions: boxFields.extensions.default([]),
    notifyUrl: boxFields.notifyUrl.default(null),
    keepDays: boxFields.keepDays.default(null),
  }),
);
export const boxChange = named('VoicemailBoxChange', changeOf(boxFields));
export const box = named('VoicemailBox', z.strictObject({ ...boxFields, name: z.string(), revision }));

// ── settings ──

const directions = { inbound: recordingPolicy, outbound: recordingPolicy, internal: recordingPolicy };
const settingFields = {
  recording: z.strictObject(directions).describe('By direction, where agent, queue and trunk say nothing'),
  recordingKeepDays: whole(1, 36_500).nullable().describe('Older recordings are deleted unless under legal hold; null to keep them'),
  recordingEncryption: oneOf('none', 'aes-256-gcm', 'sm4-ctr-sm3').describe('At rest'),
  recordingMinFreeMegabytes: whole(0, 100_000_000).describe('Recording stops when less is free on the disk'),
  showSupervision: flag.describe('Whether an agent is shown that a supervisor listens'),
  notReadyReasons: listed(text(64).min(1, 'must not be empty'), 100).describe('To choose from; free text is always taken'),
  dispositions: listed(z.strictObject({ code: identifier, label: text(64).min(1, 'must not be empty') }), 200).describe(
    'What calls were about 小结分类, for agents to choose from; one that is taken off stays on old calls',
  ),
  maxSignedIn: whole(0, 100_000).nullable().describe('Agents signed in at one time at most; null for no limit'),
  serviceLevelFormula: oneOf('answered', 'answered-and-abandoned', 'without-short-abandons'),
  shortAbandonSeconds: secondsFrom(0, 3600),
  maskNumbersFor: listed(oneOf('agent', 'supervisor', 'admin'), 3).describe('Roles that see personal numbers as 138****5678'),
};
export const settingsChange = named('SettingsChange', changeOf({ ...settingFields, recording: z.strictObject(directions).partial() }));
export const settings = named('Settings', z.strictObject({ ...settingFields, revision }));
