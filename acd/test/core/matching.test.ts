import assert from 'node:assert/strict';
import { estimateWaitMs } from '../../src/core/estimate.js';
import { step } from '../../src/core/step.js';
import { agentConfig, CoreDriver, queueConfig } from '../support/core-driver.js';

const consult = queueConfig('consult');

describe('matching', () => {
  it('offers a call to the agent idle for longest', () => {
    const d = new CoreDriver([agentConfig('1'), agentConfig('2'), agentConfig('3')], [consult]);
    for (const id of ['2', '3', '1']) d.ready(id);
    d.call('a');
    d.call('b');
    d.call('c');
    assert.deepEqual(
      ['a', 'b', 'c'].map((c) => d.agentOf(c)),
      ['2', '3', '1'],
    );
  });

  it('herding: calls arriving together never pick the same agent', () => {
    const d = new CoreDriver(
      ['1', '2', '3'].map((id) => agentConfig(id)),
      [consult],
    );
    for (const id of ['1', '2', '3']) d.ready(id);
    for (let n = 0; n < 10; n++) d.call(`c${n}`);
    const ringing = [...d.seats.values()].map((o) => o.agentId);
    assert.deepEqual([...ringing].sort(), ['1', '2', '3']);
  });

  it('a freed agent takes the first come of equal priority, across queues', () => {
    const d = new CoreDriver([agentConfig('1', ['consult', 'complaint'])], [consult, queueConfig('complaint')]);
    d.wish('1', 'not-ready');
    d.call('a', 'complaint');
    d.call('b', 'consult');
    d.ready('1');
    assert.equal(d.agentOf('a'), '1');
    d.answer('a');
    d.callerHangsUp('a');
    assert.equal(d.agentOf('b'), '1');
  });

  it('larger priority goes first, the request adds to the queue', () => {
    const d = new CoreDriver([agentConfig('1', ['consult', 'vip'])], [consult, queueConfig('vip', { priority: 5 })]);
    d.wish('1', 'not-ready');
    d.call('plain');
    d.call('vip', 'vip');
    d.call('urgent', 'consult', 9);
    d.reach('1', true);
    const order: string[] = [];
    d.wish('1', 'ready');
    for (let n = 0; n < 3; n++) {
      const [offer] = d.seats.values();
      assert.ok(offer);
      order.push(offer.callId);
      d.answer(offer.callId);
      d.callerHangsUp(offer.callId);
    }
    assert.deepEqual(order, ['urgent', 'vip', 'plain']);
  });

  it('an agent needs every required skill', () => {
    const d = new CoreDriver([agentConfig('1', ['a']), agentConfig('2', ['a', 'b'])], [queueConfig('q', { requiredSkills: ['a', 'b'] })]);
    d.ready('1');
    d.ready('2');
    d.call('x', 'q');
    assert.equal(d.agentOf('x'), '2');
  });

  it('with wrap-up 0 the freed agent is offered the next call in the same step', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.ready('1');
    d.call('a');
    d.call('b');
    d.answer('a');
    const before = d.effects.length;
    d.callerHangsUp('a');
    const kinds = d.effects.slice(before).map((e) => e.type);
    assert.ok(kinds.indexOf('ring') >= 0 && kinds.indexOf('ring') <= 1, `ring comes at once: ${kinds}`);
    assert.equal(d.agentOf('b'), '1');
  });

  it('the position counts everybody ahead, ringing ones too', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.ready('1');
    for (const id of ['a', 'b', 'c']) d.call(id);
    const positions = d.events.flatMap((e) => (e.type === 'call.queued' ? [e.data.position] : []));
    assert.deepEqual(positions, [1, 2, 3]);
  });

  it('a caller whose offer was withdrawn leaves the agent the place among the idle', () => {
    const d = new CoreDriver([agentConfig('1'), agentConfig('2')], [consult]);
    d.ready('1');
    d.ready('2');
    d.call('a');
    d.callerHangsUp('a');
    d.call('b');
    assert.equal(d.agentOf('b'), '1');
  });
});

describe('entering a queue', () => {
  it('nobody signed in with the skills: no-agents, with its events', () => {
    const d = new CoreDriver([agentConfig('1', ['other'])], [consult]);
    d.ready('1');
    d.took();
    d.call('a');
    assert.deepEqual(d.results.get('a'), { outcome: 'no-agents' });
    assert.deepEqual(d.took(), ['call.queued', 'call.left-queue']);
    assert.equal(d.state.tables.calls.size, 0);
    assert.equal(d.timers.size, 0);
  });

  it('an agent who is not ready still counts as signed in: the caller waits', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.wish('1', 'not-ready', 'lunch');
    d.call('a');
    assert.equal(d.results.size, 0);
  });

  it('callers keep waiting when the last agent signs out', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.wish('1', 'not-ready');
    d.call('a');
    d.wish('1', 'offline');
    assert.equal(d.results.size, 0);
    d.ready('1');
    assert.equal(d.agentOf('a'), '1');
  });

  it('a full queue: full; but a caller whom somebody can take at once is never one too many', () => {
    const d = new CoreDriver([agentConfig('1')], [queueConfig('consult', { maxLength: 0 })]);
    d.ready('1');
    d.call('a');
    assert.equal(d.agentOf('a'), '1');
    d.call('b');
    assert.deepEqual(d.results.get('b'), { outcome: 'full' });
  });

  it('an unknown queue is named', () => {
    const d = new CoreDriver([], []);
    d.call('a', 'nowhere');
    assert.deepEqual(d.results.get('a'), { outcome: 'failed', message: 'unknown queue nowhere' });
  });

  it('maxWait ends the wait with timeout, and takes a ringing seat back first', () => {
    const d = new CoreDriver([agentConfig('1')], [queueConfig('consult', { maxWaitMs: 10_000 })]);
    d.ready('1');
    d.call('a');
    d.took();
    d.advance(10_000);
    assert.deepEqual(d.results.get('a'), { outcome: 'timeout' });
    assert.deepEqual(d.took(), ['offer.withdrawn', 'agent.state-changed', 'call.left-queue']);
    assert.equal(d.stateOf('1'), 'ready');
    assert.equal(d.seats.size, 0);
    assert.equal(d.timers.size, 0);
  });
});

describe('estimated wait', () => {
  it('is unknown until a call has ended, then place × handling ÷ agents at work', () => {
    const d = new CoreDriver([agentConfig('1'), agentConfig('2')], [consult]);
    const estimate = (): number | null | undefined => {
      const queue = d.state.tables.queues.get('consult');
      assert.ok(queue);
      return estimateWaitMs(d.state.tables, queue, 2);
    };
    d.ready('1');
    d.call('a');
    assert.equal(estimate(), null);
    d.answer('a');
    d.advance(60_000);
    d.call('b');
    d.callerHangsUp('a');
    assert.equal(d.agentOf('b'), '1');
    assert.equal(estimate(), 120_000);
    d.ready('2');
    assert.equal(estimate(), 0);
  });
});

describe('the owner of a state', () => {
  it('a state that was stepped is refused', () => {
    const d = new CoreDriver();
    const old = d.state;
    d.call('a');
    assert.throws(() => step(old, { type: 'stopped' }, 0), /consumed/);
  });
});
