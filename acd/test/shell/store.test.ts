import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { type Logger, SimulatedClock, silentLogger } from '@yixian/contracts';
import type { StoreChange, StoredAgent } from '../../src/core/inputs.js';
import { type AcdRedisClient, type AcdStore, createMemoryAcdStore, createRedisAcdStore } from '../../src/index.js';
import { difference } from '../../src/shell/memory.js';
import { agentConfig, queueConfig } from '../support/core-driver.js';
import { settled, World } from '../support/world.js';

const REDIS_SERVER = '/usr/bin/redis-server';

function agent(agentId: string, more: Partial<StoredAgent> = {}): StoreChange {
  const wish = { state: 'ready', reason: null, by: 'system' } as const;
  const kept: StoredAgent = {
    agentId,
    state: 'ready',
    since: 1,
    reason: null,
    seat: { kind: 'sip' },
    wish,
    wrapUpUntil: null,
    restUntil: null,
    awaitsRegistration: false,
    day: '2026-10-01',
    calls: 2,
    talkMs: 300,
    ...more,
  };
  return { table: 'agents', key: agentId, value: kept };
}

function call(callId: string, order = 1): StoreChange {
  return { table: 'calls', key: callId, value: { callId, queueId: 'consult', caller: '138', priority: 0, order, since: 1 } };
}

