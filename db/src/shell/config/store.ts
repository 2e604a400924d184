import { type ConfigChange, type ConfigStore, DomainError } from '@yixian/contracts';
import type { Knex } from 'knex';
import { readAudit, writeAudit } from './audit.js';
import { flowRows } from './flows.js';
import { extensionRows, numberRows, skillRows, trunkRows } from './plain.js';
import { queueRows } from './queues.js';
import { userRows } from './users.js';

/** Any number of ours: administrators' changes wait for each other on it, whatever the process. */
const LOCK = 7_912_321;

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** The configuration as administrators read and change it. Whoever holds a `LiveDirectory` is told by the database. */
export function createConfigStore(knex: Knex): ConfigStore {
  const { users, extensions, skills, queues, numbers, trunks, flows } = rowsIn(knex);
  return {
    users,
    extensions,
    skills,
    queues,
    numbers,
    trunks,
    flows,
    async change(work) {
      try {
        return await knex.transaction(async (trx) => {
          await trx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
          return work(rowsIn(trx));
        });
      } catch (error) {
        throw understood(error);
      }
    },
    auditLog: (query) => readAudit(knex, query),
  };
}

function rowsIn(knex: Knex): ConfigChange {
  return {
    users: userRows(knex),
    extensions: extensionRows(knex),
    skills: skillRows(knex),
    queues: queueRows(knex),
    numbers: numberRows(knex),
    trunks: trunkRows(knex),
    flows: flowRows(knex),
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
