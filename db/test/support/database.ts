import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@yixian/contracts';
import type { Knex } from 'knex';
import { connect, type EmbeddedPostgres, migrate, startEmbeddedPostgres } from '../../src/index.js';

/** A folder that PostgreSQL's system user can reach too. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yixian-db-'));
  await chmod(folder, 0o711);
  return folder;
}

export interface TestDatabase {
  url: string;
  knex: Knex;
  /** Empties every table of ours. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

interface Server {
  postgres: EmbeddedPostgres;
  folder: string;
  databases: number;
}

const TEMPLATE = 'template_of_tests';
let server: Promise<Server> | undefined;

// Making a cluster takes seconds: all files share one, with a database of its own for each.
after(async function () {
  this.timeout(90_000); // the last checkpoint of some forty databases, on a busy machine
  const running = await server?.catch(() => undefined);
  server = undefined;
  await running?.postgres.stop();
  if (running) await rm(running.folder, { recursive: true, force: true });
});

function urlOf(database: string, postgres: EmbeddedPostgres): string {
  const url = new URL(postgres.url);
  url.pathname = `/${database}`;
  return url.href;
}

async function startServer(): Promise<Server> {
  const folder = await temporaryFolder();
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger: silentLogger });
  // nothing of it must outlive the machine
  await asOwner(postgres, 'alter system set fsync = off');
  await asOwner(postgres, 'select pg_reload_conf()');
  await asOwner(postgres, `create database ${TEMPLATE}`);
  const knex = connect({ url: urlOf(TEMPLATE, postgres) });
  await migrate(knex);
  await knex.destroy();
  return { postgres, folder, databases: 0 };
}

async function asOwner(postgres: EmbeddedPostgres, statement: string): Promise<void> {
  const knex = connect({ url: postgres.url, max: 1 });
  try {
    await knex.raw(statement);
  } finally {
    await knex.destroy();
  }
}

/** A real PostgreSQL database with the schema, new and nobody else's. */
export async function startTestDatabase(): Promise<TestDatabase> {
  server ??= startServer();
  const running = await server;
  const { postgres } = running;
  running.databases += 1;
  const name = `test_${running.databases}`;
  await asOwner(postgres, `create database ${name} template ${TEMPLATE}`);
  const url = urlOf(name, postgres);
  const knex = connect({ url });
  return {
    url,
    knex,
    async clear() {
      // TRUNCATE makes new files for every table and index, also for the many that are empty
      await knex.raw(`do $$
        declare
          filled record;
          rows_there boolean;
        begin
          set local session_replication_role = replica;
          for filled in
            select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename not like 'schema_migrations%'
          loop
            execute 'select exists (select from ' || filled.name || ')' into rows_there;
            if rows_there then execute 'delete from ' || filled.name; end if;
          end loop;
          for filled in select quote_ident(sequencename) as name from pg_sequences where schemaname = 'public' and last_value is not null
          loop
            execute 'alter sequence ' || filled.name || ' restart';
          end loop;
        end $$`);
    },
    // the database goes with the cluster: dropping one makes PostgreSQL write all it has to disk first
    stop: () => knex.destroy(),
  };
}
