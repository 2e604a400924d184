import { randomBytes } from 'node:crypto';
import { chmod, chown, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { alive, startMark } from './processes.js';
import type { SystemUser } from './system-user.js';

// DATA_DIR/postgres/
//   cluster/    the PGDATA, owned by the system user, 0700
//   password    0600, of the database role
//   port        the port last used
//   owner.json  the process that runs this database now

export const clusterOf = (dataDir: string): string => join(dataDir, 'cluster');
export const ROLE = 'yixian';
export const DATABASE = 'yixian';

export function urlOf(port: number, password: string, database = DATABASE): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/${database}`;
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writePrivate(path: string, text: string, owner?: SystemUser): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await chmod(draft, 0o600);
  if (owner) await chown(draft, owner.uid, owner.gid);
  await rename(draft, path);
}

/** Makes the folder; PostgreSQL's user may walk through it but not list it. */
export async function prepareFolder(dataDir: string, user: SystemUser | undefined): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await chmod(dataDir, user ? 0o711 : 0o700);
}

/** The password of this folder's database, made on first use. */
export async function passwordOf(dataDir: string): Promise<string> {
  const file = join(dataDir, 'password');
  const known = (await readIfThere(file))?.trim();
  if (known) return known;
  if (await readIfThere(join(clusterOf(dataDir), 'PG_VERSION'))) {
    throw new Error(
      `${file} is missing, but ${clusterOf(dataDir)} has a database: put the password file back (backup) or remove the folder`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  await writePrivate(file, password);
  return password;
}

/** The port this folder used last when it is free, else a free one of the system's choice. */
export async function choosePort(dataDir: string, wanted: number | undefined): Promise<number> {
  if (wanted) {
    if (!(await portIsFree(wanted))) throw new Error(`port ${wanted} for PostgreSQL is in use on 127.0.0.1`);
    return wanted;
  }
  const last = Number(await readIfThere(join(dataDir, 'port')));
  if (Number.isInteger(last) && last > 0 && last < 65536 && (await portIsFree(last))) return last;
  return freePort();
}

export async function rememberPort(dataDir: string, port: number): Promise<void> {
  await writePrivate(join(dataDir, 'port'), `${port}\n`);
}

async function portIsFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  return listenOnce(0);
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

interface Owner {
  pid: number;
  mark: string | undefined;
}

async function liveOwner(dataDir: string): Promise<Owner | undefined> {
  const owner = parseOwner(await readIfThere(join(dataDir, 'owner.json')));
  if (!owner || !alive(owner.pid)) return undefined;
  return (await startMark(owner.pid)) === owner.mark ? owner : undefined;
}

function parseOwner(text: string | undefined): Owner | undefined {
  try {
    return text ? (JSON.parse(text) as Owner) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Notes that this process runs the database of `dataDir`. Of several that try at once, one succeeds.
 * @throws Error when another living process does
 */
export async function claim(dataDir: string): Promise<void> {
  const file = join(dataDir, 'owner.json');
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writePrivate(draft, JSON.stringify({ pid: process.pid, mark: await startMark(process.pid) } satisfies Owner));
  try {
    for (;;) {
      const owner = await liveOwner(dataDir);
      if (owner)
        throw new Error(`the database in ${dataDir} is already run by process ${owner.pid}: stop it first, or use another DATA_DIR`);
      // A link is made with its content or not at all, unlike a file that is created and then written.
      if (await linked(draft, file)) return;
      if (!(await liveOwner(dataDir))) await rm(file, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

export async function disclaim(dataDir: string): Promise<void> {
  await rm(join(dataDir, 'owner.json'), { force: true });
}

/** The URL of the database of `dataDir` when a living process runs it now: for commands beside a running server. */
export async function runningEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  const there = await stat(join(dataDir, 'owner.json')).catch(() => undefined);
  if (!there || !(await liveOwner(dataDir))) return undefined;
  const [port, password] = await Promise.all([readIfThere(join(dataDir, 'port')), readIfThere(join(dataDir, 'password'))]);
  return port && password ? urlOf(Number(port), password.trim()) : undefined;
}
