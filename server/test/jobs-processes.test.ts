import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { silentLogger } from '@yixian/contracts';
import { startPrivateRedis } from '../src/private-redis.js';
import { until } from './cluster/support.js';

const JOBS = new URL('../src/jobs.js', import.meta.url).href;

/** A process with background work. It says when a piece begins and ends; in between it waits for the word. */
const WORKER = `
const { createJobs } = await import(${JSON.stringify(JOBS)});
const { silentLogger, systemClock } = await import('@yixian/contracts');
const { createInterface } = await import('node:readline');
const say = (fact) => process.stdout.write(JSON.stringify(fact) + '\\n');
const jobs = createJobs({ url: 'unix://' + process.argv[1], clock: systemClock(), logger: silentLogger, lockMs: 2000 });
const waiting = new Map();
const piece = async (name) => {
  say({ begins: name });
  await new Promise((resolve) => waiting.set(name, resolve));
  say({ ends: name });
};
jobs.every('round', 300, () => piece('round'));
const ask = jobs.kind('work', { attempts: 3, firstRetryMs: 100, atOnce: 1 }, ({ n }) => piece('work ' + n));
createInterface({ input: process.stdin }).on('line', (line) => {
  const { go, put } = JSON.parse(line);
  if (put !== undefined) ask({ n: put });
  else waiting.get(go)?.();
});
await jobs.start();
say({ started: true });
`;

interface Said {
  by: string;
  begins?: string;
  ends?: string;
  started?: boolean;
}

describe('background work of several processes', function () {
  this.timeout(90_000);
  let dataDir: string;
  let redis: Awaited<ReturnType<typeof startPrivateRedis>>;
  const children = new Map<string, ChildProcess>();
  let said: Said[];
  /** Pieces that are not let go on. */
  let held: (one: Said) => boolean;

  beforeEach(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-jobs-of-many-'));
    redis = await startPrivateRedis({ dataDir, logger: silentLogger });
    said = [];
    held = () => false;
  });
  afterEach(async () => {
    for (const name of [...children.keys()]) await kill(name);
    await redis.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const tell = (name: string, what: object): void => void children.get(name)?.stdin?.write(`${JSON.stringify(what)}\n`);

  async function start(name: string): Promise<void> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', WORKER, redis.socketPath], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.set(name, child);
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const one = { by: name, ...(JSON.parse(line) as Omit<Said, 'by'>) };
      said.push(one);
      if (one.begins !== undefined && !held(one)) tell(name, { go: one.begins });
    });
    await until(`${name} has started`, () => said.some(({ by, started }) => by === name && started));
  }

  async function kill(name: string): Promise<void> {
    const child = children.get(name);
    children.delete(name);
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  const begun = (name: string): string[] => said.filter(({ begins }) => begins === name).map(({ by }) => by);
  const ended = (name: string): string[] => said.filter(({ ends }) => ends === name).map(({ by }) => by);

  it('each piece is carried out once, while processes come, go and are killed; the one that was in the middle by another', async () => {
    for (const name of ['a', 'b']) await start(name);
    // whatever a begins it is in the middle of when it is killed
    held = ({ by, begins }) => by === 'a' && begins !== 'round';
    const interrupted = (): string[] =>
      said.flatMap(({ by, begins }) => (by === 'a' && begins !== undefined && begins !== 'round' ? [begins] : []));
    const pieces = Array.from({ length: 40 }, (_, n) => `work ${n}`);
    for (let n = 0; n < 20; n++) tell(n % 2 === 0 ? 'a' : 'b', { put: n });
    await until('a is in the middle of one', () => interrupted().length > 0);
    await start('c');
    for (let n = 20; n < 30; n++) tell('c', { put: n });
    await until('the first are put down', () => begun('work 29').length > 0);
    await kill('a');
    for (let n = 30; n < 40; n++) tell('b', { put: n });
    await until('all are done', () => pieces.every((piece) => ended(piece).length > 0), 60_000);
    for (const piece of pieces) {
      assert.equal(ended(piece).length, 1, `${piece} by ${ended(piece)}`);
      assert.equal(begun(piece).length, interrupted().includes(piece) ? 2 : 1, `${piece} by ${begun(piece)}`);
      assert.notEqual(ended(piece)[0], 'a');
    }
  });

  it('what comes round is done by one at a time; when that one is killed in the middle, another does it', async () => {
    held = ({ begins, by }) => begins === 'round' && by === 'a';
    await start('a');
    await until('a is in the middle of its round', () => begun('round').length === 1);
    for (const name of ['b', 'c']) await start(name);
    for (let n = 0; n < 30; n++) {
      tell(n % 2 === 0 ? 'b' : 'c', { put: n });
      await until(`piece ${n} is done`, () => ended(`work ${n}`).length === 1);
    }
    assert.deepEqual(begun('round'), ['a'], 'nobody else does it meanwhile');
    await kill('a');
    await until('another does it', () => ended('round').length >= 3);
    const rounds = said.filter(({ begins, ends, by }) => (begins ?? ends) === 'round' && by !== 'a');
    for (const [n, { begins }] of rounds.slice(0, 6).entries()) assert.equal(begins !== undefined, n % 2 === 0, 'one after the other');
  });
});