async function contents(store: AcdStore): Promise<[string, string][]> {
  const { agents, calls } = await store.load();
  const rows: [string, string][] = [
    ...agents.map((a): [string, string] => [a.agentId, a.state]),
    ...calls.map((c): [string, string] => [c.callId, c.queueId]),
  ];
  return rows.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What every store has to do. */
function storeContract(create: () => AcdStore): void {
  it('keeps the newest of every entry and forgets what is gone', async () => {
    const store = create();
    store.write([agent('1', { state: 'ready' }), call('c1')]);
    store.write([agent('1', { state: 'ringing' }), call('c2')]);
    store.write([{ table: 'calls', key: 'c1', value: null }, agent('2')]);
    store.write([agent('3'), { table: 'agents', key: '2', value: null }]);
    await store.flush();
    assert.equal(store.pending(), 0);
    assert.deepEqual(await contents(store), [
      ['1', 'ringing'],
      ['3', 'ready'],
      ['c2', 'consult'],
    ]);
  });

  it('gives back exactly what it was given', async () => {
    const store = create();
    const given = agent('1', { state: 'not-ready', reason: '吃饭', wrapUpUntil: 5, wish: { state: 'offline', reason: 'x', by: '1' } });
    const callback = {
      callbackId: 'cb1',
      queueId: 'consult',
      number: '138',
      ask: { agentId: null, group: 'unit', minLevels: { consult: 4 } },
      priority: 3,
      since: 4,
      order: 5,
      attempts: 1,
      notBefore: 6,
      callId: null,
      by: 'caller',
    };
    const door = { queueId: 'consult', door: 'closed', by: 'super' } as const;
    const talk = { number: '138', agentId: '1', at: 9 };
    store.write([given, call('c1', 7), { table: 'callbacks', key: 'cb1', value: callback }]);
    store.write([
      { table: 'doors', key: 'consult', value: door },
      { table: 'talks', key: '138', value: talk },
    ]);
    await store.flush();
    const { agents, calls, callbacks, doors, talks } = await store.load();
    assert.deepEqual([callbacks, doors, talks], [[callback], [door], [talk]]);
    assert.deepEqual([given.value], agents);
    assert.deepEqual(calls, [{ callId: 'c1', queueId: 'consult', caller: '138', priority: 0, order: 7, since: 1 }]);
  });

  it('an empty store is empty, and a flush of nothing comes back', async () => {
    const store = create();
    await store.flush();
    assert.deepEqual(await store.load(), { agents: [], calls: [], callbacks: [], doors: [], talks: [] });
  });
}

describe('store in memory', () => storeContract(createMemoryAcdStore));

describe('store in Redis', function () {
  this.timeout(30_000);
  let server: { process: ChildProcess; port: number; dir: string } | undefined;
  let client: ReturnType<typeof connectTo> | undefined;
  let prefixes = 0;

  before(async function () {
    if (!existsSync(REDIS_SERVER)) {
      console.log(`      skipped: ${REDIS_SERVER} is not installed`);
      this.skip();
    }
    server = await startRedis();
    client = connectTo(server.port);
    await client.connect();
  });

  after(async () => {
    client?.destroy();
    if (server) await stopRedis(server);
  });

  function connected(): NonNullable<typeof client> {
    assert.ok(client);
    return client;
  }

  const create = (): AcdStore => createRedisAcdStore(connected(), `test${prefixes++}:`);

  storeContract(create);

  describe('shared by several processes', () => {
    storeContract(() => createRedisAcdStore(connected(), `test${prefixes++}:`, { fenced: true }));

    it('what a leader writes after the next one has read is refused, and the next one’s is kept', async () => {
      const prefix = `test${prefixes++}:`;
      const [old, next] = [0, 1].map(() => createRedisAcdStore(connected(), prefix, { fenced: true })) as [AcdStore, AcdStore];
      await old.load(3);
      old.write([agent('1')]);
      await old.flush();
      assert.deepEqual(
        (await next.load(4)).agents.map(({ agentId }) => agentId),
        ['1'],
      );
      old.write([agent('2'), { table: 'agents', key: '1', value: null }]);
      next.write([call('c1')]);
      await assert.rejects(old.flush(), /another process decides/);
      await next.flush();
      assert.deepEqual([old.pending(), next.pending()], [0, 0]);
      const kept = await next.load(4);
      assert.deepEqual([kept.agents.map(({ agentId }) => agentId), kept.calls.map(({ callId }) => callId)], [['1'], ['c1']]);
      await assert.rejects(old.load(3), /term 4 has read it already/);
    });

    it('tells who had read it before, also that it has lost everything; who decided remembers what was there', async () => {
      const prefix = `test${prefixes++}:`;
      const store = createRedisAcdStore(connected(), prefix, { fenced: true });
      const kept = await store.load(3);
      assert.equal(store.readBefore(), 0);
      store.memory?.begin(3, kept);
      store.write([agent('1'), agent('2'), call('c1')]);
      store.write([{ table: 'agents', key: '2', value: null }]);
      await store.flush();
      await store.load(4);
      assert.equal(store.readBefore(), 3);
      const keys = await connected().keys(`${prefix}*`);
      await connected().del(keys);
      const lost = await store.load(5);
      assert.deepEqual([store.readBefore(), lost.agents], [0, []]);
      const remembered = store.memory?.recall();
      assert.ok(remembered);
      assert.deepEqual([remembered.term, remembered.kept.agents.map(({ agentId }) => agentId)], [3, ['1']]);
      store.write(difference(lost, remembered.kept));
      await store.flush();
      assert.deepEqual(await store.load(6), remembered.kept);
    });
  });

  it('two prefixes are two stores', async () => {
    const [a, b] = [create(), create()];
    a.write([agent('1')]);
    await a.flush();
    assert.deepEqual(await contents(b), []);
  });

  it('an unreadable entry is left out and told, the others are read', async () => {
    const told: object[] = [];
    const logger: Logger = { ...silentLogger, error: (facts) => told.push(facts) };
    const prefix = `test${prefixes++}:`;
    const store = createRedisAcdStore(connected(), prefix, { logger });
    store.write([agent('1'), call('c1')]);
    await store.flush();
    await connected().hSet(`${prefix}agents`, { bad: '{"agentId":"bad"', odd: '{"agentId":"odd","state":"dancing"}' });
    await connected().hSet(`${prefix}calls`, { bad: 'null' });
    assert.deepEqual(await contents(store), [
      ['1', 'ready'],
      ['c1', 'consult'],
    ]);
    assert.equal(told.length, 3);
  });

  it('a restart through Redis: agents as they were, dead calls gone', async () => {
    const prefix = `test${prefixes++}:`;
    const agents = [agentConfig('1'), agentConfig('2')];
    const before = new World(agents, [queueConfig('consult')], createRedisAcdStore(connected(), prefix));
    await before.service.start();
    await before.ready('1');
    await before.service.acd.setState('2', 'not-ready', 'lunch', '2');
    before.enqueue('c1');
    before.enqueue('c2');
    before.seat.leg.pickUp();
    await settled();
    // Killed here: nothing is stopped; what went out before the last round trip is what there is.
    await until(() => before.service.metrics().acd_store_pending_changes === 0);

    const after = new World(agents, [queueConfig('consult')], createRedisAcdStore(connected(), prefix));
    await after.service.start();
    assert.deepEqual(
      after.service.acd.agents().map((a) => [a.agentId, a.state, a.reason]),
      [
        ['1', 'ready', 'restart'],
        ['2', 'not-ready', 'lunch'],
      ],
    );
    await after.service.stop();
    assert.deepEqual((await createRedisAcdStore(connected(), prefix).load()).calls, []);
  });

  it('a Redis that goes away and comes back takes what was decided meanwhile', async () => {
    const own = await startRedis();
    const ownClient = connectTo(own.port);
    try {
      await ownClient.connect();
      const store = createRedisAcdStore(ownClient, 'x:');
      store.write([agent('1', { state: 'ready' })]);
      await store.flush();
      await stopProcess(own.process);
      store.write([agent('1', { state: 'ringing' }), call('c1')]);
      store.write([agent('1', { state: 'on-call' }), { table: 'calls', key: 'c1', value: null }, agent('2')]);
      assert.ok(store.pending() > 0);
      own.process = await runRedis(own.port, own.dir);
      await store.flush();
      assert.deepEqual(await contents(store), [
        ['1', 'on-call'],
        ['2', 'ready'],
      ]);
    } finally {
      ownClient.destroy();
      await stopRedis(own);
    }
  });
});

describe('the way to Redis', () => {
  /** A client whose answers the test gives. */
  function scripted() {
    const sent: { sets: Record<string, string>[]; gone: string[][]; answer(ok: boolean): void }[] = [];
    const client: AcdRedisClient = {
      eval: async () => 1,
      hGetAll: async () => ({}),
      multi: () => {
        const sets: Record<string, string>[] = [];
        const gone: string[][] = [];
        return {
          hSet: (_key, fields) => sets.push(fields),
          hDel: (_key, fields) => gone.push(fields),
          exec: () =>
            new Promise((resolve, reject) => {
              sent.push({ sets, gone, answer: (ok) => (ok ? resolve([]) : reject(new Error('READONLY'))) });
            }),
        };
      },
    };
    return { sent, client };
  }

  it('the first decision goes out at once, those made meanwhile go together with the newest values', async () => {
    const { sent, client } = scripted();
    const store = createRedisAcdStore(client, 'x:');
    store.write([agent('1', { since: 1 })]);
    assert.equal(sent.length, 1);
    store.write([agent('1', { since: 2 }), call('c1')]);
    store.write([agent('1', { since: 3 }), { table: 'calls', key: 'c1', value: null }]);
    assert.equal(sent.length, 1, 'one MULTI on its way at a time');
    sent[0]?.answer(true);
    await settled();
    assert.equal(sent.length, 2);
    assert.deepEqual(
      sent[1]?.sets.map((s) => Object.keys(s)),
      [['1']],
    );
    assert.match(sent[1]?.sets[0]?.['1'] ?? '', /"since":3/);
    assert.deepEqual(sent[1]?.gone, [['c1']]);
  });

  it('a refused write is sent again after a while, newer values winning over it', async () => {
    const { sent, client } = scripted();
    const clock = new SimulatedClock();
    const store = createRedisAcdStore(client, 'x:', { clock });
    store.write([agent('1', { since: 1 }), agent('2', { since: 1 })]);
    store.write([agent('1', { since: 2 })]);
    sent[0]?.answer(false);
    await settled();
    assert.equal(sent.length, 1);
    assert.equal(store.pending(), 2);
    clock.advance(10_000);
    assert.equal(sent.length, 2);
    const fields = sent[1]?.sets[0] ?? {};
    assert.match(fields['1'] ?? '', /"since":2/);
    assert.match(fields['2'] ?? '', /"since":1/);
    const flushed = store.flush();
    sent[1]?.answer(true);
    await flushed;
    assert.equal(store.pending(), 0);
  });

  it('a flush waits for what was taken before it, not for what comes after it', async () => {
    const { sent, client } = scripted();
    const store = createRedisAcdStore(client, 'x:');
    const over: string[] = [];
    store.write([agent('1')]);
    void store.flush().then(() => over.push('first'));
    store.write([agent('2')]);
    void store.flush().then(() => over.push('second'));
    sent[0]?.answer(true);
    await settled();
    assert.deepEqual(over, ['first']);
    store.write([agent('3')]);
    sent[1]?.answer(true);
    await settled();
    assert.deepEqual(over, ['first', 'second']);
    assert.equal(sent.length, 3);
  });
});

function connectTo(port: number) {
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 50 } });
  client.on('error', () => {
    // The tests take the server away on purpose; what they expect of it they assert.
  });
  return client;
}

async function startRedis(): Promise<{ process: ChildProcess; port: number; dir: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'yixian-acd-redis-'));
  const port = await freePort();
  return { process: await runRedis(port, dir), port, dir };
}

async function runRedis(port: number, dir: string): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
  const child = spawn(REDIS_SERVER, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    child.stdout?.on('data', (data: Buffer) => {
      if (data.includes('Ready to accept connections')) resolve();
    });
  });
  return child;
}

async function stopRedis(server: { process: ChildProcess; dir: string }): Promise<void> {
  await stopProcess(server.process);
  rmSync(server.dir, { recursive: true, force: true });
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it never became so');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
