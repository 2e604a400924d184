import assert from 'node:assert/strict';
import { setTimeout as talkFor } from 'node:timers/promises';
import { Hotline } from '../../src/hotline.js';
import {
  type BaresipOptions,
  type BaresipPhone,
  type CalleeScenario,
  calleeScenario,
  concat,
  eventually,
  heardMs,
  phoneHears,
  requirePeers,
  type SippRun,
  scenario,
  silence,
  startBaresip,
  startSipp,
  steps,
  succeeded,
  tone,
  writeWav,
} from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const MOBILE_HZ = 1100;
const SECOND_HZ = 1900;

// The mobile network is the far end of trunks: one for each number, told to the hotline over the API like any other.
describe('virtual seats', function () {
  this.timeout(90_000);
  let s: Scenario;
  const mobiles: BaresipPhone[] = [];
  const networks: SippRun[] = [];

  before(async function () {
    await requirePeers(this, 'sipp', 'baresip', 'redis');
    s = await Scenario.start();
    await s.admin.put('/trunks/demo', { outboundNumbers: ['^0\\d{9,11}$'], ...(await revision('/trunks/demo')) });
    await s.admin.put('/queues/consult', { ringTimeoutSeconds: 5, wrapUpSeconds: 0, ...(await revision('/queues/consult')) });
    await s.admin.put('/queues/complaint', { ringTimeoutSeconds: 30, wrapUpSeconds: 0, ...(await revision('/queues/complaint')) });
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
    await Promise.all(mobiles.splice(0).map((phone) => phone.stop()));
    await Promise.all(networks.splice(0).map((network) => network.stop()));
  });

  after(async () => {
    await s?.close();
  });

  async function revision(route: string): Promise<{ revision: number }> {
    return { revision: (await s.admin.get<{ revision: number }>(route)).revision };
  }

  /** Calls to this number go to this port from now on. */
  async function reachedAt(number: string, port: number): Promise<void> {
    const outboundUri = `sip:127.0.0.1:${port}`;
    const id = `to-${number}`;
    await s.admin.post('/trunks', {
      id,
      inboundAddresses: [],
      outboundUri,
      outboundNumbers: [number],
      maxCalls: 10,
      maxCallsPerSecond: 10,
    });
  }

  async function mobile(number: string, options: Partial<BaresipOptions> = {}): Promise<BaresipPhone> {
    const phone = await startBaresip({ user: number, toneHz: MOBILE_HZ, ...options });
    mobiles.push(phone);
    await reachedAt(number, phone.sipPort);
    return phone;
  }

  async function network(number: string, what: CalleeScenario): Promise<SippRun> {
    const run = await startSipp({ scenario: calleeScenario({ waitMs: 60_000, ...what }), calls: 5 });
    networks.push(run);
    await reachedAt(number, run.port);
    return run;
  }

  async function ready(extension: string, seat: object): Promise<void> {
    const api = await s.api(extension);
    await api.put(`/agents/${extension}/seat`, seat);
    await api.put(`/agents/${extension}/state`, { state: 'ready' });
  }

  async function caller(number: string, key: string) {
    const phone = await s.caller(number, { toneHz: CALLER_HZ });
    await phone.dial(s.uri('12320'));
    await phone.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf(number);
    await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    await phone.sendDigits(key);
    return { phone, callId };
  }

  /** Answers and presses the key that accepts. */
  async function takes(handset: BaresipPhone): Promise<void> {
    await handset.waitFor('CALL_INCOMING');
    await handset.accept();
    await handset.waitFor('CALL_ESTABLISHED');
    await handset.sendDigits('1');
  }

  /** Each phone hears each of its tones. */
  async function hear(...who: [BaresipPhone, ...number[]][]): Promise<void> {
    await Promise.all(who.flatMap(([phone, ...tones]) => tones.map((hz) => phoneHears(phone, hz))));
  }

  const connected = (callId: string) => s.events.wait('call.connected', (e) => e.callId === callId);

  it('*13 from the phone chooses a mobile; it rings with the caller’s number while every PC and phone is off, and 1 takes the call', async () => {
    const handset = await mobile('13811110001');
    const desk = await s.phone('1001');
    await desk.dial(s.uri('*1313811110001'));
    await s.events.wait('agent.seat-changed', (e) => e.agentId === '1001');
    await s.stopPhone(desk);
    await (await s.hotline.signIn(s.hotline.agent('1001'))).put('/agents/1001/state', { state: 'ready' });
    const { phone, callId } = await caller('13900010001', '1');
    const incoming = await handset.waitFor('CALL_INCOMING');
    assert.match(incoming.peeruri ?? '', /13900010001/);
    await handset.accept();
    await handset.waitFor('CALL_ESTABLISHED');
    assert.equal(
      s.events.seen.some((e) => e.type === 'call.connected' && e.callId === callId),
      false,
      'answered is not accepted',
    );
    await handset.sendDigits('1');
    assert.equal((await connected(callId)).agentId, '1001');
    await talkFor(1500);
    const api = await s.api('1001');
    await api.post(`/calls/${callId}/hold`);
    await s.events.wait('call.held', (e) => e.callId === callId);
    await api.post(`/calls/${callId}/resume`);
    await s.events.wait('call.resumed', (e) => e.callId === callId);
    await api.post(`/calls/${callId}/hangup`);
    await handset.waitFor('CALL_CLOSED');
    await s.events.wait('call.reached-node', (e) => e.callId === callId && e.data.nodeType === 'survey');
    await phone.sendDigits('5');
    const record = await s.record(callId);
    assert.deepEqual([record.outcome, record.agent, record.survey], ['answered', '1001', 5]);
    assert.ok((await heardMs(handset, CALLER_HZ)) > 800, 'the mobile heard the caller');
    assert.ok((await heardMs(phone, MOBILE_HZ)) > 800, 'the caller heard the mobile');
    assert.ok((await s.recording(callId)).channels.length === 2);
    const back = await s.phone('1001');
    await back.dial(s.uri('*14'));
    await s.events.wait('agent.seat-changed', (e) => e.agentId === '1001' && (e.data.seat as { kind: string }).kind === 'sip');
    await s.signOut('1001');
  });

  it('a mailbox answers and never presses: the caller goes to the next agent; busy, refused, switched off and no answer are told apart', async () => {
    // fifteen seconds of "press 1"; the refusals are tried meanwhile
    await network('13811110009', { during: [], hangUp: 'them' });
    await ready('1003', { kind: 'phone', number: '13811110009' });
    const mailbox = await caller('13900010009', '2');
    await s.events.wait('offer.made', (e) => e.callId === mailbox.callId && e.agentId === '1003');

    const refusals = [
      ['13811110002', { status: 486, phrase: 'Busy Here' }, 'busy'],
      ['13811110003', { status: 603, phrase: 'Decline' }, 'declined'],
      ['13811110004', { status: 480, phrase: 'Unavailable', headers: ['Reason: Q.850;cause=20;text="Subscriber absent"'] }, 'switched-off'],
    ] as const;
    const waiting = await caller('13900010002', '1');
    for (const [number, refuse, reason] of refusals) {
      await network(number, { refuse });
      await ready('1001', { kind: 'phone', number });
      const rejected = await s.events.wait(
        'offer.rejected',
        (e) => e.callId === waiting.callId && (e.data.termination as { reason: string }).reason === reason,
      );
      assert.equal(rejected.agentId, '1001');
      assert.notEqual((await s.agentState('1001', 'not-ready')).reason, null);
    }
    const reasons = s.events.seen
      .filter((e) => e.type === 'agent.state-changed' && e.agentId === '1001' && e.data.from === 'ringing' && e.data.to === 'not-ready')
      .map((e) => e.data.reason);
    assert.deepEqual(reasons, ['busy', 'rejected', 'switched-off']);

    const silent = await mobile('13811110005');
    await ready('1001', { kind: 'phone', number: '13811110005' });
    await silent.waitFor('CALL_INCOMING');
    await s.events.wait('offer.timed-out', (e) => e.callId === waiting.callId && e.agentId === '1001');
    assert.equal((await s.agentState('1001', 'not-ready')).reason, 'no-answer');
    await waiting.phone.hangUp();

    const next = await s.phone('1004', { toneHz: MOBILE_HZ, answer: 'auto' });
    await s.ready('1004');
    const notConfirmed = await s.events.wait('offer.rejected', (e) => e.callId === mailbox.callId && e.agentId === '1003', 30_000);
    assert.equal((notConfirmed.data.termination as { reason: string }).reason, 'not-confirmed');
    assert.equal((await connected(mailbox.callId)).agentId, '1004');
    await next.hangUp();
    await mailbox.phone.hangUp();
    await s.signOut('1001', '1003', '1004');
  });

  it('a mobile whose network sends keys only as tones accepts with a tone; a menu connects a caller straight to the unit’s seat', async () => {
    const wav = `${s.hotline.dataDir}/one.wav`;
    const one = tone(697, 0.25);
    const high = tone(1209, 0.25);
    for (let i = 0; i < one.length; i++) one[i] = (one[i] ?? 0) + (high[i] ?? 0);
    await writeWav(wav, [concat(silence(1.5), one, silence(0.3), tone(MOBILE_HZ, 20))]);
    await mobile('13811110006', { audioFile: wav, answer: 'auto' });
    await ready('1005', { kind: 'phone', number: '13811110006' });
    await s.admin.post('/numbers', { number: '12345', name: 'unit', target: { kind: 'toExtension', extension: '1005' } });
    const citizen = await s.caller('13900010006', { toneHz: CALLER_HZ });
    await citizen.dial(s.uri('12345'));
    await citizen.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf('13900010006');
    assert.equal((await connected(callId)).agentId, '1005');
    await talkFor(1200);
    await citizen.hangUp();
    const record = await s.record(callId);
    assert.deepEqual([record.direction, record.outcome, record.agent], ['inbound', 'answered', '1005']);
    assert.ok((await heardMs(citizen, MOBILE_HZ)) > 600);
    await s.signOut('1005');
  });

  it('a nailed-up line is called at sign-in, confirmed once, and takes two calls in one leg; it ends at sign-out', async () => {
    const line = await mobile('13811110007', { answer: 'auto' });
    await ready('1002', { kind: 'phone', number: '13811110007', persistent: true });
    await line.waitFor('CALL_ESTABLISHED');
    await line.sendDigits('1');
    await s.events.wait('agent.line-up', (e) => e.agentId === '1002');
    const api = await s.api('1002');
    for (const number of ['13900010071', '13900010072']) {
      const { phone, callId } = await caller(number, '1');
      assert.equal((await connected(callId)).agentId, '1002');
      await talkFor(1000);
      if (number.endsWith('1')) {
        await api.post(`/calls/${callId}/hangup`);
        await s.events.wait('call.disconnected', (e) => e.callId === callId);
      }
      await phone.hangUp();
      const record = await s.record(callId);
      assert.deepEqual([record.outcome, record.agent], ['answered', '1002']);
      assert.ok((await heardMs(phone, MOBILE_HZ)) > 500, 'the caller heard the line');
      await s.agentState('1002', 'ready');
    }
    assert.equal(line.events.filter((e) => e.type === 'CALL_ESTABLISHED').length, 1);
    assert.equal(line.events.filter((e) => e.type === 'CALL_CLOSED').length, 0);
    await s.signOut('1002');
    await line.waitFor('CALL_CLOSED');
    assert.equal((await heardMs(line, CALLER_HZ)) > 1000, true, 'the line heard both callers');
  });

  it('a mobile, a nailed-up line and a desk phone reject what they are offered at the desk: it stops ringing, and a refusal has the consequence the queue gives it', async () => {
    const rejected = { action: 'ready', afterSeconds: 2 };
    await s.admin.put('/queues/consult', { consequences: { rejected }, ...(await revision('/queues/consult')) });
    const handset = await mobile('13811110021');
    const line = await mobile('13811110022', { answer: 'auto' });
    const deskPhone = await s.phone('1003');
    await ready('1001', { kind: 'phone', number: '13811110021' });
    const { phone, callId } = await caller('13900010021', '1');
    await handset.waitFor('CALL_INCOMING');
    const refuse = async (agent: string) => (await s.api(agent)).post(`/calls/${callId}/reject`);
    const refusedBy = (agent: string) => s.events.wait('offer.rejected', (e) => e.callId === callId && e.agentId === agent);
    await refuse('1001');
    await handset.waitFor('CALL_CLOSED');
    assert.equal(((await refusedBy('1001')).data.termination as { reason: string }).reason, 'declined');
    const rests = await s.events.wait('agent.state-changed', (e) => e.agentId === '1001' && e.data.reason === 'rejected');
    assert.equal(rests.data.to, 'not-ready');
    const offered = () => s.events.seen.filter((e) => e.type === 'offer.made' && e.callId === callId && e.agentId === '1001').length;
    await eventually('after the rest the next offer', () => offered() === 2);
    await s.signOut('1001');

    await ready('1002', { kind: 'phone', number: '13811110022', persistent: true, confirm: false, confirmEach: true });
    await s.events.wait('offer.made', (e) => e.callId === callId && e.agentId === '1002');
    await refuse('1002');
    await refusedBy('1002');
    await s.signOut('1002');
    await line.waitFor('CALL_CLOSED');

    await ready('1003', { kind: 'sip' });
    await deskPhone.waitFor('CALL_INCOMING');
    await refuse('1003');
    await deskPhone.waitFor('CALL_CLOSED');
    await refusedBy('1003');
    await s.signOut('1003');
    const nothing = await (await s.api('1003')).raw('POST', `/calls/${callId}/reject`);
    assert.equal(nothing.status, 409, 'nothing rings there');
    await phone.hangUp();
    const record = await s.record(callId);
    assert.deepEqual([record.outcome, record.agent], ['abandoned-in-queue', null]);
    await s.admin.put('/queues/consult', { consequences: { rejected: { action: 'not-ready' } }, ...(await revision('/queues/consult')) });
  });

  it('who is called by a colleague, or consulted, says no at the desk: the one who asks hears of it', async () => {
    const [first, second] = [await s.phone('1001', { toneHz: 1500 }), await s.phone('1002')];
    await ready('1002', { kind: 'sip' });
    await first.dial(s.uri('1002'));
    await second.waitFor('CALL_INCOMING');
    const direct = await s.callOf('1001');
    await (await s.api('1002')).post(`/calls/${direct}/reject`);
    await Promise.all([first.waitFor('CALL_CLOSED'), second.waitFor('CALL_CLOSED')]);
    assert.equal((await s.record(direct)).termination?.reason, 'declined');

    await ready('1001', { kind: 'sip' });
    await (await s.api('1002')).put('/agents/1002/state', { state: 'not-ready', reason: 'coffee' });
    const { phone, callId } = await caller('13900010031', '1');
    await first.waitFor('CALL_INCOMING');
    await first.accept();
    await connected(callId);
    await (await s.api('1001')).post(`/calls/${callId}/consult`, { agent: '1002' });
    await second.waitFor('CALL_INCOMING');
    await (await s.api('1002')).post(`/calls/${callId}/reject`);
    await second.waitFor('CALL_CLOSED');
    const over = await s.events.wait('call.consultation-ended', (e) => e.callId === callId);
    assert.equal(over.data.result, 'failed');
    await talkFor(800);
    await phone.hangUp();
    assert.equal((await s.record(callId)).agent, '1001');
    assert.ok((await heardMs(phone, 1500)) > 500, 'the caller had 1001 back');
    await s.signOut('1001', '1002');
  });

  it('the bar acts on the call a mobile or a nailed-up line carries: answer, consult and complete, transfer; the line stays', async () => {
    const handset = await mobile('13811110011');
    const line = await mobile('13811110012', { answer: 'auto' });
    const colleague = await s.phone('1004', { toneHz: 1700, answer: 'auto' });
    await ready('1001', { kind: 'phone', number: '13811110011' });
    const first = await caller('13900010011', '1');
    await handset.waitFor('CALL_INCOMING');
    const bar = await s.api('1001');
    const early = await bar.raw('POST', `/calls/${first.callId}/answer`);
    assert.equal(early.status, 409, 'nobody has it at the ear yet: it might be a mailbox');
    await handset.accept();
    await handset.waitFor('CALL_ESTABLISHED');
    await eventually('answered from the bar', async () => (await bar.raw('POST', `/calls/${first.callId}/answer`)).ok);
    assert.equal((await connected(first.callId)).agentId, '1001');
    await bar.post(`/calls/${first.callId}/consult`, { extension: '1004' });
    await colleague.waitFor('CALL_ESTABLISHED');
    await s.events.wait('call.party-joined', (e) => e.callId === first.callId && e.data.party === '1004');
    await bar.post(`/calls/${first.callId}/complete`);
    await handset.waitFor('CALL_CLOSED');
    await talkFor(600);
    await first.phone.hangUp();
    await colleague.waitFor('CALL_CLOSED');
    await s.signOut('1001');

    await ready('1002', { kind: 'phone', number: '13811110012', persistent: true, confirm: false });
    await s.events.wait('agent.line-up', (e) => e.agentId === '1002' && e.data.number === '13811110012');
    const second = await caller('13900010012', '1');
    assert.equal((await connected(second.callId)).agentId, '1002');
    await (await s.api('1002')).post(`/calls/${second.callId}/transfer`, { extension: '1004' });
    await colleague.waitFor('CALL_ESTABLISHED');
    await s.agentState('1002', 'ready');
    assert.equal(line.events.filter((e) => e.type === 'CALL_CLOSED').length, 0);
    await second.phone.hangUp();
    await colleague.waitFor('CALL_CLOSED');
    await s.signOut('1002');
    await line.waitFor('CALL_CLOSED');
  });

  it('a conference of three by API: two mobiles and the caller hear each other, one leaves, the other holds, resumes and ends with the survey', async () => {
    const first = await mobile('13811110041');
    const second = await mobile('13811110042', { toneHz: SECOND_HZ });
    await ready('1001', { kind: 'phone', number: '13811110041' });
    const { phone, callId } = await caller('13900010041', '1');
    await takes(first);
    await connected(callId);
    await ready('1002', { kind: 'phone', number: '13811110042' });
    const [of1001, of1002] = [await s.api('1001'), await s.api('1002')];
    await of1001.post(`/calls/${callId}/consult`, { agent: '1002' });
    await takes(second);
    await s.events.wait('call.party-joined', (e) => e.callId === callId && e.agentId === '1002');
    await of1001.post(`/calls/${callId}/conference`);
    await hear([phone, MOBILE_HZ, SECOND_HZ], [first, CALLER_HZ, SECOND_HZ], [second, CALLER_HZ, MOBILE_HZ]);
    await of1001.post(`/calls/${callId}/hangup`);
    await first.waitFor('CALL_CLOSED');
    await s.agentState('1001', 'ready');
    await phoneHears(second, MOBILE_HZ, false);
    await hear([phone, SECOND_HZ], [second, CALLER_HZ]);
    await of1002.post(`/calls/${callId}/hold`);
    await s.events.wait('call.held', (e) => e.callId === callId && e.agentId === '1002');
    await phoneHears(phone, SECOND_HZ, false);
    const before = await heardMs(second, CALLER_HZ);
    await talkFor(1000);
    assert.ok((await heardMs(second, CALLER_HZ)) - before < 200, 'who holds does not hear the caller');
    await of1002.post(`/calls/${callId}/resume`);
    await hear([phone, SECOND_HZ], [second, CALLER_HZ]);
    await of1002.post(`/calls/${callId}/hangup`);
    await second.waitFor('CALL_CLOSED');
    await s.events.wait('call.reached-node', (e) => e.callId === callId && e.data.nodeType === 'survey');
    await phone.sendDigits('4');
    const record = await s.record(callId);
    assert.deepEqual([record.outcome, record.agent, record.survey], ['answered', '1002', 4]);
    assert.ok(record.segments.some((segment) => segment.kind === 'conference') && record.holdSeconds > 0);
    await s.signOut('1001', '1002');
  });

  it('click to dial from a mobile seat rings the mobile first, then the number, over trunks both', async () => {
    const handset = await mobile('13811110008', { answer: 'auto' });
    const target = await network('13811110010', { during: [steps.speech()], hangUp: 'them' });
    const api = await s.api('1001');
    await ready('1001', { kind: 'phone', number: '13811110008' });
    const { id } = await api.post<{ id: string }>('/calls', { from: '1001', to: '13811110010' });
    await handset.waitFor('CALL_ESTABLISHED');
    assert.equal((await target.messages()).includes('INVITE'), false, 'the number is not called before the mobile has accepted');
    await handset.sendDigits('1');
    await connected(id);
    await talkFor(500);
    await api.post(`/calls/${id}/hangup`);
    await handset.waitFor('CALL_CLOSED');
    const record = await s.record(id);
    assert.deepEqual(
      [record.direction, record.caller, record.called, record.outcome],
      ['outbound', '1001', '13811110010', 'outbound-answered'],
    );
    await s.signOut('1001');
  });

  it('the busy lamp of an agent at a mobile or a nailed-up line: rung, talking once key 1 is pressed, free (RFC 4235)', async () => {
    const auth = { username: '1001', password: s.hotline.agent('1001').sipPassword };
    const subscribe = (cseq: number, authenticate: boolean) =>
      steps.request('SUBSCRIBE', { from: '1001', cseq, authenticate, outside: true, headers: ['Event: dialog', 'Expires: 600'] });
    const told = (regexp: string) =>
      [steps.recvRequest('NOTIFY', { timeoutMs: 60_000, check: steps.mustMatch(regexp) }), steps.replyInDialog()].join('\n');
    const idle = told('state="full" entity="sip:1005@[^>]*>[[:space:]]*</dialog-info>');
    const shows = (state: string) => told(`direction="recipient"><state>${state}</state>`);
    const once = [shows('trying'), shows('early'), shows('confirmed'), idle];
    const watcher = await startSipp({
      scenario: scenario([
        subscribe(1, false),
        steps.recvResponse(407, { auth: true }),
        subscribe(2, true),
        steps.recvResponse(200),
        idle,
        ...once,
        ...once,
      ]),
      service: '1005',
      auth,
      remote: { address: '127.0.0.1', port: s.hotline.sipPort },
      deadlineMs: 85_000,
    });
    networks.push(watcher);
    const handset = await mobile('13811110051');
    await ready('1005', { kind: 'phone', number: '13811110051' });
    const first = await caller('13900010051', '2');
    await handset.waitFor('CALL_INCOMING');
    await talkFor(500); // seen to ring before it talks
    await handset.accept();
    await handset.waitFor('CALL_ESTABLISHED');
    await handset.sendDigits('1');
    await connected(first.callId);
    await talkFor(500);
    await first.phone.hangUp();
    await handset.waitFor('CALL_CLOSED');
    await s.agentState('1005', 'ready');
    const line = await mobile('13811110052');
    await (await s.api('1005')).put('/agents/1005/seat', { kind: 'phone', number: '13811110052', persistent: true, confirmEach: true });
    await takes(line);
    await s.events.wait('agent.line-up', (e) => e.agentId === '1005');
    const second = await caller('13900010052', '2');
    await s.events.wait('offer.made', (e) => e.callId === second.callId);
    await talkFor(1_500);
    await line.sendDigits('1');
    await connected(second.callId);
    await talkFor(500);
    await second.phone.hangUp();
    succeeded(await watcher.finished);
    // the SIP messages of a call on a line that was up before it have the line's beginning, too
    const trace = await s.admin.get<{ messages: { startLine: string; to: string }[] }>(`/calls/${second.callId}/sip`);
    assert.ok(trace.messages.some((m) => m.startLine.startsWith('INVITE ') && m.to === '13811110052'));
    await s.signOut('1005');
  });

  it('a number of our own and one no trunk may call are refused as seats, by name', async () => {
    const api = await s.api('1001');
    const put = (seat: object) => api.raw('PUT', '/agents/1001/seat', seat);
    for (const [seat, status, why] of [
      [{ kind: 'phone', number: '12320' }, 400, /one of our own numbers/],
      [{ kind: 'phone', number: '1002' }, 400, /one of our own numbers/],
      [{ kind: 'phone', number: '00441234567890' }, 400, /no trunk may call/],
      [{ kind: 'softphone', number: '13811110001' }, 400, /goes with kind phone/],
    ] as const) {
      const reply = await put(seat);
      assert.equal(reply.status, status);
      assert.match(await reply.text(), why);
    }
  });

  it('after a restart the seats are as they were, and the nailed-up line is called again', async () => {
    const line = await mobile('13811110013', { answer: 'auto' });
    await ready('1002', { kind: 'phone', number: '13811110013', persistent: true, confirm: false });
    await line.waitFor('CALL_ESTABLISHED');
    await s.close({ keepData: true });
    await line.waitFor('CALL_CLOSED');
    const again = await Hotline.start({ dataDir: s.hotline.dataDir });
    try {
      await line.waitFor('CALL_ESTABLISHED');
      const agent = await (await again.admin()).get<{ state: string; seat: object }>('/agents/1002');
      assert.deepEqual([agent.state, agent.seat], ['ready', { kind: 'phone', number: '13811110013', persistent: true, confirm: false }]);
    } finally {
      await again.stop();
      again.removeData();
    }
  });
});
