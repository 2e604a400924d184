import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { silentLogger } from '@yixian/contracts';
import { connect, migrate, startEmbeddedPostgres } from '@yixian/db';

const run = promisify(execFile);

/** Names the folder of a database cluster that was made once for all files of a run. */
const VARIABLE = 'YIXIAN_TEST_DATABASE';

/**
 * Makes a database cluster with the schema and no rows, as the first start of a hotline does before it fills it, for `copyDatabase`: making
 * one is a quarter of the work of a first start.
 * @param folder where it is to lie; made
 */
export async function prepareDatabase(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755); // PostgreSQL runs as another user when we are root
  const dataDir = path.join(folder, 'postgres');
  const postgres = await startEmbeddedPostgres({ dataDir, logger: silentLogger });
  try {
    const knex = connect({ url: postgres.url });
    await migrate(knex).finally(() => knex.destroy());
  } finally {
    await postgres.stop();
  }
  rmSync(path.join(dataDir, 'port'), { force: true }); // each copy chooses its own
  process.env[VARIABLE] = dataDir;
}

/** Puts a copy of the prepared cluster where a first start would make one; where none was prepared nothing is done, and it will be made. */
export async function copyDatabase(dataDir: string): Promise<void> {
  const prepared = process.env[VARIABLE];
  if (prepared) await run('cp', ['-a', prepared, dataDir]);
}
