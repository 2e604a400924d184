import assert from 'node:assert/strict';
import {
  type Cluster,
  type DomainError,
  type EventDraft,
  type MessageRow,
  memoryCluster,
  SimulatedClock,
  silentLogger,
  type Termination,
} from '@yixian/contracts';
import { createMessages, type MessagesOptions } from '../../src/index.js';
import { settle } from '../support/bench.js';
import { fakeDirectory } from '../support/fake-directory.js';
import { FakeSwitch } from '../support/fake-switch.js';

/** What outlives a restart. */
function memoryRows() {
  const rows: MessageRow[] = [];
  const state = { failing: false };
  const check = () => {
    if (state.failing) throw new Error('database is away');
  };
  return {
    rows,
    state,
    async insert(row: MessageRow) {
      check();
      rows.push({ ...row });
    },
    async delivered(id: string, at: number) {
      check();
      const row = rows.find((r) => r.id === id);
      if (row) Object.assign(row, { state: 'delivered', deliveredAt: at });
    },
    async waiting(to: string, now: number) {
      check();
      return rows.filter((r) => r.to === to && r.state === 'kept' && r.expiresAt > now);
    },
    async waitingFor() {
      return [...new Set(rows.filter((r) => r.state === 'kept').map((r) => r.to))];
    },
    async expire(now: number) {
      const due = rows.filter((r) => r.state === 'kept' && r.expiresAt <= now);
      for (const row of due) row.state = 'expired';
      return due;
    },
    async list({ extension, limit }: { extension: string; limit: number }) {
      return { items: rows.filter((r) => r.from === extension || r.to === extension).slice(0, limit), next: null };
    },
  };
}

interface Given {
  rows?: ReturnType<typeof memoryRows>;
  options?: Partial<MessagesOptions>;
  clock?: SimulatedClock;
  cluster?: Cluster;
}

function service(given: Given = {}) {
  const rows = given.rows ?? memoryRows();
  const clock = given.clock ?? new SimulatedClock(1_000_000);
  const wire = new FakeSwitch();
  const told: string[] = [];
  let ids = rows.rows.length;
  const publish = (draft: EventDraft) => {
    told.push(`${draft.type} ${draft.agentId}`);
    return draft as never;
  };
  const messages = createMessages({
    switch: wire,
    directory: fakeDirectory(),
    rows,
    events: { publish, subscribe: () => () => {} },
    clock,
    ids: { next: (prefix) => `${prefix}-${++ids}` },
    logger: silentLogger,
    ...(given.options ? { options: given.options } : {}),
    ...(given.cluster ? { cluster: given.cluster } : {}),
  });
  const send = (text: string, to = '1002', from = '1001') => messages.send({ from, to, text });
  const register = (extension: string) => {
    wire.registered.add(extension);
    messages.registrationChanged({ extension, contacts: 1 });
  };
  return { rows, clock, wire, told, messages, send, register };
}

const texts = (wire: FakeSwitch) => wire.messages.map((m) => m.text);

