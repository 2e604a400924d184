import assert from 'node:assert/strict';
import { setTimeout as talkFor } from 'node:timers/promises';
import { isSilent, requirePeers, slice, toneDurationMs, toneSpans } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;

describe('a call to the hotline', function () {
  this.timeout(120_000);
  let s: Scenario;

  before(async function () {
    await requirePeers(this, 'baresip', 'redis');
    s = await Scenario.start();
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await s?.close();
  });

  /** A caller who has pressed 1 and a ready agent whose phone rings for him. */
  async function ringing(number: string, extension = '1001') {
    const agent = await s.phone(extension, { toneHz: AGENT_HZ });
    await s.ready(extension);
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    await agent.waitFor('CALL_INCOMING');
    return { agent, caller, callId };
  }

  async function talking(number: string, extension = '1001') {
    const both = await ringing(number, extension);
    await both.agent.accept();
    await s.events.wait('call.connected', (e) => e.callId === both.callId);
    return both;
  }

  it('is answered, heard both ways, recorded in stereo and written down; the caller hangs up', async () => {
    const { agent, caller, callId } = await talking('13800000001');
    await talkFor(3000);
    await caller.hangUp();
    await agent.waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.equal(record.outcome, 'answered');
    assert.deepEqual(
      [record.caller, record.called, record.queue, record.agent, record.direction],
      ['13800000001', '12320', 'consult', '1001', 'inbound'],
    );
    assert.deepEqual([record.termination?.by, record.termination?.reason], ['caller', 'normal']);
    assert.ok(record.talkSeconds >= 2.5 && record.talkSeconds < 20, `talked ${record.talkSeconds} s`);
    for (const step of ['flow:main', 'key:1', 'queue:consult', 'agent:1001'])
      assert.ok(record.path.includes(step), `${step} in ${record.path}`);
    const types = record.timeline.map((e) => e.type);
    for (const type of [
      'call.arrived',
      'call.answered',
      'call.entered-flow',
      'call.queued',
      'offer.made',
      'offer.accepted',
      'call.connected',
      'recording.started',
      'call.ended',
    ]) {
      assert.ok(types.includes(type as string), `${type} in the timeline ${types}`);
    }
    const pushed = s.events.seen.filter((e) => e.callId === callId).map((e) => e.seq);
    assert.ok(
      record.timeline.every((e) => pushed.includes(e.seq)),
      'every step of the timeline was pushed over Socket.IO',
    );

    const { channels } = await s.recording(callId);
    const [left, right] = [channels[0] ?? new Int16Array(), channels[1] ?? new Int16Array()];
    assert.equal(channels.length, 2);
    assert.ok(toneDurationMs(left, CALLER_HZ) > 2000, 'the caller stands left');
    assert.ok(toneDurationMs(right, AGENT_HZ) > 2000, 'the agent stands right');
    assert.equal(toneDurationMs(left, AGENT_HZ), 0);
    assert.equal(toneDurationMs(right, CALLER_HZ), 0);
    assert.ok(toneDurationMs((await agent.lastHeard()).channels[0] ?? new Int16Array(), CALLER_HZ) > 2000, 'the agent heard the caller');
    assert.ok(toneDurationMs((await caller.lastHeard()).channels[0] ?? new Int16Array(), AGENT_HZ) > 2000, 'the caller heard the agent');
    await s.agentState('1001', 'ready');
  });

  it('goes on to the survey when the agent hangs up, and keeps the score', async () => {
    const { agent, caller, callId } = await talking('13800000002');
    await talkFor(1000);
    await agent.hangUp();
    await s.events.wait('call.disconnected', (e) => e.callId === callId);
    await s.events.wait('call.reached-node', (e) => e.callId === callId && e.data.nodeType === 'survey');
    await caller.sendDigits('4');
    const record = await s.record(callId);
    assert.deepEqual([record.outcome, record.survey], ['answered', 4]);
    await caller.waitFor('CALL_CLOSED');
  });

  it('is abandoned in the queue when nobody is free: music was heard, nobody rings afterwards', async () => {
    await s.ready('1002'); // ready, but the phone is not registered: stays without offers
    const caller = await s.caller('13800000003', { toneHz: CALLER_HZ });
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf('13800000003');
    await s.signOut('1002');
    const agent = await s.phone('1001');
    await s.ready('1001');
    await (await s.api('1001')).put('/agents/1001/state', { state: 'not-ready', reason: 'lunch' });
    await caller.sendDigits('1');
    await s.events.wait('call.queued', (e) => e.callId === callId);
    await talkFor(1500);
    await caller.hangUp();
    const record = await s.record(callId);
    assert.equal(record.outcome, 'abandoned-in-queue');
    assert.ok(record.waitSeconds >= 1, `waited ${record.waitSeconds}`);
    await s.ready('1001');
    await s.agentState('1001', 'ready');
    assert.ok(!agent.events.some((e) => e.type === 'CALL_INCOMING'), 'no ghost call');
  });

  it('stops ringing the agent when the caller leaves', async () => {
    const { agent, caller, callId } = await ringing('13800000004');
    await caller.hangUp();
    await agent.waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.equal(record.outcome, 'abandoned-ringing');
    await s.agentState('1001', 'ready');
  });

  it('goes to the next agent when the first does not answer, and the first is not ready with the reason', async () => {
    await s.admin; // both agents have the skill; the longest idle is asked first
    const first = await s.phone('1001', { toneHz: AGENT_HZ });
    await s.ready('1001');
    const second = await s.phone('1002', { toneHz: AGENT_HZ });
    await s.ready('1002');
    const caller = await s.caller('13800000005', { toneHz: CALLER_HZ });
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf('13800000005');
    await caller.sendDigits('1');
    const offered = await s.events.wait('offer.made', (e) => e.callId === callId);
    const [asked, other, otherPhone] = offered.agentId === '1001' ? ['1001', '1002', second] : ['1002', '1001', first];
    await s.events.wait('offer.timed-out', (e) => e.callId === callId && e.agentId === asked, 40_000);
    await otherPhone.waitFor('CALL_INCOMING');
    await otherPhone.accept();
    await s.events.wait('call.connected', (e) => e.callId === callId && e.agentId === other);
    const rona = await s.agentState(String(asked), 'not-ready');
    assert.equal(rona.reason, 'no-answer');
    await caller.hangUp();
    const record = await s.record(callId);
    assert.deepEqual([record.outcome, record.agent], ['answered', other]);
    await s.signOut('1001', '1002');
  });

  it('goes to the next agent at once when the first refuses', async () => {
    const first = await s.phone('1001');
    await s.ready('1001');
    const second = await s.phone('1002');
    await s.ready('1002');
    const caller = await s.caller('13800000006');
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf('13800000006');
    await caller.sendDigits('1');
    const offered = await s.events.wait('offer.made', (e) => e.callId === callId);
    const [refuser, taker] = offered.agentId === '1001' ? [first, second] : [second, first];
    await refuser.waitFor('CALL_INCOMING');
    await refuser.hangUp();
    await taker.waitFor('CALL_INCOMING');
    await taker.accept();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    // baresip refuses with 486, which is told apart from 603
    assert.equal((await s.agentState(offered.agentId ?? '', 'not-ready')).reason, 'busy');
    await caller.hangUp();
    await s.record(callId);
    await s.signOut('1001', '1002');
  });

  it('is held and resumed through the API: the caller hears music, then the agent again', async () => {
    const { agent, caller, callId } = await talking('13800000007');
    const api = await s.api('1001');
    await talkFor(1000);
    await api.post(`/calls/${callId}/hold`);
    await s.events.wait('call.held', (e) => e.callId === callId);
    await talkFor(1500);
    await api.post(`/calls/${callId}/resume`);
    await s.events.wait('call.resumed', (e) => e.callId === callId);
    await talkFor(1000);
    await api.post(`/calls/${callId}/hangup`);
    await agent.waitFor('CALL_CLOSED');
    await caller.hangUp();
    const record = await s.record(callId);
    assert.ok(record.holdSeconds >= 1 && record.holdSeconds < 10, `held ${record.holdSeconds} s`);
    assert.equal(record.outcome, 'answered');
    assert.ok(record.segments.some((segment) => segment.kind === 'hold'));
    const heard = (await caller.lastHeard()).channels[0] ?? new Int16Array();
    const talks = toneSpans(heard, AGENT_HZ).filter((span) => span.endMs - span.startMs > 300);
    const [before, after] = [talks[0], talks.at(-1)];
    assert.ok(
      before && after && after.startMs - before.endMs > 1000,
      `heard the agent before and after the hold: ${JSON.stringify(talks)}`,
    );
    assert.ok(!isSilent(slice(heard, before.endMs + 200, after.startMs - 200)), 'music in between');
    const { channels } = await s.recording(callId);
    assert.ok(toneDurationMs(channels[0] ?? new Int16Array(), CALLER_HZ) > 2500, 'the caller is recorded throughout');
  });

  it('is held from the agent phone by re-INVITE and the caller is told (RFC 3264 §8.4)', async () => {
    const { agent, caller, callId } = await talking('13800000008');
    await agent.hold();
    await s.events.wait('call.held', (e) => e.callId === callId);
    await agent.resume();
    await s.events.wait('call.resumed', (e) => e.callId === callId);
    await talkFor(800);
    await caller.hangUp();
    await agent.waitFor('CALL_CLOSED');
    assert.equal((await s.record(callId)).outcome, 'answered');
  });

  it('leaves a voicemail with key 3', async () => {
    const caller = await s.caller('13800000009', { toneHz: CALLER_HZ });
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf('13800000009');
    await caller.sendDigits('3');
    await s.events.wait('voicemail.started', (e) => e.callId === callId, 30_000);
    await talkFor(2500);
    await caller.hangUp();
    const record = await s.record(callId);
    assert.equal(record.outcome, 'voicemail');
    const { items } = await s.admin.get<{ items: Array<{ id: string; callId: string; caller: string }> }>('/voicemails');
    const message = items.find((one) => one.callId === callId);
    assert.equal(message?.caller, '13800000009');
    const audio = await s.admin.raw('GET', `/voicemails/${message?.id}/audio`);
    assert.equal(audio.status, 200);
    assert.ok((await audio.arrayBuffer()).byteLength > 16_000);
  });
});
