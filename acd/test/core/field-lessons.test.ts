import assert from 'node:assert/strict';
import type { Termination } from '@yixian/contracts';
import { CONNECT_DEADLINE_MS } from '../../src/core/offers.js';
import { agentConfig, CoreDriver, queueConfig } from '../support/core-driver.js';

const consult = queueConfig('consult');
const ended = (reason: Termination['reason'], sipStatus?: number): Termination => ({
  by: 'called',
  reason,
  ...(sipStatus === undefined ? {} : { sipStatus }),
});

function two(queue = consult): CoreDriver {
  const d = new CoreDriver([agentConfig('1'), agentConfig('2')], [queue]);
  d.ready('1');
  d.ready('2');
  return d;
}

describe('lessons of the field: unanswered offers', () => {
  it('no answer: not-ready with reason no-answer, the next agent is rung at once', () => {
    const d = two();
    d.call('a');
    d.took();
    d.advance(15_000);
    assert.equal(d.stateOf('1'), 'not-ready');
    assert.equal(d.reasonOf('1'), 'no-answer');
    assert.equal(d.agentOf('a'), '2');
    assert.deepEqual(d.took(), ['offer.timed-out', 'agent.state-changed', 'offer.made', 'agent.state-changed']);
  });

  for (const [name, termination, reason] of [
    ['busy (486)', ended('busy', 486), 'busy'],
    ['declined (603)', ended('declined', 603), 'rejected'],
    ['not registered', ended('not-registered'), 'not-registered'],
    ['unreachable (transport failure)', ended('transport-failure'), 'unreachable'],
    ['switched off (Q.850 20 from a trunk)', ended('switched-off'), 'switched-off'],
    ['answered but not confirmed (a mailbox)', ended('not-confirmed'), 'not-confirmed'],
    ['unreachable (no response, 408)', ended('no-response', 408), 'unreachable'],
    ['no answer told by the switch (480)', ended('no-answer', 480), 'no-answer'],
    ['failure of the phone (500)', ended('switch-failure', 500), 'connection-failed'],
    ['no codec in common (488)', ended('no-common-codec', 488), 'connection-failed'],
    ['an answer without SDP', ended('invalid-request'), 'connection-failed'],
    ['a phone that knows the extension no more (404)', ended('unknown-number', 404), 'connection-failed'],
    ['a phone that wants another password (401)', ended('unauthorized', 401), 'connection-failed'],
  ] as const) {
    it(`separate causes have separate consequences: ${name} → ${reason}`, () => {
      const d = two();
      d.call('a');
      d.seatEnds('a', termination);
      assert.equal(d.stateOf('1'), 'not-ready');
      assert.equal(d.reasonOf('1'), reason);
      assert.equal(d.agentOf('a'), '2');
    });
  }

  it('a phone that says 480 has rejected, a time limit of the switch has timed out', () => {
    for (const [termination, event] of [
      [ended('no-answer', 480), 'offer.rejected'],
      [{ by: 'system', reason: 'no-answer' } as const, 'offer.timed-out'],
    ] as const) {
      const d = two();
      d.call('a');
      d.took();
      d.seatEnds('a', termination);
      assert.equal(d.took()[0], event);
      assert.equal(d.reasonOf('1'), 'no-answer');
    }
  });

  it('blocking: one unreachable agent does not halt distribution to the others', () => {
    const d = two();
    for (const id of ['a', 'b', 'c']) d.call(id);
    d.seatEnds('a', ended('not-registered'));
    assert.equal(d.stateOf('1'), 'not-ready');
    d.answer('b');
    d.callerHangsUp('b');
    assert.equal(d.agentOf('a'), '2', 'the call kept its place before c');
  });

  it('spinning: an agent who leaves while being offered is rung once, not again', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.ready('1');
    d.call('a');
    d.wish('1', 'not-ready', 'lunch');
    assert.equal(d.effects.filter((e) => e.type === 'ring').length, 1);
    assert.equal(d.effects.filter((e) => e.type === 'end-seat').length, 1);
    assert.equal(d.stateOf('1'), 'not-ready');
    assert.equal(d.state.tables.calls.get('a')?.phase, 'waiting');
  });

  it('signing out while being offered takes the offer back', () => {
    const d = two();
    d.call('a');
    d.wish('1', 'offline');
    assert.equal(d.stateOf('1'), 'offline');
    assert.equal(d.agentOf('a'), '2');
  });
});

