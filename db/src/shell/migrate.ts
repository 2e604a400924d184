import type { Knex } from 'knex';
import * as initial from './migrations/0001-initial.js';
import * as revisions from './migrations/0002-revisions.js';
import * as configuration from './migrations/0003-configuration.js';
import * as recordings from './migrations/0004-recordings.js';
import * as statistics from './migrations/0005-statistics.js';
import * as messages from './migrations/0006-messages.js';
import * as summaries from './migrations/0007-call-summaries.js';
import * as wallboards from './migrations/0008-wallboards.js';
import * as sipTraces from './migrations/0009-sip-traces.js';
import * as extensionLanguage from './migrations/0010-extension-language.js';
import * as agentsOfCalls from './migrations/0011-agents-of-calls.js';

interface Migration {
  name: string;
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

/** Every migration, in order. A new one is a file beside the others and a line here; a released one is never edited. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-initial', up: initial.up, down: initial.down },
  { name: '0002-revisions', up: revisions.up, down: revisions.down },
  { name: '0003-configuration', up: configuration.up, down: configuration.down },
  { name: '0004-recordings', up: recordings.up, down: recordings.down },
  { name: '0005-statistics', up: statistics.up, down: statistics.down },
  { name: '0006-messages', up: messages.up, down: messages.down },
  { name: '0007-call-summaries', up: summaries.up, down: summaries.down },
  { name: '0008-wallboards', up: wallboards.up, down: wallboards.down },
  { name: '0009-sip-traces', up: sipTraces.up, down: sipTraces.down },
  { name: '0010-extension-language', up: extensionLanguage.up, down: extensionLanguage.down },
  { name: '0011-agents-of-calls', up: agentsOfCalls.up, down: agentsOfCalls.down },
];

/** Any number of ours: processes that migrate the same database wait for each other on it. */
const LOCK = 7_912_320;

function source(migrations: readonly Migration[]): Knex.MigrationSource<Migration> {
  return {
    getMigrations: async () => [...migrations],
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => migration,
  };
}

/**
 * Brings the schema up to date. Safe when several processes do it at once, and after one was killed doing it.
 * @returns the names of the migrations that were applied now
 * @throws Error when the database is of a newer version than this program
 */
export async function migrate(knex: Knex, migrations: readonly Migration[] = MIGRATIONS): Promise<string[]> {
  const config: Knex.MigratorConfig = { migrationSource: source(migrations), tableName: 'schema_migrations' };
  return knex.transaction(async (holder) => {
    await holder.raw('set local statement_timeout = 0');
    await holder.raw('select pg_advisory_xact_lock(?)', [LOCK]);
    // Whoever holds the advisory lock is alone: a lock row that is still set was left by a process that died.
    await knex.migrate.forceFreeMigrationsLock(config);
    await assertNotNewer(knex, migrations);
    const [, applied] = (await knex.migrate.latest(config)) as [number, string[]];
    return applied;
  });
}

/** An older program would work on tables it does not know. */
async function assertNotNewer(knex: Knex, migrations: readonly Migration[]): Promise<void> {
  if (!(await knex.schema.hasTable('schema_migrations'))) return;
  const known = migrations.map((migration) => migration.name);
  const newer = (await knex('schema_migrations').whereNotIn('name', known).orderBy('id').first('name')) as { name: string } | undefined;
  if (!newer) return;
  throw new Error(
    `the database is of a newer version of the program: it has migration ${newer.name}, which this one does not know. Start that version, or restore a backup of this one`,
  );
}

/** The same within a transaction that is alone with the database: undone with it. */
export async function migrateWithin(trx: Knex, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
  await trx.migrate.latest({ migrationSource: source(migrations), tableName: 'schema_migrations', disableTransactions: true });
}

/** Names of migrations this program knows and the database has not. */
export async function pendingMigrations(knex: Knex): Promise<string[]> {
  const config: Knex.MigratorConfig = { migrationSource: source(MIGRATIONS), tableName: 'schema_migrations' };
  const [, pending] = (await knex.migrate.list(config)) as [unknown[], Migration[]];
  return pending.map((migration) => migration.name);
}

export type { Migration };
