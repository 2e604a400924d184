import assert from 'node:assert/strict';
import type { CallbackConfig } from '@yixian/contracts';
import type { StoredCallback } from '../../src/core/inputs.js';
import { callbackViews } from '../../src/core/views.js';
import { agentConfig, CoreDriver, queueConfig } from '../support/core-driver.js';

const settings = { offerAfterMs: 0, key: '1', prompt: 'p', attempts: 2, retryEveryMs: 60_000, ringMs: 20_000 };

function world(order: CallbackConfig['order'], agents = ['1']): CoreDriver {
  const d = new CoreDriver(
    agents.map((id) => agentConfig(id)),
    [queueConfig('consult', { callback: { ...settings, order }, maxWaitMs: 3_600_000 })],
  );
  for (const id of agents) {
    d.reach(id, true);
    d.wish(id, 'not-ready', 'lunch');
  }
  return d;
}

describe('callbacks in place of waiting', () => {
  it('keep the place of the call that asked; the caller is let go', () => {
    const d = world('agent-first');
    for (const id of ['a', 'b', 'c']) d.call(id);
    d.callback('cb', 'consult', { callId: 'b' });
    assert.deepEqual(d.results.get('b'), { outcome: 'callback', callbackId: 'cb' });
    assert.deepEqual(
      [...(d.state.tables.queues.get('consult')?.places ?? [])].map((p) => p.id),
      ['a', 'cb', 'c'],
    );
    assert.deepEqual(
      callbackViews(d.state).map((view) => [view.state, view.position, view.attempts]),
      [['waiting', 2, 0]],
    );
    assert.deepEqual(d.events.find((e) => e.type === 'call.left-queue')?.data, { result: 'callback', waitMs: 0 });
  });

  it('agent-first: the agent takes it, the number is dialled, and the two talk as a call of its own', () => {
    const d = world('agent-first');
    d.call('a');
    d.callback('cb', 'consult', { callId: 'a' });
    d.wish('1', 'ready');
    assert.equal(d.agentOf('cb'), '1');
    assert.equal(d.dialled.size, 0);
    d.input({ type: 'seat-answered', offerId: d.offerOf('cb').id, callId: 'cb' });
    assert.equal(d.dialled.get('cb')?.number, '0cb');
    assert.equal(callbackViews(d.state)[0]?.state, 'calling');
    d.numberAnswers('cb', 'new');
    assert.equal(d.state.tables.callbacks.size, 0);
    const offer = d.offerOf('new');
    d.input({ type: 'bridged', offerId: offer.id, callId: 'new' });
    assert.equal(d.stateOf('1'), 'on-call');
    assert.deepEqual(
      d.events.filter((e) => e.type.startsWith('callback.')).map((e) => e.type),
      ['callback.requested', 'callback.attempted', 'callback.completed'],
    );
    d.callerHangsUp('new');
    assert.equal(d.stateOf('1'), 'ready');
  });

  it('a number that does not answer frees the agent for the callers, is tried again at its place, and at last given up', () => {
    const d = world('agent-first');
    d.callback('cb');
    d.call('live');
    d.wish('1', 'ready');
    d.input({ type: 'seat-answered', offerId: d.offerOf('cb').id, callId: 'cb' });
    d.numberFails('cb');
    assert.equal(d.agentOf('live'), '1', 'the live caller is not blocked');
    d.answer('live');
    d.call('later');
    d.advance(60_000);
    assert.deepEqual(
      [...(d.state.tables.queues.get('consult')?.places ?? [])].map((p) => p.id),
      ['cb', 'later'],
      'the original place',
    );
    d.callerHangsUp('live');
    d.input({ type: 'seat-answered', offerId: d.offerOf('cb').id, callId: 'cb' });
    d.numberFails('cb');
    const closed = d.events.find((e) => e.type === 'callback.closed');
    assert.deepEqual(closed?.data, { callbackId: 'cb', result: 'exhausted', by: 'system' });
    assert.equal(d.agentOf('later'), '1');
  });

  it('an agent who hangs up while the number rings costs the callback its place not at all', () => {
    const d = world('agent-first', ['1', '2']);
    d.callback('cb');
    d.wish('1', 'ready');
    d.input({ type: 'seat-answered', offerId: d.offerOf('cb').id, callId: 'cb' });
    d.wish('2', 'ready');
    d.seatEnds('cb', { by: 'agent', reason: 'normal' });
    assert.equal(d.dialled.size, 0, 'the number rings no more');
    assert.equal(d.agentOf('cb'), '2');
  });

  it('caller-first: dialled when an agent is free, nobody reserved; it answers and goes in at its place', () => {
    const d = world('caller-first', ['1', '2']);
    d.callback('cb');
    d.advance(10_000);
    d.wish('1', 'ready');
    assert.equal(d.dialled.has('cb'), true);
    d.call('live');
    assert.equal(d.agentOf('live'), '1', 'the agent is not kept for it');
    d.call('next');
    d.numberAnswers('cb', 'new');
    assert.deepEqual(
      [...(d.state.tables.queues.get('consult')?.places ?? [])].map((p) => p.id),
      ['new', 'live', 'next'],
    );
    d.wish('2', 'ready');
    assert.equal(d.agentOf('new'), '2');
  });

  it('caller-first: dialled ahead when an agent is about to be free', () => {
    const d = world('caller-first');
    d.wish('1', 'ready');
    d.call('a');
    d.answer('a');
    d.advance(15_000);
    d.callback('early');
    assert.equal(d.dialled.has('early'), false, 'nothing is known of how long a call takes');
    d.callerHangsUp('a');
    assert.equal(d.dialled.has('early'), true);
    d.numberAnswers('early', 'b');
    d.answer('b');
    d.callback('next');
    assert.equal(d.dialled.has('next'), true, 'a call takes 15 s, the number rings 20 s');
  });

  it('rest while the queue is closed, and until their time', () => {
    const d = world('agent-first');
    d.callback('cb');
    d.callback('later', 'consult', { notBefore: d.now + 30_000 });
    d.door('consult', false);
    d.wish('1', 'ready');
    assert.equal(d.agentOf('cb'), undefined);
    d.door('consult', true);
    assert.equal(d.agentOf('cb'), '1');
    assert.equal(callbackViews(d.state).find((view) => view.id === 'later')?.position, null);
    d.advance(30_000);
    assert.equal(callbackViews(d.state).find((view) => view.id === 'later')?.position, 2);
  });

  it('cancelled: whatever rings stops', () => {
    const d = world('agent-first');
    d.callback('cb');
    d.wish('1', 'ready');
    d.input({ type: 'seat-answered', offerId: d.offerOf('cb').id, callId: 'cb' });
    d.input({ type: 'callback-cancelled', callbackId: 'cb', by: 'super' });
    assert.deepEqual([d.seats.size, d.dialled.size, d.timers.size, d.stateOf('1')], [0, 0, 0, 'ready']);
  });

  it('keep what the call asked for: levels, how far they have relaxed, group and agent, over rest, tries and restart', () => {
    const asks = { minLevels: { consult: 8 }, group: 'unit' };
    const build = (): CoreDriver => {
      const agents = [
        agentConfig('beginner', ['consult'], { skillLevels: { consult: 2 }, groups: ['unit'] }),
        agentConfig('stranger', ['consult'], { skillLevels: { consult: 9 } }),
      ];
      const relaxation = [{ afterMs: 60_000, minLevels: { consult: 1 } }];
      const callback: CallbackConfig = { ...settings, order: 'agent-first' };
      const d = new CoreDriver(agents, [queueConfig('consult', { callback, relaxation, maxWaitMs: 3_600_000 })]);
      for (const { id } of agents) d.ready(id);
      return d;
    };
    const d = build();
    d.call('a', 'consult', 0, asks);
    d.advance(20_000);
    d.callback('cb', 'consult', { callId: 'a' });
    assert.equal(d.agentOf('cb'), undefined, 'neither of the group nor of the level');
    d.door('consult', false);
    d.door('consult', true);
    assert.equal(d.agentOf('cb'), undefined, 'after a rest');
    const kept = d.changes.findLast((change) => change.table === 'callbacks')?.value as StoredCallback;

    const after = build();
    after.now = d.now + 1_000;
    after.input({ type: 'restored', agents: [], calls: [], doors: [], talks: [], callbacks: [kept] });
    assert.equal(after.agentOf('cb'), undefined, 'after a restart');
    after.advance(38_999);
    assert.equal(after.agentOf('cb'), undefined);
    after.advance(1);
    assert.equal(after.agentOf('cb'), 'beginner', 'a minute after the caller came');
    after.input({ type: 'seat-answered', offerId: after.offerOf('cb').id, callId: 'cb' });
    after.numberAnswers('cb', 'new');
    after.seatEnds('new', { by: 'agent', reason: 'normal' });
    assert.equal(after.stateOf('stranger'), 'ready');
    assert.equal(after.agentOf('new'), undefined, 'the call it became asks for the same');
  });

  it('for one agent wait for him though he signs out, and for anybody once he is in the directory no more', () => {
    const d = world('agent-first', ['1', '2']);
    d.call('a', 'consult', 0, { agentId: '1' });
    d.callback('cb', 'consult', { callId: 'a' });
    d.wish('1', 'offline');
    d.wish('2', 'ready');
    assert.equal(d.agentOf('cb'), undefined);
    d.configure([agentConfig('2')], [queueConfig('consult', { callback: { ...settings, order: 'agent-first' } })]);
    assert.equal(d.agentOf('cb'), '2');
  });

  it('survive a restart with place and attempts; a try the process died in counts', () => {
    const d = world('agent-first');
    d.call('a');
    d.callback('cb', 'consult', { callId: 'a' });
    d.wish('1', 'ready');
    d.input({ type: 'seat-answered', offerId: d.offerOf('cb').id, callId: 'cb' });
    const kept = d.changes.findLast((change) => change.table === 'callbacks')?.value as StoredCallback;
    assert.equal(kept.attempts, 1);

    const after = world('agent-first');
    after.now = d.now + 5_000;
    after.call('live');
    after.input({
      type: 'restored',
      agents: [],
      calls: [],
      doors: [],
      talks: [],
      callbacks: [kept, { ...kept, callbackId: 'tired', attempts: 2 }],
    });
    assert.deepEqual(
      [...(after.state.tables.queues.get('consult')?.places ?? [])].map((p) => p.id),
      ['cb', 'live'],
    );
    assert.deepEqual(after.events.find((e) => e.type === 'callback.closed')?.data, {
      callbackId: 'tired',
      result: 'exhausted',
      by: 'system',
    });
  });
});
