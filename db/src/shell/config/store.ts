import { type ConfigChange, type ConfigStore, DomainError } from '@yixian/contracts';
import type { Knex } from 'knex';
import { readAudit, writeAudit } from './audit.js';
import { flowRows } from './flows.js';
import { listRows } from './lists.js';
import { boxRows, calendarRows, extensionRows, groupRows, numberRows, scheduleRows, skillRows, trunkRows, wallboardRows } from './plain.js';
import { queueRows } from './queues.js';
import { settingsRow } from './settings.js';
import { userRows } from './users.js';

/** Any number of ours: administrators' changes wait for each other on it, whatever the process. */
const LOCK = 7_912_321;

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** The configuration as administrators read and change it. Whoever holds a `LiveDirectory` is told by the database. */
export function createConfigStore(knex: Knex): ConfigStore {
  return {
    ...tables(knex),
    async change(work) {
      try {
        return await knex.transaction(async (trx) => {
          await trx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
          return work(changeIn(trx));
        });
      } catch (error) {
        throw understood(error);
      }
    },
    auditLog: (query) => readAudit(knex, query),
  };
}

function tables(knex: Knex): Omit<ConfigChange, 'endSessions' | 'audit'> {
  return {
    users: userRows(knex),
    extensions: extensionRows(knex),
    skills: skillRows(knex),
    queues: queueRows(knex),
    numbers: numberRows(knex),
    trunks: trunkRows(knex),
    flows: flowRows(knex),
    schedules: scheduleRows(knex),
    calendars: calendarRows(knex),
    lists: listRows(knex),
    boxes: boxRows(knex),
    groups: groupRows(knex),
    wallboards: wallboardRows(knex),
    settings: settingsRow(knex),
  };
}

function changeIn(knex: Knex): ConfigChange {
  return {
    ...tables(knex),
    async endSessions(userId) {
      const ended = (await knex('sessions').where({ user_id: userId }).delete().returning('id')) as { id: string }[];
      return ended.map((session) => session.id);
    },
    audit: (entry) => writeAudit(knex, entry),
  };
}

/** What the schema refuses although it was checked before: someone else wrote past the lock. */
function understood(error: unknown): unknown {
  const { code, constraint, detail } = error as { code?: string; constraint?: string; detail?: string };
  if (code === UNIQUE_VIOLATION) return new DomainError('conflict', `already exists: ${detail ?? constraint}`, { constraint });
  if (code === FOREIGN_KEY_VIOLATION) return new DomainError('conflict', `refers to each other: ${detail ?? constraint}`, { constraint });
  return error;
}
