import type {
  AccessCode,
  CallerList,
  ConfigRows,
  Extension,
  ExtensionGroup,
  Schedule,
  Skill,
  Trunk,
  VoicemailBox,
} from '@yixian/contracts';
import type { Knex } from 'knex';
import { BOX, CALLER_LIST, EXTENSION, GROUP, NUMBER, SCHEDULE, SKILL, TRUNK } from './columns.js';
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

export function listRows(knex: Knex): ConfigRows<CallerList> {
  return rowsOf<CallerList>(knex, { table: 'caller_lists', what: 'list', key: 'id', columns: CALLER_LIST });
}
