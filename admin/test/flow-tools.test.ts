import assert from 'node:assert/strict';
import { type House, openHouse } from './fakes.js';

describe('what the editor of flows asks for', () => {
  let house: House;
  let token: string;
  before(async () => {
    house = await openHouse();
    token = await house.token('admin');
    await ask('POST', '/flows', { document: { id: 'f', nodes: { a: { queue: 'consult' } } } });
  });
  after(() => house.close());

  const ask = (method: string, path: string, body?: unknown) =>
    house.request(method, `/api/v1${path}`, { token, ...(body === undefined ? {} : { body }) });

  it('the node types with their ways', async () => {
    const reply = await ask('GET', '/flow-nodes');
    assert.equal(reply.status, 200);
    assert.equal(reply.json.nodes[0].type, 'hangup');
  });

  it('a document is checked without being kept', async () => {
    const reply = await ask('POST', '/flows/f/validate', { document: { id: 'other', nodes: { a: { queue: 'nowhere' } } } });
    assert.deepEqual(
      reply.json.problems.map((one: { node: string; field: string }) => [one.node, one.field]),
      [
        [null, 'id'],
        ['a', 'queue'],
      ],
    );
    assert.equal((await ask('GET', '/flows/f')).json.document.nodes.a.queue, 'consult');
  });

  it('a simulated call is begun, told what the caller does, and forgotten; two things at once are refused', async () => {
    const begun = await ask('POST', '/flows/f/simulate', { caller: '13800000000' });
    assert.equal(begun.status, 201);
    const { session } = begun.json;
    const two = await ask('POST', `/flows/f/simulate/${session}/input`, { keys: '1', silence: true });
    assert.equal(two.status, 400);
    assert.equal((await ask('POST', `/flows/f/simulate/${session}/input`, { hangUp: true })).json.over, true);
    assert.equal((await ask('DELETE', `/flows/f/simulate/${session}`)).status, 204);
    assert.equal((await ask('POST', '/flows/f/simulate/gone/input', { keys: '1' })).status, 404);
    assert.equal((await ask('POST', '/flows/nothing/simulate', {})).status, 404);
  });

  it('the draft rings an extension with the draft’s document, and who did it is on record', async () => {
    const none = await ask('POST', '/flows/f/call', {});
    assert.deepEqual([none.status, none.json.error.details.fields[0].field], [400, 'extension']);
    const reply = await ask('POST', '/flows/f/call', { extension: '1001' });
    assert.equal(reply.status, 201, reply.text);
    const last = house.dialled.at(-1);
    assert.deepEqual([last?.from, last?.draft?.flowId, last?.draft?.version], ['1001', 'f', 1]);
    assert.ok(house.identity.entries.some((entry) => entry.action === 'flow.draft-called' && entry.subject === 'f'));
  });

  it('a draft with a fault is not called', async () => {
    await ask('POST', '/flows', { document: { id: 'bad', nodes: { a: { queue: 'nowhere' } } } });
    const reply = await ask('POST', '/flows/bad/call', { extension: '1001' });
    assert.equal(reply.status, 400);
    assert.equal(reply.json.error.details.problems[0].node, 'a');
  });

  it('a text is heard, and becomes a prompt', async () => {
    const heard = await ask('GET', '/speech?text=%E6%82%A8%E5%A5%BD');
    assert.equal(heard.status, 200);
    assert.equal((await ask('GET', '/speech')).status, 400);
    assert.equal((await ask('GET', '/speech?prompt=nothing')).status, 404);
    const made = await ask('POST', '/prompts/welcome/speak', { text: '您好' });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.json.origin, 'uploaded');
    assert.ok(house.identity.entries.some((entry) => entry.action === 'prompt.created' && entry.subject === 'welcome'));
  });
});
