import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { callerScenario, eventually, requirePeers, runSipp, steps, writeCapture } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

/** What happens to a hotline on its worst days: cables, power cuts, races, phones that lie. */
describe('in the field', function () {
  this.timeout(180_000);
  let s: Scenario;

  before(async function () {
    await requirePeers(this, 'sipp', 'baresip', 'redis');
    s = await Scenario.start();
  });

  afterEach(async () => {
    await s?.signOut('1001', '1002');
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await s?.close();
  });

  const remote = () => ({ address: '127.0.0.1', port: s.hotline.sipPort });

  /** Every leg, dialog and port is back once the last transaction is over (64·T1). */
  async function nothingLeft(): Promise<void> {
    await eventually(
      'legs, sessions, ports and calls back at zero',
      async () => {
        const text = await (await fetch(`${s.hotline.http}/metrics`)).text();
        const value = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
        return ['sip_sessions', 'media_sessions', 'rtp_ports_in_use', 'journal_live_calls', 'acd_timers'].every(
          (name) => value(name) === 0,
        );
      },
      40_000,
    );
  }

  async function waiting(number: string) {
    const caller = await s.caller(number, { toneHz: 700 });
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    await caller.sendDigits('1');
    const callId = await s.callOf(number);
    await s.events.wait('call.queued', (e) => e.callId === callId);
    return { caller, callId };
  }

  it('an agent whose phone has lost its power costs the caller seconds, is set aside as unreachable, and is back with the phone', async () => {
    const dead = await s.phone('1001');
    await s.ready('1001');
    await dead.kill();
    const { caller, callId } = await waiting('13900000001');
    const refused = await s.events.wait('offer.rejected', (e) => e.callId === callId);
    assert.deepEqual((refused.data.termination as { reason: string }).reason, 'no-response');
    assert.equal((await s.agentState('1001', 'not-ready')).reason, 'unreachable');
    const phone = await s.phone('1001', { answer: 'auto' });
    await phone.waitFor('CALL_ESTABLISHED');
    await caller.hangUp();
    const record = await s.record(callId);
    assert.deepEqual([record.outcome, record.agent, record.termination?.by], ['answered', '1001', 'caller']);
    await s.agentState('1001', 'ready');
  });

  it('a dead contact beside a living one does not keep the caller from the living one', async () => {
    const dead = await s.phone('1002');
    await dead.kill();
    const living = await s.phone('1002', { answer: 'auto' });
    await s.ready('1002');
    const { caller, callId } = await waiting('13900000002');
    await living.waitFor('CALL_ESTABLISHED');
    await caller.hangUp();
    assert.equal((await s.record(callId)).outcome, 'answered');
    await nothingLeft();
  });

  it('answer and hang-up in the same moment: one truth each time, the agent ready again, nothing left over', async () => {
    const agent = await s.phone('1001');
    await s.ready('1001');
    const caller = await s.caller('13900000003', { toneHz: 700 });
    for (let round = 0; round < 12; round++) {
      const before = s.events.seen.length;
      await caller.dial(s.uri('12320'));
      await caller.waitFor('CALL_ESTABLISHED');
      await caller.sendDigits('1');
      await agent.waitFor('CALL_INCOMING');
      const arrived = s.events.seen.slice(before).find((e) => e.type === 'call.arrived');
      const [first, second] =
        round % 2 === 0 ? [() => agent.accept(), () => caller.hangUp()] : [() => caller.hangUp(), () => agent.accept()];
      const begun = first();
      await pass(round % 4);
      await Promise.all([begun, second()]);
      const record = await s.record(arrived?.callId ?? '');
      assert.equal(record.termination?.by, 'caller');
      const talked = record.timeline.some((e) => e.type === 'call.connected');
      assert.equal(record.outcome, talked ? 'answered' : 'abandoned-ringing');
      assert.equal(record.agent, talked ? '1001' : null);
      await s.agentState('1001', 'ready');
      await agent.waitFor('CALL_CLOSED');
    }
    await nothingLeft();
  });

  it('takes keys from a caller whose network knows no telephone-event: in the menu, by tones', async () => {
    const number = '13900000004';
    const file = path.join(s.hotline.dataDir, 'one-by-tone.pcap');
    const said = [
      { kind: 'silence', ms: 400 },
      { kind: 'tone', hz: 697, secondHz: 1209, ms: 200 },
      { kind: 'silence', ms: 600 },
    ] as const;
    const length = await writeCapture(file, said);
    const sdp = { codecs: ['PCMA'], telephoneEvent: null } as const;
    const running = runSipp({
      scenario: callerScenario({ from: number, sdp, during: [steps.play(file), steps.pause(length + 1000)] }),
      remote: remote(),
      service: '12320',
    });
    const callId = await s.callOf(number);
    await s.events.wait('call.queued', (e) => e.callId === callId && e.queueId === 'consult');
    await running;
    assert.equal((await s.record(callId)).timeline.filter((e) => e.type === 'call.pressed-keys').length, 1);
  });

  it('a redis-server that is killed comes back by itself, with the agents as they were; calls do not notice', async () => {
    const agent = await s.phone('1001', { answer: 'auto' });
    await s.ready('1001');
    const { caller, callId } = await waiting('13900000005');
    await agent.waitFor('CALL_ESTABLISHED');
    process.kill(Number(readFileSync(path.join(s.hotline.dataDir, 'redis/redis.pid'), 'utf8')), 'SIGKILL');
    await eventually('ready again', async () => (await fetch(`${s.hotline.http}/readyz`)).ok, 30_000);
    assert.ok(!caller.events.some((e) => e.type === 'CALL_CLOSED'), 'the call goes on');
    await caller.hangUp();
    assert.equal((await s.record(callId)).outcome, 'answered');
    await s.agentState('1001', 'ready');
  });

  it('keys pressed in the queue and while talking are no answer to the survey', async () => {
    const agent = await s.phone('1001', { answer: 'auto' });
    await (await s.api('1001')).put('/agents/1001/state', { state: 'not-ready' }); // signed in, or nobody could wait
    const { caller, callId } = await waiting('13900000006');
    await caller.sendDigits('5');
    await s.ready('1001');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await caller.sendDigits('4');
    await pass(500);
    await agent.hangUp();
    await s.events.wait('call.disconnected', (e) => e.callId === callId);
    await pass(1500);
    await caller.sendDigits('2');
    assert.equal((await s.record(callId)).survey, 2);
  });

  it('not ready while ringing takes the call away at once; while talking it counts from the end', async () => {
    const agent = await s.phone('1001');
    await s.ready('1001');
    const api = await s.api('1001');
    const { caller, callId } = await waiting('13900000007');
    await agent.waitFor('CALL_INCOMING');
    await api.put('/agents/1001/state', { state: 'not-ready', reason: 'tea' });
    await agent.waitFor('CALL_CLOSED');
    assert.equal((await s.agentState('1001', 'not-ready')).reason, 'tea');
    await api.put('/agents/1001/state', { state: 'ready' });
    await agent.waitFor('CALL_INCOMING');
    await agent.accept();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await api.put('/agents/1001/state', { state: 'not-ready', reason: 'lunch' });
    assert.equal((await s.agentState('1001', 'on-call')).state, 'on-call');
    await caller.hangUp();
    assert.equal((await s.record(callId)).outcome, 'answered');
    assert.equal((await s.agentState('1001', 'not-ready')).reason, 'lunch');
  });

  it('a phone that cannot take the call (488) has not rejected it: connection-failed', async () => {
    const phone = await s.phone('1002', { codecs: [] });
    await s.ready('1002');
    const { caller, callId } = await waiting('13900000008');
    const refused = await s.events.wait('offer.rejected', (e) => e.callId === callId);
    assert.equal((refused.data.termination as { sipStatus?: number }).sipStatus, 488);
    assert.equal((await s.agentState('1002', 'not-ready')).reason, 'connection-failed');
    await caller.hangUp();
    assert.equal((await s.record(callId)).outcome, 'abandoned-in-queue');
    await s.stopPhone(phone);
  });
});
