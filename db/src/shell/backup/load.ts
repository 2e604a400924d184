import type { Knex } from 'knex';
import { MIGRATIONS, migrateWithin } from '../migrate.js';
import type { DumpHead, DumpPart } from './dump.js';

/** Why a backup cannot be put into this database; undefined when it can. */
export async function refusesBackup(knex: Knex, head: DumpHead): Promise<string | undefined> {
  const known = MIGRATIONS.map((migration) => migration.name);
  const unknown = head.migrations.find((name) => !known.includes(name));
  if (unknown) return `the backup is of a newer version of the program: it has migration ${unknown}, which this one does not know`;
  if (!(await isInUse(knex))) return undefined;
  const here = (await knex('schema_migrations').select('name')) as { name: string }[];
  const newer = here.find(({ name }) => !known.includes(name));
  const what = newer ? `is of a newer version of the program (migration ${newer.name}) and not empty` : 'is not empty';
  return `the database ${what}; with --force everything in it is replaced`;
}

/** Whether anything of ours is in it. */
async function isInUse(knex: Knex): Promise<boolean> {
  for (const table of ['users', 'extensions', 'queues', 'calls', 'event_journal']) {
    if (!(await knex.schema.hasTable(table))) continue;
    if (await knex(table).first(knex.raw('1'))) return true;
  }
  return false;
}

/**
 * Replaces the whole database with a backup: all of it or, when anything fails, nothing. Afterwards it is at the version of
 * this program, whatever the version of the backup was.
 * @param parts in the order in which they were dumped
 * @param last runs before it is committed
 */
export async function loadDatabase(knex: Knex, head: DumpHead, parts: AsyncIterable<DumpPart>, last: () => Promise<void>): Promise<void> {
  await knex.transaction(async (trx) => {
    await trx.raw('set local statement_timeout = 0');
    await clear(trx);
    await migrateWithin(
      trx,
      MIGRATIONS.filter((migration) => head.migrations.includes(migration.name)),
    );
    await emptied(trx, head);
    const columns = new Map<string, string>();
    for await (const { table, lines } of parts) {
      if (!head.tables.includes(table)) throw new Error(`the backup has rows of a table that is not in its list: ${table}`);
      const list = columns.get(table) ?? (await columnsOf(trx, table));
      columns.set(table, list);
      const rows = `[${lines.trimEnd().split('\n').join(',')}]`;
      await trx.raw(
        `insert into ?? (${list}) overriding system value select ${list} from jsonb_populate_recordset(null::"${table}", ?::jsonb)`,
        [table, rows],
      );
    }
    for (const table of head.tables) await continueNumbers(trx, table);
    await migrateWithin(trx);
    await last();
  });
}

async function clear(trx: Knex): Promise<void> {
  const { rows: tables } = await trx.raw<{ rows: { name: string }[] }>(
    `select tablename as name from pg_tables where schemaname = 'public'`,
  );
  for (const { name } of tables) await trx.raw('drop table ?? cascade', [name]);
  const { rows: functions } = await trx.raw<{ rows: { name: string }[] }>(
    `select p.oid::regprocedure::text as name from pg_proc p
      where p.pronamespace = 'public'::regnamespace and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')`,
  );
  for (const { name } of functions) await trx.raw(`drop function if exists ${name} cascade`);
}

/** Rows that a migration itself has made are in the backup too. */
async function emptied(trx: Knex, head: DumpHead): Promise<void> {
  for (const table of head.tables.toReversed()) await trx(table).delete();
}

/** Columns that are not worked out by the database. */
async function columnsOf(trx: Knex, table: string): Promise<string> {
  const { rows } = await trx.raw<{ rows: { name: string }[] }>(
    `select quote_ident(column_name) as name from information_schema.columns
      where table_schema = 'public' and table_name = ? and is_generated = 'NEVER' order by ordinal_position`,
    [table],
  );
  return rows.map((row) => row.name).join(', ');
}

/** New rows are numbered on from the last one. */
async function continueNumbers(trx: Knex, table: string): Promise<void> {
  const { rows } = await trx.raw<{ rows: { name: string }[] }>(
    `select column_name as name from information_schema.columns where table_schema = 'public' and table_name = ?
        and (is_identity = 'YES' or column_default like 'nextval(%')`,
    [table],
  );
  for (const { name } of rows) {
    await trx.raw('select setval(pg_get_serial_sequence(?, ?), coalesce((select max(??) from ??), 0) + 1, false)', [
      table,
      name,
      name,
      table,
    ]);
  }
}
