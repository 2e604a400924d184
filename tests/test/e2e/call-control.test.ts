import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as talkFor } from 'node:timers/promises';
import { refusedFor, type WireEvent } from '../../src/hotline.js';
import { type BaresipPhone, eventually, heardMs, phoneHears, requirePeers, toneDurationMs, writeToneWav } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const FLOW_HZ = 2900;
const HZ = { '1001': 1100, '1002': 1500, '1003': 1900, '1004': 2300 } as const;
type Ext = keyof typeof HZ;
/** One of several tones at once. */
const AMONG = { minShare: 0.12 };
/** What is heard of a talk of 800 ms, when something is heard at all. */
const SOME_MS = 400;

describe('call control on the telephone', function () {
  this.timeout(120_000);
  let s: Scenario;
  const phones = {} as Record<Ext, BaresipPhone>;
  let callers = 0;
  const open: BaresipPhone[] = [];

  before(async function () {
    await requirePeers(this, 'baresip', 'redis');
    s = await Scenario.start();
    for (const ext of Object.keys(HZ) as Ext[]) phones[ext] = await s.phone(ext, { toneHz: HZ[ext] });
  });

  after(async () => {
    await s?.close();
  });

  /** Whatever a test left behind must not fail the next one. */
  afterEach(async () => {
    for (const caller of open.splice(0)) await s.stopPhone(caller);
    for (const ext of Object.keys(HZ) as Ext[]) {
      const { state } = await s.admin.get<{ state: string }>(`/agents/${ext}`);
      if (state === 'on-call' || state === 'ringing') await phones[ext].hangUp();
    }
  });

  /** A caller of the queue `consult` who talks with 1001. */
  async function talking() {
    const number = `1380000${1000 + callers++}`;
    await s.ready('1001');
    const caller = await s.caller(number, { toneHz: CALLER_HZ });
    open.push(caller);
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf(number);
    await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await phones['1001'].waitFor('CALL_INCOMING');
    await phones['1001'].accept();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    return { number, caller, callId, api: await s.api('1001'), told: s.told(callId) };
  }

  async function takes(ext: Ext): Promise<void> {
    await phones[ext].waitFor('CALL_INCOMING');
    await phones[ext].accept();
  }

  it('blind transfer to an agent: music, then the other agent; the first is free at once; both are in the recording', async () => {
    const { caller, callId, api, told: wait } = await talking();
    await s.ready('1002');
    await talkFor(800);
    await api.post(`/calls/${callId}/transfer`, { agent: '1002' });
    await phones['1001'].waitFor('CALL_CLOSED');
    await s.agentState('1001', 'ready');
    await s.agentState('1002', 'on-call');
    await takes('1002');
    await wait('call.connected', '1002');
    await talkFor(1000);
    await caller.hangUp();
    await phones['1002'].waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.equal(record.agent, '1002');
    assert.ok(record.path.includes('transfer:agent:1002'), record.path.join(' '));
    assert.deepEqual(record.segments.filter((x) => x.kind === 'talk').length, 2);
    assert.ok((await heardMs(caller, HZ['1001'])) > SOME_MS && (await heardMs(caller, HZ['1002'])) > SOME_MS);
    const foundBy = async (agent: string): Promise<number> =>
      (await s.admin.get<{ items: unknown[] }>(`/recordings?callId=${callId}&agent=${agent}`)).items.length;
    assert.deepEqual([await foundBy('1001'), await foundBy('agent1002'), await foundBy('1003')], [1, 1, 0]);
    const { channels } = await s.recording(callId);
    const [left, right] = [channels[0] ?? new Int16Array(), channels[1] ?? new Int16Array()];
    assert.ok(toneDurationMs(left, CALLER_HZ) > 1500, 'the caller left');
    assert.ok(toneDurationMs(right, HZ['1001']) > SOME_MS && toneDurationMs(right, HZ['1002']) > SOME_MS, 'both agents right');
    await s.signOut('1002');
  });

  it('a transfer that is refused comes back to who transferred', async () => {
    const { caller, callId, api, told: wait } = await talking();
    await s.ready('1002');
    await api.post(`/calls/${callId}/transfer`, { agent: '1002' });
    await phones['1001'].waitFor('CALL_CLOSED');
    await phones['1002'].waitFor('CALL_INCOMING');
    await phones['1002'].hangUp();
    await wait('call.transfer-failed');
    await takes('1001');
    await s.events.wait('call.connected', (e) => e.callId === callId && e.agentId === '1001' && e.data.to === '1001');
    await talkFor(300);
    await caller.hangUp();
    assert.equal((await s.record(callId)).agent, '1001');
    await s.signOut('1002');
  });

  it('blind transfer to a queue: the next agent of that queue, and the survey only when all is over', async () => {
    const { caller, callId, api, told: wait } = await talking();
    await s.ready('1004');
    await api.post(`/calls/${callId}/transfer`, { queue: 'complaint' });
    await takes('1004');
    await wait('call.connected', '1004');
    await talkFor(500);
    await phones['1004'].hangUp();
    await wait('call.reached-node');
    await talkFor(300);
    await caller.sendDigits('5');
    const record = await s.record(callId);
    assert.deepEqual([record.queue, record.agent, record.survey], ['complaint', '1004', 5]);
    await s.signOut('1004');
  });

  it('blind transfer to an extension and to a number over the trunk', async () => {
    const outside = await s.caller('013912345678', { toneHz: 2700, answer: 'auto' });
    await s.admin.put('/trunks/demo', { outboundUri: `sip:127.0.0.1:${outside.sipPort}` });
    for (const target of [{ extension: '1003' }, { number: '013912345678' }]) {
      const { caller, callId, api } = await talking();
      await api.post(`/calls/${callId}/transfer`, target);
      if ('extension' in target) await takes('1003');
      const to = 'extension' in target ? '1003' : '013912345678';
      await s.events.wait('call.connected', (e) => e.callId === callId && e.data.to === to);
      await talkFor(900);
      await caller.hangUp();
      await s.record(callId);
      assert.ok((await heardMs(caller, 'extension' in target ? HZ['1003'] : 2700)) > SOME_MS, to);
    }
  });

  it('consult, swap, complete: who talks with whom', async () => {
    const { caller, callId, api, told: wait } = await talking();
    await s.ready('1002');
    await api.post(`/calls/${callId}/consult`, { agent: '1002' });
    await takes('1002');
    await wait('call.party-joined', '1002');
    await talkFor(900);
    await api.post(`/calls/${callId}/swap`);
    await talkFor(900);
    await api.post(`/calls/${callId}/swap`);
    await api.post(`/calls/${callId}/complete`);
    await phones['1001'].waitFor('CALL_CLOSED');
    await wait('call.connected', '1002');
    await talkFor(900);
    await phones['1002'].hangUp();
    await caller.hangUp();
    const record = await s.record(callId);
    assert.equal(record.agent, '1002');
    assert.ok(record.holdSeconds >= 0.8, `${record.holdSeconds} s held`);
    assert.ok((await heardMs(phones['1002'], HZ['1001'])) > SOME_MS, '1002 heard 1001');
    assert.ok((await heardMs(phones['1002'], CALLER_HZ)) > SOME_MS, '1002 heard the caller');
    assert.ok((await heardMs(phones['1001'], HZ['1002'])) > SOME_MS, '1001 heard 1002');
    assert.ok((await heardMs(caller, HZ['1002'])) > SOME_MS && (await heardMs(caller, HZ['1001'])) > SOME_MS, 'the caller heard both');
    await s.signOut('1002');
  });

  it('a consultation that is cancelled, also while it rings, gives the caller back', async () => {
    const { caller, callId, api, told: wait } = await talking();
    await s.ready('1002');
    await api.post(`/calls/${callId}/consult`, { agent: '1002' });
    await phones['1002'].waitFor('CALL_INCOMING');
    await api.post(`/calls/${callId}/cancel`);
    await phones['1002'].waitFor('CALL_CLOSED');
    await wait('call.consultation-ended');
    await talkFor(900);
    await caller.hangUp();
    assert.equal((await s.record(callId)).agent, '1001');
    assert.ok((await heardMs(caller, HZ['1001'])) > SOME_MS);
    await s.agentState('1002', 'ready');
    await s.signOut('1002');
  });

  it('a queue is consulted: music until its next agent has come, swap, and the caller is put through', async () => {
    const { caller, callId, api, told: wait } = await talking();
    await s.ready('1004');
    await s.admin.put('/agents/1004/state', { state: 'not-ready', reason: 'coffee' });
    await api.post(`/calls/${callId}/consult`, { queue: 'complaint' });
    await wait('call.consulted', '1001');
    const asked = await s.events.wait('call.queued', (e) => e.queueId === 'complaint' && e.callId !== callId && s.isOpen(e));
    const { items } = await api.get<{ items: { party: string; state: string }[] }>(`/calls/${callId}/parties`);
    assert.deepEqual(items.find((p) => p.party === 'complaint')?.state, 'ringing');
    await s.admin.put('/agents/1004/state', { state: 'ready' });
    await takes('1004');
    await wait('call.party-joined', '1004');
    assert.equal((await s.admin.get<{ callId: string }>('/agents/1004')).callId, callId, 'the colleague is on the call');
    await talkFor(900);
    await api.post(`/calls/${callId}/swap`);
    await talkFor(900);
    await api.post(`/calls/${callId}/swap`);
    await api.post(`/calls/${callId}/complete`);
    await phones['1001'].waitFor('CALL_CLOSED');
    await wait('call.connected', '1004');
    await talkFor(900);
    await caller.hangUp();
    await phones['1004'].waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.deepEqual([record.agent, record.queue], ['1004', 'consult']);
    assert.ok(record.path.includes('consult:queue:complaint') && record.path.includes('transfer:agent:1004'), record.path.join(' '));
    const question = await s.record(asked.callId ?? '');
    assert.deepEqual(
      [question.direction, question.caller, question.queue, question.agent, question.outcome, question.termination?.reason],
      ['internal', '1001', 'complaint', '1004', 'answered', 'transferred'],
    );
    assert.ok((await heardMs(phones['1004'], HZ['1001'])) > SOME_MS, '1004 heard 1001');
    assert.ok((await heardMs(phones['1004'], CALLER_HZ)) > SOME_MS, '1004 heard the caller');
    assert.ok((await heardMs(caller, HZ['1004'])) > SOME_MS && (await heardMs(caller, HZ['1001'])) > SOME_MS, 'the caller heard both');
    await s.agentState('1004', 'ready');
    await s.signOut('1004');
  });

  it('a consulted queue is given up while one waits, or the caller waits on in its place and gets its agent', async () => {
    const { caller, callId, api, told: wait } = await talking();
    await s.ready('1004');
    await s.admin.put('/agents/1004/state', { state: 'not-ready', reason: 'coffee' });
    await api.post(`/calls/${callId}/consult`, { queue: 'complaint' });
    const first = await s.events.wait('call.queued', (e) => e.queueId === 'complaint' && e.callId !== callId && s.isOpen(e));
    await api.post(`/calls/${callId}/cancel`);
    const given = await s.record(first.callId ?? '');
    assert.deepEqual([given.outcome, given.agent], ['abandoned-in-queue', null]);
    await talkFor(700);
    await api.post(`/calls/${callId}/consult`, { queue: 'complaint' });
    await s.events.wait('call.queued', (e) => e.queueId === 'complaint' && e.callId !== callId && s.isOpen(e));
    await api.post(`/calls/${callId}/complete`);
    await phones['1001'].waitFor('CALL_CLOSED');
    await s.agentState('1001', 'ready');
    await s.admin.put('/agents/1004/state', { state: 'ready' });
    await takes('1004');
    await wait('call.connected', '1004');
    await talkFor(900);
    await phones['1004'].hangUp();
    await wait('call.reached-node');
    await caller.hangUp();
    const record = await s.record(callId);
    assert.equal(record.agent, '1004');
    assert.ok((await heardMs(caller, HZ['1001'])) > SOME_MS, 'the caller had 1001 back');
    assert.ok((await heardMs(caller, HZ['1004'])) > SOME_MS, 'the caller heard 1004');
    await s.signOut('1004');
  });

  it('a flow is consulted: it speaks with the agent alone, takes the keys, is given up, leads to a queue, or gets the caller', async () => {
    const own = path.join(s.hotline.dataDir, 'prompts');
    mkdirSync(own, { recursive: true });
    await writeToneWav(path.join(own, 'account.wav'), FLOW_HZ, 2);
    const nodes = {
      ask: { type: 'menu', prompts: ['account'], choices: [{ key: '2', next: 'people' }], otherwise: 'end' },
      people: { type: 'queue', queue: 'complaint', otherwise: 'end' },
      end: { type: 'hangup' },
    };
    await s.admin.post('/flows', { document: { id: 'account', name: 'account', language: 'zh-CN', start: 'ask', nodes } });
    await s.admin.post('/flows/account/publish', {});
    const { caller, callId, api, told: wait } = await talking();
    const question = async () => {
      await api.post(`/calls/${callId}/consult`, { flow: 'account' });
      const isIt = (e: WireEvent) => e.data.flowId === 'account' && s.isOpen(e);
      return (await s.events.wait('call.entered-flow', isIt)).callId ?? '';
    };
    const first = await question();
    assert.notEqual(first, callId);
    await talkFor(900);
    await assert.rejects(api.post(`/calls/${callId}/swap`), /a flow does not wait/);
    await api.post(`/calls/${callId}/cancel`);
    const given = await s.record(first);
    assert.deepEqual([given.direction, given.caller, given.called, given.path[0]], ['internal', '1001', 'account', 'flow:account']);
    await talkFor(900);

    const second = await question();
    await s.ready('1004');
    await phones['1001'].sendDigits('2');
    await takes('1004');
    await wait('call.party-joined', '1004');
    await talkFor(900);
    await api.post(`/calls/${callId}/cancel`);
    await phones['1004'].waitFor('CALL_CLOSED');
    const through = await s.record(second);
    assert.deepEqual([through.queue, through.agent, through.termination?.reason], ['complaint', '1004', 'transferred']);
    await s.signOut('1004');

    await question();
    await api.post(`/calls/${callId}/complete`);
    await phones['1001'].waitFor('CALL_CLOSED');
    await s.events.wait('call.entered-flow', (e) => e.callId === callId && e.data.flowId === 'account');
    await talkFor(1500);
    await caller.hangUp();
    const record = await s.record(callId);
    assert.deepEqual([record.agent, record.path.includes('transfer:flow:account')], ['1001', true]);
    assert.ok((await heardMs(phones['1001'], FLOW_HZ)) > SOME_MS, 'the agent heard the flow');
    assert.ok(
      (await heardMs(phones['1001'], HZ['1004'])) > SOME_MS && (await heardMs(phones['1004'], HZ['1001'])) > SOME_MS,
      'and the colleague',
    );
    const ofFlow = await heardMs(caller, FLOW_HZ);
    assert.ok(ofFlow > SOME_MS && ofFlow < 1900, `the caller heard the flow after it was put through, and not before: ${ofFlow} ms`);
    assert.ok((await heardMs(caller, HZ['1001'])) > SOME_MS);
  });

  it('a consulted flow puts the agent through to an extension or a number, takes a message, and does not park: the consultation follows it', async () => {
    const outside = await s.caller('013912345678', { toneHz: 2700, answer: 'auto' });
    await s.admin.put('/trunks/demo', { outboundUri: `sip:127.0.0.1:${outside.sipPort}` });
    const choices = ['colleague', 'number', 'note', 'aside'].map((next, i) => ({ key: String(i + 1), next }));
    const nodes = {
      ask: { type: 'menu', prompts: ['main-menu'], choices, otherwise: 'end' },
      colleague: { type: 'transfer', to: { extension: '1003' }, busy: 'ask', otherwise: 'end' },
      number: { type: 'transfer', to: { number: '013912345678' }, otherwise: 'end' },
      note: { type: 'voicemail', prompts: ['voicemail'], box: 'main', next: 'end' },
      aside: { type: 'park', otherwise: 'end' },
      end: { type: 'hangup' },
    };
    await s.admin.post('/flows', { document: { id: 'desk-help', name: 'desk-help', language: 'zh-CN', start: 'ask', nodes } });
    await s.admin.post('/flows/desk-help/publish', {});
    const { caller, callId, api, told: wait } = await talking();
    /** The call by which the flow is asked, once it listens for a key, and the key. */
    const asks = async (key: string): Promise<string> => {
      await api.post(`/calls/${callId}/consult`, { flow: 'desk-help' });
      const isIt = (e: WireEvent) => e.data.nodeId === 'ask' && e.callId !== callId && s.isOpen(e);
      const question = (await s.events.wait('call.reached-node', isIt)).callId ?? '';
      await phones['1001'].sendDigits(key);
      return question;
    };
    const over = (result: string, nth: number) =>
      eventually(`consultation ${nth} ${result}`, () => {
        const ends = s.events.seen.filter((e) => e.type === 'call.consultation-ended' && e.callId === callId);
        return ends.length === nth && ends.at(-1)?.data.result === result;
      });

    const message = await asks('3');
    await s.events.wait('voicemail.started', (e) => e.callId === message);
    await talkFor(2_000);
    await phones['1001'].sendDigits('#');
    await s.events.wait('voicemail.left', (e) => e.callId === message);
    await over('cancelled', 1);
    await phoneHears(caller, HZ['1001']);
    assert.equal((await s.record(message)).outcome, 'voicemail');

    const parked = await s.record(await asks('4'));
    assert.deepEqual(parked.path, ['flow:desk-help', 'node:ask', 'key:4', 'node:aside', 'flow:desk-help', 'node:end']);
    await over('cancelled', 2);

    const busy = await asks('1');
    await phones['1003'].waitFor('CALL_INCOMING');
    await phones['1003'].hangUp();
    const menus = () => s.events.seen.filter((e) => e.type === 'call.reached-node' && e.callId === busy && e.data.nodeId === 'ask');
    await eventually('the menu again', () => menus().length === 2);
    await phones['1001'].sendDigits('2');
    await wait('call.party-joined');
    await Promise.all([phoneHears(phones['1001'], 2700), phoneHears(outside, HZ['1001'])]);
    await api.post(`/calls/${callId}/conference`);
    await Promise.all([phoneHears(caller, 2700), phoneHears(outside, CALLER_HZ), phoneHears(caller, HZ['1001'])]);
    const { termination, outcome } = await s.record(busy);
    assert.deepEqual([termination?.reason, outcome], ['transferred', 'answered']);
    await outside.hangUp();
    await over('conference', 3);

    const question = await asks('1');
    await takes('1003');
    await wait('call.party-joined', '1003');
    await Promise.all([phoneHears(phones['1001'], HZ['1003']), phoneHears(phones['1003'], HZ['1001'])]);
    await api.post(`/calls/${callId}/complete`);
    await phones['1001'].waitFor('CALL_CLOSED');
    await Promise.all([phoneHears(caller, HZ['1003']), phoneHears(phones['1003'], CALLER_HZ)]);
    await caller.hangUp();
    await phones['1003'].waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.ok(
      record.path.some((step) => /^transfer:(agent|extension):1003$/.test(step)),
      record.path.join(' '),
    );
    const asked = await s.record(question);
    assert.deepEqual([asked.agent, asked.termination?.reason], ['1003', 'transferred']);
  });

  it('a conference of three: everybody hears the others, the muted one is heard by nobody, and may leave', async () => {
    const { caller, callId, api, told: wait } = await talking();
    await s.ready('1002');
    await api.post(`/calls/${callId}/conference`, { agent: '1002' });
    await takes('1002');
    await wait('call.party-joined', '1002');
    await talkFor(1200);
    const parties = await api.get<{ items: { party: string; state: string }[] }>(`/calls/${callId}/parties`);
    assert.deepEqual(
      parties.items.map((p) => [p.party.slice(-4), p.state]).sort(),
      [
        ['1001', 'talking'],
        ['1002', 'talking'],
        [caller.user.slice(-4), 'talking'],
      ].sort(),
    );
    await api.post(`/calls/${callId}/mute`);
    await talkFor(800);
    await api.post(`/calls/${callId}/hangup`);
    await phones['1001'].waitFor('CALL_CLOSED');
    await talkFor(600);
    await caller.hangUp();
    await phones['1002'].waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.equal(record.agent, '1002');
    assert.ok(record.segments.some((x) => x.kind === 'conference'));
    for (const [who, hz] of [
      [caller, HZ['1002']],
      [phones['1001'], CALLER_HZ],
      [phones['1001'], HZ['1002']],
      [phones['1002'], CALLER_HZ],
    ] as const) {
      assert.ok((await heardMs(who, hz, AMONG)) > SOME_MS, `${who.user} heard ${hz} Hz for ${await heardMs(who, hz, AMONG)} ms`);
    }
    const of1001 = await heardMs(phones['1002'], HZ['1001'], AMONG);
    assert.ok(of1001 > SOME_MS && of1001 < 1900, `1002 heard the muted one no longer: ${of1001} ms`);
    await s.signOut('1002');
  });

  it('digits go to the other side, and to nobody else; what is no key is refused by its field', async () => {
    const { caller, callId, api } = await talking();
    await api.post(`/calls/${callId}/dtmf`, { digits: '7#' });
    const heard = () => caller.events.filter((e) => e.type === 'CALL_DTMF_START').map((e) => e.param);
    await eventually('both keys at the caller’s phone', () => heard().join('') === '7#');
    await refusedFor(api.post(`/calls/${callId}/dtmf`, { digits: 'seven' }), 400, 'digits');
    await caller.hangUp();
    assert.equal((await s.record(callId)).outcome, 'answered');
  });

  it('park and fetch by *5 from another phone', async () => {
    const { caller, callId, api, told: wait } = await talking();
    const { slot } = await api.post<{ slot: string }>(`/calls/${callId}/park`);
    await phones['1001'].waitFor('CALL_CLOSED');
    await s.agentState('1001', 'ready');
    await talkFor(500);
    await phones['1003'].dial(s.uri(`*5${slot}`));
    await wait('call.retrieved', '1003');
    await talkFor(900);
    await caller.hangUp();
    await phones['1003'].waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.equal(record.agent, '1003');
    assert.ok(record.segments.some((x) => x.kind === 'parked'));
    assert.ok((await heardMs(caller, HZ['1003'])) > SOME_MS);
  });

  it('REFER from the phone is a transfer', async () => {
    const { caller, callId, told: wait } = await talking();
    await phones['1001'].transfer(s.uri('1003'));
    await takes('1003');
    await wait('call.connected', '1003');
    await phones['1001'].waitFor('CALL_CLOSED');
    await talkFor(900);
    await caller.hangUp();
    const record = await s.record(callId);
    assert.deepEqual([record.agent, record.path.includes('transfer:extension:1003')], ['1003', true]);
    assert.ok((await heardMs(caller, HZ['1003'])) > SOME_MS);
  });

  it('a callback that cannot be is refused with the field that was sent', async () => {
    const { caller, callId } = await talking();
    const ask = (body: unknown) => s.admin.post('/callbacks', body);
    const number = '013800138000';
    await refusedFor(ask({ queue: 'nowhere', number }), 404, 'queue');
    await refusedFor(ask({ queue: 'consult', number: 'anonymous' }), 400, 'number');
    await refusedFor(ask({ queue: 'consult', number, callId }), 409, 'callId'); // talks, does not wait
    await refusedFor(ask({ queue: 'consult', number, notBefore: 'soon' }), 400, 'notBefore');
    await refusedFor(ask({ queue: 'consult', number, queueId: 'consult' }), 400, 'queueId');
    await caller.hangUp();
    assert.equal((await s.record(callId)).outcome, 'answered');
  });

  it('what cannot be is refused by name, and the call goes on', async () => {
    const { caller, callId, api } = await talking();
    const refused = async (verb: string, body: unknown, status: number, field?: string): Promise<void> => {
      await refusedFor(api.post(`/calls/${callId}/${verb}`, body), status, field);
    };
    await refused('transfer', { agent: '1099' }, 400, 'agent');
    await refused('transfer', { agent: '1002' }, 409, 'agent'); // signed out
    await refused('transfer', { queue: 'nowhere' }, 400, 'queue');
    await refused('transfer', { flow: 'nowhere' }, 400, 'flow');
    await refused('transfer', { to: '*11' }, 400, 'to');
    await refused('transfer', { to: '999999' }, 400, 'to');
    await refused('consult', { queue: 'nowhere' }, 400, 'queue');
    await refused('consult', { queue: 'complaint' }, 409); // nobody is signed in there
    await refused('consult', { extension: '1001' }, 409, 'extension');
    await refused('consult', { to: '1001' }, 400, 'to');
    for (const verb of ['swap', 'complete', 'cancel', 'conference', 'resume', 'unmute', 'resume-recording'])
      await refused(verb, undefined, 409);
    await talkFor(300);
    await caller.hangUp();
    assert.equal((await s.record(callId)).outcome, 'answered');
  });
});
