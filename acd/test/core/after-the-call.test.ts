import assert from 'node:assert/strict';
import { type OfferConsequences, QUEUE_DEFAULTS, type TerminationReason } from '@yixian/contracts';
import { MIN_REST_MS } from '../../src/core/missed.js';
import { agentSnapshot } from '../../src/core/views.js';
import { agentConfig, CoreDriver, queueConfig } from '../support/core-driver.js';

function one(more: Parameters<typeof queueConfig>[1] = {}): CoreDriver {
  const d = new CoreDriver([agentConfig('1')], [queueConfig('consult', more)]);
  d.ready('1');
  return d;
}

describe('consequences of a missed offer, as the queue says', () => {
  const consequences: OfferConsequences = {
    noAnswer: { action: 'sign-out' },
    rejected: { action: 'ready', afterMs: 5_000 },
    busy: { action: 'ready', afterMs: 0 },
    notReachable: { action: 'not-ready' },
  };

  for (const [reason, sipStatus, state, why] of [
    ['no-answer', 480, 'offline', 'no-answer'],
    ['declined', 603, 'not-ready', 'rejected'],
    ['busy', 486, 'not-ready', 'busy'],
    ['not-registered', undefined, 'not-ready', 'not-registered'],
    ['switched-off', 480, 'not-ready', 'switched-off'],
    ['not-confirmed', undefined, 'offline', 'not-confirmed'],
  ] as [TerminationReason, number | undefined, string, string][]) {
    it(`${reason}: ${state} (${why})`, () => {
      const d = one({ consequences });
      d.call('a');
      d.seatEnds('a', { by: 'called', reason, ...(sipStatus ? { sipStatus } : {}) });
      assert.deepEqual([d.stateOf('1'), d.reasonOf('1')], [state, why]);
    });
  }

  it('rests after a refusal, then is ready by himself; a wish meanwhile ends the rest', () => {
    const d = one({ consequences });
    d.call('a');
    d.advance(2_000);
    d.seatEnds('a', { by: 'called', reason: 'declined' });
    d.advance(4_999);
    assert.equal(d.stateOf('1'), 'not-ready');
    d.advance(1);
    assert.equal(d.agentOf('a'), '1');
    d.seatEnds('a', { by: 'called', reason: 'declined' });
    d.wish('1', 'ready');
    assert.equal(d.agentOf('a'), '1');
    assert.equal([...d.timers.keys()].filter((key) => key.startsWith('rest')).length, 0);
  });

  it('spinning: a phone that is busy at once is not rung again in the same second, whatever the queue says', () => {
    const d = one({ consequences });
    d.call('a');
    for (let n = 0; n < 100; n++) {
      if (d.agentOf('a')) d.seatEnds('a', { by: 'called', reason: 'busy', sipStatus: 486 });
      d.advance(MIN_REST_MS / 10);
    }
    assert.ok(d.effects.filter((e) => e.type === 'ring').length <= 11);
  });

  it('at once, after ringing for a while: ready, last among the idle', () => {
    const d = new CoreDriver(
      [agentConfig('1'), agentConfig('2')],
      [queueConfig('consult', { consequences: { ...QUEUE_DEFAULTS.consequences, noAnswer: { action: 'ready', afterMs: 0 } } })],
    );
    d.ready('1');
    d.ready('2');
    d.call('a');
    d.advance(15_000);
    assert.deepEqual([d.stateOf('1'), d.agentOf('a')], ['ready', '2']);
  });
});

describe('next state and wrap-up', () => {
  it('chosen during the call, told, shown, taken when call and wrap-up are over', () => {
    const d = one({ wrapUpMs: 10_000 });
    d.call('a');
    d.answer('a');
    assert.equal(agentSnapshot(d.state, '1')?.next, null);
    d.wish('1', 'not-ready', 'lunch');
    assert.deepEqual(d.events.at(-1)?.data, { state: 'not-ready', reason: 'lunch', by: '1' });
    assert.equal(d.events.at(-1)?.type, 'agent.next-state-chosen');
    assert.deepEqual(agentSnapshot(d.state, '1')?.next, { state: 'not-ready', reason: 'lunch' });
    d.callerHangsUp('a');
    assert.equal(agentSnapshot(d.state, '1')?.wrapUpUntil, d.now + 10_000);
    d.advance(10_000);
    assert.deepEqual([d.stateOf('1'), d.reasonOf('1'), agentSnapshot(d.state, '1')?.next], ['not-ready', 'lunch', null]);
  });

  it('open-ended: until the agent ends it; over another call and a restart, too', () => {
    const d = one({ wrapUp: 'open', wrapUpMs: 1 });
    d.call('a');
    d.answer('a');
    d.callerHangsUp('a');
    d.advance(3_600_000);
    assert.equal(d.stateOf('1'), 'wrap-up');
    assert.equal(agentSnapshot(d.state, '1')?.wrapUpUntil, null);
    d.input({ type: 'line-occupied', agentId: '1', callId: 'x' });
    d.input({ type: 'line-released', agentId: '1', callId: 'x' });
    assert.equal(d.stateOf('1'), 'wrap-up');
    const kept = d.changes.findLast((change) => change.table === 'agents')?.value;
    const after = new CoreDriver([agentConfig('1')], [queueConfig('consult')]);
    after.input({ type: 'restored', agents: [JSON.parse(JSON.stringify(kept))], calls: [], callbacks: [], doors: [], talks: [] });
    assert.equal(after.stateOf('1'), 'wrap-up');
    after.wish('1', 'ready');
    assert.equal(after.stateOf('1'), 'ready');
    d.wish('1', 'ready');
    assert.equal(d.stateOf('1'), 'ready');
  });

  it('the counters of the day outlive a restart on the same day, not the next', () => {
    const d = one();
    d.input({ type: 'day-began', day: '2026-10-01' });
    d.call('a');
    d.answer('a');
    d.advance(7_000);
    d.callerHangsUp('a');
    const kept = d.changes.findLast((change) => change.table === 'agents')?.value;
    for (const [day, calls] of [
      ['2026-10-01', 1],
      ['2026-10-02', 0],
    ] as const) {
      const after = new CoreDriver([agentConfig('1')], [queueConfig('consult')]);
      after.input({ type: 'day-began', day });
      after.input({ type: 'restored', agents: [JSON.parse(JSON.stringify(kept))], calls: [], callbacks: [], doors: [], talks: [] });
      const agent = after.state.tables.agents.get('1');
      assert.deepEqual([agent?.calls, agent?.talkMs], [calls, calls * 7_000]);
    }
  });
});

describe('the estimate is measured against what happened', () => {
  it('mean absolute error of those that were known on arrival', () => {
    const d = one();
    d.call('first');
    d.answer('first');
    d.advance(60_000);
    d.callerHangsUp('first');
    d.call('second');
    d.answer('second');
    d.call('third');
    assert.equal(d.state.tables.calls.get('third')?.estimateMs, 60_000);
    d.advance(45_000);
    d.callerHangsUp('second');
    d.answer('third');
    const queue = d.state.tables.queues.get('consult');
    assert.deepEqual([queue?.estimates, queue?.estimateErrorMs], [3, 15_000], 'the others: 0 expected and 0 waited');
  });
});
