import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { silentLogger } from '@yixian/contracts';
import { type DumpHead, dumpDatabase, pendingMigrations } from '@yixian/db';
import type { Config } from '../config.js';
import { openDatabase } from '../storage.js';
import { version } from '../version.js';
import { writeArchive } from './archive.js';
import { filesOf } from './files.js';
import { LIVE_ENTRY, readLive } from './live.js';

/** The last but one entry of a backup, and the first thing read of it. */
export interface Manifest extends DumpHead {
  format: 1;
  program: string;
  createdAt: string;
  rows: Record<string, number>;
  files: number;
  recordings: boolean;
  /** Entries of each table of the live state; absent in backups of versions that left it out. */
  live?: Record<string, number>;
}

/** What `--json` prints of one. */
export interface BackupFacts {
  file: string;
  createdAt: string;
  program: string;
  rows: number;
  files: number;
  recordings: boolean;
}

export function factsOf(file: string, manifest: Manifest): BackupFacts {
  const { createdAt, program, files, recordings } = manifest;
  return { file, createdAt, program, rows: Object.values(manifest.rows).reduce((sum, count) => sum + count, 0), files, recordings };
}

/** In words, or as JSON for programs. */
export function print(facts: BackupFacts, options: Record<string, unknown>, words = ''): void {
  const { file, rows, files, recordings } = facts;
  const text = `${file}: ${words}${rows} rows, ${files} files${recordings ? '' : ', without recordings'}`;
  process.stdout.write(`${options.json === undefined ? text : JSON.stringify(facts)}\n`);
}

/**
 * `yixian backup FILE`: everything that is configured and recorded in one file, as it is at one moment; the hotline may run.
 * Of live state what outlives a restart is part of it: callbacks and their places, doors, states of agents; calls are not.
 */
export async function backup(config: Config, options: Record<string, string>): Promise<number> {
  const now = new Date();
  const file = path.resolve(options.file ?? `yixian-${now.toISOString().replace(/[:.]/g, '-')}.tar.gz`);
  if (!config.databaseUrl && !existsSync(path.join(config.dataDir, 'postgres')))
    throw new Error(`there is no hotline in DATA_DIR ${config.dataDir}`);
  const database = await openDatabase(config, silentLogger);
  try {
    const [pending] = await pendingMigrations(database.knex);
    if (pending) throw new Error('the database is of an older version: run `yixian migrate` first');
    const manifest = await write(config, database.knex, file, now, options.recordings !== undefined);
    print(factsOf(file, manifest), options);
    return 0;
  } finally {
    await database.close();
  }
}

async function write(
  config: Config,
  knex: Parameters<typeof dumpDatabase>[0],
  file: string,
  now: Date,
  recordings: boolean,
): Promise<Manifest> {
  const archive = await writeArchive(file, now.getTime());
  try {
    const rows: Record<string, number> = {};
    const head = await dumpDatabase(knex, async (part) => {
      rows[part.table] = (rows[part.table] ?? 0) + part.rows;
      await archive.add(`database/${part.table}/${String(part.part).padStart(6, '0')}.jsonl`, Buffer.from(part.lines));
    });
    const live = await readLive(config);
    await archive.add(LIVE_ENTRY, Buffer.from(`${JSON.stringify(live)}\n`));
    const files = filesOf(config.dataDir, { recordings }).filter((one) => one.path !== file);
    for (const one of files) await archive.addFile(one.name, one.path, one.size);
    const manifest: Manifest = {
      ...{ format: 1, program: version, createdAt: now.toISOString(), ...head, rows },
      ...{ files: files.length, recordings },
      live: Object.fromEntries(Object.entries(live).map(([table, entries]) => [table, Object.keys(entries).length])),
    };
    await archive.add('manifest.json', Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
    await archive.close();
    return manifest;
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}
