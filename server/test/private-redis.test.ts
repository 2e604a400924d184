import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@redis/client';
import { silentLogger } from '@yixian/contracts';
import { startPrivateRedis } from '../src/private-redis.js';

describe('private redis-server', function () {
  this.timeout(40_000);
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-redis-'));
  });

  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  async function withClient<T>(socketPath: string, run: (client: ReturnType<typeof createClient>) => Promise<T>, tries = 0): Promise<T> {
    const reconnectStrategy = (attempt: number) => (attempt < tries ? 200 : new Error('not there'));
    const client: ReturnType<typeof createClient> = createClient({ socket: { path: socketPath, tls: false, reconnectStrategy } });
    client.on('error', () => undefined); // connect() rejects with the same
    await client.connect();
    try {
      return await run(client);
    } finally {
      await client.close();
    }
  }

  it('keeps what was written over a stop', async () => {
    const first = await startPrivateRedis({ dataDir, logger: silentLogger });
    await withClient(first.socketPath, (client) => client.set('k', 'v'));
    await first.stop();
    const second = await startPrivateRedis({ dataDir, logger: silentLogger });
    assert.equal(await withClient(second.socketPath, (client) => client.get('k')), 'v');
    await second.stop();
  });

  it('stops one that a killed process left over, and keeps what it held', async () => {
    const module = new URL('../src/private-redis.js', import.meta.url).href;
    const script = `const { startPrivateRedis } = await import(${JSON.stringify(module)});
      const logger = { debug() {}, info() {}, warn() {}, error() {} };
      const redis = await startPrivateRedis({ dataDir: ${JSON.stringify(dataDir)}, logger });
      console.log(redis.socketPath);
      setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(owner.stdout, 'data')) as [Buffer];
    await withClient(said.toString().trim(), (client) => client.set('k', 'before the kill'));
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const next = await startPrivateRedis({ dataDir, logger: silentLogger });
    assert.equal(await withClient(next.socketPath, (client) => client.get('k')), 'before the kill');
    await next.stop();
  });

  it('starts again when it is killed, with what it held, on the same socket', async () => {
    const redis = await startPrivateRedis({ dataDir, logger: silentLogger });
    const pidFile = path.join(dataDir, 'redis', 'redis.pid');
    await withClient(redis.socketPath, (client) => client.set('k', 'v'));
    const first = Number(readFileSync(pidFile, 'utf8'));
    process.kill(first, 'SIGKILL');
    const value = await withClient(redis.socketPath, (client) => client.get('k'), 20);
    assert.equal(value, 'v');
    assert.notEqual(Number(readFileSync(pidFile, 'utf8')), first);
    await redis.stop();
  });

  it('works in a folder too deep for a Unix socket', async () => {
    const deep = path.join(dataDir, 'x'.repeat(100));
    const redis = await startPrivateRedis({ dataDir: deep, logger: silentLogger });
    assert.ok(Buffer.byteLength(redis.socketPath) <= 107);
    await redis.stop();
  });
});
