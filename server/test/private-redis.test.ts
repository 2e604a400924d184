import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '@yixian/contracts';
import { createClient } from 'redis';
import { startPrivateRedis } from '../src/private-redis.js';

describe('private redis-server', function () {
  this.timeout(40_000);
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-redis-'));
  });

  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  async function withClient<T>(socketPath: string, run: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
    const client: ReturnType<typeof createClient> = createClient({ socket: { path: socketPath, tls: false } });
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
    const leftOver = await startPrivateRedis({ dataDir, logger: silentLogger });
    await withClient(leftOver.socketPath, (client) => client.set('k', 'before the kill'));
    const next = await startPrivateRedis({ dataDir, logger: silentLogger });
    assert.equal(await withClient(next.socketPath, (client) => client.get('k')), 'before the kill');
    await next.stop();
  });

  it('works in a folder too deep for a Unix socket', async () => {
    const deep = path.join(dataDir, 'x'.repeat(100));
    const redis = await startPrivateRedis({ dataDir: deep, logger: silentLogger });
    assert.ok(Buffer.byteLength(redis.socketPath) <= 107);
    await redis.stop();
  });
});
