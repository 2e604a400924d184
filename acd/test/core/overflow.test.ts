import assert from 'node:assert/strict';
import type { OverflowRule, QueueConfig } from '@yixian/contracts';
import { sinceOf } from '../../src/core/tables.js';
import { agentConfig, CoreDriver, queueConfig } from '../support/core-driver.js';

const toB = { kind: 'queue', queueId: 'b', priority: 1 } as const;
const voicemail = { kind: 'voicemail', box: 'main' } as const;

/** Queue `a` with rules, queue `b` without; one agent each, signed in and away. */
function world(overflow: OverflowRule[], more: Partial<QueueConfig> = {}, b: Partial<QueueConfig> = {}): CoreDriver {
  const d = new CoreDriver(
    [agentConfig('1', ['a']), agentConfig('2', ['b'])],
    [queueConfig('a', { overflow, ...more }), queueConfig('b', b)],
  );
  for (const id of ['1', '2']) {
    d.reach(id, true);
    d.wish(id, 'not-ready', 'lunch');
  }
  return d;
}

const placesOf = (d: CoreDriver, queueId: string): string[] =>
  [...(d.state.tables.queues.get(queueId)?.places ?? [])].map((place) => place.id);

describe('overflow', () => {
  it('by length, to another queue: keeps arrival and place, and says so', () => {
    const d = world([{ when: { kind: 'length', atLeast: 2 }, to: toB }]);
    for (const id of ['x', 'y']) d.call(id, 'a');
    d.took();
    d.call('z', 'a');
    assert.equal(d.state.tables.calls.get('z')?.queue.id, 'b');
    assert.equal(d.state.tables.calls.get('z')?.priority, 1);
    assert.deepEqual(d.took(), ['call.queued', 'call.left-queue', 'call.overflowed', 'call.queued']);
    d.wish('2', 'ready');
    assert.equal(d.agentOf('z'), '2');
  });

  it('by the longest wait of others and by the estimated wait, on arrival', () => {
    const d = world([{ when: { kind: 'longest-wait', atLeastMs: 10_000 }, to: voicemail }]);
    d.call('x', 'a');
    d.advance(10_000);
    d.call('z', 'a');
    assert.deepEqual([d.results.has('x'), d.results.get('z')], [false, { outcome: 'overflow', to: voicemail }]);
    const e = world([{ when: { kind: 'estimated-wait', atLeastMs: 60_000 }, to: voicemail }]);
    e.wish('1', 'ready');
    e.call('first', 'a');
    e.answer('first');
    e.advance(60_000);
    e.call('second', 'a');
    e.callerHangsUp('first');
    e.answer('second');
    e.call('third', 'a');
    assert.deepEqual(e.results.get('third'), { outcome: 'overflow', to: voicemail });
  });

  it('by its own wait, by timer; a seat that rings is let ring', () => {
    const d = world([{ when: { kind: 'waited', atLeastMs: 20_000 }, to: toB }]);
    d.call('x', 'a');
    d.advance(19_000);
    d.call('y', 'a');
    d.wish('1', 'ready');
    d.advance(1_000);
    assert.equal(d.agentOf('x'), '1');
    assert.equal(d.state.tables.calls.get('x')?.queue.id, 'a');
    d.advance(15_000);
    assert.equal(d.state.tables.calls.get('x')?.queue.id, 'b', 'when nobody answered it goes');
  });

  it('by the longest wait while waiting: whoever came after the one who has waited so long goes, the oldest stays', () => {
    const d = world([{ when: { kind: 'longest-wait', atLeastMs: 10_000 }, to: toB }]);
    d.call('x', 'a');
    d.advance(4_000);
    d.call('first', 'a', 5);
    d.call('y', 'a');
    d.advance(5_999);
    assert.deepEqual(placesOf(d, 'a'), ['first', 'x', 'y']);
    d.advance(1);
    assert.deepEqual([placesOf(d, 'a'), placesOf(d, 'b')], [['x'], ['first', 'y']]);
    const y = d.state.tables.calls.get('y');
    assert.equal(y && sinceOf(d.state.tables, y), 1_004_000, 'the arrival is kept');
    assert.deepEqual(
      d.events.flatMap((e) => (e.type === 'call.overflowed' ? [[e.callId, e.data.rule]] : [])),
      [
        ['first', 'longest-wait'],
        ['y', 'longest-wait'],
      ],
    );
  });

  it('by the longest wait: the oldest leaves in time and nobody goes; a seat that rings is let ring', () => {
    const d = world([{ when: { kind: 'longest-wait', atLeastMs: 10_000 }, to: voicemail }], { ringTimeoutMs: 4_000 });
    d.call('x', 'a');
    d.advance(5_000);
    d.call('y', 'a');
    d.callerHangsUp('x');
    d.advance(9_000);
    d.call('z', 'a');
    assert.deepEqual(placesOf(d, 'a'), ['y', 'z']);
    d.callerHangsUp('y');
    d.advance(5_000);
    d.call('last', 'a', 1);
    d.wish('1', 'ready');
    assert.equal(d.agentOf('last'), '1');
    d.advance(4_000);
    assert.deepEqual(placesOf(d, 'a'), ['last', 'z'], 'nobody has waited so long yet');
    d.wish('1', 'ready');
    d.advance(1_000);
    assert.equal(d.agentOf('last'), '1');
    d.advance(3_000);
    assert.deepEqual([placesOf(d, 'a'), d.results.get('last')], [['z'], { outcome: 'overflow', to: voicemail }]);
  });

  it('by the estimated wait while waiting: agents leave, and the end of the line goes elsewhere', () => {
    const d = new CoreDriver(
      [agentConfig('1', ['a']), agentConfig('2', ['a']), agentConfig('3', ['b'])],
      [queueConfig('a', { overflow: [{ when: { kind: 'estimated-wait', atLeastMs: 90_000 }, to: toB }] }), queueConfig('b')],
    );
    for (const id of ['1', '2', '3']) d.ready(id);
    for (const id of ['t1', 't2']) {
      d.call(id, 'a');
      d.answer(id);
    }
    d.advance(60_000);
    d.wish('3', 'not-ready');
    d.callerHangsUp('t1');
    d.call('t3', 'a');
    d.answer('t3');
    for (const id of ['x', 'y', 'z']) d.call(id, 'a');
    assert.deepEqual(placesOf(d, 'a'), ['x', 'y'], 'z would wait for 90 s and goes on arrival');
    d.wish('2', 'not-ready');
    d.callerHangsUp('t2');
    assert.deepEqual([placesOf(d, 'a'), placesOf(d, 'b')], [['x'], ['y', 'z']], 'one agent is left: 60 s for each');
  });

  it('by the estimated wait: who is overtaken may have to go; who was moved here by hand or called back stays', () => {
    const d = world([{ when: { kind: 'estimated-wait', atLeastMs: 100_000 }, to: voicemail }]);
    d.wish('1', 'ready');
    d.call('first', 'a');
    d.answer('first');
    d.advance(60_000);
    d.call('second', 'a');
    d.callerHangsUp('first');
    d.answer('second');
    d.call('x', 'a');
    d.call('other', 'b');
    d.move('other', 'a');
    assert.deepEqual(placesOf(d, 'a'), ['x', 'other']);
    d.call('vip', 'a', 9);
    assert.deepEqual([placesOf(d, 'a'), d.results.get('x')], [['vip', 'other'], { outcome: 'overflow', to: voicemail }]);
  });

  it('nobody signed in, by an edit of the directory; for a group asked for, when its last agent leaves', () => {
    const overflow: OverflowRule[] = [{ when: { kind: 'nobody-signed-in' }, to: voicemail }];
    const agents = [agentConfig('1', ['a']), agentConfig('2', ['a', 'b'], { groups: ['unit'] })];
    const queues = [queueConfig('a', { overflow }), queueConfig('b')];
    const d = new CoreDriver(agents, queues);
    for (const id of ['1', '2']) {
      d.reach(id, true);
      d.wish(id, 'not-ready', 'lunch');
    }
    d.call('anybody', 'a');
    d.call('unit', 'a', 0, { group: 'unit' });
    d.wish('2', 'offline');
    assert.deepEqual([placesOf(d, 'a'), d.results.get('unit')], [['anybody'], { outcome: 'overflow', to: voicemail }]);
    d.configure([agentConfig('1', ['b']), agentConfig('2', ['b'])], queues);
    assert.deepEqual([placesOf(d, 'a'), d.results.get('anybody')], [[], { outcome: 'overflow', to: voicemail }]);
  });

  it('nobody signed in: on arrival, and when the last signs out later', () => {
    const d = world([{ when: { kind: 'nobody-signed-in' }, to: toB }]);
    d.call('x', 'a');
    d.wish('1', 'offline');
    assert.equal(d.state.tables.calls.get('x')?.queue.id, 'b');
    d.call('y', 'a');
    assert.equal(d.state.tables.calls.get('y')?.queue.id, 'b');
  });

  it('into a queue that is full or closed: nobody loses the place, the next rule is tried, and the first again a little later', () => {
    const rules: OverflowRule[] = [{ when: { kind: 'waited', atLeastMs: 20_000 }, to: toB }];
    const d = world(rules, {}, { maxLength: 1 });
    d.call('there', 'b');
    for (const id of ['x', 'y']) d.call(id, 'a');
    d.took();
    d.advance(20_000);
    assert.deepEqual([placesOf(d, 'a'), d.took()], [['x', 'y'], []]);
    d.callerHangsUp('there');
    d.advance(5_000);
    assert.deepEqual([placesOf(d, 'a'), placesOf(d, 'b')], [['y'], ['x']], 'one of them fits');
    d.door('b', false);
    d.callerHangsUp('x');
    d.advance(60_000);
    assert.deepEqual(placesOf(d, 'a'), ['y'], 'a closed queue takes nobody');
    d.wish('1', 'ready');
    assert.equal(d.agentOf('y'), '1');
    const next = world([...rules, { when: { kind: 'waited', atLeastMs: 30_000 }, to: voicemail }], {}, { maxLength: 0 });
    next.call('z', 'a');
    next.advance(29_999);
    assert.deepEqual(placesOf(next, 'a'), ['z']);
    next.advance(1);
    assert.deepEqual(next.results.get('z'), { outcome: 'overflow', to: voicemail });
  });

  it('the door closes or the last agent leaves, and the queue of the rule is full: who waits keeps the place and is sent a little later', () => {
    for (const kind of ['closed', 'nobody-signed-in'] as const) {
      const d = world([{ when: { kind }, to: toB }], {}, { maxLength: 1 });
      d.call('there', 'b');
      for (const id of ['x', 'y']) d.call(id, 'a');
      if (kind === 'closed') d.input({ type: 'door-changed', queueId: 'a', door: 'closed', open: false, because: 'by hand', by: 's' });
      else d.wish('1', 'offline');
      assert.deepEqual([placesOf(d, 'a'), placesOf(d, 'b')], [['x', 'y'], ['there']], kind);
      d.advance(4_999);
      d.callerHangsUp('there');
      assert.deepEqual(placesOf(d, 'a'), ['x', 'y']);
      d.advance(1);
      assert.deepEqual([placesOf(d, 'a'), placesOf(d, 'b')], [['y'], ['x']], 'there is room for one');
      if (kind === 'closed') d.input({ type: 'door-changed', queueId: 'a', door: 'schedule', open: true, because: 'always', by: 's' });
      else d.wish('1', 'not-ready');
      d.callerHangsUp('x');
      d.advance(60_000);
      assert.deepEqual([placesOf(d, 'a'), placesOf(d, 'b')], [['y'], []], 'open again, or somebody there: nobody is sent');
    }
  });

  it('into a queue that is full, by its own length or by a measure: whoever comes waits, whoever waits stays', () => {
    const d = world([{ when: { kind: 'length', atLeast: 1 }, to: toB }], {}, { maxLength: 0 });
    for (const id of ['x', 'y']) d.call(id, 'a');
    assert.deepEqual(placesOf(d, 'a'), ['x', 'y']);
    const m = world([{ when: { kind: 'longest-wait', atLeastMs: 10_000 }, to: toB }], {}, { maxLength: 1 });
    m.call('there', 'b');
    for (const id of ['x', 'y', 'z']) m.call(id, 'a');
    m.advance(12_000);
    assert.deepEqual(placesOf(m, 'a'), ['x', 'y', 'z']);
    m.callerHangsUp('there');
    m.advance(5_000);
    assert.deepEqual([placesOf(m, 'a'), placesOf(m, 'b')], [['x', 'z'], ['y']]);
  });

  it('a full queue that sends on by a rule of its own is a way out; closed ones on every way give closed', () => {
    const on: OverflowRule[] = [{ when: { kind: 'length', atLeast: 0 }, to: voicemail }];
    const d = world([{ when: { kind: 'length', atLeast: 1 }, to: toB }], {}, { maxLength: 0, overflow: on });
    for (const id of ['x', 'y']) d.call(id, 'a');
    assert.deepEqual([placesOf(d, 'a'), d.results.get('y')], [['x'], { outcome: 'overflow', to: voicemail }]);
    const c = world([{ when: { kind: 'closed' }, to: toB }]);
    c.call('waits', 'a');
    c.door('b', false);
    c.door('a', false);
    assert.deepEqual(placesOf(c, 'a'), ['waits'], 'who came in time is still served');
    c.call('late', 'a');
    assert.deepEqual(c.results.get('late'), { outcome: 'closed' });
  });

  it('loops between queues are bounded: no queue is entered twice', () => {
    const back = { kind: 'queue', queueId: 'a', priority: 0 } as const;
    const d = world(
      [{ when: { kind: 'length', atLeast: 0 }, to: toB }],
      {},
      { overflow: [{ when: { kind: 'length', atLeast: 0 }, to: back }] },
    );
    d.call('x', 'a');
    assert.equal(d.state.tables.calls.get('x')?.queue.id, 'b');
    assert.equal(d.events.filter((e) => e.type === 'call.overflowed').length, 1);
  });

  it('a caller whom somebody can take at once is sent nowhere', () => {
    const d = world([{ when: { kind: 'length', atLeast: 0 }, to: voicemail }]);
    d.wish('1', 'ready');
    d.call('x', 'a');
    assert.equal(d.agentOf('x'), '1');
  });
});

