// Every test there is, from the unit to the telephone: the gate, then whatever needs real peers, several files side by side.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './check.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MOCHA = path.join(ROOT, 'node_modules', '.bin', 'mocha');
const folder = mkdtempSync(path.join(tmpdir(), 'yixian-counts-'));
chmodSync(folder, 0o755); // PostgreSQL runs as another user when we are root
const counts = path.join(folder, 'counts.jsonl');
writeFileSync(counts, '');
process.env.YIXIAN_TEST_COUNTS = counts;

/** In the order of what they build on. */
const SUITES = ['peers', 'switch-conformance', 'e2e', 'browser'];
/** These take the whole machine: nothing runs beside them. */
const ALONE = new Set(['e2e/load.test.js']);
/**
 * Side by side, on two processors: a browser takes half of one, a file with telephones alone waits for speech and rings nearly all the
 * time. No more of either, so that speech is not held up.
 */
const BROWSERS = 2;
const OTHERS = Math.max(1, Math.min(2, availableParallelism()));
/** The longest are begun first, so that none is left alone at the end. */
const LONG = [
  'browser/admin-looks.test.js',
  'browser/administration.test.js',
  'browser/networks.test.js',
  'browser/flow-editor.test.js',
  'browser/desk.test.js',
  'browser/imports.test.js',
  'switch-conformance/softswitch-robustness.test.js',
  'e2e/outside-switch.test.js',
  'e2e/extensions.test.js',
  'e2e/cluster-death.test.js',
  'switch-conformance/softswitch-media.test.js',
  'e2e/resilience.test.js',
  'e2e/virtual-seats.test.js',
];
/** A file that hangs must not hang the run. */
const FILE_LIMIT_MS = 10 * 60_000;
/** Later than this after the start no file is begun; those left are told, and the run has failed. */
const BEGIN_LIMIT_MS = 50 * 60_000;
const started = Date.now();

function filesOf(suite) {
  const where = path.join(ROOT, 'tests', 'dist', 'test', suite);
  return readdirSync(where, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => `${suite}/${name}`);
}

/** Processes that carry this mark in their environment: what a file started and did not end, however detached. */
function marked(mark) {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

function killAll(mark) {
  const pids = marked(mark);
  for (const pid of pids) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // it has ended meanwhile
    }
  }
  return pids.length;
}

/** Runs one file in a mocha of its own; its output is shown when it is over, whole. */
function run(file, slot) {
  return new Promise((resolve) => {
    const began = Date.now();
    // Telephony in real time with other programs: a machine that stood still for a moment gets one more chance (shown by the reporter).
    const args = ['--timeout', '90000', '--retries', '1', path.join('tests', 'dist', 'test', file)];
    const mark = `YIXIAN_TEST_FILE=${process.pid}:${file}`;
    const env = { ...process.env, YIXIAN_TEST_FILE: mark.slice(mark.indexOf('=') + 1), YIXIAN_TEST_SLOT: slot };
    const child = spawn(MOCHA, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      killAll(mark);
    }, FILE_LIMIT_MS);
    // not `close`: what was left behind may hold the pipes open for ever
    child.on('exit', (code) => {
      clearTimeout(limit);
      setTimeout(() => {
        const left = killAll(mark);
        if (late) output.push(Buffer.from(`\nrun-tests: ${file} was ended after ${FILE_LIMIT_MS / 60_000} minutes\n`));
        else if (left > 0) output.push(Buffer.from(`\nrun-tests: ${file} left ${left} processes behind; they were ended\n`));
        const ok = code === 0 && !late;
        process.stdout.write(`\n── ${file}, ${Math.round((Date.now() - began) / 1000)} s${ok ? '' : ': FAILED'}\n`);
        process.stdout.write(Buffer.concat(output));
        if (!ok) failed.push(`${file} (${late ? 'ended: took too long' : `exit code ${code}`})`);
        resolve();
      }, 500);
    });
  });
}

const failed = [];

/** One after the other; when its own are begun, a worker helps with the other kind. */
async function work(slot, own, others) {
  for (let file = own.shift() ?? others.shift(); file; file = own.shift() ?? others.shift()) {
    if (Date.now() - started < BEGIN_LIMIT_MS) await run(file, slot);
    else failed.push(`${file} (not begun: the run was ${BEGIN_LIMIT_MS / 60_000} minutes old)`);
  }
}

async function sideBySide(files) {
  const browsers = files.filter((file) => file.startsWith('browser/'));
  const others = files.filter((file) => !file.startsWith('browser/'));
  const slot = (i) => `${i}/${BROWSERS + OTHERS}`;
  await Promise.all([
    ...Array.from({ length: BROWSERS }, (_, i) => work(slot(i), browsers, others)),
    // one more browser at the end, not three
    ...Array.from({ length: OTHERS }, (_, i) => work(slot(BROWSERS + i), others, i === 0 ? browsers : [])),
  ]);
}

if (!check()) failed.push('the gate: see `check:` above');
const { prepareDatabase } = await import('../tests/dist/src/prepared-database.js');
await prepareDatabase(path.join(folder, 'database'));
const all = SUITES.flatMap(filesOf);
const long = LONG.filter((file) => all.includes(file));
const files = [...long, ...all.filter((file) => !long.includes(file))];
await sideBySide(files.filter((file) => !ALONE.has(file)));
for (const file of files.filter((one) => ALONE.has(one))) await work('0/1', [file], []);

const sum = { passes: 0, failures: 0, pending: 0 };
const tests = [];
for (const line of readFileSync(counts, 'utf8').split('\n').filter(Boolean)) {
  const one = JSON.parse(line);
  for (const key of Object.keys(sum)) sum[key] += one[key];
  tests.push(...one.failed);
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`\nin ${Math.round((Date.now() - started) / 1000)} s\n`);
for (const what of [...failed, ...tests]) process.stdout.write(`FAILED ${what}\n`);
process.stdout.write(`${sum.passes} passed, ${sum.failures} failed, ${sum.pending} skipped\n`);
process.exit(failed.length === 0 && sum.failures === 0 ? 0 : 1);
