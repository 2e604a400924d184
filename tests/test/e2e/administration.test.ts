import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as talkFor } from 'node:timers/promises';
import { ApiError, type EventStream } from '../../src/hotline.js';
import {
  type BaresipOptions,
  type BaresipPhone,
  refusedScenario,
  requirePeers,
  runSipp,
  startBaresip,
  tone,
  toneDurationMs,
  writeToneWav,
  writeWav,
} from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

interface FlowDetail {
  id: string;
  revision: number;
  document: { id: string; name: string; start: string; nodes: Record<string, Record<string, unknown>> };
  problems: { node: string | null; field: string; message: string }[];
  published: { version: number; publishedBy: string | null } | null;
  draft: { version: number } | null;
}
interface Created {
  id: string;
  password?: string;
  sipPassword?: string;
  revision: number;
}

/** The error an API call ends with. */
async function refusal(call: Promise<unknown>): Promise<ApiError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('the call was not refused');
}

describe('administration: what an admin changes is in force for the next call, without a restart', function () {
  this.timeout(120_000);
  let s: Scenario;
  const phones: BaresipPhone[] = [];

  before(async function () {
    await requirePeers(this, 'sipp', 'baresip', 'redis');
    s = await Scenario.start();
  });
  afterEach(async () => {
    await Promise.all(phones.splice(0).map((phone) => phone.stop()));
    await s?.hangUpAllPhones();
  });
  after(async () => {
    await s?.close();
  });

  const remote = () => ({ address: '127.0.0.1', port: s.hotline.sipPort });

  async function phone(user: string, password: string, options: Partial<BaresipOptions> = {}): Promise<BaresipPhone> {
    const started = await startBaresip({ user, password, registrar: remote(), ...options });
    phones.push(started);
    return started;
  }

  /** A call from outside that is hung up once it has reached a node; its record. */
  async function callReaching(
    caller: string,
    number: string,
    event: Parameters<EventStream['wait']>[0],
    fits: (data: Record<string, unknown>) => boolean,
  ) {
    const peer = await s.caller(caller, { toneHz: 700 });
    await peer.dial(s.uri(number));
    const callId = await s.callOf(caller);
    await s.events.wait(event, (e) => e.callId === callId && fits(e.data));
    await peer.hangUp();
    const record = await s.record(callId);
    await s.stopPhone(peer);
    return record;
  }

  /** A copy of the demo flow that says the greeting and ends at a node of this name. */
  async function copyOf(id: string, end: string): Promise<FlowDetail['document']> {
    const { document } = await s.admin.get<FlowDetail>('/flows/main');
    return { ...document, id, nodes: { greeting: { ...document.nodes.greeting, next: end }, [end]: { type: 'hangup' } } };
  }

  it('a new number leads to an edited copy of the flow as soon as that is published; a later version is heard by the next call; rollback brings the first one back (TEL-04, TEL-42, TEL-44)', async () => {
    const first = await copyOf('copy', 'goodbye');
    await s.admin.post('/flows', { document: first });
    await s.admin.post('/numbers', { number: '12345', target: { kind: 'toFlow', flowId: 'copy' } });
    const published = await s.admin.post<FlowDetail>('/flows/copy/publish', {});
    assert.deepEqual([published.published?.version, published.published?.publishedBy, published.draft], [1, 'admin', null]);
    const one = await callReaching('13800001001', '12345', 'call.reached-node', (d) => d.nodeId === 'goodbye');
    assert.ok(one.path.includes('flow:copy'), String(one.path));

    const second = await copyOf('copy', 'more');
    const draft = await s.admin.put<FlowDetail>('/flows/copy', { document: second, revision: published.revision });
    assert.deepEqual([draft.draft?.version, draft.published?.version, draft.problems], [2, 1, []]);
    await callReaching('13800001002', '12345', 'call.reached-node', (d) => d.nodeId === 'goodbye');
    await s.admin.post('/flows/copy/publish', {});
    await callReaching('13800001003', '12345', 'call.reached-node', (d) => d.nodeId === 'more');
    const back = await s.admin.post<FlowDetail>('/flows/copy/rollback', {});
    assert.equal(back.published?.version, 1);
    const last = await callReaching('13800001004', '12345', 'call.reached-node', (d) => d.nodeId === 'goodbye');
    assert.ok(last.timeline.some((e) => e.type === 'call.entered-flow'));
    const { items } = await s.admin.get<{ items: { version: number; state: string; publishedBy: string }[] }>('/flows/copy/versions');
    assert.deepEqual(
      items.map((v) => [v.version, v.state, v.publishedBy]),
      [
        [2, 'retired', 'admin'],
        [1, 'published', 'admin'],
      ],
    );
    const inUse = await refusal(s.admin.request('DELETE', '/flows/copy'));
    assert.equal(inUse.status, 409);
    assert.match(inUse.message, /number 12345/);
  });

  it('an invalid flow is kept as a draft and refused by publish, naming node and field; callers do not notice', async () => {
    const { document, revision } = await s.admin.get<FlowDetail>('/flows/main');
    const broken = { ...document, nodes: { ...document.nodes, consult: { ...document.nodes.consult, queue: 'nowhere' } } };
    const draft = await s.admin.put<FlowDetail>('/flows/main', { document: broken, revision });
    assert.deepEqual(draft.problems, [{ node: 'consult', field: 'queue', message: 'there is no queue nowhere' }]);
    const error = await refusal(s.admin.post('/flows/main/publish', {}));
    assert.equal(error.status, 400);
    assert.match(error.message, /node consult, field queue: there is no queue nowhere/);
    const stale = await refusal(s.admin.put('/flows/main', { document, revision }));
    assert.deepEqual([stale.status, stale.body.error?.details], [409, { field: 'revision', revision: draft.revision }]);
    const call = await callReaching('13800001005', '12320', 'call.reached-node', (d) => d.nodeId === 'menu');
    assert.ok(call.path.includes('flow:main'));
    const inUse = await refusal(s.admin.request('DELETE', '/queues/consult'));
    assert.match(inUse.message, /flow main \(node consult, field queue\)/);
  });

  it('a number moved to another destination: the next call lands there; a retired one is unknown (TEL-03, TEL-45)', async () => {
    await s.admin.post('/numbers', { number: '12346', target: { kind: 'toFlow', flowId: 'main' } });
    await callReaching('13800001006', '12346', 'call.entered-flow', (d) => d.flowId === 'main');
    const agent = await s.phone('1002', { toneHz: 1100 });
    await s.admin.put('/numbers/12346', { target: { kind: 'toExtension', extension: '1002' } });
    const caller = await s.caller('13800001007', { toneHz: 700 });
    await caller.dial(s.uri('12346'));
    await agent.waitFor('CALL_INCOMING');
    await caller.hangUp();
    await s.admin.request('DELETE', '/numbers/12346');
    await runSipp({ scenario: refusedScenario(404, { from: '13800001008' }), remote: remote(), service: '12346' });
  });

  it('a new user with extension and skill registers, gets a call of a new queue, and no more once the right is gone (TEL-40, TEL-41, TEL-43)', async () => {
    await s.admin.post('/skills', { id: 'english', name: 'English' });
    await s.admin.post('/queues', { id: 'english', requiredSkills: ['english'], announceEverySeconds: 0 });
    const document = {
      ...{ id: 'english', name: 'English', language: 'en', start: 'wait' },
      nodes: {
        wait: { type: 'queue', queue: 'english', next: 'end', timeout: 'end', noAgents: 'end', full: 'end', otherwise: 'end' },
        end: { type: 'hangup' },
      },
    };
    await s.admin.post('/flows', { document });
    await s.admin.post('/flows/english/publish', {});
    await s.admin.post('/numbers', { number: '12347', target: { kind: 'toFlow', flowId: 'english' } });
    const user = await s.admin.post<Created>('/users', {
      username: 'wang',
      roles: ['agent'],
      extension: '2101',
      groups: ['demo'],
      skills: ['english'],
    });
    assert.ok(user.password && user.sipPassword);
    assert.ok(!JSON.stringify(await s.admin.get('/extensions/2101')).includes(user.sipPassword));

    const agent = await phone('2101', user.sipPassword, { toneHz: 1100 });
    await agent.waitFor('REGISTER_OK');
    const session = await s.hotline.signIn({ username: 'wang', password: user.password });
    await session.put('/agents/2101/state', { state: 'ready' });
    const caller = await s.caller('13800001009', { toneHz: 700 });
    await caller.dial(s.uri('12347'));
    await agent.waitFor('CALL_INCOMING');
    await agent.accept();
    const callId = await s.callOf('13800001009');
    await s.events.wait('call.connected', (e) => e.callId === callId && e.agentId === '2101');
    const busy = await refusal(s.admin.request('DELETE', `/users/${user.id}`));
    assert.equal(busy.status, 409);
    assert.match(busy.message, /agent 2101 \(signed in, on-call\)/);
    await talkFor(500);
    await caller.hangUp();
    await s.agentState('2101', 'ready');
    await s.stopPhone(caller);

    // the skill goes: the agent is ready, yet this queue has nobody any more
    await s.admin.put(`/users/wang`, { skills: [] });
    const second = await callReaching('13800001010', '12347', 'call.left-queue', (d) => d.result === 'no-agents');
    assert.ok(!second.path.some((step) => step.startsWith('agent:')), String(second.path));
    await s.admin.put(`/users/wang`, { skills: ['english'] });
    const third = await s.caller('13800001011');
    await third.dial(s.uri('12347'));
    const again = await s.callOf('13800001011');
    await s.events.wait('offer.made', (e) => e.callId === again && e.agentId === '2101');
    await third.hangUp();
    await s.record(again);

    // the role goes: no agent, no session
    await s.admin.put(`/users/wang`, { roles: ['supervisor'] });
    const out = await refusal(session.get('/me'));
    assert.equal(out.status, 401);
    assert.equal((await refusal(s.admin.get('/agents/2101'))).status, 404);
    await callReaching('13800001012', '12347', 'call.left-queue', (d) => d.result === 'no-agents');

    // the person goes, and the phone with it
    await s.admin.request('DELETE', '/users/wang');
    const late = await phone('2101', user.sipPassword);
    await late.waitFor('REGISTER_FAIL');
    const inside = await s.phone('1003');
    await inside.dial(s.uri('2101'));
    assert.match(String((await inside.waitFor('CALL_CLOSED')).param), /404/);
  });

  it('a role taken away ends the session at once; the last administrator stays', async () => {
    const made = await s.admin.post<Created>('/users', { username: 'second', roles: ['admin'] });
    const second = await s.hotline.signIn({ username: 'second', password: made.password ?? '' });
    await second.get('/users');
    await s.admin.put('/users/second', { roles: ['supervisor'] });
    assert.equal((await refusal(second.get('/users'))).status, 401);
    const after = await s.hotline.signIn({ username: 'second', password: made.password ?? '' });
    assert.equal((await refusal(after.get('/users'))).status, 403);
    const last = await refusal(s.admin.put('/users/admin', { roles: ['supervisor'] }));
    assert.equal(last.status, 409);
    assert.match(last.message, /last administrator/);
  });

  it('a trunk rule that could run away is refused by its field; a changed trunk carries the next call', async () => {
    const bad = await refusal(s.admin.put('/trunks/demo', { outboundNumbers: ['^1\\d+$', '^(\\d+)+$'] }));
    assert.equal(bad.status, 400);
    assert.match(bad.message, /outboundNumbers\.1/);
    await s.admin.put('/trunks/demo', { enabled: false });
    const refused = await runSipp({ scenario: refusedScenario(403, { from: '13800001013' }), remote: remote(), service: '12320' });
    assert.ok(!refused.messages.includes('SIP/2.0 200'));
    await s.admin.put('/trunks/demo', { enabled: true });
    await callReaching('13800001014', '12320', 'call.entered-flow', () => true);
  });

  it('an uploaded prompt is heard by the next caller, and the shipped one again when it is deleted', async () => {
    const file = `${s.hotline.dataDir}/upload.wav`;
    await writeToneWav(file, 1700, 6);
    const upload = (path: string, body: Uint8Array) =>
      fetch(`${s.hotline.http}/api/v1${path}`, {
        method: 'PUT',
        headers: { 'content-type': 'audio/wav', authorization: `Bearer ${s.admin.token}` },
        body: Buffer.from(body),
      });
    const stored = await upload('/prompts/greeting', await readFile(file));
    assert.equal(stored.status, 200, await stored.text());
    const heard = async (number: string) => {
      const caller = await s.caller(number);
      await caller.dial(s.uri('12320'));
      await caller.waitFor('CALL_ESTABLISHED');
      await talkFor(2500);
      await caller.hangUp();
      const tones = toneDurationMs((await caller.lastHeard()).channels[0] ?? new Int16Array(), 1700);
      await s.stopPhone(caller);
      return tones;
    };
    assert.ok((await heard('13800001015')) > 1000);
    await s.admin.request('DELETE', '/prompts/greeting');
    assert.ok((await heard('13800001016')) < 300);
    const stereo = `${s.hotline.dataDir}/stereo.wav`;
    await writeWav(stereo, [tone(700, 1), tone(700, 1)]);
    const refused = await upload('/prompts/welcome', await readFile(stereo));
    assert.deepEqual([refused.status, /2 channels/.test(await refused.text())], [400, true]);
  });

  it('everything that was done stands in the audit log, without a secret', async () => {
    const { items } = await s.admin.get<{ items: { username: string; action: string; subject: string; details: unknown }[] }>(
      '/audit?limit=1000',
    );
    const done = new Set(items.map((entry) => entry.action));
    for (const action of [
      'flow.published',
      'flow.rolled-back',
      'number.created',
      'number.deleted',
      'user.created',
      'trunk.changed',
      'prompt.deleted',
    ]) {
      assert.ok(done.has(action), action);
    }
    const moved = items.find((entry) => entry.action === 'number.changed' && entry.subject === '12346');
    assert.deepEqual(moved?.details, {
      before: { target: { kind: 'toFlow', flowId: 'main' } },
      after: { target: { kind: 'toExtension', extension: '1002' } },
    });
    assert.doesNotMatch(JSON.stringify(items), /"(sipPassword|password|passwordHash)":"/);
  });
});
