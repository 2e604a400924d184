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
  postgres: EmbeddedPostgres;
  /** Empties every table of ours. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** A real PostgreSQL with the schema, in a folder of its own. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const folder = await temporaryFolder();
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger: silentLogger });
  const knex = connect({ url: postgres.url });
  await migrate(knex);
  return {
    url: postgres.url,
    knex,
    postgres,
    async clear() {
      const { rows } = await knex.raw<{ rows: { name: string }[] }>(
        `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename not like 'schema_migrations%'`,
      );
      await knex.raw(`truncate ${rows.map((r) => r.name).join(', ')} restart identity cascade`);
    },
    async stop() {
      await knex.destroy();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
