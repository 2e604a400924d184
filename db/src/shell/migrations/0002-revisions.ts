import type { Knex } from 'knex';

/** What administrators edit: each row counts its changes, so that two who edit at once are noticed. */
const EDITED = ['users', 'extensions', 'skills', 'queues', 'access_codes', 'trunks', 'flows'] as const;

export async function up(knex: Knex): Promise<void> {
  for (const table of EDITED) await knex.raw('alter table ?? add column revision integer not null default 1', [table]);
}

export async function down(knex: Knex): Promise<void> {
  for (const table of EDITED) await knex.raw('alter table ?? drop column revision', [table]);
}
