import assert from 'node:assert/strict';
import { arrived, ended, type House, openHouse, recordOf, talked } from './fakes.js';

const SUMMARY = { disposition: 'consult', subject: '医保报销', notes: '已告知材料清单', revision: 0 };

describe('the desk: summaries, history, whom to put through to, seats', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
    house.records.stored.push(
      recordOf('call-a', [...talked('1001', 'consult'), ended]),
      recordOf('call-b', [...talked('1003', 'complaint'), ended]),
      recordOf('call-n', [...talked('1009', 'night'), ended]),
    );
  });
  afterEach(() => house.close());

  const put = async (who: string, id: string, body: object) =>
    house.request('PUT', `/api/v1/calls/${id}/summary`, { token: await house.token(who), body });

  it('is empty at revision 0, is written by the agent who was on the call, and is on the record and in the list', async () => {
    const token = await house.token('agent1001');
    const before = await house.request('GET', '/api/v1/calls/call-a/summary', { token });
    assert.deepEqual(before.json, { disposition: null, subject: '', notes: '', revision: 0, updatedAt: null, updatedBy: null });
    assert.equal((await house.request('GET', '/api/v1/calls/call-a', { token })).json.summary, null);
    const written = await put('agent1001', 'call-a', SUMMARY);
    assert.equal(written.status, 200);
    assert.equal(written.json.revision, 1);
    assert.equal(written.json.updatedBy, 'agent1001');
    assert.deepEqual((await house.request('GET', '/api/v1/calls/call-a', { token })).json.summary, written.json);
    assert.deepEqual((await house.request('GET', '/api/v1/calls', { token })).json.items[0].summary, written.json);
    assert.deepEqual(
      house.identity.entries.filter((e) => e.action === 'summary.changed'),
      [],
      'the own words are not audited',
    );
  });

  it('who sees numbers masked reads them masked in notes too, and loses none by saving what was read', async () => {
    const set = await house.request('PUT', '/api/v1/settings', {
      token: await house.token('admin'),
      body: { maskNumbersFor: ['supervisor'] },
    });
    assert.equal(set.status, 200, JSON.stringify(set.json));
    const notes = '回电 13800001234，身份证 310101199001011234';
    await put('agent1001', 'call-a', { ...SUMMARY, notes });
    const token = await house.token('super1100');
    const read = await house.request('GET', '/api/v1/calls/call-a/summary', { token });
    assert.equal(read.json.notes, '回电 138****1234，身份证 310101********1234');
    const saved = await put('super1100', 'call-a', { ...SUMMARY, notes: `${read.json.notes}；已办结`, revision: 1 });
    assert.equal(saved.status, 200);
    const whole = await house.request('GET', '/api/v1/calls/call-a/summary', { token: await house.token('agent1001') });
    assert.equal(whole.json.notes, `${notes}；已办结`);
  });

  it('of two who wrote after the same revision the second is told so, and what to read', async () => {
    await put('agent1001', 'call-a', SUMMARY);
    const late = await put('agent1001', 'call-a', { ...SUMMARY, notes: 'late' });
    assert.equal(late.status, 409);
    assert.deepEqual(late.json.error.details, { field: 'revision', revision: 1 });
    assert.equal(house.summaries.rows.get('call-a')?.notes, SUMMARY.notes);
  });

  it('a supervisor of the group writes too, which is audited; others do not', async () => {
    await put('agent1001', 'call-a', SUMMARY);
    assert.equal((await put('super1100', 'call-a', { ...SUMMARY, revision: 1 })).status, 200);
    assert.deepEqual(
      house.identity.entries.filter((e) => e.action === 'summary.changed').map((e) => [e.username, e.subject, e.details]),
      [['super1100', 'call-a', { before: 'agent1001', revision: 2 }]],
    );
    assert.equal((await put('agent1003', 'call-a', SUMMARY)).status, 403);
    assert.equal((await put('super1100', 'call-n', SUMMARY)).status, 403, 'of another group');
    assert.equal((await put('admin', 'call-n', SUMMARY)).status, 200);
    assert.equal((await put('admin', 'call-x', SUMMARY)).status, 404);
  });

  it('an agent who was only rung reads and does not write', async () => {
    const subjects = { agentId: '1003', queueId: 'consult' };
    const rung = recordOf('call-r', [
      arrived(),
      { type: 'offer.made', ...subjects, data: { offerId: 'o', expiresAt: 1 } },
      { type: 'offer.rejected', ...subjects, data: { offerId: 'o', termination: { by: 'called', reason: 'busy' } } },
      ended,
    ]);
    house.records.stored.push(rung);
    assert.equal((await put('agent1003', 'call-r', SUMMARY)).status, 403);
    const read = await house.request('GET', '/api/v1/calls/call-r/summary', { token: await house.token('agent1003') });
    assert.equal(read.status, 200);
  });

  it('names the field that is wrong; a disposition taken off the list stays on the call that has it', async () => {
    for (const [field, body] of [
      ['disposition', { ...SUMMARY, disposition: 'nonsense' }],
      ['subject', { ...SUMMARY, subject: 'x'.repeat(201) }],
      ['notes', { ...SUMMARY, notes: 'x'.repeat(10_001) }],
      ['revision', { ...SUMMARY, revision: -1 }],
    ] as const) {
      const reply = await put('agent1001', 'call-a', body);
      assert.equal(reply.status, 400, field);
      const { details } = reply.json.error;
      assert.equal(details.field ?? details.fields[0].field, field);
    }
    await put('agent1001', 'call-a', SUMMARY);
    const admin = await house.token('admin');
    const dispositions = [{ code: 'other', label: '其他' }];
    const changed = await house.request('PUT', '/api/v1/settings', { token: admin, body: { dispositions } });
    assert.deepEqual(changed.json.dispositions, dispositions);
    assert.equal((await put('agent1001', 'call-a', { ...SUMMARY, notes: 'more', revision: 1 })).status, 200);
    assert.equal((await put('agent1003', 'call-b', SUMMARY)).status, 400);
    const desk = await house.request('GET', '/api/v1/desk', { token: await house.token('agent1003') });
    assert.deepEqual(desk.json, { notReadyReasons: [], dispositions });
  });

  it('dispositions are told apart by their codes', async () => {
    const twice = [
      { code: 'a', label: '甲' },
      { code: 'a', label: '乙' },
    ];
    const reply = await house.request('PUT', '/api/v1/settings', { token: await house.token('admin'), body: { dispositions: twice } });
    assert.equal(reply.status, 400);
    assert.equal(reply.json.error.details.fields[0].field, 'dispositions.1');
  });

  it('the history has the earlier calls of the number, also those of other agents, with their summaries, and no later ones', async () => {
    await put('agent1003', 'call-b', SUMMARY);
    for (const one of house.records.stored) if (one.record.id !== 'call-a') one.record = { ...one.record, startedAt: -1_000 };
    house.records.stored.push(recordOf('call-other', [arrived('02199999999'), ended]));
    const reply = await house.request('GET', '/api/v1/calls/call-a/history', { token: await house.token('agent1001') });
    assert.deepEqual(
      reply.json.items.map((one: { id: string; summary: { subject: string } | null }) => [one.id, one.summary?.subject ?? null]).sort(),
      [
        ['call-b', '医保报销'],
        ['call-n', null],
      ],
    );
    const query = house.records.asked.at(-1);
    assert.equal(query?.to, 0, 'until this call began');
    const stranger = await house.request('GET', '/api/v1/calls/call-a/history', { token: await house.token('agent1009') });
    assert.equal(stranger.status, 403);
  });

  it('targets: who is free first, found by a part of name or number, oneself left out', async () => {
    await house.acd.setState('1009', 'ready', null, 'test');
    await house.acd.setState('1003', 'not-ready', null, 'test');
    const token = await house.token('agent1001');
    const all = (await house.request('GET', '/api/v1/desk/targets', { token })).json;
    assert.deepEqual(
      all.agents.map((a: { extension: string; free: boolean }) => [a.extension, a.free]),
      [
        ['1009', true],
        ['1003', true],
      ],
    );
    assert.deepEqual(all.extensions, [{ number: '1100', name: 'super1100' }]);
    assert.deepEqual(all.flows, [{ id: 'main', name: '一线服务热线' }]);
    assert.equal(all.queues[0].waitingCount, 1);
    house.acd.onCall('1003', 'call-b');
    const found = (await house.request('GET', '/api/v1/desk/targets?search=1003', { token })).json;
    assert.deepEqual(
      found.agents.map((a: { extension: string; free: boolean; state: string }) => [a.extension, a.free, a.state]),
      [['1003', false, 'on-call']],
    );
    assert.deepEqual(found.queues, []);
  });

  it('flows: what a published one and its nodes are called', async () => {
    const token = await house.token('agent1001');
    const main = await house.request('GET', '/api/v1/desk/flows/main', { token });
    assert.deepEqual(main.json, { id: 'main', name: '一线服务热线', version: 3, nodes: { menu: '主菜单' } });
    assert.equal((await house.request('GET', '/api/v1/desk/flows/nowhere', { token })).status, 404);
    const found = (await house.request('GET', '/api/v1/desk/targets?search=服务热线', { token })).json;
    assert.deepEqual(found.flows, [{ id: 'main', name: '一线服务热线' }]);
  });

  it('seats: each kind with what is in the way, for whoever may set the seat', async () => {
    const token = await house.token('agent1001');
    const seats = async (path: string) => (await house.request('GET', path, { token })).json;
    assert.deepEqual((await seats('/api/v1/agents/1001/seats')).items, [
      { kind: 'softphone', reachable: false, why: 'no page of this extension is connected as a telephone' },
      { kind: 'sip', reachable: true, why: null },
      { kind: 'phone', reachable: false, why: 'no number is given' },
    ]);
    assert.equal((await seats('/api/v1/agents/1001/seats?number=13800000000')).items[2].reachable, true);
    assert.match((await seats('/api/v1/agents/1001/seats?number=0012')).items[2].why, /no trunk may call 0012/);
    assert.equal((await house.request('GET', '/api/v1/agents/1003/seats', { token })).status, 403);
  });
});
