import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from '@redis/client';
import { type Bench, startBench, until } from './support.js';

const SUPPORT = new URL('./support.js', import.meta.url).href;
const KEY = 'yixian:test:agents';

/**
 * A process that decides: as long as it believes to lead it writes, ever again, under its term, as the store of the queues does it.
 * Says `term mine` at each turn.
 */
const LEADER = `
const { joinTo } = await import(${JSON.stringify(SUPPORT)});
const { createRedisAcdStore } = await import('@yixian/acd');
const { createClient } = await import('@redis/client');
const { cluster } = await joinTo(process.argv[1], 'paused');
const client = createClient({ socket: { path: process.argv[1] } });
client.on('error', () => undefined);
await client.connect();
const store = createRedisAcdStore(client, 'yixian:test:', { fenced: true });
let n = 0;
const kept = new Set();
setInterval(async () => {
  const { mine, term } = cluster.leadership();
  console.log(JSON.stringify({ mine, term }));
  if (!mine) return;
  if (!kept.has(term)) {
    kept.add(term);
    await store.load(term);
  }
  n += 1;
  store.write([{ table: 'agents', key: 'paused', value: { n, term } }]);
}, 5);
`;

describe('a leader that is stopped and goes on', function () {
  this.timeout(90_000);
  let bench: Bench;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(async () => {
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await bench.close();
  });

  it('does not decide with the lease it had, and what it still writes is refused', async () => {
    const running = spawn(process.execPath, ['--input-type=module', '-e', LEADER, bench.socketPath()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = running;
    let said: { mine: boolean; term: number }[] = [];
    let rest = '';
    running.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      said.push(...lines.map((line) => JSON.parse(line) as { mine: boolean; term: number }));
    });
    await until('it leads', () => said.some(({ mine }) => mine));
    const term = said.find(({ mine }) => mine)?.term ?? 0;
    const next = await bench.join('next');
    running.kill('SIGSTOP');
    await until('another leads', () => next.leadership().mine);
    assert.ok(next.leadership().term > term);
    const redis = createClient({ socket: { path: bench.socketPath(), reconnectStrategy: false } });
    redis.on('error', () => undefined);
    await redis.connect();
    try {
      const { createRedisAcdStore } = await import('@yixian/acd');
      const store = createRedisAcdStore(redis, 'yixian:test:', { fenced: true });
      await store.load(next.leadership().term);
      const before = await redis.hGet(KEY, 'paused');
      said = [];
      running.kill('SIGCONT');
      await until('it has gone on', () => said.length > 20);
      // the line that was cut in two may still be of before
      assert.deepEqual(
        said.slice(1).filter((turn) => turn.mine && turn.term === term),
        [],
      );
      assert.equal(await redis.hGet(KEY, 'paused'), before);
    } finally {
      redis.destroy();
    }
  });
});
