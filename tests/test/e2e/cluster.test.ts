import assert from 'node:assert/strict';
import { ClusterHotline, metric } from '../../src/cluster.js';
import { eventually, requirePeers } from '../../src/peers/index.js';
import { type CallView, Scenario } from '../../src/scenario.js';

describe('several processes of one hotline', function () {
  this.timeout(240_000);
  let cluster: ClusterHotline;
  let a: Scenario;
  let b: Scenario;

  before(async function () {
    await requirePeers(this, 'baresip', 'sipp', 'redis');
    cluster = await ClusterHotline.start(['a', 'b']);
    a = await Scenario.on(cluster.node('a'));
    b = await Scenario.on(cluster.node('b'));
  });
  afterEach(async () => {
    await a?.hangUpAllPhones();
    await b?.hangUpAllPhones();
  });
  after(async () => {
    await a?.leave();
    await b?.leave();
    await cluster?.close();
  });

  /** A caller in the menu of process b. */
  async function callerAtB(number: string) {
    const caller = await b.caller(number);
    await caller.dial(b.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    return { caller, callId: await b.callOf(number) };
  }

  it('know each other, one of them decides', async () => {
    for (const name of ['a', 'b'])
      await eventually(`${name} sees both`, async () => (await metric(cluster.node(name), 'cluster_nodes')) === 2);
    assert.equal(await cluster.leader(), 'a');
    assert.equal(await metric(cluster.node('b'), 'cluster_is_leader'), 0);
  });

  it('a call on one is shown by all: its events with the same numbers, its record while it lives and after it', async () => {
    const { caller, callId } = await callerAtB('13900000001');
    await a.events.wait('call.entered-flow', (e) => e.callId === callId);
    const live = await a.admin.get<CallView>(`/calls/${callId}`);
    assert.equal(live.caller, '13900000001');
    assert.equal(live.endedAt, null);
    await caller.hangUp();
    await b.events.wait('call.ended', (e) => e.callId === callId);
    const record = await a.record(callId);
    assert.equal(record.termination?.by, 'caller');
    const of = (s: Scenario) => s.events.seen.filter((e) => e.callId === callId).map(({ seq, type }) => ({ seq, type }));
    assert.deepEqual(of(a), of(b));
    assert.deepEqual(
      record.timeline.map(({ seq, type }) => ({ seq, type })),
      of(a),
    );
  });

  it('a process that starts while a call lives on another shows it, and tells a client that comes from another what it missed', async () => {
    const { caller, callId } = await callerAtB('13900000002');
    const last = await b.events.wait('call.entered-flow', (e) => e.callId === callId);
    await cluster.startNode('c');
    const c = await Scenario.on(cluster.node('c'));
    try {
      assert.equal((await c.admin.get<CallView>(`/calls/${callId}`)).endedAt, null);
      await caller.hangUp();
      await b.events.wait('call.ended', (e) => e.callId === callId);
      const again = await c.admin.events(last.seq);
      const ended = await again.wait('call.ended', (e) => e.callId === callId);
      const missed = b.events.seen.filter(({ seq }) => seq > last.seq && seq <= ended.seq);
      assert.deepEqual(
        again.seen.filter(({ seq }) => seq <= ended.seq).map(({ seq, type }) => ({ seq, type })),
        missed.map(({ seq, type }) => ({ seq, type })),
      );
      again.close();
    } finally {
      await c.leave();
      await cluster.node('c').stop('SIGTERM');
      cluster.nodes.delete('c');
    }
    await eventually('c has said goodbye', async () => (await metric(cluster.node('a'), 'cluster_nodes')) === 2);
  });

  it('who signs out on one is signed out on all', async () => {
    const api = await a.hotline.signIn(a.hotline.agent('1004'));
    const elsewhere = Object.assign(await b.hotline.admin(), { token: api.token });
    await elsewhere.get('/me');
    const stream = await elsewhere.events();
    const closed = new Promise((resolve) => stream.socket.once('disconnect', resolve));
    await api.request('DELETE', '/session');
    await closed;
    await assert.rejects(elsewhere.get('/me'), /401/);
  });
});
