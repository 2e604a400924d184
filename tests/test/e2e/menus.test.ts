import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { yixian } from '../../src/command.js';
import {
  type BaresipPhone,
  callerScenario,
  eventually,
  requirePeers,
  runSipp,
  steps,
  succeeded,
  toneDurationMs,
  writeToneWav,
} from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

type Nodes = Record<string, { type: string } & Record<string, unknown>>;
const end = { type: 'hangup' } as const;
const CHINESE_HZ = 700;
const ENGLISH_HZ = 1100;

describe('menus: what flows can do', function () {
  this.timeout(120_000);
  let s: Scenario;
  let crm: Server;
  const asked: { url: string; key: string | undefined; body: string }[] = [];
  let dialled = 70_000;

  before(async function () {
    await requirePeers(this, 'sipp', 'baresip', 'redis');
    crm = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const url = request.url ?? '';
        asked.push({ url, key: request.headers['x-key'] as string | undefined, body });
        if (url.startsWith('/slow')) return;
        const tries = asked.filter((one) => one.url === url).length;
        if (url.startsWith('/flaky') && tries === 1) response.writeHead(503).end();
        else response.end(JSON.stringify({ customer: { level: 'gold', id: 7 } }));
      });
    });
    await new Promise<void>((resolve) => crm.listen(0, '127.0.0.1', resolve));
    const { port } = crm.address() as AddressInfo;
    s = await Scenario.start({ env: { FLOW_HTTP_HOSTS: `127.0.0.1:${port}`, FLOW_SECRET_crm: 'hush' } });
    const own = path.join(s.hotline.dataDir, 'prompts');
    mkdirSync(path.join(own, 'en'), { recursive: true });
    await writeToneWav(path.join(own, 'hello.wav'), CHINESE_HZ, 1);
    await writeToneWav(path.join(own, 'en', 'hello.wav'), ENGLISH_HZ, 1);
    await writeToneWav(path.join(own, 'ask.wav'), 500, 0.3);
  });
  afterEach(async () => {
    await s?.hangUpAllPhones();
  });
  after(async () => {
    crm?.closeAllConnections();
    crm?.close();
    await s?.close();
  });

  const remote = () => ({ address: '127.0.0.1', port: s.hotline.sipPort });
  const crmUrl = (rest: string) => `http://127.0.0.1:${(crm.address() as AddressInfo).port}${rest}`;

  /** Publishes a flow and gives it a number. */
  async function flow(id: string, nodes: Nodes, more: Record<string, unknown> = {}): Promise<string> {
    const document = { id, name: id, language: 'zh-CN', start: Object.keys(nodes)[0], nodes, ...more };
    await s.admin.post('/flows', { document });
    await s.admin.post(`/flows/${id}/publish`, {});
    const number = String(++dialled);
    await s.admin.post('/numbers', { number, target: { kind: 'toFlow', flowId: id } });
    return number;
  }

  /** A caller without keys; the flow ends the call. */
  async function through(number: string, caller: string) {
    succeeded(await runSipp({ scenario: callerScenario({ from: caller, hangUp: 'them' }), remote: remote(), service: number }));
    return s.record(await s.callOf(caller));
  }

  /** A caller with keys. */
  async function dial(number: string, caller: string): Promise<{ phone: BaresipPhone; callId: string }> {
    const phone = await s.caller(caller, { toneHz: 400 });
    await phone.dial(s.uri(number));
    return { phone, callId: await s.callOf(caller) };
  }

  const reached = (callId: string, nodeId: string) =>
    s.events.wait('call.reached-node', (e) => e.callId === callId && e.data.nodeId === nodeId);
  const nodesOf = (record: { path: string[] }) => record.path.filter((one) => one.startsWith('node:')).map((one) => one.slice(5));

  it('switches the language by a key: the same prompt is heard in English from then on (language)', async () => {
    const number = await flow('languages', {
      zh: { type: 'play', prompts: ['hello'], interruptible: false, next: 'm' },
      m: { type: 'menu', prompts: ['ask'], choices: [{ key: '2', next: 'en' }], otherwise: 'end' },
      en: { type: 'language', language: 'en-US', next: 'again' },
      again: { type: 'play', prompts: ['hello'], next: 'end' },
      end,
    });
    const { phone, callId } = await dial(number, '13900000001');
    await reached(callId, 'm');
    await phone.sendDigits('2');
    const record = await s.record(callId);
    assert.deepEqual(nodesOf(record), ['zh', 'm', 'en', 'again', 'end']);
    await phone.waitFor('CALL_CLOSED');
    const heard = (await phone.lastHeard()).channels[0] ?? new Int16Array();
    assert.ok(toneDurationMs(heard, CHINESE_HZ) > 800, 'Chinese first');
    assert.ok(toneDurationMs(heard, ENGLISH_HZ) > 800, 'English after');
  });

  it('goes by opening hours, special days and statutory holidays (schedule)', async () => {
    const always = [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' }];
    await s.admin.post('/schedules', { id: 'office', weekly: always, holidays: 'closed', special: [] });
    const number = await flow('hours', {
      s: { type: 'schedule', schedule: 'office', open: 'open', closed: 'closed', holiday: 'holiday' },
      open: { type: 'play', prompts: ['ask'], next: 'end' },
      closed: { type: 'play', prompts: ['ask'], next: 'end' },
      holiday: { type: 'play', prompts: ['ask'], next: 'end' },
      end,
    });
    assert.deepEqual(nodesOf(await through(number, '13900000002')), ['s', 'open', 'end']);
    const { revision } = await s.admin.get<{ revision: number }>('/schedules/office');
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(Date.now());
    await s.admin.put(`/calendars/${today.slice(0, 4)}`, { days: [{ date: today, kind: 'holiday', name: '国庆节' }] });
    assert.deepEqual(nodesOf(await through(number, '13900000003')), ['s', 'holiday', 'end']);
    await s.admin.put('/schedules/office', { revision, special: [{ date: today, name: '检修', hours: [] }] });
    assert.deepEqual(nodesOf(await through(number, '13900000004')), ['s', 'closed', 'end']);
  });

  it('refuses the black list by prefix, and lets the VIP pass the others in the queue (caller-list, priority)', async () => {
    await s.admin.post('/lists', { id: 'black', kind: 'black' });
    await s.admin.post('/lists/black/entries', { entries: [{ number: '1391', prefix: true, note: 'nuisance' }] });
    await s.admin.post('/lists', { id: 'vip', kind: 'vip' });
    await s.admin.post('/lists/vip/entries', { entries: [{ number: '13920000003' }] });
    const number = await flow('doorman', {
      b: { type: 'caller-list', list: 'black', listed: 'refused', notListed: 'v' },
      refused: { type: 'play', prompts: ['call-refused'], next: 'end' },
      v: { type: 'caller-list', list: 'vip', listed: 'q', notListed: 'q', priority: 50 },
      q: { type: 'queue', queue: 'complaint', otherwise: 'end' },
      end,
    });
    assert.deepEqual(nodesOf(await through(number, '13910000001')), ['b', 'refused', 'end']);
    await s.phone('1004', { toneHz: 900, answer: 'manual' });
    await s.ready('1004');
    const talk = await dial(number, '13920000000');
    await s.events.wait('offer.made', (e) => e.callId === talk.callId);
    const first = await dial(number, '13920000001');
    await s.events.wait('call.queued', (e) => e.callId === first.callId);
    const vip = await dial(number, '13920000003');
    await s.events.wait('call.queued', (e) => e.callId === vip.callId && e.data.priority === 50);
    const { waiting } = await s.admin.get<{ waiting: { id?: string; callId?: string; position: number }[] }>('/queues/complaint');
    const order = [...waiting].sort((a, b) => a.position - b.position).map((one) => one.callId ?? one.id);
    assert.ok(order.indexOf(vip.callId) < order.indexOf(first.callId), JSON.stringify(waiting));
    await s.hangUpAllPhones();
    for (const { callId } of [talk, first, vip]) await s.record(callId);
    await s.signOut('1004');
  });

  it('asks another system, tries again after 503, gives up in time, and goes by the answer; the secret stays out of the log (http-request, expression)', async () => {
    const number = await flow('lookup', {
      h: {
        type: 'http-request',
        method: 'POST',
        url: crmUrl('/flaky/{{caller}}'),
        headers: { 'x-key': '{{secret:crm}}' },
        body: { from: '{{caller}}' },
        retries: 1,
        backoffMs: 50,
        result: { level: '$.customer.level', customer: '$.customer.id' },
        next: 'e',
        otherwise: 'end',
      },
      e: { type: 'expression', cases: [{ when: "level == 'gold' and customer + 1 == 8", next: 'slow' }], otherwise: 'end' },
      slow: {
        type: 'http-request',
        url: crmUrl('/slow'),
        timeoutMs: 300,
        retries: 1,
        backoffMs: 50,
        next: 'end',
        timeout: 'late',
        otherwise: 'end',
      },
      late: { type: 'play', prompts: ['ask'], next: 'end' },
      end,
    });
    const record = await through(number, '13900000010');
    assert.deepEqual(nodesOf(record), ['h', 'e', 'slow', 'late', 'end']);
    assert.deepEqual(
      asked.map(({ url, key, body }) => [url, key, body]),
      [
        ['/flaky/13900000010', 'hush', '{"from":"13900000010"}'],
        ['/flaky/13900000010', 'hush', '{"from":"13900000010"}'],
        ['/slow', undefined, ''],
        ['/slow', undefined, ''],
      ],
    );
    assert.doesNotMatch(s.hotline.log, /hush/);
    assert.match(s.hotline.log, /request of a flow: timeout/);
  });

  it('calls another flow and comes back with what it found; flows without end are stopped, with the place in log and record (sub-flow, return, loop)', async () => {
    await flow('count', {
      l: { type: 'loop', times: 2, saveAs: 'round', body: 'b', next: 'r' },
      b: { type: 'set-variable', set: { last: '{{round}}' }, next: 'l' },
      r: { type: 'return', result: 'counted {{last}}' },
    });
    const number = await flow('caller', {
      s: { type: 'sub-flow', flow: 'count', ways: [{ result: 'counted 2', next: 'yes' }], next: 'no', otherwise: 'no' },
      yes: { type: 'play', prompts: ['ask'], next: 'end' },
      no: end,
      end,
    });
    assert.deepEqual(nodesOf(await through(number, '13900000011')), ['s', 'l', 'b', 'l', 'b', 'l', 'r', 'yes', 'end']);
    const wheel = await flow('wheel', {
      outer: { type: 'loop', times: 100, body: 'inner', next: 'end' },
      inner: { type: 'loop', times: 100, body: 'spoke', next: 'outer' },
      spoke: { type: 'set-variable', set: { x: '1' }, next: 'inner' },
      end,
    });
    const stopped = await through(wheel, '13900000012');
    assert.equal(stopped.outcome, 'failed');
    assert.equal(stopped.termination?.reason, 'flow-failure');
    const place = /runaway flow: stopped at node (outer|inner|spoke) of flow wheel after 500 nodes/;
    assert.match(JSON.stringify(stopped.termination), place);
    assert.match(s.hotline.log, place);
  });

  it('walks three levels of menus by keys, also typed ahead (IVR-03)', async () => {
    const menu = (key: string, next: string) => ({ type: 'menu', prompts: ['hello'], choices: [{ key, next }], otherwise: 'lost' });
    const number = await flow('levels', { one: menu('1', 'two'), two: menu('2', 'three'), three: menu('3', 'end'), lost: end, end });
    const { phone, callId } = await dial(number, '13900000013');
    await reached(callId, 'one');
    await phone.sendDigits('1');
    await reached(callId, 'two');
    await phone.sendDigits('23');
    const record = await s.record(callId);
    assert.deepEqual(nodesOf(record), ['one', 'two', 'three', 'end']);
    assert.deepEqual(
      record.path.filter((one) => one.startsWith('key:')),
      ['key:1', 'key:2', 'key:3'],
    );
  });

  it('asks two questions after the talk; both answers are in the record (survey)', async () => {
    const number = await flow('questions', {
      s: {
        type: 'survey',
        questions: [
          { id: 'solved', prompts: ['ask'], keys: '12' },
          { id: 'attitude', prompts: ['ask'] },
        ],
        next: 'end',
        otherwise: 'end',
      },
      end,
    });
    const { phone, callId } = await dial(number, '13900000014');
    await reached(callId, 's');
    await phone.sendDigits('2');
    await s.events.wait('survey.answered', (e) => e.callId === callId && e.data.surveyId === 'solved' && e.data.score === 2);
    await phone.sendDigits('5');
    const record = await s.record(callId);
    assert.deepEqual(
      record.path.filter((one) => one.startsWith('survey:')),
      ['survey:solved=2', 'survey:attitude=5'],
    );
    assert.equal(record.survey, 2);
  });

  it('keeps what the caller says with the call (record-message)', async () => {
    const number = await flow('name', {
      r: { type: 'record-message', prompts: ['ask'], saveAs: 'name', next: 'end', noMessage: 'none' },
      none: { type: 'play', prompts: ['no-message'], next: 'end' },
      end,
    });
    const { phone, callId } = await dial(number, '13900000015');
    const started = await s.events.wait('recording.started', (e) => e.callId === callId);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await phone.sendDigits('#');
    const record = await s.record(callId);
    assert.deepEqual(nodesOf(record), ['r', 'end']);
    assert.equal(record.recordingId, started.data.recordingId);
    const sound = await s.recording(callId);
    assert.ok(toneDurationMs(sound.channels[0] ?? new Int16Array(), 400) > 800, 'the caller is on it');
  });

  it('takes a callback after reading the number back (callback)', async () => {
    const number = await flow('callback', {
      c: { type: 'callback', queue: 'operator', confirmPrompts: ['ask', { digits: 'callbackNumber' }], next: 'ok', otherwise: 'no' },
      ok: { type: 'play', prompts: ['ask'], next: 'end' },
      no: { type: 'play', prompts: ['ask'], next: 'end' },
      end,
    });
    const { phone, callId } = await dial(number, '13900000016');
    await reached(callId, 'c');
    await phone.sendDigits('1');
    const requested = await s.events.wait('callback.requested', (e) => e.data.number === '13900000016');
    assert.equal(requested.queueId, 'operator');
    assert.deepEqual(nodesOf(await s.record(callId)), ['c', 'ok', 'end']);
    await s.admin.request('DELETE', `/callbacks/${requested.data.callbackId}`);
  });

  it('connects straight to a handling unit by a menu key (queue with group)', async () => {
    const { items } = await s.admin.get<{ items: { id: string; username: string; groups: string[]; revision: number }[] }>(
      '/users?limit=50',
    );
    const user = items.find((one) => one.username === 'agent1004');
    await s.admin.put(`/users/${user?.id}`, { revision: user?.revision, groups: [...(user?.groups ?? []), 'water'] });
    const number = await flow('units', {
      m: { type: 'menu', prompts: ['ask'], choices: [{ key: '4', next: 'unit' }], otherwise: 'end' },
      unit: { type: 'queue', queue: 'operator', group: 'water', otherwise: 'end' },
      end,
    });
    const unit = await s.phone('1004', { toneHz: 900, answer: 'auto' });
    await s.phone('1001', { toneHz: 950, answer: 'auto' });
    await s.ready('1001');
    await s.ready('1004');
    const { phone, callId } = await dial(number, '13900000017');
    await reached(callId, 'm');
    await phone.sendDigits('4');
    await s.events.wait('call.connected', (e) => e.callId === callId && e.agentId === '1004');
    await unit.hangUp();
    assert.equal((await s.record(callId)).agent, '1004');
    await s.signOut('1001', '1004');
  });

  it('says an amount digit word by digit word, and asks for a skill beside the queue’s (set-variable, say, skill-requirement)', async () => {
    const own = path.join(s.hotline.dataDir, 'prompts');
    await writeToneWav(path.join(own, 'num-3.wav'), 1300, 0.6);
    await writeToneWav(path.join(own, 'num-4.wav'), 1900, 0.6);
    const number = await flow('reads', {
      set: { type: 'set-variable', set: { amount: '34' }, next: 'say' },
      say: { type: 'say', items: [{ as: 'number', variable: 'amount' }], next: 'skill' },
      skill: { type: 'skill-requirement', minLevels: { complaint: 1 }, next: 'people' },
      people: { type: 'queue', queue: 'operator', otherwise: 'end' },
      end,
    });
    await s.phone('1001', { toneHz: 950, answer: 'auto' });
    const able = await s.phone('1004', { toneHz: 900, answer: 'auto' });
    await s.ready('1001'); // idle the longest, and of the queue, but not asked for
    await s.ready('1004');
    const { phone, callId } = await dial(number, '13900000025');
    await s.events.wait('call.connected', (e) => e.callId === callId && e.agentId === '1004');
    await able.hangUp();
    const record = await s.record(callId);
    assert.deepEqual([record.agent, nodesOf(record).slice(0, 4)], ['1004', ['set', 'say', 'skill', 'people']]);
    await phone.waitFor('CALL_CLOSED');
    const heard = (await phone.lastHeard()).channels[0] ?? new Int16Array();
    const [three, four] = [toneDurationMs(heard, 1300), toneDurationMs(heard, 1900)];
    assert.ok(three > 400 && four > 400, `三十四: ${three} and ${four} ms`);
    await s.signOut('1001', '1004');
  });

  it('parks a caller until a phone retrieves the slot (park)', async () => {
    const number = await flow('parking', {
      p: { type: 'park', slot: '77', announcement: ['ask'], timeoutSeconds: 30, otherwise: 'none' },
      none: { type: 'play', prompts: ['no-message'], next: 'end' },
      end,
    });
    const clerk = await s.phone('1005', { toneHz: 900 });
    const { phone, callId } = await dial(number, '13900000018');
    await s.events.wait('call.parked', (e) => e.callId === callId && e.data.slot === '77');
    await clerk.dial(s.uri('*577'));
    await clerk.waitFor('CALL_ESTABLISHED');
    await s.events.wait('call.retrieved', (e) => e.callId === callId);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await phone.hangUp();
    await clerk.waitFor('CALL_CLOSED');
    assert.ok(toneDurationMs((await clerk.lastHeard()).channels[0] ?? new Int16Array(), 400) > 500, 'the clerk hears the caller');
    assert.ok(toneDurationMs((await phone.lastHeard()).channels[0] ?? new Int16Array(), 900) > 500, 'the caller hears the clerk');
    await s.record(callId);
  });

  it('plays to ten callers at once (IVR-02)', async () => {
    const number = await flow('crowd', { p: { type: 'play', prompts: ['hello', 'hello'], next: 'end' }, end });
    const caller = callerScenario({ from: '139000001[call_number]', hangUp: 'them', during: [steps.pause(200)] });
    const before = s.events.seen.length;
    succeeded(await runSipp({ scenario: caller, remote: remote(), service: number, calls: 10, rate: 20, limit: 10 }));
    const ended = () => s.events.seen.slice(before).filter((e) => e.type === 'call.ended').length;
    await eventually('ten calls have ended', async () => (ended() === 10 ? true : undefined));
    const now = s.events.seen.slice(before);
    const time = (type: string) => now.filter((e) => e.type === type && (e.data.nodeId ?? 'p') === 'p').map((e) => Date.parse(e.at));
    assert.ok(Math.max(...time('call.reached-node')) < Math.min(...time('call.ended')), 'all ten heard it at one time');
  });

  it('the command line finds the faults of a draft and plays golden dialogues against what is published (yixian flow)', async () => {
    const { document } = await s.admin.get<{ document: { nodes: Nodes } }>('/flows/main');
    const nodes = { ...document.nodes, end: { type: 'play', prompts: ['goodbye'], next: 'nowhere' } };
    await s.admin.post('/flows', { document: { ...document, id: 'draft', nodes } });
    const faulty = await yixian(['flow', 'validate', '--draft', 'draft'], { ...s.hotline.env });
    assert.deepEqual([faulty.code, faulty.stdout], [1, 'draft: node end, next: there is no node nowhere\n']);
    const script = fileURLToPath(new URL('../../../../ivr/dialogues/main.yaml', import.meta.url));
    const played = await yixian(['flow', 'test', script], { ...s.hotline.env });
    assert.equal(played.code, 0, played.stdout + played.stderr);
    assert.match(played.stdout, /9 passed/);
  });
});
