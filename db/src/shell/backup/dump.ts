import type { Knex } from 'knex';

/** A portion of one table: a line of JSON a row. */
export interface DumpPart {
  table: string;
  /** From 1 within the table. */
  part: number;
  rows: number;
  lines: string;
}

export interface DumpHead {
  /** Migrations the database has had, in order. */
  migrations: string[];
  /** In an order in which what is referred to comes first. */
  tables: string[];
}

/** Bytes of a part, about: a backup of any size takes no more memory. */
const PART_BYTES = 4 * 1024 * 1024;
const FETCH = 1_000;

/** What is worked out anew, the bookkeeping, traces of the wire, and open sessions: who had one signs in again. */
const LEFT_OUT = ['schema_migrations', 'schema_migrations_lock', 'caller_list_log', 'instances', 'sessions', 'sip_traces'];

/**
 * Reads the whole database as it is at one moment; the hotline goes on meanwhile.
 * @param write called with each part in order; the next is read when it has resolved
 */
export function dumpDatabase(knex: Knex, write: (part: DumpPart) => Promise<void>): Promise<DumpHead> {
  return knex.transaction(
    async (trx) => {
      await trx.raw('set local statement_timeout = 0');
      const head = { migrations: await appliedMigrations(trx), tables: await tablesInOrder(trx) };
      for (const table of head.tables) await dumpTable(trx, table, write);
      return head;
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

export async function appliedMigrations(knex: Knex): Promise<string[]> {
  const rows = (await knex('schema_migrations').orderBy('id').select('name')) as { name: string }[];
  return rows.map((row) => row.name);
}

async function dumpTable(trx: Knex, table: string, write: (part: DumpPart) => Promise<void>): Promise<void> {
  await trx.raw('declare backup_rows no scroll cursor for select to_jsonb(t)::text as line from ?? t', [table]);
  let [lines, bytes, rows, part] = [[] as string[], 0, 0, 1];
  const flush = async (): Promise<void> => {
    if (rows > 0) await write({ table, part, rows, lines: lines.join('') });
    [lines, bytes, rows, part] = [[], 0, 0, part + 1];
  };
  for (;;) {
    const { rows: fetched } = await trx.raw<{ rows: { line: string }[] }>(`fetch ${FETCH} from backup_rows`);
    for (const { line } of fetched) {
      lines.push(line, '\n');
      bytes += line.length;
      rows += 1;
      if (bytes >= PART_BYTES) await flush();
    }
    if (fetched.length < FETCH) break;
  }
  await flush();
  await trx.raw('close backup_rows');
}

/** Every table of ours; one that refers to another comes after it. References that are checked at the end do not count. */
async function tablesInOrder(knex: Knex): Promise<string[]> {
  const { rows: all } = await knex.raw<{ rows: { name: string }[] }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename <> all(?) order by tablename`,
    [LEFT_OUT],
  );
  const { rows: ties } = await knex.raw<{ rows: { from: string; to: string }[] }>(
    `select a.relname as from, b.relname as to from pg_constraint c
       join pg_class a on a.oid = c.conrelid join pg_class b on b.oid = c.confrelid
      where c.contype = 'f' and not c.condeferred and c.conrelid <> c.confrelid
        and a.relnamespace = 'public'::regnamespace`,
  );
  const ordered: string[] = [];
  let waiting = all.map((table) => table.name);
  while (waiting.length > 0) {
    const free = waiting.filter((name) => !ties.some((tie) => tie.from === name && waiting.includes(tie.to)));
    if (free.length === 0) throw new Error(`tables refer to each other in a circle: ${waiting.join(', ')}`);
    ordered.push(...free);
    waiting = waiting.filter((name) => !free.includes(name));
  }
  return ordered;
}
