import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whom PostgreSQL runs as. */
export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
  /** Given the capability to walk through folders that are closed to it, since the project or its data lie in one. */
  passesFolders?: boolean;
}

/** A program and how it is started so that it runs as the user. */
export interface Launch {
  command: string;
  args: string[];
  options: { uid?: number; gid?: number };
}

/** As `user`, or as ourselves without one. `setpriv` replaces itself by the program, so the pid is the program's. */
export function launchAs(user: SystemUser | undefined, command: string, args: string[]): Launch {
  if (!user) return { command, args, options: {} };
  if (!user.passesFolders) return { command, args, options: { uid: user.uid, gid: user.gid } };
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  // PostgreSQL asks access(2) for its own programs, which by default looks without capabilities for anyone but root (capabilities(7))
  const capability = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', '--securebits=+no_setuid_fixup'];
  return { command: 'setpriv', args: [...identity, ...capability, '--', command, ...args], options: {} };
}

/** Whether this system lets us give the user that capability (containers often do not): tried on the program itself. */
export async function passThrough(user: SystemUser, program: string, env: Record<string, string>): Promise<SystemUser | undefined> {
  const through = { ...user, passesFolders: true };
  const { command, args } = launchAs(through, program, ['--version']);
  try {
    await run(command, args, { cwd: '/', env, timeout: 10_000 });
    return through;
  } catch {
    return undefined; // the caller then says which folder is closed, which is what can be mended
  }
}

/**
 * PostgreSQL refuses to run as root; as root the system user `postgres` is used, made when it is missing.
 * @returns undefined when this process is not root
 */
export async function postgresUser(name = 'postgres'): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await lookUp(name);
  if (known) return known;
  try {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      name,
    ]);
  } catch (error) {
    throw new Error(`PostgreSQL does not run as root and the system user "${name}" cannot be made: ${(error as Error).message.trim()}`);
  }
  const made = await lookUp(name);
  if (!made) throw new Error(`PostgreSQL does not run as root and there is no system user "${name}"`);
  return made;
}

async function lookUp(name: string): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Error('the program "id" is missing');
    return undefined;
  }
}

/** @throws Error naming the folder that keeps `user` from reaching `path` */
export async function requireReachable(path: string, user: SystemUser, what: string, remedy: string): Promise<void> {
  for (const folder of ancestors(path)) {
    const s = await stat(folder);
    const bit = s.uid === user.uid ? 0o100 : s.gid === user.gid ? 0o010 : 0o001;
    if (s.mode & bit) continue;
    const mode = (s.mode & 0o777).toString(8);
    throw new Error(
      `${what} ${path} cannot be reached by the system user "${user.name}" that PostgreSQL runs as: ` +
        `folder ${folder} has mode ${mode} (${remedy}, or chmod o+x ${folder})`,
    );
  }
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...ancestors(parent), parent];
}
