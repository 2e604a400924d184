import { execFile } from 'node:child_process';
import { chown, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock, Logger } from '@yixian/contracts';
import { parsePostmasterFile } from '../../core/postmaster-file.js';
import type { PostgresBinaries } from './binaries.js';
import { clusterOf, ROLE, readIfThere, writePrivate } from './data-folder.js';
import { postgresEnvironment } from './postmaster.js';
import { alive, goneWithin, servesCluster } from './processes.js';
import { launchAs, type SystemUser } from './system-user.js';

const run = promisify(execFile);
const MAJOR = '18';

/** Makes the database cluster when there is none; a half-made one of a killed process is thrown away. */
export async function ensureCluster(options: {
  dataDir: string;
  password: string;
  binaries: PostgresBinaries;
  user: SystemUser | undefined;
  logger: Logger;
}): Promise<void> {
  const { dataDir, binaries, user } = options;
  const cluster = clusterOf(dataDir);
  const version = (await readIfThere(join(cluster, 'PG_VERSION')))?.trim();
  if (version === MAJOR) return;
  if (version) throw new Error(`${cluster} was made by PostgreSQL ${version}, this is ${MAJOR}: restore a backup into an empty DATA_DIR`);
  const draft = `${cluster}.new`;
  const secret = join(dataDir, 'initdb-password');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  if (user) await chown(draft, user.uid, user.gid);
  await writePrivate(secret, `${options.password}\n`, user);
  const flags = ['-D', draft, '-U', ROLE, `--pwfile=${secret}`, '--auth=scram-sha-256', '--encoding=UTF8'];
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  try {
    const launch = launchAs(user, binaries.initdb, [...flags, ...locale]);
    await run(launch.command, launch.args, { cwd: '/', env: postgresEnvironment(binaries), timeout: 120_000, ...launch.options });
  } catch (error) {
    throw new Error(`initdb failed in ${draft}: ${lastLine(error)}`);
  } finally {
    await rm(secret, { force: true });
  }
  await rm(cluster, { recursive: true, force: true });
  await rename(draft, cluster);
  options.logger.info({ cluster }, 'made a new database cluster');
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  const lines = (stderr ?? message).split('\n').filter((line) => /error|fatal|denied|could not|no such/i.test(line));
  return lines.at(-1)?.trim() ?? message.split('\n')[0] ?? 'unknown';
}

/**
 * Stops a PostgreSQL that a dead process of ours left running on this cluster, by its pid and only after making sure
 * that it serves this cluster; removes a pid file whose number now belongs to another program.
 */
export async function stopOrphan(dataDir: string, logger: Logger, clock: Clock): Promise<boolean> {
  const cluster = clusterOf(dataDir);
  const file = join(cluster, 'postmaster.pid');
  const text = await readIfThere(file);
  const left = text ? parsePostmasterFile(text) : undefined;
  if (!left || !alive(left.pid)) return false;
  if (!(await servesCluster(left.pid, cluster))) {
    logger.warn({ pid: left.pid, file }, 'removing a pid file whose number belongs to another program');
    await rm(file, { force: true });
    return false;
  }
  logger.warn({ pid: left.pid, cluster }, 'stopping the PostgreSQL that a dead process left running');
  signal(left.pid, 'SIGINT');
  if (await goneWithin(left.pid, 15_000, clock)) return true;
  signal(left.pid, 'SIGQUIT');
  if (await goneWithin(left.pid, 10_000, clock)) return true;
  throw new Error(`PostgreSQL process ${left.pid} still runs on ${cluster} and does not stop: end it by hand`);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
