import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as talkFor } from 'node:timers/promises';
import { Hotline, refusedFor } from '../../src/hotline.js';
import {
  calleeScenario,
  eventually,
  phoneHears,
  requirePeers,
  type Step,
  scenario,
  startBaresip,
  startSipp,
  steps,
  succeeded,
  toneAmplitude,
  toneDurationMs,
  writeToneWav,
} from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

/** One tone for each phone, far from one another: who hears whom is seen in the spectrum. */
const HZ: Record<string, number> = { '1001': 500, '1002': 900, '1003': 1300, '1004': 1700 };

describe('between extensions', function () {
  this.timeout(90_000);
  let s: Scenario;

  before(async function () {
    await requirePeers(this, 'sipp', 'baresip', 'redis');
    s = await Scenario.start();
    for (const number of ['1001', '1002', '1003']) await change(`/extensions/${number}`, { pickupGroup: 'desk' });
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await s?.close();
  });

  async function change(route: string, fields: object): Promise<void> {
    const { revision } = await s.admin.get<{ revision: number }>(route);
    await s.admin.put(route, { ...fields, revision });
  }

  const phone = (extension: string, answer: 'auto' | 'manual' = 'manual') => s.phone(extension, { toneHz: HZ[extension] ?? 440, answer });
  const forward = (extension: string, forwards: object) => change(`/extensions/${extension}`, { forwards });

  /** Which phones' tones are in what this one heard last. */
  async function heard(extension: string, from: { lastHeard(): Promise<{ channels: Int16Array[] }> }): Promise<string[]> {
    const samples = (await from.lastHeard()).channels[0] ?? new Int16Array();
    return Object.keys(HZ).filter((other) => other !== extension && toneAmplitude(samples, HZ[other] ?? 0) > 0.02);
  }

  it('forwards: no answer, busy, not registered, always, each told; a circle ends; the call goes on where it was sent', async () => {
    const caller = await phone('1001');
    const rung = await phone('1002');
    const taker = await phone('1003', 'auto');
    await forward('1002', { noAnswer: { to: '1003', afterSeconds: 1 } });
    await caller.dial(s.uri('1002'));
    await rung.waitFor('CALL_INCOMING');
    const forwarded = await s.events.wait('call.forwarded');
    assert.deepEqual(forwarded.data, { from: '1002', to: '1003', because: 'no-answer' });
    const connected = await s.events.wait('call.connected', (e) => e.callId === forwarded.callId);
    assert.equal(connected.agentId, '1003');
    await rung.waitFor('CALL_CLOSED');
    await taker.waitFor('CALL_ESTABLISHED');
    await caller.hangUp();
    await taker.waitFor('CALL_CLOSED');
    await s.stopPhone(rung);

    await forward('1002', { notRegistered: '1003', noAnswer: null });
    await caller.dial(s.uri('1002'));
    await s.events.wait('call.forwarded', (e) => e.data.because === 'not-registered');
    await taker.waitFor('CALL_ESTABLISHED');
    await caller.hangUp();
    await taker.waitFor('CALL_CLOSED');

    await forward('1002', { always: '1004' });
    await forward('1004', { always: '1002' });
    const before = s.events.seen.length;
    await caller.dial(s.uri('1002'));
    const arrived = await eventually('arrival', () => s.events.seen.slice(before).find((e) => e.type === 'call.arrived'));
    const record = await s.record(arrived.callId ?? '');
    assert.deepEqual([record.termination?.reason, record.termination?.by], ['no-answer', 'system']);
    await forward('1002', { always: null, notRegistered: null });
    await forward('1004', { always: null });
  });

  it('电话分组: a group number rings every member; the first to answer has the call, the others stop', async () => {
    await s.admin.post('/groups', { number: '6000', members: ['1001', '1002', '1003'] });
    const caller = await phone('1001');
    const [first, second] = [await phone('1002'), await phone('1003')];
    await caller.dial(s.uri('6000'));
    await Promise.all([first.waitFor('CALL_INCOMING'), second.waitFor('CALL_INCOMING')]);
    await second.accept();
    await first.waitFor('CALL_CLOSED');
    const connected = await s.events.wait('call.connected', (e) => e.data.to === '6000' || e.agentId === '1003');
    await talkFor(800);
    await caller.hangUp();
    await second.waitFor('CALL_CLOSED');
    assert.equal((await s.record(connected.callId ?? '')).outcome, 'answered');
    assert.deepEqual(await heard('1001', caller), ['1003']);
  });

  it('组呼: everyone of the group who answers joins, and all hear each other', async () => {
    await s.admin.post('/groups', { number: '6001', members: ['1002', '1003'], mode: 'conference' });
    const caller = await phone('1001');
    const members = [await phone('1002', 'auto'), await phone('1003', 'auto')];
    await caller.dial(s.uri('6001'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = s.events.seen.findLast((e) => e.type === 'call.arrived' && e.data.called === '6001')?.callId;
    await eventually(
      'both have joined',
      () =>
        s.events.seen.some((e) => e.type === 'call.connected' && e.callId === callId) &&
        s.events.seen.some((e) => e.type === 'call.party-joined' && e.callId === callId),
    );
    await talkFor(1500);
    await caller.hangUp();
    await Promise.all(members.map((member) => member.waitFor('CALL_CLOSED')));
    assert.deepEqual(await heard('1001', caller), ['1002', '1003']);
    assert.deepEqual(await heard('1002', members[0] ?? caller), ['1001', '1003']);
    assert.deepEqual(await heard('1003', members[1] ?? caller), ['1001', '1002']);
  });

  it('click to dial reaches whatever a number leads to: a group, one who confers, a flow and its queue; what leads nowhere is told by its field', async () => {
    const own = await phone('1001', 'auto');
    const members = [await phone('1002'), await phone('1003')];
    const api = await s.api('1001');
    const click = async (to: string): Promise<string> => (await api.post<{ id: string }>('/calls', { from: '1001', to })).id;
    const [second, third] = members;
    assert.ok(second && third);

    const ringAll = await click('6000');
    await Promise.all(members.map((member) => member.waitFor('CALL_INCOMING')));
    await second.accept();
    await third.waitFor('CALL_CLOSED');
    await s.told(ringAll)('call.connected');
    await Promise.all([phoneHears(own, 900), phoneHears(second, 500)]);
    await api.post(`/calls/${ringAll}/hangup`);
    await second.waitFor('CALL_CLOSED');
    const record = await s.record(ringAll);
    assert.deepEqual([record.direction, record.caller, record.called, record.outcome], ['internal', '1001', '6000', 'answered']);
    assert.equal(own.events.filter((e) => e.type === 'CALL_ESTABLISHED').length, 1, 'the own phone is rung once, not as a member too');

    const conference = await click('6001');
    for (const member of members) {
      await member.waitFor('CALL_INCOMING');
      await member.accept();
    }
    await Promise.all([phoneHears(own, 900), phoneHears(own, 1300), phoneHears(second, 1300), phoneHears(third, 500)]);
    await api.post(`/calls/${conference}/hangup`);
    await s.record(conference);

    await s.ready('1002');
    const byFlow = await click('12320');
    await s.told(byFlow)('call.entered-flow');
    await own.sendDigits('1');
    await second.waitFor('CALL_INCOMING');
    await second.accept();
    const connected = await s.told(byFlow)('call.connected');
    assert.deepEqual([connected.agentId, connected.queueId], ['1002', 'consult']);
    await Promise.all([phoneHears(own, 900), phoneHears(second, 500)]);
    await own.hangUp();
    await s.record(byFlow);
    await s.signOut('1002');

    for (const [sent, status, field] of [
      [{ from: '1001', to: 'consult' }, 400, 'to'],
      [{ from: '1001', to: '999999' }, 400, 'to'],
      [{ from: '1001', to: '*11' }, 400, 'to'],
      [{ from: '1001', to: '1001' }, 400, 'to'],
      [{ from: '1001', to: 'x'.repeat(65) }, 400, 'to'],
      [{ from: '1099', to: '1002' }, 404, 'from'],
      [{ from: '1005', to: '1002' }, 409, 'from'],
    ] as const) {
      await refusedFor(s.admin.post('/calls', sent), status, field);
    }
  });

  it('组呼 is a call like others: who rings may refuse, hold and transfer by who talks, a supervisor hears in, speaks, ends it', async () => {
    await s.admin.post('/groups', { number: '6002', members: ['1002', '1003'], mode: 'conference' });
    const leader = await s.hotline.signIn(s.hotline.firstRun().supervisor);
    const supervisor = await startBaresip({
      user: '1100',
      password: s.hotline.firstRun().supervisor.sipPassword,
      registrar: { address: '127.0.0.1', port: s.hotline.sipPort },
      toneHz: 2100,
    });
    try {
      await supervisor.waitFor('REGISTER_OK');
      const caller = await phone('1001');
      const [first, second] = [await phone('1002'), await phone('1003')];
      const api = await s.api('1002');
      const groupCall = async () => {
        const before = s.events.seen.length;
        await caller.dial(s.uri('6002'));
        await Promise.all([first.waitFor('CALL_INCOMING'), second.waitFor('CALL_INCOMING')]);
        const isIt = (e: { type: string; data: Record<string, unknown> }) => e.type === 'call.arrived' && e.data.called === '6002';
        return s.events.seen.slice(before).find(isIt)?.callId ?? '';
      };
      const told =
        (callId: string) =>
        (type: string, fits: (data: Record<string, unknown>) => boolean = () => true) =>
          s.events.wait(type, (e) => e.callId === callId && fits(e.data));

      const callId = await groupCall();
      const wait = told(callId);
      await first.accept();
      await wait('call.connected');
      await api.post(`/calls/${callId}/hold`);
      await wait('call.held');
      await api.post(`/calls/${callId}/resume`);
      await wait('call.resumed');
      await first.hangUp(); // the other one rings on
      await wait('call.party-left', (d) => d.party === '1002');
      await second.accept();
      await wait('call.party-joined', (d) => d.party === '1003');
      await leader.post(`/calls/${callId}/supervise`, { mode: 'listen' });
      await supervisor.waitFor('CALL_INCOMING');
      await supervisor.accept();
      await wait('call.supervised', (d) => d.mode === 'listen');
      await talkFor(700);
      await leader.post(`/calls/${callId}/supervise`, { mode: 'barge' });
      await wait('call.supervised', (d) => d.mode === 'barge');
      await talkFor(900);
      await leader.post(`/calls/${callId}/supervise`, { mode: 'release' });
      await Promise.all([caller, second, supervisor].map((one) => one.waitFor('CALL_CLOSED')));
      const released = await s.record(callId);
      assert.deepEqual([released.termination?.reason, released.agent], ['forced-release', '1003']);
      const spectrum = async (one: typeof caller) => (await one.lastHeard()).channels[0] ?? new Int16Array();
      assert.deepEqual(await heard('1100', supervisor), ['1001', '1003']);
      assert.ok(toneAmplitude(await spectrum(caller), 2100) > 0.02 && toneAmplitude(await spectrum(second), 2100) > 0.02, 'barged in');

      const again = await groupCall();
      await (await s.api('1003')).post(`/calls/${again}/reject`);
      await second.waitFor('CALL_CLOSED');
      await first.accept();
      await told(again)('call.connected');
      const taker = await phone('1004', 'auto');
      await api.post(`/calls/${again}/transfer`, { extension: '1004' });
      await first.waitFor('CALL_CLOSED');
      await told(again)('call.connected', (d) => d.to === '1004');
      await talkFor(700);
      await caller.hangUp();
      await taker.waitFor('CALL_CLOSED');
      assert.ok((await s.record(again)).path.includes('transfer:extension:1004'));
      assert.deepEqual(await heard('1004', taker), ['1001']);
    } finally {
      await supervisor.stop();
    }
  });

  it('a busy lamp (Event: dialog, RFC 4235): a phone that watches an extension sees it ring, talk and be free; 404 for one that is not', async () => {
    const auth = { username: '1001', password: s.hotline.agent('1001').sipPassword };
    const remote = { address: '127.0.0.1', port: s.hotline.sipPort };
    const subscribe = (cseq: number, authenticate: boolean): Step =>
      steps.request('SUBSCRIBE', { from: '1001', cseq, authenticate, outside: true, headers: ['Event: dialog', 'Expires: 600'] });
    const begin = (status: number) => [
      subscribe(1, false),
      steps.recvResponse(407, { auth: true }),
      subscribe(2, true),
      steps.recvResponse(status),
    ];
    const told = (regexp: string): Step =>
      [steps.recvRequest('NOTIFY', { timeoutMs: 40_000, check: steps.mustMatch(regexp) }), steps.replyInDialog()].join('\n');
    const idle = 'version="[0-9]+" state="full" entity="sip:1002@[^>]*>[[:space:]]*</dialog-info>';
    const shows = (state: string) => told(`direction="recipient"><state>${state}</state>`);
    const watching = scenario([...begin(200), told(idle), shows('trying'), shows('early'), shows('confirmed'), told(idle)]);
    const watcher = await startSipp({ scenario: watching, service: '1002', auth, remote });
    const [caller, called] = [await phone('1003'), await phone('1002')];
    await caller.dial(s.uri('1002'));
    await called.waitFor('CALL_INCOMING');
    await talkFor(800); // seen to ring before it talks
    await called.accept();
    await caller.waitFor('CALL_ESTABLISHED');
    await talkFor(800);
    await caller.hangUp();
    succeeded(await watcher.finished);
    succeeded(await (await startSipp({ scenario: scenario(begin(404)), service: '9999', auth, remote })).finished);
  });

  it('*97: the own box by telephone, without a PIN: new messages, the oldest first; a key deletes, a key ends; who has no box is told so', async () => {
    await change('/boxes/main', { extensions: ['1001'] });
    const leave = async (number: string, toneHz: number): Promise<string> => {
      const caller = await s.caller(number, { toneHz });
      await caller.dial(s.uri('12320'));
      await caller.waitFor('CALL_ESTABLISHED');
      const callId = await s.callOf(number);
      await s.events.wait('call.entered-flow', (e) => e.callId === callId);
      await caller.sendDigits('3');
      await s.events.wait('voicemail.started', (e) => e.callId === callId, 30_000);
      await talkFor(2_500);
      await caller.hangUp();
      return String((await s.events.wait('voicemail.left', (e) => e.callId === callId)).data.voicemailId);
    };
    const first = await leave('13800000041', 900);
    const second = await leave('13800000042', 1700);
    const own = await phone('1001');
    await own.dial(s.uri('*97'));
    const told = (type: string, id: string) => s.events.wait(type, (e) => e.data.voicemailId === id, 40_000);
    assert.equal((await told('voicemail.heard', first)).data.by, '1001');
    await own.sendDigits('3');
    await told('voicemail.deleted', first);
    await told('voicemail.heard', second);
    await own.sendDigits('*');
    await own.waitFor('CALL_CLOSED');
    const { items } = await s.admin.get<{ items: { id: string; heard: boolean }[] }>('/voicemails?box=main');
    assert.deepEqual(
      items.map((one) => [one.id, one.heard]),
      [[second, true]],
    );
    const box = (await own.lastHeard()).channels[0] ?? new Int16Array();
    const lengths = [toneDurationMs(box, 900), toneDurationMs(box, 1700)];
    assert.ok(
      lengths.every((ms) => ms > 800),
      `both messages, known by their tones: ${lengths.join(' and ')} ms`,
    );
    const other = await phone('1003');
    await other.dial(s.uri('*97'));
    await other.waitFor('CALL_CLOSED');
    const none = await s.record(await s.callOf('1003'));
    assert.deepEqual([none.called, none.termination?.reason, none.answeredAt !== null], ['*97', 'normal', true]);
  });

  it('an extension whose language is English hears the prompts of the English set, another the base set', async () => {
    const prompt = async (language: string, hz: number): Promise<void> => {
      const file = await writeToneWav(path.join(s.hotline.dataDir, `${language}.wav`), hz, 1.5);
      const stored = await fetch(`${s.hotline.http}/api/v1/prompts/mailbox-empty?language=${language}`, {
        method: 'PUT',
        headers: { 'content-type': 'audio/wav', authorization: `Bearer ${s.admin.token}` },
        body: Buffer.from(await readFile(file)),
      });
      assert.equal(stored.status, 200, await stored.text());
    };
    await prompt('zh', 1100);
    await prompt('en', 2100);
    await refusedFor(change('/extensions/1002', { language: 'fr' }), 400, 'language');
    await change('/extensions/1002', { language: 'en' });
    const heardBy = async (extension: string): Promise<number[]> => {
      const caller = await phone(extension);
      await caller.dial(s.uri('*97'));
      await caller.waitFor('CALL_CLOSED');
      const samples = (await caller.lastHeard()).channels[0] ?? new Int16Array();
      return [1100, 2100].map((hz) => Math.floor(toneDurationMs(samples, hz) / 1000));
    };
    assert.deepEqual(await heardBy('1002'), [0, 1]);
    assert.deepEqual(await heardBy('1003'), [1, 0]);
  });

  it('*8 picks up what rings in the own group; *8 and an extension that one’s; who is in no group cannot', async () => {
    const caller = await phone('1004');
    const rung = await phone('1002');
    const taker = await phone('1001');
    for (const code of ['*8', '*81002']) {
      await caller.dial(s.uri('1002'));
      await rung.waitFor('CALL_INCOMING');
      await taker.dial(s.uri(code));
      await taker.waitFor('CALL_ESTABLISHED');
      await rung.waitFor('CALL_CLOSED');
      await caller.waitFor('CALL_ESTABLISHED');
      await talkFor(700);
      await caller.hangUp();
      await taker.waitFor('CALL_CLOSED');
      assert.deepEqual([await heard('1001', taker), await heard('1004', caller)], [['1004'], ['1001']]);
    }
    assert.equal(s.events.seen.filter((e) => e.type === 'call.picked-up').length, 2);
    await s.stopPhone(caller);
    const stranger = await phone('1005');
    await stranger.dial(s.uri('*81002'));
    assert.match((await stranger.waitFor('CALL_CLOSED')).param ?? '', /404/);
  });

  it('a trunk’s outbound limits: the call over the limit is refused by an explicit rule, by calls and by minutes', async () => {
    const network = await startSipp({ scenario: calleeScenario({ ringMs: 100, hangUp: 'them' }), calls: 3 });
    const trunk = {
      inboundAddresses: [],
      outboundUri: `sip:127.0.0.1:${network.port}`,
      outboundNumbers: ['99\\d+'],
      maxCalls: 30,
      maxCallsPerSecond: 30,
    };
    await s.admin.post('/trunks', { id: 'limited', ...trunk, maxOutboundCalls: 1 });
    const a = await phone('1001');
    const b = await phone('1002');
    await a.dial(s.uri('990001'));
    await a.waitFor('CALL_ESTABLISHED');
    await b.dial(s.uri('990002'));
    assert.match((await b.waitFor('CALL_CLOSED')).param ?? '', /503/);
    const refused = s.events.seen.findLast((e) => e.type === 'call.arrived' && e.data.called === '990002');
    const record = await s.record(refused?.callId ?? '');
    assert.deepEqual([record.termination?.reason, record.outcome], ['trunk-full', 'outbound-unanswered']);
    await change('/trunks/limited', { maxOutboundCalls: null, maxOutboundMinutesPerDay: 0 });
    await b.dial(s.uri('990003'));
    assert.match((await b.waitFor('CALL_CLOSED')).param ?? '', /503/);
    await a.hangUp();
    await network.stop();
  });

  it('texts: at once to a phone that is there, kept for one that is not, in order after it registers, and over a restart', async () => {
    const api = await s.api('1001');
    const send = (to: string, text: string) => api.post<{ id: string; state: string }>('/messages', { to, text });
    const there = await s.phone('1002', { showsTexts: true });
    assert.equal((await send('1002', '你好 1002')).state, 'delivered');
    await eventually('the text on the screen', () => there.shown().includes('你好 1002'));
    assert.deepEqual([(await send('1003', 'first')).state, (await send('1003', 'second')).state], ['kept', 'kept']);
    const later = await s.phone('1003', { showsTexts: true });
    await eventually('both texts in order', () => /first[\s\S]*second/.test(later.shown()));
    const refused = await api.raw('POST', '/messages', { to: '9999', text: 'x' });
    assert.equal(refused.status, 404);
    const writer = await s.phone('1001', { contact: s.uri('1004') });
    await writer.message('from the phone');
    await s.events.wait('message.sent', (e) => e.data.to === '1004');
    await s.hangUpAllPhones();

    assert.equal((await send('1004', 'over the restart')).state, 'kept');
    await s.close({ keepData: true });
    const again = await Hotline.start({ dataDir: s.hotline.dataDir });
    try {
      const agent = again.agent('1004');
      const registrar = { address: '127.0.0.1', port: again.sipPort };
      const screen = await startBaresip({ user: '1004', password: agent.sipPassword, registrar, showsTexts: true });
      try {
        await eventually('what was kept before the restart', () => /from the phone[\s\S]*over the restart/.test(screen.shown()));
      } finally {
        await screen.stop();
      }
      const { items } = await (await again.signIn(again.agent('1001'))).get<{ items: { text: string; state: string }[] }>('/messages');
      assert.deepEqual(
        items.map((m) => m.state),
        Array(items.length).fill('delivered'),
      );
      assert.equal(items[0]?.text, 'over the restart');
    } finally {
      await again.stop();
      again.removeData();
    }
  });
});
