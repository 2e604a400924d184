import assert from 'node:assert/strict';
import { ClusterHotline, metric } from '../../src/cluster.js';
import { yixian } from '../../src/command.js';
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
    const { checks } = await b.admin.get<{ checks: { name: string; text: string }[] }>('/system');
    assert.equal(checks.find(({ name }) => name === 'processes')?.text, 'a, b; a decides');
    const doctor = await yixian(['doctor'], cluster.node('b').env);
    assert.match(doctor.stdout, /✓ processes +a, b; a decides/);
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

  it('a call is controlled from any process: the desk of its agent is on another', async () => {
    await a.phone('1001');
    const phone = await b.phone('1001');
    await a.ready('1001');
    const { caller, callId } = await callerAtB('13900000003');
    await b.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await phone.waitFor('CALL_INCOMING');
    const desk = await a.api('1001');
    await phone.accept();
    await a.events.wait('call.connected', (e) => e.callId === callId);
    await eventually('a knows who may control it', async () => {
      const { items } = await desk.get<{ items: { party: string }[] }>(`/calls/${callId}/parties`);
      return items.some(({ party }) => party === '1001');
    });
    await desk.post(`/calls/${callId}/hold`, {});
    await b.events.wait('call.held', (e) => e.callId === callId);
    await desk.post(`/calls/${callId}/resume`, {});
    await b.events.wait('call.resumed', (e) => e.callId === callId);
    await assert.rejects((await a.api('1002')).post(`/calls/${callId}/hold`, {}), /403|404/);
    await desk.post(`/calls/${callId}/hangup`, {});
    await phone.waitFor('CALL_CLOSED');
    await caller.hangUp();
    const record = await a.record(callId);
    assert.deepEqual([record.agent, record.outcome], ['1001', 'answered']);
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

  it('one that stands still for too long is taken for dead; when it goes on it ends by itself, with its calls', async () => {
    const { caller, callId } = await callerAtB('13900000004');
    await a.events.wait('call.entered-flow', (e) => e.callId === callId);
    const node = cluster.node('b');
    process.kill(node.pid, 'SIGSTOP');
    const ended = await a.events.wait('call.ended', (e) => e.callId === callId, 60_000).finally(() => process.kill(node.pid, 'SIGCONT'));
    assert.equal((ended.data.termination as { reason: string }).reason, 'process-died');
    await caller.waitFor('CALL_CLOSED', 30_000);
    assert.equal(await node.exited(), 75);
    assert.match(node.log, /taken this one for dead/);
    const record = await a.record(callId);
    assert.equal(record.termination?.reason, 'process-died');
    assert.deepEqual(
      record.timeline.filter(({ type }) => type === 'call.ended').map(({ seq }) => seq),
      [ended.seq],
    );
  });
});
