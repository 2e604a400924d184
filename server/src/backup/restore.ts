import { chmodSync, createWriteStream, existsSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { silentLogger, systemClock } from '@yixian/contracts';
import { type DumpPart, loadDatabase, type Ownership, ownDatabase, refusesBackup } from '@yixian/db';
import type { Config } from '../config.js';
import { readRunFile } from '../run-file.js';
import { openDatabase, prepareDataDir } from '../storage.js';
import { contentOf, readArchive, verifyArchive } from './archive.js';
import { factsOf, type Manifest, print } from './backup.js';
import { placeFor } from './files.js';
import { LIVE_ENTRY, type LiveState, refusesLive, writeLive } from './live.js';

/**
 * `yixian restore FILE`: a database and a data folder as they were. Nothing is touched before the whole file has been
 * verified; a database or a Redis with anything in it only with `--force`.
 */
export async function restore(config: Config, options: Record<string, string>): Promise<number> {
  const file = path.resolve(options.file ?? '');
  if (!existsSync(file)) throw new Error(`there is no file ${file}`);
  const running = readRunFile(config.dataDir);
  if (running) throw new Error(`Yixian runs with DATA_DIR ${config.dataDir} (pid ${running.pid}): stop it first`);
  await verifyArchive(file);
  const manifest = await manifestOf(file);
  prepareDataDir(config.dataDir);
  const database = await openDatabase(config, silentLogger);
  let owner: Ownership | undefined;
  try {
    // a hotline elsewhere on the same DATABASE_URL would lose what it works with
    owner = await ownDatabase({ knex: database.knex, logger: silentLogger, clock: systemClock() });
    const refusal = await refusesBackup(database.knex, manifest);
    // a backup of a newer version cannot be understood, forced or not
    if (refusal && (options.force === undefined || !refusal.includes('--force'))) throw new Error(refusal);
    const force = options.force !== undefined;
    const live = manifest.live ? await liveOf(file) : undefined;
    const held = live && !force ? await refusesLive(config) : undefined;
    if (held) throw new Error(held);
    await loadDatabase(database.knex, manifest, partsOf(file), async () => {
      await putFiles(config, file, force);
      if (live) await writeLive(config, live);
    });
  } finally {
    await owner?.release();
    await database.close();
  }
  process.stdout.write(`restored what was backed up at ${manifest.createdAt} by version ${manifest.program}\n`);
  return 0;
}

/** `yixian verify-backup FILE`: reads it whole, holds every byte against its check sum, and puts nothing anywhere. */
export async function verifyBackup(_config: Config, options: Record<string, string>): Promise<number> {
  const file = path.resolve(options.file ?? '');
  if (!existsSync(file)) throw new Error(`there is no file ${file}`);
  await verifyArchive(file);
  const manifest = await manifestOf(file);
  print(factsOf(file, manifest), options, `whole, made at ${manifest.createdAt} by version ${manifest.program}: `);
  return 0;
}

async function manifestOf(file: string): Promise<Manifest> {
  for await (const entry of readArchive(file)) {
    if (entry.name !== 'manifest.json') continue;
    const manifest = JSON.parse((await contentOf(entry)).toString('utf8')) as Manifest;
    if (manifest.format !== 1) throw new Error(`${file}: is a backup of format ${manifest.format}, which this version does not know`);
    return manifest;
  }
  throw new Error(`${file}: is not a backup: it has no manifest`);
}

async function liveOf(file: string): Promise<LiveState> {
  for await (const entry of readArchive(file)) {
    if (entry.name === LIVE_ENTRY) return JSON.parse((await contentOf(entry)).toString('utf8')) as LiveState;
  }
  throw new Error(`${file}: lacks the live state that its manifest tells of`);
}

async function* partsOf(file: string): AsyncGenerator<DumpPart> {
  for await (const entry of readArchive(file)) {
    const match = /^database\/([a-z_]+)\/(\d+)\.jsonl$/.exec(entry.name);
    if (!match) continue;
    const lines = (await contentOf(entry)).toString('utf8');
    yield { table: match[1] ?? '', part: Number(match[2]), rows: lines.split('\n').length - 1, lines };
  }
}

async function putFiles(config: Config, file: string, force: boolean): Promise<void> {
  for await (const entry of readArchive(file)) {
    if (!entry.name.startsWith('files/')) continue;
    const target = placeFor(config.dataDir, entry.name);
    if (!force && existsSync(target)) throw new Error(`${target} is there already; with --force it is replaced`);
    const secret = !/^files\/(prompts|recordings)\//.test(entry.name);
    await pipeline(Readable.from(entry.content()), createWriteStream(target, { mode: 0o600 }));
    chmodSync(target, secret ? 0o600 : 0o644);
  }
}