describe('lessons of the field: ghost calls and races', () => {
  it('a caller who leaves while the seat rings: the seat is ended in the same step, the agent is free again', () => {
    const d = two();
    d.call('a');
    d.took();
    d.callerHangsUp('a');
    assert.deepEqual(d.took(), ['offer.withdrawn', 'agent.state-changed', 'call.left-queue']);
    assert.deepEqual(d.results.get('a'), { outcome: 'abandoned' });
    assert.equal(d.seats.size, 0);
    assert.equal(d.stateOf('1'), 'ready');
  });

  it('CANCEL crosses 200: an answer after the withdrawal is ignored with a reason', () => {
    const d = two();
    d.call('a');
    const offerId = d.offerOf('a').id;
    d.callerHangsUp('a');
    const before = d.effects.length;
    d.input({ type: 'seat-answered', offerId, callId: 'a' });
    assert.equal(d.ignored, 'offer is over');
    assert.equal(d.effects.length, before);
  });

  it('a caller who leaves between the answer and the bridge: withdrawn, the late bridge is ignored', () => {
    const d = two();
    d.call('a');
    const offerId = d.offerOf('a').id;
    d.input({ type: 'seat-answered', offerId, callId: 'a' });
    d.callerHangsUp('a');
    assert.deepEqual(d.results.get('a'), { outcome: 'abandoned' });
    d.input({ type: 'bridged', offerId, callId: 'a' });
    assert.equal(d.ignored, 'offer is over');
    assert.equal(d.stateOf('1'), 'ready');
  });

  it('the caller keeps the place until the bridge stands: the agent’s leg fails first, the next is offered', () => {
    const d = two();
    d.call('a');
    d.call('b');
    d.call('c');
    d.input({ type: 'seat-answered', offerId: d.offerOf('a').id, callId: 'a' });
    d.seatEnds('a', { by: 'agent', reason: 'normal' });
    assert.equal(d.reasonOf('1'), 'rejected');
    d.answer('b');
    d.callerHangsUp('b');
    assert.equal(d.agentOf('a'), '2');
  });

  it('a bridge that fails or never stands puts the call back at its place', () => {
    const d = two();
    d.call('a');
    const offerId = d.offerOf('a').id;
    d.input({ type: 'seat-answered', offerId, callId: 'a' });
    d.input({ type: 'bridge-failed', offerId, callId: 'a', message: 'no ports' });
    assert.equal(d.stateOf('1'), 'ready', 'not the agent’s fault');
    assert.equal(d.agentOf('a'), '2');
    d.input({ type: 'seat-answered', offerId: d.offerOf('a').id, callId: 'a' });
    d.advance(CONNECT_DEADLINE_MS);
    assert.equal(d.stateOf('2'), 'ready');
    assert.equal(d.agentOf('a'), '1');
  });

  it('a failure of ours before the answer costs the agent nothing and the call one of its tries', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.ready('1');
    d.call('a');
    for (let n = 0; n < 3; n++) d.seatEnds('a', { by: 'system', reason: 'media-failure' });
    assert.equal(d.results.get('a')?.outcome, 'failed');
    assert.equal(d.stateOf('1'), 'ready');
  });

  it('a wish between answer and bridge is not lost when the caller leaves or the bridge fails', () => {
    for (const leaves of [true, false]) {
      const d = new CoreDriver([agentConfig('1')], [consult]);
      d.ready('1');
      d.call('a');
      const offerId = d.offerOf('a').id;
      d.input({ type: 'seat-answered', offerId, callId: 'a' });
      d.wish('1', 'not-ready', 'lunch');
      if (leaves) d.callerHangsUp('a');
      else d.input({ type: 'bridge-failed', offerId, callId: 'a', message: 'x' });
      assert.deepEqual([d.stateOf('1'), d.reasonOf('1')], ['not-ready', 'lunch']);
    }
  });

  it('a call that can be connected to nobody is tried three times, not for ever', () => {
    const agents = ['1', '2', '3', '4', '5'];
    const d = new CoreDriver(
      agents.map((id) => agentConfig(id)),
      [consult],
    );
    for (const id of agents) d.ready(id);
    d.call('a');
    for (let n = 0; n < 3; n++) {
      const offerId = d.offerOf('a').id;
      d.input({ type: 'seat-answered', offerId, callId: 'a' });
      d.input({ type: 'bridge-failed', offerId, callId: 'a', message: 'broken' });
    }
    assert.equal(d.results.get('a')?.outcome, 'failed');
    assert.deepEqual(
      agents.map((id) => d.stateOf(id)),
      ['ready', 'ready', 'ready', 'ready', 'ready'],
    );
    assert.equal(d.timers.size, 0);
  });

  it('the longest wait passes while the bridge is made: a bridge that stands is served, one that fails is a timeout', () => {
    const queue = queueConfig('consult', { maxWaitMs: 1_000 });
    for (const stands of [true, false]) {
      const d = two(queue);
      d.call('a');
      const offerId = d.offerOf('a').id;
      d.input({ type: 'seat-answered', offerId, callId: 'a' });
      d.advance(1_500);
      d.input(stands ? { type: 'bridged', offerId, callId: 'a' } : { type: 'bridge-failed', offerId, callId: 'a', message: 'x' });
      if (stands) d.callerHangsUp('a');
      assert.equal(d.results.get('a')?.outcome, stands ? 'served' : 'timeout');
    }
  });
});

