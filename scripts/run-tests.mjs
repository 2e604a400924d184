// Every test there is, from the unit to the telephone: the gate, then whatever needs real peers, two files side by side.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './check.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MOCHA = path.join(ROOT, 'node_modules', '.bin', 'mocha');
const folder = mkdtempSync(path.join(tmpdir(), 'yixian-counts-'));
const counts = path.join(folder, 'counts.jsonl');
writeFileSync(counts, '');
process.env.YIXIAN_TEST_COUNTS = counts;

/** In the order of what they build on. */
const SUITES = ['peers', 'switch-conformance', 'e2e', 'browser'];
/** These take the whole machine: nothing runs beside them. */
const ALONE = new Set(['e2e/load.test.js']);
/** They wait for speech and rings most of the time, so two share the processors well. */
const WORKERS = Math.max(1, Math.min(2, availableParallelism()));
/** A file that hangs must not hang the run. */
const FILE_LIMIT_MS = 12 * 60_000;

function filesOf(suite) {
  const where = path.join(ROOT, 'tests', 'dist', 'test', suite);
  return readdirSync(where, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => `${suite}/${name}`);
}

/** Runs one file in a mocha of its own; its output is shown when it is over, whole. */
function run(file) {
  return new Promise((resolve) => {
    const began = Date.now();
    // Telephony in real time with other programs: a machine that stood still for a moment gets one more chance (shown by the reporter).
    const args = ['--timeout', '90000', '--retries', '1', path.join('tests', 'dist', 'test', file)];
    const child = spawn(MOCHA, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    const limit = setTimeout(() => {
      output.push(Buffer.from(`\nrun-tests: ${file} was ended after ${FILE_LIMIT_MS / 60_000} minutes\n`));
      process.kill(-child.pid, 'SIGKILL');
    }, FILE_LIMIT_MS);
    child.on('close', (code) => {
      clearTimeout(limit);
      process.stdout.write(`\n── ${file}, ${Math.round((Date.now() - began) / 1000)} s${code === 0 ? '' : ': FAILED'}\n`);
      process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}

async function runAll(files, workers) {
  const waiting = [...files];
  let ok = true;
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) if (!(await run(file))) ok = false;
  };
  await Promise.all(Array.from({ length: workers }, work));
  return ok;
}

const started = Date.now();
let ok = check();
const files = SUITES.flatMap(filesOf);
ok =
  (await runAll(
    files.filter((file) => !ALONE.has(file)),
    WORKERS,
  )) && ok;
ok =
  (await runAll(
    files.filter((file) => ALONE.has(file)),
    1,
  )) && ok;

const sum = { passes: 0, failures: 0, pending: 0 };
for (const line of readFileSync(counts, 'utf8').split('\n').filter(Boolean)) {
  const one = JSON.parse(line);
  for (const key of Object.keys(sum)) sum[key] += one[key];
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`\nin ${Math.round((Date.now() - started) / 1000)} s\n`);
process.stdout.write(`${sum.passes} passed, ${sum.failures} failed, ${sum.pending} skipped\n`);
process.exit(ok && sum.failures === 0 ? 0 : 1);
