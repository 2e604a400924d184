import assert from 'node:assert/strict';
import { setTimeout as talkFor } from 'node:timers/promises';
import { type BaresipPhone, requirePeers, startBaresip, toneDurationMs } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const NUMBER_HZ = 1500;

// Each scenario has a queue of its own with the settings it is about, a number that leads there, and the agents 1001 and 1002.
describe('routing', function () {
  this.timeout(90_000);
  let s: Scenario;
  let one: BaresipPhone;
  let two: BaresipPhone;
  const numbers: BaresipPhone[] = [];
  const callers: BaresipPhone[] = [];

  before(async function () {
    await requirePeers(this, 'baresip', 'redis');
    s = await Scenario.start();
    await s.admin.put('/trunks/demo', {
      outboundNumbers: ['^0\\d{9,11}$'],
      revision: (await s.admin.get<{ revision: number }>('/trunks/demo')).revision,
    });
    await s.admin.put('/users/agent1001', { skillLevels: { consult: 3 } });
    await s.admin.put('/users/agent1002', { skillLevels: { consult: 9 } });
    await line('all', '12401', { strategy: 'ring-all' });
    one = await s.phone('1001', { toneHz: AGENT_HZ });
    two = await s.phone('1002', { toneHz: AGENT_HZ });
  });

  afterEach(async () => {
    for (const phone of callers.splice(0)) await s.stopPhone(phone);
    await Promise.all(numbers.splice(0).map((phone) => phone.stop()));
    await s?.signOut('1001', '1002');
  });

  after(async () => {
    await s?.close();
  });

  /** A number that leads into a queue with these settings; what is waited for in vain ends the call. */
  async function line(id: string, number: string, settings: object, node: object = {}): Promise<void> {
    await s.admin.post('/queues', { id, requiredSkills: ['consult'], announceEverySeconds: 0, wrapUpSeconds: 0, ...settings });
    const nodes = { wait: { type: 'queue', queue: id, otherwise: 'end', ...node }, end: { type: 'hangup' } };
    await s.admin.post('/flows', { document: { id, name: id, language: 'zh-CN', start: 'wait', nodes } });
    await s.admin.post(`/flows/${id}/publish`, {});
    await s.admin.post('/numbers', { number, target: { kind: 'toFlow', flowId: id } });
  }

  async function call(from: string, to: string): Promise<{ phone: BaresipPhone; callId: string }> {
    const phone = await s.caller(from, { toneHz: CALLER_HZ });
    callers.push(phone);
    await phone.dial(s.uri(to));
    return { phone, callId: await s.callOf(from) };
  }

  /** Whoever answers this number, over a trunk of its own. */
  async function reachable(number: string): Promise<BaresipPhone> {
    const phone = await startBaresip({ user: number, toneHz: NUMBER_HZ });
    numbers.push(phone);
    const far = { outboundUri: `sip:127.0.0.1:${phone.sipPort}`, outboundNumbers: [number], maxCalls: 5, maxCallsPerSecond: 5 };
    await s.admin.post('/trunks', { id: `to-${number}`, inboundAddresses: [], ...far });
    return phone;
  }

  /** The phone rings, and is answered. */
  async function takes(phone: BaresipPhone): Promise<void> {
    await phone.waitFor('CALL_INCOMING');
    await phone.accept();
  }

  const connected = (callId: string) => s.events.wait('call.connected', (e) => e.callId === callId);

  it('ring-all: every free phone rings at once, the first to answer has the call, the others fall silent', async () => {
    await s.ready('1001');
    await s.ready('1002');
    const { phone, callId } = await call('13700000001', '12401');
    await Promise.all([one.waitFor('CALL_INCOMING'), two.waitFor('CALL_INCOMING')]);
    await two.accept();
    assert.equal((await connected(callId)).agentId, '1002');
    await one.waitFor('CALL_CLOSED');
    await s.agentState('1001', 'ready');
    await phone.hangUp();
    assert.equal((await s.record(callId)).agent, '1002');
  });

  it('skill levels relax inside the queue: the beginner is rung only when nobody better has come in time', async () => {
    const relaxation = [{ afterSeconds: 2, minLevels: { consult: 2 } }];
    await line('levels', '12402', { minLevels: { consult: 8 }, relaxation });
    await s.ready('1001');
    const { phone, callId } = await call('13700000002', '12402');
    const relaxed = await s.events.wait('call.requirements-relaxed', (e) => e.callId === callId);
    assert.deepEqual(relaxed.data.minLevels, { consult: 2 });
    const made = await s.events.wait('offer.made', (e) => e.callId === callId);
    assert.ok(made.seq > relaxed.seq);
    await takes(one);
    await connected(callId);
    await phone.hangUp();
    const record = await s.record(callId);
    assert.ok(record.waitSeconds >= 2, `waited ${record.waitSeconds}`);
    assert.equal(record.path.filter((step) => step === 'queue:levels').length, 1, 'one queue, one place');
  });

  it('overflow: with nobody signed in the call goes on to another queue', async () => {
    await s.admin.post('/skills', { id: 'nobody', name: 'nobody' });
    const overflow = [{ when: { kind: 'nobody-signed-in' }, to: { kind: 'queue', queueId: 'all', priority: 0 } }];
    await line('lonely', '12403', { requiredSkills: ['nobody'], overflow });
    await s.ready('1001');
    const { phone, callId } = await call('13700000003', '12403');
    const gone = await s.events.wait('call.overflowed', (e) => e.callId === callId);
    assert.deepEqual([gone.queueId, gone.data], ['lonely', { rule: 'nobody-signed-in', to: 'queue:all' }]);
    await takes(one);
    await connected(callId);
    await phone.hangUp();
    assert.equal((await s.record(callId)).queue, 'all');
  });

  it('overflow into a queue that takes nobody: the caller keeps his place, and the next rule is tried when its time has come', async () => {
    await s.admin.post('/skills', { id: 'no-one', name: 'no-one' });
    await line('deserted', '12413', { requiredSkills: ['no-one'] });
    const overflow = [
      { when: { kind: 'waited', atLeastSeconds: 1 }, to: { kind: 'queue', queueId: 'deserted', priority: 0 } },
      { when: { kind: 'waited', atLeastSeconds: 3 }, to: { kind: 'queue', queueId: 'all', priority: 0 } },
    ];
    await line('keeps', '12414', { minLevels: { consult: 8 }, overflow });
    await (await s.api('1002')).put('/agents/1002/state', { state: 'not-ready' });
    await s.ready('1001');
    const { phone, callId } = await call('13700000014', '12414');
    const gone = await s.events.wait('call.overflowed', (e) => e.callId === callId);
    assert.deepEqual([gone.queueId, gone.data], ['keeps', { rule: 'waited', to: 'queue:all' }]);
    await takes(one);
    await connected(callId);
    await phone.hangUp();
    const record = await s.record(callId);
    assert.deepEqual([record.queue, record.path.includes('queue:deserted')], ['all', false]);
  });

  it('overflow while waiting: when the first caller has waited too long, who came after him goes on and is heard of no more', async () => {
    await (await s.api('1002')).put('/agents/1002/state', { state: 'not-ready' });
    const overflow = [{ when: { kind: 'longest-wait', atLeastSeconds: 3 }, to: { kind: 'queue', queueId: 'all', priority: 5 } }];
    await line('patient', '12410', { overflow });
    const first = await call('13700000010', '12410');
    await s.events.wait('call.queued', (e) => e.callId === first.callId);
    const second = await call('13700000011', '12410');
    const waits = await s.events.wait('call.queued', (e) => e.callId === second.callId);
    assert.equal(waits.queueId, 'patient', 'on arrival nobody has waited so long');
    const gone = await s.events.wait('call.overflowed', (e) => e.callId === second.callId);
    assert.deepEqual([gone.queueId, gone.data], ['patient', { rule: 'longest-wait', to: 'queue:all' }]);
    assert.ok(!s.events.seen.some((e) => e.type === 'call.overflowed' && e.callId === first.callId), 'the oldest stays');
    await s.ready('1001');
    await takes(one);
    await connected(second.callId);
    await talkFor(1500);
    await first.phone.hangUp();
    assert.equal((await s.record(first.callId)).queue, 'patient');
    await second.phone.hangUp();
    const record = await s.record(second.callId);
    assert.deepEqual([record.queue, record.agent], ['all', '1001']);
    assert.deepEqual(
      record.path.filter((step) => step.startsWith('queue:')),
      ['queue:patient', 'queue:all'],
    );
    assert.ok(toneDurationMs((await second.phone.lastHeard()).channels[0] ?? new Int16Array(), AGENT_HZ) > 1000, 'it hears the agent');
  });

  it('closed by schedule; opened by hand at once, and left to the schedule again', async () => {
    await s.admin.post('/schedules', { id: 'never', name: 'never' });
    await line('night', '12404', { scheduleId: 'never' });
    await s.ready('1001');
    const early = await call('13700000004', '12404');
    const left = await s.events.wait('call.left-queue', (e) => e.callId === early.callId);
    assert.equal(left.data.result, 'closed');
    const queue = await s.admin.get<{ door: { open: boolean; because: string } }>('/queues/night');
    assert.equal(queue.door.open, false);
    assert.deepEqual(await s.admin.put('/queues/night/door', { door: 'open' }), {
      queue: 'night',
      door: 'open',
      open: true,
      because: 'opened by admin',
    });
    const { phone, callId } = await call('13700000005', '12404');
    await takes(one);
    await connected(callId);
    await phone.hangUp();
    assert.equal((await s.admin.put<{ open: boolean }>('/queues/night/door', { door: 'schedule' })).open, false);
  });

  it('a waiting call is moved to another queue; the time it has waited counts on', async () => {
    await line('slow', '12405', { minLevels: { consult: 9 } });
    await (await s.api('1002')).put('/agents/1002/state', { state: 'not-ready' });
    await s.ready('1001');
    const { phone, callId } = await call('13700000006', '12405');
    await s.events.wait('call.queued', (e) => e.callId === callId);
    await s.admin.post(`/calls/${callId}/move`, { queue: 'all', priority: 2 });
    const moved = await s.events.wait('call.moved', (e) => e.callId === callId);
    assert.deepEqual([moved.data.from, moved.data.to, moved.data.priority], ['slow', 'all', 2]);
    await takes(one);
    await connected(callId);
    await phone.hangUp();
    await s.record(callId);
  });

  it('a named agent is waited for although others are free; sticky: the agent who last talked with the caller comes first', async () => {
    await line('named', '12406', { sticky: { withinSeconds: 3600, waitSeconds: 30 } }, { agent: '1001' });
    await line('sticky', '12407', { sticky: { withinSeconds: 3600, waitSeconds: 30 } });
    await s.ready('1002');
    await s.ready('1001');
    const first = await call('13700000007', '12406');
    await takes(one);
    assert.equal((await connected(first.callId)).agentId, '1001');
    await first.phone.hangUp();
    await s.record(first.callId);
    await s.agentState('1001', 'ready');
    await s.stopPhone(first.phone);
    // 1002 has been idle for longer
    const again = await s.caller('13700000007', { toneHz: CALLER_HZ });
    callers.push(again);
    await again.dial(s.uri('12407'));
    const offer = await s.events.wait('offer.made', (e) => e.queueId === 'sticky');
    assert.equal(offer.agentId, '1001');
    await one.waitFor('CALL_INCOMING');
    await again.hangUp();
    await s.agentState('1001', 'ready');
  });

  it('a named agent needs the level asked for: he is rung when it has relaxed so far, in three steps, nobody else is', async () => {
    const relaxation = [7, 6, 2].map((level, n) => ({ afterSeconds: n + 1, minLevels: { consult: level } }));
    await line('expert', '12411', { minLevels: { consult: 8 }, relaxation }, { agent: '1001' });
    await s.ready('1001');
    await s.ready('1002');
    const { phone, callId } = await call('13700000012', '12411');
    const relaxed = await s.events.wait(
      'call.requirements-relaxed',
      (e) => e.callId === callId && (e.data.minLevels as { consult?: number }).consult === 2,
    );
    const made = await s.events.wait('offer.made', (e) => e.callId === callId);
    assert.ok(made.seq > relaxed.seq, 'not before');
    assert.equal(made.agentId, '1001');
    await takes(one);
    assert.equal((await connected(callId)).agentId, '1001');
    await phone.hangUp();
    await s.record(callId);
  });

  it('the next state is chosen during the call and taken after it', async () => {
    await s.ready('1001');
    const { phone, callId } = await call('13700000008', '12401');
    await takes(one);
    await connected(callId);
    const api = await s.api('1001');
    const during = await api.put<{ state: string; next: object }>('/agents/1001/state', { state: 'not-ready', reason: 'lunch' });
    assert.deepEqual([during.state, during.next], ['on-call', { state: 'not-ready', reason: 'lunch' }]);
    await s.events.wait('agent.next-state-chosen', (e) => e.agentId === '1001');
    await phone.hangUp();
    assert.equal((await s.agentState('1001', 'not-ready')).reason, 'lunch');
  });

  it('callback, agent-first: the caller gives up the line and keeps the place; the agent hears ringback, then the two talk', async () => {
    const callback = { offerAfterSeconds: 0, key: '1', order: 'agent-first', attempts: 2, retryEverySeconds: 30, ringSeconds: 20 };
    await line('back', '12408', { callback });
    const far = await reachable('13911110001');
    await (await s.api('1001')).put('/agents/1001/state', { state: 'not-ready' });
    const { phone, callId } = await call('13911110001', '12408');
    await s.events.wait('call.queued', (e) => e.callId === callId);
    await phone.waitFor('CALL_ESTABLISHED');
    await talkFor(500);
    await phone.sendDigits('1');
    const asked = await s.events.wait('callback.requested', (e) => e.callId === callId);
    assert.equal(asked.data.number, '13911110001');
    await phone.waitFor('CALL_CLOSED', 25_000);
    const [waiting] = (await s.admin.get<{ items: { state: string; position: number }[] }>('/callbacks?queue=back')).items;
    assert.deepEqual([waiting?.state, waiting?.position], ['waiting', 1]);
    await s.stopPhone(phone);
    await s.ready('1001');
    await takes(one);
    await far.waitFor('CALL_INCOMING');
    await far.accept();
    const done = await s.events.wait('callback.completed', (e) => e.queueId === 'back');
    const talk = await connected(done.callId ?? '');
    assert.equal(talk.agentId, '1001');
    await talkFor(1500);
    await far.hangUp();
    const record = await s.record(done.callId ?? '');
    assert.deepEqual([record.direction, record.outcome, record.queue, record.agent], ['outbound', 'outbound-answered', 'back', '1001']);
    assert.ok(toneDurationMs((await far.lastHeard()).channels[0] ?? new Int16Array(), AGENT_HZ) > 1000, 'the number heard the agent');
    const heard = (await one.lastHeard()).channels[0] ?? new Int16Array();
    assert.ok(toneDurationMs(heard, NUMBER_HZ) > 1000, 'the agent heard the number');
    assert.equal((await s.admin.get<{ items: unknown[] }>('/callbacks?queue=back')).items.length, 0);
  });

  it('callback: asks for the level the caller had asked for', async () => {
    const callback = { offerAfterSeconds: 0, key: '1', order: 'agent-first', attempts: 2, retryEverySeconds: 30, ringSeconds: 20 };
    await line('skilled', '12412', { callback }, { minLevels: { consult: 8 } });
    const far = await reachable('13911110003');
    await (await s.api('1002')).put('/agents/1002/state', { state: 'not-ready' });
    await s.ready('1001');
    const { phone, callId } = await call('13911110003', '12412');
    await s.events.wait('call.queued', (e) => e.callId === callId);
    await phone.waitFor('CALL_ESTABLISHED');
    await talkFor(500);
    await phone.sendDigits('1');
    await s.events.wait('callback.requested', (e) => e.callId === callId);
    await phone.waitFor('CALL_CLOSED', 25_000);
    await s.stopPhone(phone);
    await s.ready('1002');
    const made = await s.events.wait('offer.made', (e) => e.queueId === 'skilled');
    assert.equal(made.agentId, '1002', 'the other has been free all the while, with level 3');
    await takes(two);
    await far.waitFor('CALL_INCOMING');
    await far.accept();
    const done = await s.events.wait('callback.completed', (e) => e.queueId === 'skilled');
    assert.equal((await connected(done.callId ?? '')).agentId, '1002');
    await far.hangUp();
    await s.record(done.callId ?? '');
  });

  it('callback, caller-first: the number is dialled when somebody is free, and goes in at its place', async () => {
    const callback = { offerAfterSeconds: 0, key: '1', order: 'caller-first', attempts: 2, retryEverySeconds: 30, ringSeconds: 20 };
    await line('ahead', '12409', { callback });
    const far = await reachable('13911110002');
    await s.ready('1001');
    await s.admin.post('/callbacks', { queue: 'ahead', number: '13911110002' });
    await far.waitFor('CALL_INCOMING');
    assert.ok(!s.events.seen.some((e) => e.type === 'offer.made' && e.queueId === 'ahead'), 'nobody is reserved');
    await far.accept();
    await s.events.wait('offer.made', (e) => e.queueId === 'ahead');
    await takes(one);
    const done = await s.events.wait('callback.completed', (e) => e.queueId === 'ahead');
    assert.equal((await connected(done.callId ?? '')).agentId, '1001');
    await one.hangUp();
    assert.equal((await s.record(done.callId ?? '')).outcome, 'outbound-answered');
  });
});
