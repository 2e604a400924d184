import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'mocha';
import { type House, openHouse } from './fakes.js';

const QUEUE = {
  offered: 10,
  answered: 6,
  abandoned: 2,
  shortAbandoned: 1,
  answeredInTime: 3,
  abandonedInTime: 1,
  overflowed: 1,
  timedOut: 0,
  turnedAway: 0,
  callbacks: 2,
  failed: 0,
  waitAnsweredMs: 60_000,
  waitAbandonedMs: 8_000,
  longestWaitMs: 30_500,
  talkMs: 300_000,
  holdMs: 60_000,
  wrapUpMs: 60_000,
};
const AGENT = {
  readyMs: 400_000,
  notReadyMs: 200_000,
  ringingMs: 10_000,
  onCallMs: 280_000,
  wrapUpMs: 10_000,
  signIns: 1,
  offered: 5,
  missed: 1,
  handled: 4,
  outbound: 1,
  talkMs: 200_000,
  holdMs: 50_000,
};

describe('reports and logs over HTTP', () => {
  let house: House;
  let admin: string;
  let leader: string;
  let agent: string;

  before(async () => {
    house = await openHouse();
    admin = await house.token('admin');
    leader = await house.token('super1100');
    agent = await house.token('agent1001');
  });
  after(() => house?.close());
  beforeEach(() => {
    house.reports.asked.length = 0;
    house.reports.queueRows = [{ key: 'consult', from: 0, to: 900_000, sums: QUEUE }];
    house.reports.agentRows = [{ key: '1001', from: 0, to: 900_000, sums: AGENT }];
  });

  const last = () => {
    const asked = house.reports.asked.at(-1);
    assert.ok(asked);
    return asked;
  };
  const get = (path: string, token = admin) => house.request('GET', `/api/v1${path}`, { token });

  it('a bare date is its midnight at the hotline, `to` is not included', async () => {
    const reply = await get('/reports/queues?from=2026-03-01&to=2026-03-02');
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(house.reports.asked[0]?.query, {
      from: Date.parse('2026-03-01T00:00:00+08:00'),
      to: Date.parse('2026-03-02T00:00:00+08:00'),
      interval: 'day',
    });
  });

  it('without a range it is today, up to now', async () => {
    await get('/reports/trend');
    const { from, to } = last().query as { from: number; to: number };
    assert.ok(Math.abs(to - Date.now()) < 60_000);
    assert.equal(new Date(from + 8 * 3_600_000).toISOString().slice(11), '00:00:00.000Z', 'midnight in Shanghai');
  });

  it('queues: every figure by its formula', async () => {
    const [row] = (await get('/reports/queues?from=2026-03-01&to=2026-03-02&interval=15m')).json.items;
    assert.equal(row.serviceLevel, 0.5);
    assert.equal(row.lossRate, 0.25, 'who will be called back is not lost');
    assert.equal(row.abandonmentRate, 0.2);
    assert.equal(row.averageWaitSeconds, 10);
    assert.equal(row.averageHandlingSeconds, 70);
    assert.equal(row.longestWaitSeconds, 30.5);
  });

  it('agents: occupancy is handling by signed in less not ready', async () => {
    const [row] = (await get('/reports/agents?from=2026-03-01&to=2026-03-02')).json.items;
    assert.equal(row.signedInSeconds, 900);
    assert.equal(row.occupancy, 300 / 700);
    assert.equal(row.averageHandlingSeconds, 65);
  });

  it('a range that ends before it begins, is too long, or has no such interval names its field', async () => {
    for (const [query, field] of [
      ['from=2026-03-02&to=2026-03-01', 'to'],
      ['from=2026-03-01&to=2026-06-01&interval=15m', 'to'],
      ['from=2026-03-01&to=2026-03-02&interval=week', 'interval'],
      ['from=yesterday&to=2026-03-02', 'from'],
    ]) {
      const reply = await get(`/reports/trend?${query}`);
      assert.equal(reply.status, 400, query);
      assert.match(reply.json.error.message, new RegExp(field ?? ''), query);
    }
  });

  it('an agent sees the own rows only, a supervisor those of the led group', async () => {
    assert.equal((await get('/reports/agents?from=2026-03-01&to=2026-03-02', agent)).status, 200);
    assert.deepEqual(last().keys, ['1001']);
    assert.equal((await get('/logs/agent-states?agent=1003', agent)).status, 403);
    assert.equal((await get('/reports/queues?from=2026-03-01&to=2026-03-02', agent)).status, 403);
    assert.equal((await get('/logs/missed-calls', agent)).status, 403);
    assert.equal((await get('/logs/sign-ins?agent=1009', leader)).status, 403, 'of another group');
    assert.equal((await get('/logs/sign-ins?agent=1001,1003', leader)).status, 200);
    assert.deepEqual((last().query as { agents: string[] }).agents, ['1001', '1003']);
    assert.equal((await get('/reports/trend', leader)).status, 200);
    const { scope } = last();
    assert.ok(scope?.agents.includes('1001') && !scope.agents.includes('1009'), JSON.stringify(scope));
    assert.ok(scope?.queues.includes('consult'));
    await get('/reports/trend', admin);
    assert.equal(last().scope, undefined, 'an admin sees the whole hotline');
    await get('/logs/agent-calls', admin);
    assert.ok(!('agents' in (last().query as object)), 'an admin sees all');
  });
});
