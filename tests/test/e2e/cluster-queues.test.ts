import assert from 'node:assert/strict';
import { setTimeout as talkFor } from 'node:timers/promises';
import { ClusterHotline } from '../../src/cluster.js';
import type { Api } from '../../src/hotline.js';
import { type BaresipPhone, eventually, heardMs, requirePeers, startBaresip } from '../../src/peers/index.js';
import { type CallView, Scenario } from '../../src/scenario.js';

const GENEROUS_MS = 60_000;
const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const COLLEAGUE_HZ = 1500;
const SUPER_HZ = 1900;
const SOME_MS = 400;

// Process a decides until it is killed, callers come to b, agents and supervisors have their phones and their API at c.
describe('queues of a hotline of several processes', function () {
  this.timeout(300_000);
  let cluster: ClusterHotline;
  let b: Scenario;
  let c: Scenario;
  let callers = 0;

  before(async function () {
    await requirePeers(this, 'baresip', 'redis');
    cluster = await ClusterHotline.start(['a', 'b', 'c']);
    assert.equal(await cluster.leader(), 'a');
    b = await Scenario.on(cluster.node('b'));
    c = await Scenario.on(cluster.node('c'));
  });
  afterEach(async () => {
    await b?.hangUpAllPhones();
    await c?.hangUpAllPhones();
    for (const extension of ['1001', '1002']) await (await c.api(extension)).put(`/agents/${extension}/state`, { state: 'offline' });
    for (const extension of ['1001', '1002']) await c.agentState(extension, 'offline');
  });
  after(async () => {
    await b?.leave();
    await c?.leave();
    await cluster?.close();
  });

  async function queued(): Promise<{ caller: BaresipPhone; callId: string }> {
    const number = `1390001${1000 + callers++}`;
    const caller = await b.caller(number, { toneHz: CALLER_HZ });
    await caller.dial(b.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await b.callOf(number);
    await b.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await c.events.wait('call.queued', (e) => e.callId === callId, GENEROUS_MS);
    return { caller, callId };
  }

  /** The phone rings for this call, of which process c is told. */
  async function rings(phone: BaresipPhone, callId: string): Promise<void> {
    await c.events.wait('offer.made', (e) => e.callId === callId && e.agentId === phone.user, GENEROUS_MS);
    await phone.waitFor('CALL_INCOMING', GENEROUS_MS);
  }

  async function talks(phone: BaresipPhone, callId: string): Promise<void> {
    await rings(phone, callId);
    await phone.accept();
    await c.events.wait('call.connected', (e) => e.callId === callId && e.agentId === phone.user, GENEROUS_MS);
  }

  const waiting = async (s: Scenario): Promise<string[]> =>
    (await s.admin.get<{ waiting: { callId: string }[] }>('/queues/consult')).waiting.map(({ callId }) => callId);

  it('an agent signed in at one is rung and talks; hold and transfer by the API of a process that has not the call', async () => {
    const agent = await c.phone('1001', { toneHz: AGENT_HZ });
    const colleague = await c.phone('1002', { toneHz: COLLEAGUE_HZ });
    await c.ready('1001');
    const { caller, callId } = await queued();
    await talks(agent, callId);
    for (const s of [b, c]) await s.agentState('1001', 'on-call');
    const api = await c.api('1001');
    await talkFor(800);
    await api.post(`/calls/${callId}/hold`);
    await c.events.wait('call.held', (e) => e.callId === callId);
    await api.post(`/calls/${callId}/resume`);
    await c.events.wait('call.resumed', (e) => e.callId === callId);
    await c.ready('1002');
    await api.post(`/calls/${callId}/transfer`, { agent: '1002' });
    await agent.waitFor('CALL_CLOSED');
    await colleague.waitFor('CALL_INCOMING', GENEROUS_MS);
    await colleague.accept();
    await c.events.wait('call.connected', (e) => e.callId === callId && e.agentId === '1002', GENEROUS_MS);
    await c.agentState('1001', 'ready');
    await c.agentState('1002', 'on-call');
    await talkFor(1000);
    await caller.hangUp();
    await colleague.waitFor('CALL_CLOSED');
    const record = await c.record(callId);
    assert.deepEqual([record.agent, record.outcome, record.queue], ['1002', 'answered', 'consult']);
    assert.ok((await heardMs(caller, AGENT_HZ)) > SOME_MS && (await heardMs(caller, COLLEAGUE_HZ)) > SOME_MS, 'the caller heard both');
    assert.deepEqual(
      record.timeline.map(({ seq }) => seq),
      record.timeline.map(({ seq }) => seq).sort((x, y) => x - y),
    );
    await c.agentState('1002', 'ready');
  });

  it('a supervisor at another process listens in and takes the call over', async () => {
    const agent = await c.phone('1001', { toneHz: AGENT_HZ });
    const credentials = c.hotline.firstRun().supervisor;
    const leader: Api = await c.hotline.signIn(credentials);
    const supervisor = await startBaresip({
      user: '1100',
      password: credentials.sipPassword,
      registrar: { address: '127.0.0.1', port: c.hotline.sipPort },
      toneHz: SUPER_HZ,
    });
    try {
      await supervisor.waitFor('REGISTER_OK');
      await c.ready('1001');
      const { caller, callId } = await queued();
      await talks(agent, callId);
      await leader.post(`/calls/${callId}/supervise`, { mode: 'listen' });
      await supervisor.waitFor('CALL_INCOMING', GENEROUS_MS);
      await supervisor.accept();
      await c.events.wait('call.supervised', (e) => e.callId === callId && e.data.mode === 'listen', GENEROUS_MS);
      await talkFor(800);
      await leader.post(`/calls/${callId}/supervise`, { mode: 'takeover' });
      await agent.waitFor('CALL_CLOSED');
      await c.agentState('1001', 'ready');
      await talkFor(1000);
      await caller.hangUp();
      await supervisor.waitFor('CALL_CLOSED');
      assert.equal((await c.record(callId)).agent, '1100');
      assert.ok((await heardMs(caller, SUPER_HZ)) > SOME_MS);
    } finally {
      await supervisor.stop();
    }
  });

  it('whoever decides is killed: the phone that rings rings on, the answer counts, places and what agents chose are kept', async () => {
    const agent = await c.phone('1001', { toneHz: AGENT_HZ });
    const colleague = await c.phone('1002', { toneHz: COLLEAGUE_HZ });
    for (const extension of ['1001', '1002']) await c.ready(extension);
    const talking = await queued();
    const first = await c.events.wait('offer.made', (e) => e.callId === talking.callId, GENEROUS_MS);
    const [one, other] = first.agentId === '1001' ? [agent, colleague] : [colleague, agent];
    await talks(one, talking.callId);
    await (await c.api(one.user)).put(`/agents/${one.user}/state`, { state: 'not-ready', reason: 'lunch' });
    const ringing = await queued();
    await rings(other, ringing.callId);
    const waits = [await queued(), await queued()];
    const places = [ringing, ...waits].map(({ callId }) => callId);
    await eventually('the places are shown', async () => (await waiting(c)).join() === places.join());
    await cluster.kill('a');
    await other.accept();
    await c.events.wait('call.connected', (e) => e.callId === ringing.callId, GENEROUS_MS);
    await cluster.leader(GENEROUS_MS);
    for (const s of [b, c])
      await eventually('the places are kept', async () => (await waiting(s)).join() === places.slice(1).join(), GENEROUS_MS);
    assert.equal(c.events.seen.filter((e) => e.type === 'offer.made' && e.callId === ringing.callId).length, 1, 'nobody was rung twice');
    await talking.caller.hangUp();
    assert.equal((await c.agentState(one.user, 'not-ready')).reason, 'lunch');
    await ringing.caller.hangUp();
    await talks(other, waits[0]?.callId ?? '');
    await (await c.api(one.user)).put(`/agents/${one.user}/state`, { state: 'ready' });
    await talks(one, waits[1]?.callId ?? '');
    for (const { caller } of waits) await caller.hangUp();
    for (const { callId } of [talking, ringing, ...waits]) assert.equal((await c.record(callId)).outcome, 'answered');
  });

  it('the process of a call that rings is killed: the agent is offered the next, the call is told to have died', async () => {
    await c.phone('1001', { toneHz: AGENT_HZ });
    await c.ready('1001');
    const dies = await queued();
    await c.events.wait('offer.made', (e) => e.callId === dies.callId, GENEROUS_MS);
    const number = '13900029999';
    const caller = await c.caller(number, { toneHz: CALLER_HZ });
    await caller.dial(c.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const next = await c.callOf(number);
    await c.events.wait('call.entered-flow', (e) => e.callId === next);
    await caller.sendDigits('1');
    await c.events.wait('call.queued', (e) => e.callId === next, GENEROUS_MS);
    await cluster.kill('b');
    await c.events.wait('offer.made', (e) => e.callId === next && e.agentId === '1001', GENEROUS_MS);
    const dead = await eventually('its record', async () => {
      const call = await c.admin.get<CallView>(`/calls/${dies.callId}`);
      return call.endedAt ? call : undefined;
    });
    assert.deepEqual([dead.termination?.by, dead.termination?.reason], ['system', 'process-died']);
    assert.deepEqual(await waiting(c), [next], 'and it waits nowhere any more');
    await caller.hangUp();
    await c.record(next);
  });
});
