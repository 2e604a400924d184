import assert from 'node:assert/strict';
import { setTimeout as talkFor } from 'node:timers/promises';
import { type Api, ApiError } from '../../src/hotline.js';
import { type BaresipPhone, requirePeers, startBaresip, toneDurationMs } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const SUPER_HZ = 1900;
const AMONG = { minShare: 0.12 };

describe('supervision on the telephone 班长', function () {
  this.timeout(120_000);
  let s: Scenario;
  let agent: BaresipPhone;
  let supervisor: BaresipPhone;
  let leader: Api;
  let callers = 0;
  const open: BaresipPhone[] = [];

  before(async function () {
    await requirePeers(this, 'baresip', 'redis');
    s = await Scenario.start();
    agent = await s.phone('1001', { toneHz: AGENT_HZ });
    const credentials = s.hotline.firstRun().supervisor;
    leader = await s.hotline.signIn(credentials);
    supervisor = await startBaresip({
      user: '1100',
      password: credentials.sipPassword,
      registrar: { address: '127.0.0.1', port: s.hotline.sipPort },
      toneHz: SUPER_HZ,
    });
    await supervisor.waitFor('REGISTER_OK');
  });

  after(async () => {
    await supervisor?.stop();
    await s?.close();
  });

  /** Whatever a test left behind must not fail the next one. */
  afterEach(async () => {
    for (const caller of open.splice(0)) await s.stopPhone(caller);
    await s.agentState('1001', 'ready');
  });

  async function talking() {
    const number = `1390000${1000 + callers++}`;
    await s.ready('1001');
    const caller = await s.caller(number, { toneHz: CALLER_HZ });
    open.push(caller);
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf(number);
    await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await agent.waitFor('CALL_INCOMING');
    await agent.accept();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    return { caller, callId, supervise: (mode: string) => leader.post(`/calls/${callId}/supervise`, { mode }) };
  }

  const told = (callId: string, mode: string) => s.events.wait('call.supervised', (e) => e.callId === callId && e.data.mode === mode);

  async function heardBy(phone: BaresipPhone, hz: number): Promise<number> {
    const { channels } = await phone.lastHeard();
    return toneDurationMs(channels[0] ?? new Int16Array(), hz, AMONG);
  }

  it('listening is heard by nobody, a whisper by the agent alone, and the supervision ends with the call', async () => {
    const { caller, callId, supervise } = await talking();
    await supervise('listen');
    await supervisor.waitFor('CALL_INCOMING');
    await supervisor.accept();
    await told(callId, 'listen');
    await talkFor(1000);
    await supervise('whisper');
    await told(callId, 'whisper');
    await talkFor(1000);
    await caller.hangUp();
    await supervisor.waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.ok((await heardBy(supervisor, CALLER_HZ)) > 1200 && (await heardBy(supervisor, AGENT_HZ)) > 1200, 'the supervisor heard both');
    const whispered = await heardBy(agent, SUPER_HZ);
    assert.ok(whispered > 500 && whispered < 1700, `the agent heard ${whispered} ms of the whisper and none of the listening`);
    assert.equal(await heardBy(caller, SUPER_HZ), 0);
    assert.ok((await heardBy(caller, AGENT_HZ)) > 1500, 'the caller heard the agent all the time');
    assert.deepEqual([record.agent, record.termination?.by], ['1001', 'caller']);
    const { channels } = await s.recording(callId);
    assert.equal(toneDurationMs(channels[1] ?? new Int16Array(), SUPER_HZ, AMONG), 0, 'a whisper is not recorded');
  });

  it('barging is heard by both; who hangs up as a supervisor ends only the supervision', async () => {
    const { caller, callId, supervise } = await talking();
    await supervise('barge');
    await supervisor.waitFor('CALL_INCOMING');
    await supervisor.accept();
    await told(callId, 'barge');
    await talkFor(1200);
    await supervisor.hangUp();
    await s.events.wait('call.supervision-ended', (e) => e.callId === callId);
    await talkFor(600);
    assert.equal((await s.agentState('1001', 'on-call')).state, 'on-call');
    await caller.hangUp();
    await s.record(callId);
    for (const phone of [caller, agent]) {
      const heard = await heardBy(phone, SUPER_HZ);
      assert.ok(heard > 600 && heard < 1900, `${phone.user} heard the supervisor for ${heard} ms`);
    }
  });

  it('takeover: the agent is free at once, the supervisor talks and is the agent of the record', async () => {
    const { caller, callId, supervise } = await talking();
    await supervise('listen');
    await supervisor.waitFor('CALL_INCOMING');
    await supervisor.accept();
    await told(callId, 'listen');
    await supervise('takeover');
    await agent.waitFor('CALL_CLOSED');
    await s.agentState('1001', 'ready');
    await talkFor(1000);
    await caller.hangUp();
    await supervisor.waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.equal(record.agent, '1100');
    assert.ok((await heardBy(caller, SUPER_HZ)) > 500);
    assert.ok((await heardBy(supervisor, CALLER_HZ)) > 500);
  });

  it('forced release ends the call at once, for the caller too, and the record says who did it', async () => {
    const { caller, callId, supervise } = await talking();
    await supervise('release');
    await caller.waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.deepEqual([record.termination?.by, record.termination?.reason], ['supervisor', 'forced-release']);
    assert.equal(record.survey, null);
  });

  it('强制示闲 示忙 签出: a supervisor sets an agent’s state, at once or for after the call; each act stands in the audit log', async () => {
    const set = (state: string, reason?: string) => leader.put('/agents/1001/state', { state, ...(reason ? { reason } : {}) });
    await set('not-ready', 'meeting');
    assert.deepEqual((await s.agentState('1001', 'not-ready')).reason, 'meeting');
    await set('ready');
    const { caller, callId } = await talking();
    await set('offline');
    await s.events.wait('agent.next-state-chosen', (e) => e.agentId === '1001' && e.data.state === 'offline' && e.data.by === 'super1100');
    assert.equal((await s.admin.get<{ state: string }>('/agents/1001')).state, 'on-call', 'the call is not cut');
    await caller.hangUp();
    await s.agentState('1001', 'offline');
    await s.record(callId);
    await s.ready('1001');
    const { items } = await s.admin.get<{ items: { action: string; username: string; subject: string }[] }>('/audit');
    const forced = items.filter((one) => one.action === 'agent.state-forced' && one.subject === '1001' && one.username === 'super1100');
    assert.equal(forced.length, 3);
    for (const mode of ['listen', 'barge', 'takeover', 'release'])
      assert.ok(
        items.some((one) => one.action === `call.supervised.${mode}` && one.username === 'super1100'),
        `${mode} is audited`,
      );
  });

  it('whether an agent sees that somebody listens is the hotline’s policy: shown, or hidden', async () => {
    const sees = async (callId: string) => {
      const { items } = await (await s.api('1001')).get<{ items: { role: string }[] }>(`/calls/${callId}/parties`);
      return items.some((one) => one.role === 'supervisor');
    };
    for (const showSupervision of [true, false]) {
      const { revision } = await s.admin.get<{ revision: number }>('/settings');
      await s.admin.put('/settings', { showSupervision, revision });
      const { caller, callId, supervise } = await talking();
      await supervise('listen');
      await supervisor.waitFor('CALL_INCOMING');
      await supervisor.accept();
      await told(callId, 'listen');
      assert.equal(await sees(callId), showSupervision);
      await caller.hangUp();
      await supervisor.waitFor('CALL_CLOSED');
      await s.record(callId);
    }
    const { revision } = await s.admin.get<{ revision: number }>('/settings');
    await s.admin.put('/settings', { showSupervision: true, revision });
  });

  it('an agent supervises nobody; a call that is over cannot be supervised', async () => {
    const { caller, callId } = await talking();
    const other = await s.api('1002');
    await assert.rejects(
      other.post(`/calls/${callId}/supervise`, { mode: 'listen' }),
      (error) => error instanceof ApiError && error.status === 403,
    );
    await caller.hangUp();
    await s.record(callId);
    await assert.rejects(
      leader.post(`/calls/${callId}/supervise`, { mode: 'listen' }),
      (error) => error instanceof ApiError && error.status === 409,
    );
  });
});
