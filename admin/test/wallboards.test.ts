import assert from 'node:assert/strict';
import { type House, openHouse } from './fakes.js';

const NUMBER = { id: 'a', kind: 'number', title: '', x: 0, y: 0, w: 6, h: 4, figure: 'waiting', queue: null };
const TEXT = { id: 'b', kind: 'text', title: '公告', x: 6, y: 0, w: 6, h: 4, text: '第一行\n第二行' };

describe('REST: wallboards', () => {
  let house: House;
  let admin: string;
  let supervisor: string;
  let agent: string;
  before(async () => {
    house = await openHouse();
    [admin, supervisor, agent] = [await house.token('admin'), await house.token('super1100'), await house.token('agent1001')];
  });
  after(() => house.close());

  const send = (method: string, path: string, token: string, body?: unknown) =>
    house.request(method, `/api/v1/wallboards${path}`, { token, ...(body === undefined ? {} : { body }) });

  it('a supervisor composes one, changes it by its revision and deletes it; each is audited', async () => {
    const made = await send('POST', '', supervisor, { name: '大厅', tiles: [NUMBER, TEXT] });
    assert.equal(made.status, 201);
    assert.deepEqual([made.json.owner, made.json.theme, made.json.revision], ['super1100', 'dark', 1]);
    assert.deepEqual(made.json.tiles, [NUMBER, TEXT]);
    const path = `/${made.json.id}`;
    const changed = await send('PUT', path, supervisor, { theme: 'light', revision: 1 });
    assert.deepEqual([changed.status, changed.json.theme, changed.json.tiles.length, changed.json.revision], [200, 'light', 2, 2]);
    const late = await send('PUT', path, supervisor, { name: '另一个', revision: 1 });
    assert.deepEqual([late.status, late.json.error.details.field], [409, 'revision']);
    assert.equal((await send('DELETE', path, supervisor)).status, 204);
    assert.equal((await send('GET', path, supervisor)).status, 404);
    const actions = house.identity.entries.filter((e) => e.subject === made.json.id).map((e) => e.action);
    assert.deepEqual(actions, ['wallboard.created', 'wallboard.changed', 'wallboard.deleted']);
  });

  it('others read it, only the owner and administrators change it; agents have none', async () => {
    const made = await send('POST', '', admin, { name: '总览' });
    const path = `/${made.json.id}`;
    assert.equal((await send('GET', path, supervisor)).json.name, '总览');
    for (const [method, body] of [
      ['PUT', { name: 'x' }],
      ['DELETE', undefined],
    ] as const) {
      assert.equal((await send(method, path, supervisor, body)).status, 403);
    }
    assert.equal((await send('GET', '', agent)).status, 403);
    assert.equal((await send('PUT', path, admin, { name: '总览二' })).status, 200);
  });

  it('a wrong tile and a name that is taken are refused by the field', async () => {
    const problem = async (tiles: unknown[]) => {
      const reply = await send('POST', '', admin, { name: '试', tiles });
      assert.equal(reply.status, 400);
      return reply.json.error.details.fields[0].field as string;
    };
    assert.equal(await problem([{ ...NUMBER, figure: 'luck' }]), 'tiles.0.figure');
    assert.equal(await problem([{ ...NUMBER, x: 20, w: 6 }]), 'tiles.0.w');
    assert.equal(await problem([{ ...TEXT, kind: 'film' }]), 'tiles.0.kind');
    assert.match(await problem([NUMBER, NUMBER]), /^tiles/);
    await send('POST', '', admin, { name: '唯一' });
    const twice = await send('POST', '', admin, { name: '唯一' });
    assert.deepEqual([twice.status, twice.json.error.details.field], [409, 'name']);
  });
});
