import assert from 'node:assert/strict';
import { type House, openHouse } from './fakes.js';

describe('REST: doors, moves, callbacks', () => {
  let house: House;
  let admin: string;
  let supervisor: string;
  let agent: string;
  before(async () => {
    house = await openHouse();
    [admin, supervisor, agent] = [await house.token('admin'), await house.token('super1100'), await house.token('agent1001')];
  });
  after(() => house.close());

  it('a supervisor opens and closes the queues of the own groups, audited; nobody else’s', async () => {
    const closed = await house.request('PUT', '/api/v1/queues/consult/door', { token: supervisor, body: { door: 'closed' } });
    assert.equal(closed.status, 200);
    assert.deepEqual(closed.json, { queue: 'consult', door: 'closed', open: false, because: 'closed by super1100' });
    assert.ok(house.identity.entries.some((e) => e.action === 'queue.door-changed' && e.subject === 'consult'));
    assert.equal((await house.request('PUT', '/api/v1/queues/night/door', { token: supervisor, body: { door: 'open' } })).status, 403);
    assert.equal((await house.request('PUT', '/api/v1/queues/consult/door', { token: agent, body: { door: 'open' } })).status, 403);
    const wrong = await house.request('PUT', '/api/v1/queues/consult/door', { token: admin, body: { door: 'ajar' } });
    assert.equal(wrong.status, 400);
    assert.match(wrong.json.error.message, /door/);
  });

  it('a waiting call is moved between led queues, and its priority changed', async () => {
    const moved = await house.request('POST', '/api/v1/calls/waits-consult/move', {
      token: supervisor,
      body: { queue: 'complaint', priority: 5 },
    });
    assert.equal(moved.status, 204);
    assert.deepEqual(house.acd.moved.at(-1), { callId: 'waits-consult', queueId: 'complaint', priority: 5, by: 'super1100' });
    const path = '/api/v1/calls/waits-consult/move';
    assert.equal((await house.request('POST', path, { token: supervisor, body: { queue: 'night' } })).status, 403);
    const wrong = await house.request('POST', path, { token: supervisor, body: { priority: 'high' } });
    assert.match(wrong.json.error.message, /priority/);
    assert.equal((await house.request('POST', '/api/v1/calls/waits-night/move', { token: supervisor, body: { priority: 1 } })).status, 403);
  });

  it('callbacks are asked for, listed and cancelled; a bad number and a double one are refused', async () => {
    const body = { queue: 'consult', number: '013800138000', notBefore: '2026-10-01T08:00:00Z' };
    const made = await house.request('POST', '/api/v1/callbacks', { token: supervisor, body });
    assert.equal(made.status, 201);
    assert.deepEqual([made.json.number, made.json.state], ['013800138000', 'waiting']);
    assert.equal((await house.request('POST', '/api/v1/callbacks', { token: supervisor, body })).status, 409);
    const wrong = await house.request('POST', '/api/v1/callbacks', { token: supervisor, body: { queue: 'consult', number: 'anonymous' } });
    assert.equal(wrong.status, 400);
    assert.match(wrong.json.error.message, /number/);
    const list = await house.request('GET', '/api/v1/callbacks?queue=consult', { token: agent });
    assert.deepEqual(
      list.json.items.map((one: { id: string }) => one.id),
      [made.json.id],
    );
    assert.equal((await house.request('DELETE', `/api/v1/callbacks/${made.json.id}`, { token: supervisor })).status, 204);
    assert.equal((await house.request('DELETE', `/api/v1/callbacks/${made.json.id}`, { token: supervisor })).status, 404);
  });

  it('a live agent and queue show next state, levels, door, callbacks and the error of the estimate', async () => {
    const one = await house.request('GET', '/api/v1/agents/1001', { token: agent });
    assert.deepEqual([one.json.next, one.json.wrapUpUntil, one.json.skillLevels], [null, null, {}]);
    const queue = await house.request('GET', '/api/v1/queues/consult', { token: agent });
    assert.deepEqual(queue.json.door, { door: 'schedule', open: true, because: 'weekly' });
    assert.deepEqual([queue.json.callbacks, queue.json.estimateErrorSeconds], [0, null]);
  });
});
