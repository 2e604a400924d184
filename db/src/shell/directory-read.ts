import type {
  AccessCode,
  AgentConfig,
  CalendarDay,
  Extension,
  ExtensionGroup,
  HotlineSettings,
  QueueConfig,
  Schedule,
  Trunk,
  VoicemailBox,
} from '@yixian/contracts';
import type { Knex } from 'knex';
import { type LoadedList, readCallerLists } from './caller-lists.js';
import * as columns from './config/columns.js';
import { settingsRow } from './config/settings.js';

/** The configuration as calls see it, by key. */
export interface Snapshot {
  trunks: Map<string, Trunk>;
  extensions: Map<string, Extension>;
  accessCodes: Map<string, AccessCode>;
  queues: Map<string, QueueConfig>;
  agents: Map<string, AgentConfig>;
  flows: Map<string, { version: number; document: unknown }>;
  schedules: Map<string, Schedule>;
  calendarDays: Map<string, CalendarDay>;
  lists: Map<string, LoadedList>;
  boxes: Map<string, VoicemailBox>;
  groups: Map<string, ExtensionGroup>;
  settings: HotlineSettings;
}

/** Everything, of one moment. Entries of lists that `before` holds are not read again. */
export function read(knex: Knex, before: Snapshot | undefined): Promise<Snapshot> {
  return knex.transaction(
    async (trx) => ({
      trunks: keyed(await trx('trunks').orderBy('id').select(columns.TRUNK), (t: Trunk) => t.id),
      extensions: keyed(await trx('extensions').orderBy('number').select(columns.EXTENSION), (e: Extension) => e.number),
      accessCodes: keyed(await trx('access_codes').orderBy('number').select(columns.NUMBER), (a: AccessCode) => a.number),
      queues: keyed(await queues(trx), (q) => q.id),
      agents: keyed(await agents(trx), (a) => a.id),
      flows: await flows(trx),
      schedules: keyed(await trx('schedules').orderBy('id').select(columns.SCHEDULE), (s: Schedule) => s.id),
      calendarDays: await calendarDays(trx),
      lists: await readCallerLists(trx, before?.lists ?? new Map()),
      boxes: keyed(await trx('voicemail_boxes').orderBy('id').select(columns.BOX), (b: VoicemailBox) => b.id),
      groups: keyed(await trx('extension_groups').orderBy('number').select(columns.GROUP), (g: ExtensionGroup) => g.number),
      settings: await settingsOf(trx),
    }),
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

/** Differs when anything does. */
export function fingerprint(snapshot: Snapshot): string {
  const { settings, lists, ...maps } = snapshot;
  const heads = [...lists.values()].map(({ list, entriesRevision }) => [list, entriesRevision]);
  return JSON.stringify([settings, heads, ...Object.values(maps).map((map: Map<string, unknown>) => [...map])]);
}

function keyed<T>(rows: readonly T[], key: (row: T) => string): Map<string, T> {
  return new Map(rows.map((row) => [key(row), row]));
}

async function queues(knex: Knex): Promise<QueueConfig[]> {
  const skills = knex.raw(
    `coalesce((select array_agg(s.skill_id order by s.skill_id) from queue_skills s where s.queue_id = queues.id), '{}')`,
  );
  return knex('queues')
    .orderBy('id')
    .select({ ...columns.QUEUE, requiredSkills: skills });
}

async function agents(knex: Knex): Promise<AgentConfig[]> {
  const skills = (await knex('agent_skills').orderBy('skill_id')) as { agent_id: string; skill_id: string; level: number | null }[];
  const byAgent = new Map<string, typeof skills>();
  for (const skill of skills) {
    const own = byAgent.get(skill.agent_id);
    if (own) own.push(skill);
    else byAgent.set(skill.agent_id, [skill]);
  }
  const rows = (await knex('agents').orderBy('id').select(columns.AGENT)) as Omit<AgentConfig, 'skills' | 'skillLevels'>[];
  return rows.map((row) => {
    const own = byAgent.get(row.id) ?? [];
    const levels = own.flatMap((s) => (s.level === null ? [] : [[s.skill_id, s.level] as const]));
    return { ...row, skills: own.map((s) => s.skill_id), skillLevels: Object.fromEntries(levels) };
  });
}

async function flows(knex: Knex): Promise<Map<string, { version: number; document: unknown }>> {
  const rows = (await knex('flows')
    .join('flow_versions', (on) => on.on('flow_versions.flow_id', 'flows.id').andOn('flow_versions.version', 'flows.published_version'))
    .orderBy('flows.id')
    .select('flows.id', 'flow_versions.version', 'flow_versions.document')) as { id: string; version: number; document: unknown }[];
  return new Map(rows.map((row) => [row.id, { version: row.version, document: row.document }]));
}

async function calendarDays(knex: Knex): Promise<Map<string, CalendarDay>> {
  const years = (await knex('calendars').orderBy('year').select('days')) as { days: CalendarDay[] }[];
  return new Map(years.flatMap(({ days }) => days).map((day) => [day.date, day]));
}

async function settingsOf(knex: Knex): Promise<HotlineSettings> {
  const { revision: _revision, ...settings } = await settingsRow(knex).get();
  return settings;
}