describe('texts between extensions', () => {
  it('go to the phone at once when it is there, with the sender’s name', async () => {
    const { wire, send, told, rows } = service();
    wire.registered.add('1002');
    assert.deepEqual(await send('你好'), { id: 'message-1', state: 'delivered' });
    assert.deepEqual(wire.messages, [{ from: '1001', to: '1002', text: '你好', fromDisplayName: 'Phone 1001' }]);
    assert.deepEqual([told, rows.rows[0]?.state], [['message.sent 1002', 'message.delivered 1001'], 'delivered']);
  });

  it('are kept while no phone is there and sent in their order when it registers', async () => {
    const { wire, send, register } = service();
    for (const text of ['1', '2', '3']) assert.equal((await send(text)).state, 'kept');
    assert.deepEqual(texts(wire), []);
    register('1002');
    await settle();
    assert.deepEqual(texts(wire), ['1', '2', '3']);
    register('1002');
    await settle();
    assert.deepEqual(texts(wire), ['1', '2', '3']);
  });

  it('a new text does not overtake those that wait', async () => {
    const { wire, send, clock } = service();
    wire.registered.add('1002');
    const real = wire.onMessage;
    const busy: Termination = { by: 'called', reason: 'busy' };
    wire.onMessage = async () => ({ delivered: false, termination: busy });
    await send('first');
    wire.onMessage = real;
    assert.equal((await send('second')).state, 'delivered');
    assert.deepEqual(texts(wire), ['first', 'first', 'second']);
    clock.advance(600_000);
    await settle();
    assert.deepEqual(texts(wire), ['first', 'first', 'second']);
  });

  it('a registered phone that does not take one is tried again by and by', async () => {
    const { wire, send, clock } = service();
    wire.registered.add('1002');
    const real = wire.onMessage;
    wire.onMessage = async () => ({ delivered: false, termination: { by: 'called', reason: 'no-response' } });
    assert.equal((await send('x')).state, 'kept');
    wire.onMessage = real;
    clock.advance(60_000);
    await settle();
    assert.deepEqual(texts(wire), ['x', 'x']);
  });

  it('outlive a restart: the next process sends what was kept', async () => {
    const first = service();
    await first.send('before');
    await first.messages.close();
    assert.equal(first.clock.pendingTimers, 0);
    const second = service({ rows: first.rows });
    second.wire.registered.add('1002');
    await second.messages.start();
    await settle();
    assert.deepEqual(texts(second.wire), ['before']);
    await second.messages.close();
  });

  it('are over after their time: told, and not sent any more', async () => {
    const { clock, send, register, told, wire, messages } = service({ options: { keepMs: 1_000_000, sweepMs: 500_000 } });
    await messages.start();
    await send('old');
    clock.advance(500_000);
    await settle();
    clock.advance(500_000);
    await settle();
    register('1002');
    await settle();
    assert.deepEqual([told.at(-1), texts(wire)], ['message.expired 1001', []]);
  });

  it('two rounds at a time never send one text twice', async () => {
    const { wire, send, register } = service();
    await send('once');
    register('1002');
    register('1002');
    await Promise.all([send('twice?')]);
    await settle();
    assert.deepEqual(texts(wire), ['once', 'twice?']);
  });

  it('refusals by name: nobody there, empty, too long, too many, too fast, not stored', async () => {
    const { send, rows, clock } = service({ options: { maxWaiting: 2, rate: { ratePerSecond: 1, burst: 4 } } });
    const why = (promise: Promise<unknown>) =>
      promise.then(
        () => 'sent',
        (error: DomainError) => `${error.code} ${error.message}`,
      );
    assert.equal(await why(send('x', '9999')), 'not-found to: there is no extension 9999');
    assert.equal(await why(send(' ')), 'bad-request text: must not be empty');
    assert.equal(await why(send('好'.repeat(400))), 'bad-request text: at most 900 bytes of UTF-8');
    await send('1');
    await send('2');
    assert.equal(await why(send('3')), 'conflict 2 texts wait for 1002 already');
    assert.equal(await why(send('4', '1003')), 'sent');
    assert.equal(await why(send('5', '1003')), 'too-many-requests 1001 sends too many texts');
    clock.advance(5_000);
    rows.state.failing = true;
    assert.equal(await why(send('6', '1003')), 'unavailable the text could not be stored; try again later');
  });

  it('a phone’s MESSAGE is answered 202 once it is stored, else with the fitting refusal (RFC 3428 §7)', async () => {
    const { messages, rows } = service();
    const from = (to: string, text: string) => messages.fromPhone({ from: '1001', to, text }).then((answer) => answer.status);
    assert.deepEqual([await from('1002', 'hi'), await from('777', 'hi'), await from('1002', 'x'.repeat(901))], [202, 404, 413]);
    rows.state.failing = true;
    assert.equal(await from('1002', 'hi'), 503);
  });
});

describe('texts where several processes are one hotline', () => {
  /** Each with a picture of its own of the phones, the texts in one database. */
  function two() {
    const cluster = memoryCluster(['a', 'b']);
    const rows = memoryRows();
    return { cluster, rows, a: service({ rows, cluster: cluster.of('a') }), b: service({ rows, cluster: cluster.of('b') }) };
  }

  it('whoever decides sends them, once, whichever was given them and wherever the phone registers', async () => {
    const { a, b } = two();
    assert.equal((await b.send('kept')).state, 'kept');
    b.register('1002');
    await settle();
    assert.deepEqual([texts(a.wire), texts(b.wire)], [[], []], 'a does not know the phone yet');
    a.register('1002');
    await settle();
    assert.deepEqual(await b.send('at once'), { id: 'message-2', state: 'delivered' });
    assert.deepEqual([texts(a.wire), texts(b.wire)], [['kept', 'at once'], []]);
  });

  it('whoever decides next sends what is still kept', async () => {
    const { cluster, a, b } = two();
    b.wire.registered.add('1002');
    assert.equal((await a.send('left over')).state, 'kept');
    cluster.kill('a');
    await settle();
    assert.deepEqual(texts(b.wire), ['left over']);
  });

  it('without anybody who decides they wait, and the sender is told that they do', async () => {
    const { cluster, a, b } = two();
    for (const { wire } of [a, b]) wire.registered.add('1002');
    cluster.elect(null);
    assert.equal((await b.send('later')).state, 'kept');
    cluster.elect('b');
    await settle();
    assert.deepEqual(texts(b.wire), ['later']);
  });
});