describe('lessons of the field: registration', () => {
  it('an unregistered phone is not offered calls and keeps its state; registered again it is', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.ready('1');
    d.reach('1', false);
    d.call('a');
    assert.equal(d.stateOf('1'), 'ready');
    assert.equal(d.agentOf('a'), undefined);
    d.reach('1', true);
    assert.equal(d.agentOf('a'), '1');
  });

  it('an agent set aside as not-registered comes back with the phone; one who went to lunch does not', () => {
    const d = two();
    d.call('a');
    d.seatEnds('a', ended('not-registered'));
    d.wish('2', 'not-ready', 'lunch');
    d.reach('2', false);
    d.reach('2', true);
    assert.equal(d.stateOf('2'), 'not-ready');
    d.reach('1', true);
    assert.equal(d.agentOf('a'), '1');
  });
});

describe('lessons of the field: wrap-up', () => {
  const wrapping = queueConfig('consult', { wrapUpMs: 20_000 });

  it('begins after the call, ends by its deadline, and the next call follows', () => {
    const d = new CoreDriver([agentConfig('1')], [wrapping]);
    d.ready('1');
    d.call('a');
    d.answer('a');
    d.call('b');
    d.callerHangsUp('a');
    assert.equal(d.stateOf('1'), 'wrap-up');
    d.advance(19_999);
    assert.equal(d.agentOf('b'), undefined);
    d.advance(1);
    assert.equal(d.agentOf('b'), '1');
  });

  it('ready ends it; a wish during the call is taken after call and wrap-up', () => {
    const d = new CoreDriver([agentConfig('1')], [wrapping]);
    d.ready('1');
    d.call('a');
    d.answer('a');
    d.wish('1', 'not-ready', 'lunch');
    assert.equal(d.stateOf('1'), 'on-call');
    d.callerHangsUp('a');
    assert.equal(d.stateOf('1'), 'wrap-up');
    d.advance(20_000);
    assert.equal(d.stateOf('1'), 'not-ready');
    assert.equal(d.reasonOf('1'), 'lunch');
    d.wish('1', 'ready');
    d.call('b');
    d.answer('b');
    d.callerHangsUp('b');
    d.wish('1', 'ready');
    assert.equal(d.stateOf('1'), 'ready');
    assert.equal(d.timers.size, 0);
  });

  it('is the queue’s own when queues share agents', () => {
    const d = new CoreDriver([agentConfig('1', ['consult', 'vip'])], [wrapping, queueConfig('vip')]);
    d.ready('1');
    d.call('a', 'vip');
    d.answer('a');
    d.callerHangsUp('a');
    assert.equal(d.stateOf('1'), 'ready');
    d.call('b');
    d.answer('b');
    d.callerHangsUp('b');
    assert.equal(d.stateOf('1'), 'wrap-up');
  });

  it('is not lost when another call takes the line: the rest of it follows', () => {
    const d = new CoreDriver([agentConfig('1')], [wrapping]);
    d.ready('1');
    d.call('a');
    d.answer('a');
    d.callerHangsUp('a');
    d.advance(5_000);
    d.input({ type: 'line-occupied', agentId: '1', callId: 'x' });
    assert.equal(d.stateOf('1'), 'on-call');
    d.advance(5_000);
    d.input({ type: 'line-released', agentId: '1', callId: 'x' });
    assert.equal(d.stateOf('1'), 'wrap-up');
    d.advance(10_000);
    assert.equal(d.stateOf('1'), 'ready');
  });
});