describe('doors', () => {
  it('a closed queue without a rule gives closed; who came in time is still served', () => {
    const d = world([]);
    d.call('x', 'a');
    d.door('a', false);
    d.call('y', 'a');
    assert.deepEqual(d.results.get('y'), { outcome: 'closed' });
    d.wish('1', 'ready');
    assert.equal(d.agentOf('x'), '1');
    d.door('a', true);
    d.call('z', 'a');
    assert.equal(d.results.has('z'), false);
  });

  it('with a rule, also those who wait go where it says', () => {
    const d = world([{ when: { kind: 'closed' }, to: voicemail }]);
    d.call('x', 'a');
    d.door('a', false);
    assert.deepEqual(d.results.get('x'), { outcome: 'overflow', to: voicemail });
    d.call('y', 'a');
    assert.deepEqual(d.results.get('y'), { outcome: 'overflow', to: voicemail });
  });
});

describe('moved by hand', () => {
  it('into another queue and to another priority; the time waited counts on', () => {
    const d = world([]);
    d.call('x', 'a');
    d.advance(30_000);
    d.call('other', 'b');
    d.took();
    d.move('x', 'b');
    assert.deepEqual(d.took(), ['call.left-queue', 'call.moved', 'call.queued']);
    d.wish('2', 'ready');
    assert.equal(d.agentOf('x'), '2', 'arrived before the other');
    d.move('x', 'b', -5);
    assert.equal(d.agentOf('other'), '2');
  });

  it('a call that talks stays', () => {
    const d = world([]);
    d.wish('1', 'ready');
    d.call('x', 'a');
    d.answer('x');
    d.move('x', 'b');
    assert.match(d.ignored ?? '', /waits no more/);
  });
});

describe('the queue is edited while in use', () => {
  it('nobody is logged out, no place is lost; strategy, levels and rules are the new ones', () => {
    const d = world([]);
    for (const id of ['x', 'y', 'z']) d.call(id, 'a');
    d.wish('1', 'ready');
    assert.equal(d.agentOf('x'), '1');
    const agents = [agentConfig('1', ['a']), agentConfig('2', ['a', 'b'], { skillLevels: { a: 9 } })];
    d.configure(agents, [queueConfig('a', { strategy: 'ring-all', ageingPerMinute: 5, minLevels: { a: 8 } }), queueConfig('b')]);
    assert.deepEqual([d.stateOf('1'), d.stateOf('2')], ['ringing', 'not-ready']);
    assert.deepEqual(
      [...(d.state.tables.queues.get('a')?.places ?? [])].map((p) => p.id),
      ['x', 'y', 'z'],
    );
    d.wish('2', 'ready');
    assert.deepEqual(d.rungFor('y'), ['2']);
  });
});
