// One gate, the same by hand and in CI: format and lint, types, architecture, unit tests. `npm test` runs it first.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = (name) => path.join(ROOT, 'node_modules', '.bin', name);

/** No step takes a third of this; one that hangs must not hang the run. */
const STEP_LIMIT_MS = 15 * 60_000;

const STEPS = [
  ['format and lint', bin('biome'), ['ci', '.']],
  ['types', bin('tsc'), ['-b']],
  ['types of the web application', bin('tsc'), ['-p', 'web']],
  ['the web application', process.execPath, ['scripts/build-web.mjs']],
  ['first load of the desk', process.execPath, ['scripts/web-size.mjs']],
  ['architecture', bin('mocha'), ['tests/dist/test/architecture/*.test.js']],
  [
    'unit tests',
    bin('lerna'),
    ['run', 'test', '--ignore', '@yixian/tests', '--concurrency', '4', '--no-bail', '--no-sort', '--loglevel', 'error'],
  ],
];

/** @returns true when every step passed; stops at the first that did not */
export function check() {
  for (const [name, command, args] of STEPS) {
    process.stdout.write(`\n── ${name}\n`);
    const began = Date.now();
    const env = { ...process.env, NX_DAEMON: 'false', NX_SKIP_NX_CACHE: 'true', NX_TUI: 'false', LERNA_DISABLE_ANALYTICS: '1' };
    const result = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env, timeout: STEP_LIMIT_MS });
    if (result.status !== 0) {
      process.stderr.write(`check: ${name} failed\n`);
      return false;
    }
    process.stdout.write(`   in ${Math.round((Date.now() - began) / 1000)} s\n`);
  }
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(check() ? 0 : 1);
