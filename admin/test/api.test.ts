import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { arrived, ended, type House, openHouse, PASSWORD, recordOf, talked } from './fakes.js';

describe('REST: session, errors, headers', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  it('signing in gives a token and the user; signing out ends it', async () => {
    const reply = await house.request('POST', '/api/v1/session', { body: { username: 'agent1001', password: PASSWORD } });
    assert.equal(reply.status, 200);
    assert.deepEqual(reply.json.user, { username: 'agent1001', displayName: 'agent1001', roles: ['agent'], extension: '1001', groups: [] });
    const { token } = reply.json;
    const me = await house.request('GET', '/api/v1/me', { token });
    assert.deepEqual(me.json, { user: reply.json.user, roles: ['agent'], extension: '1001' });
    const out = await house.request('DELETE', '/api/v1/session', { token, headers: { 'content-type': 'application/json' } });
    assert.equal(out.status, 204);
    assert.equal((await house.request('GET', '/api/v1/me', { token })).status, 401);
  });

  it('a hundred agents sign in ten at a time from one address', async () => {
    for (let i = 0; i < 100; i += 1) await house.identity.add(`bench${i}`, PASSWORD, { extension: `${5000 + i}` });
    for (let i = 0; i < 100; i += 10) {
      const ten = Array.from({ length: 10 }, (_, k) => house.token(`bench${i + k}`));
      assert.equal((await Promise.all(ten)).length, 10);
    }
  });

  it('the sixth attempt after five wrong passwords answers 423, for unknown names too', async () => {
    for (const username of ['agent1001', 'nobody']) {
      const statuses: number[] = [];
      for (let i = 0; i < 6; i += 1) {
        statuses.push((await house.request('POST', '/api/v1/session', { body: { username, password: 'wrong' } })).status);
      }
      assert.deepEqual(statuses, [401, 401, 401, 401, 401, 423], username);
    }
  });

  it('malformed JSON answers 400 and says so', async () => {
    const reply = await house.request('POST', '/api/v1/session', { body: '{"username": "a",' });
    assert.equal(reply.status, 400);
    assert.equal(reply.json.error.code, 'bad-request');
    assert.match(reply.json.error.message, /not valid JSON/);
  });

  it('a body that is not an object, too large or not JSON is refused with its reason', async () => {
    const list = await house.request('POST', '/api/v1/session', { body: '[1]' });
    assert.equal(list.status, 400);
    const large = await house.request('POST', '/api/v1/session', { body: { username: 'a', password: 'x'.repeat(10_000) } });
    assert.equal(large.status, 413);
    assert.equal(large.json.error.code, 'payload-too-large');
    const form = await house.request('POST', '/api/v1/session', {
      body: 'username=a',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    assert.equal(form.status, 415);
  });

  it('a missing and a wrong field are named', async () => {
    const missing = await house.request('POST', '/api/v1/session', { body: { username: 'a' } });
    assert.equal(missing.status, 400);
    assert.match(missing.json.error.message, /password/);
    const token = await house.token('agent1001');
    const wrong = await house.request('PUT', '/api/v1/agents/1001/state', { token, body: { state: 'asleep' } });
    assert.match(wrong.json.error.message, /state.*ready, not-ready, offline/);
  });

  it('an unknown route and a broken address answer in the same shape', async () => {
    const unknown = await house.request('GET', '/api/v1/nonsense');
    assert.equal(unknown.status, 404);
    assert.equal(unknown.json.error.code, 'not-found');
    const token = await house.token('agent1001');
    assert.equal((await house.request('GET', '/api/v1/agents/%zz', { token })).status, 400);
    assert.equal((await house.request('GET', '/api/v1/agents/..%2f..', { token })).status, 400);
  });

  it('passwords and tokens never reach the log', async () => {
    const token = await house.token('agent1001');
    await house.request('POST', '/api/v1/session', { body: { username: 'agent1001', password: 'hunter2-wrong' } });
    await house.request('POST', '/api/v1/session', { body: '{"password":"hunter2-broken' });
    await house.request('GET', '/api/v1/me', { token });
    assert.doesNotMatch(house.logger.text(), /hunter2/);
    assert.ok(!house.logger.text().includes(token));
    assert.ok(!JSON.stringify(house.identity.entries).includes('hunter2'));
    assert.ok(!JSON.stringify([...house.identity.sessions.values()]).includes(token), 'only the hash of a token is stored');
  });

  it('every answer forbids foreign hosts, framing and sniffing', async () => {
    for (const path of ['/healthz', '/api/docs', '/nonsense']) {
      const { headers } = await house.request('GET', path);
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
      assert.doesNotMatch(headers.get('content-security-policy') ?? '', /https?:|\*/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('x-powered-by'), null);
    }
  });

  it('the readable pages are whole without a foreign host', async () => {
    const page = await house.request('GET', '/api/docs');
    assert.equal(page.status, 200);
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((m) => m[1] ?? '');
    assert.ok(assets.length >= 4);
    for (const asset of assets) {
      assert.doesNotMatch(asset, /^\w+:|^\/\//);
      const reply = await house.request('GET', `/api/${asset}`);
      assert.equal(reply.status, 200, asset);
    }
    assert.equal((await house.request('GET', '/')).headers.get('location'), '/api/docs');
  });
});

describe('REST: too many failures from one address', () => {
  it('failures alone are counted: the address waits after the limit, whoever it is then', async () => {
    const house = await openHouse({ signInLimit: { maxFailures: 3, windowMs: 60_000 } });
    try {
      for (let i = 0; i < 5; i += 1) await house.token('admin');
      for (let i = 0; i < 3; i += 1) await house.request('POST', '/api/v1/session', { body: { username: `x${i}`, password: 'y' } });
      const reply = await house.request('POST', '/api/v1/session', { body: { username: 'admin', password: PASSWORD } });
      assert.equal(reply.status, 429);
      assert.ok(Number(reply.headers.get('retry-after')) > 0);
    } finally {
      await house.close();
    }
  });

  it('behind a proxy each client is counted by itself', async () => {
    const addressOf = ({ headers }: { headers: IncomingHttpHeaders }): string => String(headers['x-forwarded-for']);
    const house = await openHouse({ signInLimit: { maxFailures: 2, windowMs: 60_000 }, addressOf });
    const signIn = async (address: string, password: string): Promise<number> => {
      const body = { username: 'admin', password };
      return (await house.request('POST', '/api/v1/session', { body, headers: { 'x-forwarded-for': address } })).status;
    };
    try {
      for (let i = 0; i < 2; i += 1) assert.equal(await signIn('192.0.2.1', 'wrong'), 401);
      assert.equal(await signIn('192.0.2.1', PASSWORD), 429);
      assert.equal(await signIn('192.0.2.2', PASSWORD), 200);
    } finally {
      await house.close();
    }
  });
});

describe('REST: agents and queues', () => {
  let house: House;
  let agent: string;
  let supervisor: string;
  let admin: string;
  before(async () => {
    house = await openHouse();
    agent = await house.token('agent1001');
    supervisor = await house.token('super1100');
    admin = await house.token('admin');
  });
  after(() => house.close());
  const ids = (items: { extension?: string; id?: string }[]) => items.map((i) => i.extension ?? i.id);

  it('an agent is shown live, with the current call and today’s figures', async () => {
    house.calls.talking('call-1', '1003');
    house.acd.onCall('1003', 'call-1');
    const { json } = await house.request('GET', '/api/v1/agents/1003', { token: supervisor });
    assert.equal(json.state, 'on-call');
    assert.equal(json.since, '1970-01-01T00:00:01.000Z');
    assert.equal(json.call.caller, '02112345678');
    const own = await house.request('GET', '/api/v1/agents/1001', { token: agent });
    assert.deepEqual(own.json.today, { callsHandled: 3, talkSeconds: 120, holdSeconds: 5, missed: 1 });
    assert.equal(own.json.call, null);
  });

  it('each role sees its own agents and queues', async () => {
    const agents = async (token: string) => ids((await house.request('GET', '/api/v1/agents', { token })).json.items);
    assert.deepEqual(await agents(agent), ['1001']);
    assert.deepEqual(await agents(supervisor), ['1001', '1003']);
    assert.deepEqual(await agents(admin), ['1001', '1003', '1009']);
    const queues = async (token: string) => ids((await house.request('GET', '/api/v1/queues', { token })).json.items);
    assert.deepEqual(await queues(agent), ['consult']);
    assert.deepEqual(await queues(supervisor), ['complaint', 'consult']);
    assert.deepEqual(await queues(admin), ['complaint', 'consult', 'night']);
  });

  it('an agent or queue of others is 403, an unknown one 404', async () => {
    assert.equal((await house.request('GET', '/api/v1/agents/1003', { token: agent })).status, 403);
    assert.equal((await house.request('GET', '/api/v1/agents/1009', { token: supervisor })).status, 403);
    assert.equal((await house.request('GET', '/api/v1/agents/7777', { token: admin })).status, 404);
    assert.equal((await house.request('GET', '/api/v1/queues/night', { token: supervisor })).status, 403);
    const unknown = await house.request('GET', '/api/v1/queues/nothing', { token: admin });
    assert.equal(unknown.status, 404);
    assert.match(unknown.json.error.message, /nothing/);
  });

  it('live lists are given in pages when asked for', async () => {
    const first = (await house.request('GET', '/api/v1/agents?limit=2', { token: admin })).json;
    assert.deepEqual([ids(first.items), first.next], [['1001', '1003'], '1003']);
    const second = (await house.request('GET', `/api/v1/agents?limit=2&cursor=${first.next}`, { token: admin })).json;
    assert.deepEqual([ids(second.items), second.next], [['1009'], null]);
  });

  it('a queue shows waiting calls, waits, and losses of today', async () => {
    const { json } = await house.request('GET', '/api/v1/queues/consult', { token: agent });
    assert.equal(json.waiting[0].since, '1970-01-01T00:00:05.000Z');
    assert.equal(json.longestWaitSeconds, 2.5);
    assert.equal(json.estimatedWaitSeconds, 30);
    assert.equal(json.today.lossRate, 0.25);
  });

  it('an agent sets the own state in the own name, and no other’s', async () => {
    const reply = await house.request('PUT', '/api/v1/agents/1001/state', { token: agent, body: { state: 'ready' } });
    assert.equal(reply.status, 200);
    assert.equal(reply.json.state, 'ready');
    assert.deepEqual(house.acd.said.at(-1), { id: '1001', state: 'ready', reason: null, by: '1001' });
    const other = await house.request('PUT', '/api/v1/agents/1003/state', { token: agent, body: { state: 'ready' } });
    assert.equal(other.status, 403);
    assert.equal(house.acd.said.at(-1)?.id, '1001');
    assert.ok(!house.identity.entries.some((e) => e.action === 'agent.state-forced'));
  });

  it('a supervisor forces the state of an agent of the group, which is audited', async () => {
    const body = { state: 'not-ready', reason: 'meeting' };
    assert.equal((await house.request('PUT', '/api/v1/agents/1003/state', { token: supervisor, body })).status, 200);
    assert.deepEqual(house.acd.said.at(-1), { id: '1003', state: 'not-ready', reason: 'meeting', by: 'super1100' });
    const entry = house.identity.entries.find((e) => e.action === 'agent.state-forced');
    assert.deepEqual({ ...entry, at: 0 }, { at: 0, username: 'super1100', action: 'agent.state-forced', subject: '1003', details: body });
    assert.equal((await house.request('PUT', '/api/v1/agents/1009/state', { token: supervisor, body })).status, 403);
    assert.equal((await house.request('PUT', '/api/v1/agents/7777/state', { token: admin, body })).status, 404);
  });

  it('kinds sip, softphone and phone are seats; what goes with phone alone is refused by name', async () => {
    assert.deepEqual((await house.request('PUT', '/api/v1/agents/1001/seat', { token: agent, body: { kind: 'sip' } })).json.seat, {
      kind: 'sip',
    });
    const put = (body: object) => house.request('PUT', '/api/v1/agents/1001/seat', { token: agent, body });
    const mobile = { kind: 'phone', number: '13800000000', confirm: false, persistent: true, confirmEach: true };
    assert.deepEqual((await put(mobile)).json.seat, mobile);
    assert.deepEqual((await put({ kind: 'phone', number: '13800000000' })).json.seat, { kind: 'phone', number: '13800000000' });
    assert.deepEqual((await put({ kind: 'softphone' })).json.seat, { kind: 'softphone' });
    const wrong = [
      [{ kind: 'phone' }, 'number'],
      [{ kind: 'phone', number: 'abc' }, 'number'],
      [{ kind: 'phone', number: '13800000000', confirm: 'yes' }, 'confirm'],
      [{ kind: 'sip', number: '13800000000' }, 'number'],
      [{ kind: 'sip', persistent: true }, 'persistent'],
    ] as const;
    for (const [body, field] of wrong) {
      const reply = await put(body);
      assert.equal(reply.status, 400, JSON.stringify(body));
      assert.match(reply.json.error.message, new RegExp(field));
    }
  });

  it('texts go out from the own extension and are listed for it; without an extension there are none', async () => {
    const sent = await house.request('POST', '/api/v1/messages', { token: agent, body: { to: '1003', text: '交接班' } });
    assert.deepEqual([sent.status, sent.json.state], [201, 'kept']);
    assert.deepEqual(house.messages.at(-1), { from: '1001', to: '1003', text: '交接班' });
    const listed = await house.request('GET', '/api/v1/messages', { token: agent });
    assert.deepEqual(
      [listed.json.items[0].text, listed.json.items[0].sentAt, listed.json.next],
      ['交接班', '2026-10-01T00:00:00.000Z', null],
    );
    assert.equal((await house.request('POST', '/api/v1/messages', { token: agent, body: { to: '1003', text: '' } })).status, 400);
    assert.equal((await house.request('POST', '/api/v1/messages', { token: admin, body: { to: '1003', text: 'x' } })).status, 403);
    assert.equal((await house.request('GET', '/api/v1/messages', { token: admin })).status, 403);
  });
});

describe('REST: calls', () => {
  let house: House;
  let agent: string;
  let other: string;
  let supervisor: string;
  let admin: string;
  beforeEach(async () => {
    house = await openHouse();
    [agent, other, supervisor, admin] = (await Promise.all(
      ['agent1001', 'agent1003', 'super1100', 'admin'].map((u) => house.token(u)),
    )) as [string, string, string, string];
    house.records.stored.push(
      recordOf('call-a', [...talked('1001', 'consult'), ended]),
      recordOf('call-b', [...talked('1003', 'complaint'), ended]),
      recordOf('call-n', [...talked('1009', 'night'), ended]),
      recordOf('call-f', [arrived(), ended]),
    );
  });
  afterEach(() => house.close());

  it('a list holds what each role may see', async () => {
    const list = async (token: string, query = '') =>
      (await house.request('GET', `/api/v1/calls${query}`, { token })).json.items.map((c: { id: string }) => c.id);
    assert.deepEqual(await list(agent), ['call-a']);
    assert.deepEqual(await list(supervisor), ['call-a', 'call-b', 'call-f']);
    assert.deepEqual(await list(admin), ['call-a', 'call-b', 'call-n', 'call-f']);
    assert.equal((await house.request('GET', '/api/v1/calls?agent=1003', { token: agent })).status, 403);
  });

  it('pages of a filtered list skip nothing', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const { json } = await house.request('GET', `/api/v1/calls?limit=1${cursor}`, { token: supervisor });
      seen.push(...json.items.map((c: { id: string }) => c.id));
      cursor = json.next === null ? '' : `&cursor=${json.next}`;
    } while (cursor !== '');
    assert.deepEqual(seen, ['call-a', 'call-b', 'call-f']);
  });

  it('every filter reaches the query, times as epoch milliseconds', async () => {
    const query =
      'from=2026-01-31T08:00:00%2B08:00&to=2026-02-01&caller=021&called=12320&agent=1001&queue=consult&outcome=answered&direction=inbound&limit=7';
    assert.equal((await house.request('GET', `/api/v1/calls?${query}`, { token: admin })).status, 200);
    assert.deepEqual(house.records.asked.at(-1), {
      from: Date.UTC(2026, 0, 31),
      to: Date.UTC(2026, 1, 1),
      caller: '021',
      called: '12320',
      agent: '1001',
      queue: 'consult',
      outcome: 'answered',
      direction: 'inbound',
      limit: 7,
    });
  });

  it('a wrong filter is named', async () => {
    for (const [query, field] of [
      ['from=yesterday', 'from'],
      ['to=2026-01-31T08:00:00', 'to'],
      ['outcome=fine', 'outcome'],
      ['limit=0', 'limit'],
      ['limit=many', 'limit'],
      ['direction=up', 'direction'],
      ['agent=1001&agent=1002', 'agent'],
    ] as const) {
      const reply = await house.request('GET', `/api/v1/calls?${query}`, { token: admin });
      assert.equal(reply.status, 400, query);
      assert.equal(reply.json.error.details.fields[0].field, field, reply.text);
    }
  });

  it('one call is shown with segments and timeline; one of others is not', async () => {
    const { json } = await house.request('GET', '/api/v1/calls/call-a', { token: agent });
    assert.equal(json.outcome, 'answered');
    assert.deepEqual(
      json.segments.map((s: { kind: string }) => s.kind),
      ['queue', 'talk'],
    );
    assert.deepEqual(
      json.timeline.map((e: { type: string }) => e.type),
      ['call.arrived', 'call.queued', 'call.left-queue', 'call.connected', 'call.ended'],
    );
    assert.equal(json.timeline[0].at, '1970-01-01T00:00:00.000Z');
    assert.equal((await house.request('GET', '/api/v1/calls/call-a', { token: other })).status, 403);
    assert.equal((await house.request('GET', '/api/v1/calls/nothing', { token: admin })).status, 404);
  });

  it('a call in progress is shown as it stands, before the journal has it', async () => {
    house.calls.talking('call-live', '1001');
    const { json } = await house.request('GET', '/api/v1/calls/call-live', { token: agent });
    assert.equal(json.endedAt, null);
    assert.equal(json.durationSeconds, null);
    assert.deepEqual(json.timeline, []);
  });

  it('the agent on a call hangs up, holds, resumes and sends keys', async () => {
    house.calls.talking('call-1', '1001');
    for (const verb of ['hold', 'resume', 'hangup']) {
      assert.equal((await house.request('POST', `/api/v1/calls/call-1/${verb}`, { token: agent })).status, 204);
    }
    const keys = await house.request('POST', '/api/v1/calls/call-1/dtmf', { token: agent, body: { digits: '12#a' } });
    assert.equal(keys.status, 204);
    assert.deepEqual(house.calls.said, ['hold 1001', 'resume 1001', 'hangUp 1001', 'sendDigits 1001 12#A']);
  });

  it('the agent on a call mutes, consults, swaps, completes, parks and records', async () => {
    house.calls.talking('call-1', '1001');
    const verbs = ['mute', 'unmute', 'swap', 'complete', 'cancel', 'conference', 'pause-recording', 'resume-recording', 'start-recording'];
    for (const verb of verbs)
      assert.equal((await house.request('POST', `/api/v1/calls/call-1/${verb}`, { token: agent })).status, 204, verb);
    const parked = await house.request('POST', '/api/v1/calls/call-1/park', { token: agent });
    assert.deepEqual([parked.status, parked.json], [200, { slot: '1' }]);
    assert.deepEqual(
      house.calls.said.map((said) => said.split(' ')[0]),
      [...verbs.slice(0, 6), 'pauseRecording', 'resumeRecording', 'startRecording', 'park'],
    );
    const parties = await house.request('GET', '/api/v1/calls/call-1/parties', { token: agent });
    assert.deepEqual([parties.status, parties.json], [200, { items: [], next: null }]);
  });

  it('transfer and consult name exactly one target; what is wrong is named', async () => {
    house.calls.talking('call-1', '1001');
    const post = (verb: string, body: object) => house.request('POST', `/api/v1/calls/call-1/${verb}`, { token: agent, body });
    const targets = [
      { to: '1002' },
      { agent: '1002' },
      { queue: 'complaint', priority: 5 },
      { flow: 'main' },
      { extension: '6001' },
      { number: '013800138000' },
    ];
    for (const target of targets) assert.equal((await post('transfer', target)).status, 204, JSON.stringify(target));
    assert.equal((await post('consult', { agent: '1002' })).status, 204);
    assert.equal((await post('conference', { number: '013800138000' })).status, 204);
    assert.deepEqual(house.calls.said.slice(0, 3), [
      'transfer 1001 {"kind":"extension","extension":"1002"}',
      'transfer 1001 {"kind":"agent","agentId":"1002"}',
      'transfer 1001 {"kind":"queue","queueId":"complaint","priority":5}',
    ]);
    for (const [body, field] of [
      [{}, 'to'],
      [{ agent: '1002', queue: 'complaint' }, 'queue'],
      [{ agent: '1002', priority: 3 }, 'priority'],
      [{ agent: '10a2' }, 'agent'],
      [{ number: 'sip:x' }, 'number'],
      [{ somewhere: '1' }, 'somewhere'],
    ] as const) {
      const refused = await post('transfer', body);
      assert.deepEqual([refused.status, refused.json.error.details.fields[0].field], [400, field], JSON.stringify(body));
    }
    assert.equal((await post('transfer', { to: '999' })).json.error.details.field, 'to');
  });

  it('a supervisor supervises agents of the led groups, audited; others, agents and wrong modes are refused', async () => {
    house.calls.talking('call-1', '1001');
    house.calls.talking('call-9', '1009');
    const post = (id: string, token: string, body: object) => house.request('POST', `/api/v1/calls/${id}/supervise`, { token, body });
    for (const mode of ['listen', 'whisper', 'barge', 'takeover', 'release', 'stop']) {
      assert.equal((await post('call-1', supervisor, { mode })).status, 204, mode);
    }
    assert.equal(house.calls.said[0], 'supervise 1100 listen {"agentId":"1001"}');
    const audited = house.identity.entries.filter((entry) => entry.action.startsWith('call.supervised'));
    assert.deepEqual([audited.length, audited[0]?.subject, audited[0]?.details?.callId], [6, '1001', 'call-1']);
    assert.equal((await post('call-9', supervisor, { mode: 'listen' })).status, 403, 'not of the group');
    assert.equal((await post('call-1', supervisor, { mode: 'listen', agent: '1009' })).status, 403);
    assert.equal((await post('call-1', supervisor, { mode: 'listen', agent: '1003' })).status, 409, 'not on the call');
    assert.equal((await post('call-1', agent, { mode: 'listen' })).status, 403, 'an agent');
    assert.equal((await post('call-1', supervisor, { mode: 'spy' })).status, 400);
    assert.equal((await post('nothing', supervisor, { mode: 'listen' })).status, 404);
  });

  it('a supervisor listens to a call another process has just connected, before this one is told of it', async () => {
    house.calls.talking('call-1', '1001');
    const control = house.calls.controlOf('call-1');
    assert.ok(control);
    house.calls.controls.delete('call-1');
    const path = '/api/v1/calls/call-1/supervise';
    const refused = await house.request('POST', path, { token: supervisor, body: { mode: 'listen' } });
    assert.deepEqual([refused.status, refused.json.error.message], [409, 'nobody talks in call call-1 now']);
    house.calls.elsewhere.set('call-1', control);
    assert.equal((await house.request('POST', path, { token: supervisor, body: { mode: 'listen' } })).status, 204);
    // Known, but with somebody else still.
    house.calls.controls.set('call-1', { ...control, agents: () => [] });
    assert.equal((await house.request('POST', path, { token: supervisor, body: { mode: 'listen', agent: '1001' } })).status, 204);
    assert.deepEqual(house.calls.said, Array(2).fill('supervise 1100 listen {"agentId":"1001"}'));
  });

  it('nobody controls a call of another agent, a call that is over, or one that never was', async () => {
    house.calls.talking('call-1', '1001');
    assert.equal((await house.request('POST', '/api/v1/calls/call-1/hold', { token: other })).status, 404);
    assert.equal((await house.request('POST', '/api/v1/calls/call-1/hold', { token: supervisor })).status, 403);
    const over = await house.request('POST', '/api/v1/calls/call-a/hold', { token: agent });
    assert.equal(over.status, 409);
    assert.match(over.json.error.message, /is over/);
    assert.equal((await house.request('POST', '/api/v1/calls/nothing/hold', { token: agent })).status, 404);
    assert.deepEqual(house.calls.said, []);
  });

  it('click to dial rings the own seat; another’s only for a supervisor of the group, audited', async () => {
    const made = await house.request('POST', '/api/v1/calls', { token: agent, body: { from: '1001', to: '13800000000' } });
    assert.equal(made.status, 201);
    assert.deepEqual(made.json, { id: 'call-new' });
    assert.equal((await house.request('POST', '/api/v1/calls', { token: agent, body: { from: '1003', to: '1001' } })).status, 403);
    assert.equal((await house.request('POST', '/api/v1/calls', { token: supervisor, body: { from: '1003', to: '1001' } })).status, 201);
    assert.deepEqual(house.dialled, [
      { from: '1001', to: '13800000000' },
      { from: '1003', to: '1001' },
    ]);
    assert.ok(house.identity.entries.some((e) => e.action === 'call.dialled-for' && e.subject === '1003'));
    const bad = await house.request('POST', '/api/v1/calls', { token: agent, body: { from: '1001', to: 'sip:evil@example.org' } });
    assert.equal(bad.status, 400);
    assert.match(bad.json.error.message, /\bto\b/);
  });
});
