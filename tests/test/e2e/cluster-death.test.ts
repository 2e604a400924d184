import assert from 'node:assert/strict';
import { ClusterHotline, metric } from '../../src/cluster.js';
import { type BaresipPhone, eventually, requirePeers } from '../../src/peers/index.js';
import { type CallView, Scenario } from '../../src/scenario.js';

const GENEROUS_MS = 60_000;

describe('a process of several dies', function () {
  this.timeout(300_000);
  let cluster: ClusterHotline;
  const at = new Map<string, Scenario>();

  beforeEach(async function () {
    await requirePeers(this, 'baresip', 'redis');
    cluster = await ClusterHotline.start(['a', 'b', 'c']);
    for (const name of ['a', 'b', 'c']) at.set(name, await Scenario.on(cluster.node(name)));
  });
  afterEach(async () => {
    for (const scenario of at.values()) await scenario.leave();
    at.clear();
    await cluster?.close();
  });

  const on = (name: string): Scenario => at.get(name) as Scenario;

  async function kill(name: string): Promise<void> {
    await cluster.kill(name);
    await on(name).leave();
    at.delete(name);
  }

  /** A caller on this process who has chosen the queue consult. */
  async function queued(name: string, number: string): Promise<{ caller: BaresipPhone; callId: string }> {
    const s = on(name);
    const { caller, callId } = await s.consults(number);
    await s.events.wait('call.queued', (e) => e.callId === callId, GENEROUS_MS);
    return { caller, callId };
  }

  /** The agent has a phone at each process; the one of the process the call is on is answered. */
  async function phones(extension: string): Promise<(name: string) => Promise<void>> {
    const all = new Map<string, BaresipPhone>();
    for (const [name, scenario] of at) all.set(name, await scenario.phone(extension));
    return async (name) => {
      const phone = all.get(name) as BaresipPhone;
      await phone.waitFor('CALL_INCOMING', GENEROUS_MS);
      await phone.accept();
    };
  }

  const typesOf = (s: Scenario, callId: string): string[] => s.events.seen.filter((e) => e.callId === callId).map((e) => e.type);

  it('its calls end truthfully, its agent is offered the next caller, who waits elsewhere and has kept the place', async () => {
    const answer = await phones('1001');
    await on('b').ready('1001');
    const lost = await queued('b', '13900000011');
    await answer('b');
    await on('a').events.wait('call.connected', (e) => e.callId === lost.callId);
    const next = await queued('a', '13900000012');
    await kill('b');

    const ended = await on('a').events.wait('call.ended', (e) => e.callId === lost.callId, GENEROUS_MS);
    assert.equal((ended.data.termination as { reason: string }).reason, 'process-died');
    await on('a').events.wait('offer.made', (e) => e.callId === next.callId && e.agentId === '1001', GENEROUS_MS);
    await answer('a');
    await on('c').events.wait('call.connected', (e) => e.callId === next.callId, GENEROUS_MS);
    await next.caller.hangUp();

    const dead = await on('c').record(lost.callId);
    assert.deepEqual([dead.termination?.by, dead.termination?.reason, dead.agent], ['system', 'process-died', '1001']);
    assert.ok(dead.endedAt);
    const record = await on('c').record(next.callId);
    assert.equal(record.outcome, 'answered');
    const types = typesOf(on('c'), next.callId);
    assert.equal(types.filter((type) => type === 'call.queued').length, 1, types.join(' '));
  });

  it('the one that decides: another goes on; nobody loses the place, who talks goes on talking', async () => {
    assert.equal(await cluster.leader(), 'a');
    const [answer1, answer2] = [await phones('1001'), await phones('1002')];
    await on('b').ready('1001');
    const talking = await queued('b', '13900000021');
    await answer1('b');
    await on('c').events.wait('call.connected', (e) => e.callId === talking.callId);
    const first = await queued('c', '13900000022');
    const second = await queued('c', '13900000023');
    const term = (await metric(cluster.node('c'), 'cluster_term')) ?? 0;
    await kill('a');

    const leader = await cluster.leader(GENEROUS_MS);
    assert.notEqual(leader, 'a');
    await eventually('a higher term', async () => ((await metric(cluster.node('c'), 'cluster_term')) ?? 0) > term);
    await on('c').ready('1002');
    const offer = await on('c').events.wait('offer.made', (e) => e.agentId === '1002', GENEROUS_MS);
    assert.equal(offer.callId, first.callId);
    await answer2('c');
    await on('b').events.wait('call.connected', (e) => e.callId === first.callId, GENEROUS_MS);
    const queue = await on('b').admin.get<{ waiting: { callId: string }[] | number }>('/queues/consult');
    assert.ok(JSON.stringify(queue).includes(second.callId) || queue.waiting === 1, JSON.stringify(queue));
    assert.equal((await on('b').admin.get<CallView>(`/calls/${talking.callId}`)).endedAt, null);
    await first.caller.hangUp();
    await on('c').events.wait('offer.made', (e) => e.agentId === '1002' && e.callId === second.callId, GENEROUS_MS);
    assert.equal((await on('b').record(first.callId)).outcome, 'answered');
    await talking.caller.hangUp();
    assert.equal((await on('c').record(talking.callId)).outcome, 'answered');
  });

  it('Redis is restarted: calls go on, what was told meanwhile is numbered and stored, decisions go on', async () => {
    const answer = await phones('1001');
    await on('b').ready('1001');
    const talking = await queued('b', '13900000031');
    await answer('b');
    await on('a').events.wait('call.connected', (e) => e.callId === talking.callId);
    const waiting = await queued('c', '13900000032');
    await cluster.redis.stop('killed');
    await talking.caller.hangUp();
    await cluster.redis.startAgain();
    const record = await on('a').record(talking.callId);
    assert.equal(record.termination?.by, 'caller');
    const timeline = record.timeline.map(({ seq }) => seq);
    assert.deepEqual(
      timeline,
      [...timeline].sort((x, y) => x - y),
    );
    await on('c').events.wait('offer.made', (e) => e.callId === waiting.callId, GENEROUS_MS);
    for (const name of ['a', 'b', 'c']) assert.equal(await metric(cluster.node(name), 'cluster_nodes'), 3, name);
  });

  it('Redis comes back empty, later the one that decides is killed: agents, doors and callbacks are as they were', async () => {
    const states = { '1001': { state: 'not-ready', reason: 'lunch' }, '1002': { state: 'ready' } };
    for (const [extension, state] of Object.entries(states)) {
      const api = await on('b').api(extension);
      await api.put(`/agents/${extension}/seat`, { kind: 'sip' });
      await api.put(`/agents/${extension}/state`, state);
    }
    await on('b').admin.put('/queues/consult/door', { door: 'open' });
    await on('b').admin.post('/callbacks', { queue: 'consult', number: '13900000099' });
    const right = async (): Promise<void> => {
      for (const s of at.values()) {
        assert.equal((await s.agentState('1001', 'not-ready')).reason, 'lunch');
        await s.agentState('1002', 'ready');
        await eventually('the door', async () => (await s.admin.get<{ door: { door: string } }>('/queues/consult')).door.door === 'open');
        await eventually('the callback', async () => JSON.stringify(await s.admin.get('/callbacks')).includes('13900000099'));
      }
    };
    await right();
    const term = (await metric(cluster.node('c'), 'cluster_term')) ?? 0;
    await cluster.redis.stop('killed');
    await cluster.redis.startAgainEmpty();
    await eventually('a new term', async () => ((await metric(cluster.node('c'), 'cluster_term')) ?? 0) > term, GENEROUS_MS);
    for (const name of at.keys())
      await eventually(`${name} sees all`, async () => (await metric(cluster.node(name), 'cluster_nodes')) === 3, GENEROUS_MS);
    await cluster.leader(GENEROUS_MS);
    await right();
    await kill(await cluster.leader(GENEROUS_MS));
    await cluster.leader(GENEROUS_MS);
    await right();
  });
});
