import assert from 'node:assert/strict';
import { createClient } from '@redis/client';
import { type DomainEvent, type NodeId, randomIds, silentLogger } from '@yixian/contracts';
import { type ClusterRoad, createClusterRoad } from '../../src/cluster/event-road.js';
import type { RedisCluster } from '../../src/cluster/redis-cluster.js';
import { createSharedCalls } from '../../src/cluster/shared-calls.js';
import { type Bench, clock, startBench, until } from './support.js';

const ids = randomIds(clock);
const arrived = (callId: string) =>
  ({ type: 'call.arrived', callId, data: { direction: 'inbound', caller: callId, called: '12320' } }) as unknown as Parameters<
    ClusterRoad['publish']
  >[0];
const ended = (callId: string) =>
  ({ type: 'call.ended', callId, data: { termination: { by: 'caller', reason: 'normal' } } }) as unknown as Parameters<
    ClusterRoad['publish']
  >[0];

describe('the road of events of several processes', function () {
  this.timeout(90_000);
  let bench: Bench;

  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.close());

  async function roadOf(cluster: RedisCluster, known = 0) {
    const road = await createClusterRoad({
      wire: cluster.wire,
      self: cluster.self,
      clock,
      ids,
      logger: silentLogger,
      known,
      floor: known + 1_000,
    });
    const numbered: DomainEvent[] = [];
    const followed: { seq: number; id: string; from: NodeId }[] = [];
    road.numbered((event) => numbered.push(event));
    road.followFrom(({ seq, id }, from) => followed.push({ seq, id, from }));
    return { road, numbered, followed };
  }

  it('all follow the same events in the same order, each with one number; each journals its own', async () => {
    const [a, b] = [await bench.join('a'), await bench.join('b')];
    const [onA, onB] = [await roadOf(a), await roadOf(b)];
    const heard: string[] = [];
    onA.road.subscribe(({ id }) => heard.push(id));
    for (let n = 0; n < 50; n += 1) {
      onA.road.publish(arrived(`a${n}`));
      onB.road.publish(arrived(`b${n}`));
      if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(heard.length, 50, 'the own events are heard at once');
    await until('all are followed', () => onA.followed.length === 100 && onB.followed.length === 100);
    assert.deepEqual(onA.followed, onB.followed);
    const seqs = onA.followed.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      seqs.map((_, n) => (seqs[0] ?? 0) + n),
    );
    for (const [name, { numbered }] of Object.entries({ a: onA, b: onB })) {
      assert.deepEqual(
        numbered.map(({ seq, id }) => ({ seq, id })),
        onA.followed.filter(({ from }) => from === name).map(({ seq, id }) => ({ seq, id })),
      );
    }
  });

  it('what is published while Redis is away is numbered when it is back, nothing twice, nothing lost', async () => {
    const [a, b] = [await bench.join('a'), await bench.join('b')];
    const [onA, onB] = [await roadOf(a), await roadOf(b)];
    for (let n = 0; n < 30; n += 1) onA.road.publish(arrived(`x${n}`));
    const restarted = bench.restartRedis();
    for (let n = 30; n < 300; n += 1) {
      onA.road.publish(arrived(`x${n}`));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await restarted;
    onA.road.publish(arrived('x300'));
    await until('all are followed', () => onB.followed.length >= 301 && onA.numbered.length >= 301);
    assert.deepEqual(
      onA.numbered.map(({ callId }) => callId),
      Array.from({ length: 301 }, (_, n) => `x${n}`),
    );
    assert.deepEqual(
      onB.followed.map(({ id }) => id),
      onA.numbered.map(({ id }) => id),
    );
  });

  it('numbers never go back, also when Redis has forgotten all, and one that was declared dead gets none', async () => {
    const a = await bench.join('a');
    const onA = await roadOf(a, 500);
    onA.road.publish(arrived('one'));
    await until('it has its number', () => onA.numbered.length === 1);
    assert.equal(onA.numbered[0]?.seq, 1_501);
    const redis = createClient({ socket: { path: bench.socketPath(), reconnectStrategy: false } });
    await redis.connect();
    await redis.flushAll();
    onA.road.publish(arrived('two'));
    await until('it has its number', () => onA.numbered.length === 2);
    assert.ok((onA.numbered[1]?.seq ?? 0) > 1_501);
    await redis.set(`yixian:cluster:dead:${a.self.incarnation}`, '1');
    redis.destroy();
    const last = onA.road.publish(arrived('three'));
    await assert.rejects(onA.road.hasNumber(last, 1_000), /has no number/);
    assert.equal(onA.numbered.length, 2);
  });

  it('a process that comes later shows the calls that live, and not those that are over', async () => {
    const a = await bench.join('a');
    const onA = await roadOf(a);
    const callsOfA = createSharedCalls({ cluster: a, road: onA.road, logger: silentLogger });
    await callsOfA.catchUp();
    callsOfA.sweepAfter();
    for (const id of ['c1', 'c2', 'c3']) onA.road.publish(arrived(id));
    onA.road.publish(ended('c2'));
    const commands: unknown[] = [];
    const agents = ['1001'];
    callsOfA.control({
      callId: 'c1',
      agents: () => agents,
      parties: () => [],
      hold: async (by: string) => void commands.push(['hold', by]),
      conference: async (by: string, target?: unknown) => void commands.push(['conference', by, target]),
    } as unknown as Parameters<typeof callsOfA.control>[0]);
    const b = await bench.join('b');
    const onB = await roadOf(b);
    const callsOfB = createSharedCalls({ cluster: b, road: onB.road, logger: silentLogger });
    await callsOfB.catchUp();
    callsOfB.sweepAfter();
    const shown = (): string[] =>
      callsOfB
        .records()
        .map(({ id }) => id)
        .sort();
    assert.deepEqual(shown(), ['c1', 'c3']);
    onA.road.publish(ended('c3'));
    await until('c3 is over', () => shown().length === 1);
    await until('b knows who controls c1', () => callsOfB.controlOf('c1') !== undefined);
    const control = callsOfB.controlOf('c1');
    assert.deepEqual(control?.agents(), ['1001']);
    assert.equal(control?.reject, undefined);
    await control?.hold('1001');
    await control?.conference('1001', undefined);
    assert.deepEqual(commands, [
      ['hold', '1001'],
      ['conference', '1001', undefined],
    ]);
    agents[0] = '1002';
    assert.deepEqual(callsOfB.controlOf('c1')?.agents(), ['1001'], 'nothing has been told of it yet');
    assert.deepEqual((await callsOfB.controlNow?.('c1'))?.agents(), ['1002']);
    assert.equal(await callsOfB.controlNow?.('c3'), undefined);
    await a.leave();
    await until('nobody controls it any more', () => callsOfB.controlOf('c1') === undefined);
    callsOfA.close();
    callsOfB.close();
  });
});
