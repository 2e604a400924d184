// Every test there is, from the unit to the telephone: the gate, the Switch conformance suite, the end-to-end scenarios.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './check.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(path.join(tmpdir(), 'yixian-counts-'));
const counts = path.join(folder, 'counts.jsonl');
writeFileSync(counts, '');
process.env.YIXIAN_TEST_COUNTS = counts;

// Telephony in real time with other programs: a machine that stood still for a moment gets one more chance (shown by the reporter).
const SUITES = [
  ['switch conformance', 'tests/dist/test/switch-conformance/**/*.test.js'],
  ['end to end', 'tests/dist/test/e2e/**/*.test.js'],
  ['browser', 'tests/dist/test/browser/**/*.test.js'],
];

const started = Date.now();
let ok = check();
for (const [name, files] of SUITES) {
  process.stdout.write(`\n── ${name}\n`);
  const mocha = path.join(ROOT, 'node_modules', '.bin', 'mocha');
  const result = spawnSync(mocha, ['--timeout', '90000', '--retries', '1', files], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) ok = false;
}

const sum = { passes: 0, failures: 0, pending: 0 };
for (const line of readFileSync(counts, 'utf8').split('\n').filter(Boolean)) {
  const one = JSON.parse(line);
  for (const key of Object.keys(sum)) sum[key] += one[key];
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`\nin ${Math.round((Date.now() - started) / 1000)} s\n`);
process.stdout.write(`${sum.passes} passed, ${sum.failures} failed, ${sum.pending} skipped\n`);
process.exit(ok && sum.failures === 0 ? 0 : 1);
