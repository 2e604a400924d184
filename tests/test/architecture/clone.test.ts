import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');

interface Locked {
  resolved?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> };

/** Where Node.js looks for a package from a folder: its own node_modules, then each parent's. */
function foldersFrom(folder: string): string[] {
  const parts = folder.split('/');
  return parts.map((_, i) => `${parts.slice(0, parts.length - i).join('/')}/node_modules`).concat('node_modules');
}

describe('a fresh clone', () => {
  it('npm ci accepts the lock file: each dependency of each package is in it, optional ones of other platforms too', () => {
    const missing = Object.entries(lock.packages).flatMap(([folder, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !foldersFrom(folder).some((where) => lock.packages[`${where}/${name}`]))
        .map((name) => `${folder} needs ${name}`),
    );
    assert.ok(Object.keys(lock.packages).length > 100);
    assert.deepEqual(missing, []);
  });

  it('the lock file names no registry: packages come from the one that the machine uses', () => {
    const named = Object.entries(lock.packages).filter(([, entry]) => entry.resolved && !entry.link);
    assert.deepEqual(named, []);
  });

  it('git ignores the data folder of the root, and no source folder of that name', function () {
    const ignored = spawnSync('git', ['check-ignore', '--no-index', 'data/first-run.json', 'db/src/data/tables.ts'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    if (ignored.error || ignored.status === 128) {
      console.log('      skipped: this copy has no git repository');
      this.skip();
    }
    assert.deepEqual(ignored.stdout.split('\n').filter(Boolean), ['data/first-run.json']);
  });
});
