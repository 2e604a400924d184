import { mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

// Which files of DATA_DIR belong into a backup, and where they go back to.

/** The database is exported row by row; what has to outlive Redis is an entry of its own (`live.ts`); the rest is made anew. */
const LEFT_OUT = new Set(['postgres', 'redis', 'spoken', 'backups', 'run.json']);
const RECORDINGS = 'recordings';

export interface BackedUpFile {
  /** In the archive: `files/<path below DATA_DIR>`. */
  name: string;
  path: string;
  size: number;
}

/** Prompts, keys, first-run.json and whatever else there is; recordings and messages only when asked for. */
export function filesOf(dataDir: string, options: { recordings: boolean }): BackedUpFile[] {
  const top = readdirSync(dataDir).filter((name) => !LEFT_OUT.has(name) && !name.startsWith('.'));
  return top.filter((name) => options.recordings || name !== RECORDINGS).flatMap((name) => below(dataDir, name));
}

function below(dataDir: string, relative: string): BackedUpFile[] {
  const full = path.join(dataDir, relative);
  const stat = statSync(full, { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isDirectory()) return readdirSync(full).flatMap((name) => below(dataDir, path.join(relative, name)));
  return stat.isFile() ? [{ name: `files/${relative.split(path.sep).join('/')}`, path: full, size: stat.size }] : [];
}

/**
 * Where a file of the archive goes, its folder made.
 * @throws Error when the name leads out of DATA_DIR: the archive is not ours
 */
export function placeFor(dataDir: string, name: string): string {
  const target = path.resolve(dataDir, name.replace(/^files\//, ''));
  if (!name.startsWith('files/') || !target.startsWith(dataDir + path.sep)) throw new Error(`${name} leads out of ${dataDir}`);
  mkdirSync(path.dirname(target), { recursive: true, mode: 0o755 });
  return target;
}
