import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@redis/client';
import { memoryCluster, type Registration, silentLogger } from '@yixian/contracts';
import { startPrivateRedis } from '../src/private-redis.js';
import { createRegistrationStore } from '../src/registration-store.js';

const contact = (extension: string, host: string, registeredAt?: number): Registration => ({
  extension,
  contact: `sip:${extension}@${host}:5060`,
  source: { address: host, port: 5060, transport: 'udp' },
  userAgent: '',
  expiresAt: 1,
  sipCallId: host,
  cseq: 1,
  ...(registeredAt === undefined ? {} : { registeredAt }),
});

describe('registrations kept in Redis', function () {
  this.timeout(40_000);
  let dataDir: string;
  let server: Awaited<ReturnType<typeof startPrivateRedis>>;
  let redis: ReturnType<typeof createClient>;

  before(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'yixian-registrations-'));
    server = await startPrivateRedis({ dataDir, logger: silentLogger });
    redis = createClient({ socket: { path: server.socketPath, tls: false } });
    await redis.connect();
  });
  beforeEach(async () => void (await redis.flushAll()));
  after(async () => {
    redis?.destroy();
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('alone: what was saved is there after a restart, what was taken back is not', async () => {
    const store = createRegistrationStore(redis);
    await store.save('1001', [contact('1001', '10.0.0.1')]);
    await store.save('1002', [contact('1002', '10.0.0.2')]);
    await store.save('1002', []);
    assert.deepEqual(await createRegistrationStore(redis).load(), [contact('1001', '10.0.0.1')]);
  });

  it('of several processes each starts with its own and with what the dead have left, the newest of a contact', async () => {
    const cluster = memoryCluster(['a', 'b', 'c']);
    const at = (node: string) => createRegistrationStore(redis, cluster.of(node));
    await at('a').save('1001', [contact('1001', '10.0.0.1', 1)]);
    await at('b').save('1001', [contact('1001', '10.0.0.2', 1)]);
    await at('c').save('1001', [contact('1001', '10.0.0.3', 1), contact('1001', '10.0.0.1', 2)]);
    cluster.kill('c');
    const hosts = (list: readonly Registration[]) => list.map((r) => [r.source.address, r.registeredAt]).sort();
    assert.deepEqual(hosts(await at('a').load()), [
      ['10.0.0.1', 2],
      ['10.0.0.3', 1],
    ]);
    assert.deepEqual(hosts(await at('b').load()), [['10.0.0.2', 1]], 'a has taken over what c left');
    assert.deepEqual((await redis.hKeys('yixian:registrations')).sort(), ['1001@a', '1001@b']);
  });

  it('a process that goes on alone takes all of them over', async () => {
    const cluster = memoryCluster(['a', 'b']);
    for (const node of ['a', 'b']) await createRegistrationStore(redis, cluster.of(node)).save('1001', [contact('1001', `10.0.0.${node}`)]);
    assert.equal((await createRegistrationStore(redis).load()).length, 2);
    assert.deepEqual(await redis.hKeys('yixian:registrations'), ['1001']);
  });

  it('forgets what was of a process that is gone', async () => {
    const cluster = memoryCluster(['a', 'b']);
    await createRegistrationStore(redis, cluster.of('b')).save('1001', [contact('1001', '10.0.0.1')]);
    cluster.kill('b');
    await createRegistrationStore(redis, cluster.of('a')).forget?.('b');
    assert.deepEqual(await redis.hKeys('yixian:registrations'), []);
  });
});
