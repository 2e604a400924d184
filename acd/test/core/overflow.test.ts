import assert from 'node:assert/strict';
import type { OverflowRule, QueueConfig } from '@yixian/contracts';
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

describe('overflow', () => {
  it('by length, to another queue: keeps arrival and place, and says so', () => {
    const d = world([{ when: { kind: 'length', atLeast: 2 }, to: toB }]);
    for (const id of ['x', 'y']) d.call(id, 'a');
    d.took();
    d.call('z', 'a');
    assert.equal(d.state.tables.calls.get('z')?.queue.id, 'b');
    assert.equal(d.state.tables.calls.get('z')?.place.priority, 1);
    assert.deepEqual(d.took(), ['call.queued', 'call.left-queue', 'call.overflowed', 'call.queued']);
    d.wish('2', 'ready');
    assert.equal(d.agentOf('z'), '2');
  });

  it('by the longest wait of others and by the estimated wait, on arrival', () => {
    const d = world([{ when: { kind: 'longest-wait', atLeastMs: 10_000 }, to: voicemail }]);
    d.call('x', 'a');
    d.advance(9_000);
    d.call('y', 'a');
    d.advance(1_000);
    d.call('z', 'a');
    assert.equal(d.results.has('y'), false);
    assert.deepEqual(d.results.get('z'), { outcome: 'overflow', to: voicemail });
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

  it('nobody signed in: on arrival, and when the last signs out later', () => {
    const d = world([{ when: { kind: 'nobody-signed-in' }, to: toB }]);
    d.call('x', 'a');
    d.wish('1', 'offline');
    assert.equal(d.state.tables.calls.get('x')?.queue.id, 'b');
    d.call('y', 'a');
    assert.equal(d.state.tables.calls.get('y')?.queue.id, 'b');
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
      [...(d.state.tables.queues.get('a')?.places ?? [])].map((p) => p.callId),
      ['x', 'y', 'z'],
    );
    d.wish('2', 'ready');
    assert.deepEqual(d.rungFor('y'), ['2']);
  });
});