describe('lessons of the field: calls outside the queues', () => {
  it('take the line of a ready agent, who then is ready again', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.ready('1');
    d.input({ type: 'line-occupied', agentId: '1', callId: 'x' });
    d.call('a');
    assert.equal(d.stateOf('1'), 'on-call');
    assert.equal(d.agentOf('a'), undefined);
    d.input({ type: 'line-released', agentId: '1', callId: 'x' });
    assert.equal(d.agentOf('a'), '1');
  });

  it('an agent who is not ready is so again afterwards, with the reason', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.wish('1', 'not-ready', 'lunch');
    d.input({ type: 'line-occupied', agentId: '1', callId: 'x' });
    d.input({ type: 'line-released', agentId: '1', callId: 'x' });
    assert.deepEqual([d.stateOf('1'), d.reasonOf('1')], ['not-ready', 'lunch']);
  });

  it('an offer gives way to a call the agent takes meanwhile', () => {
    const d = two();
    d.call('a');
    d.input({ type: 'line-occupied', agentId: '1', callId: 'x' });
    assert.equal(d.stateOf('1'), 'on-call');
    assert.equal(d.agentOf('a'), '2');
  });

  it('who signs in during such a call is on the call, not offered another', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.reach('1', true);
    d.input({ type: 'line-occupied', agentId: '1', callId: 'x' });
    assert.equal(d.stateOf('1'), 'offline');
    d.wish('1', 'ready');
    assert.equal(d.stateOf('1'), 'on-call');
    d.input({ type: 'line-released', agentId: '1', callId: 'x' });
    assert.equal(d.stateOf('1'), 'ready');
  });

  it('two such calls: the line is free after the second', () => {
    const d = new CoreDriver([agentConfig('1')], [consult]);
    d.ready('1');
    for (const callId of ['x', 'y']) d.input({ type: 'line-occupied', agentId: '1', callId });
    d.input({ type: 'line-released', agentId: '1', callId: 'x' });
    assert.equal(d.stateOf('1'), 'on-call');
    d.input({ type: 'line-released', agentId: '1', callId: 'y' });
    assert.equal(d.stateOf('1'), 'ready');
  });
});

describe('lessons of the field: talking and hanging up', () => {
  it('the agent hangs up: served, the caller is still up', () => {
    const d = two();
    d.call('a');
    d.answer('a');
    d.seatEnds('a', { by: 'called', reason: 'normal' });
    assert.deepEqual(d.results.get('a'), { outcome: 'served', agentId: '1', callerStillUp: true });
  });

  it('the caller hangs up: served, the agent’s leg is ended', () => {
    const d = two();
    d.call('a');
    d.answer('a');
    d.callerHangsUp('a');
    assert.deepEqual(d.results.get('a'), { outcome: 'served', agentId: '1', callerStillUp: false });
    assert.equal(d.seats.size, 0);
  });

  it('events of a served call come in the order of their causes', () => {
    const d = two();
    d.took();
    d.call('a');
    d.answer('a');
    d.callerHangsUp('a');
    assert.deepEqual(d.took(), [
      'call.queued',
      'offer.made',
      'agent.state-changed',
      'offer.accepted',
      'call.left-queue',
      'agent.state-changed',
      'call.connected',
      'agent.state-changed',
    ]);
  });
});
