import assert from 'node:assert/strict';
import { liveCall } from '../../src/core/live.js';
import { offersOf } from '../../src/core/tables.js';
import { Chaos } from '../support/chaos.js';
import { agentConfig, CoreDriver, queueConfig } from '../support/core-driver.js';
import { checkInvariants } from '../support/invariants.js';

/** Who waits or is offered in each queue, in the order of their places; whom they ring, who talks with whom. */
function picture(d: CoreDriver) {
  const places = new Map(
    [...d.state.tables.queues.values()].map(({ id, places: line }) => [
      id,
      [...line].filter((call) => !call.callback).map((call) => call.id),
    ]),
  );
  const engaged = [...d.state.tables.calls.values()].flatMap((call) =>
    call.callback ? [] : offersOf(call).map(({ id, agentId }) => `${id} ${agentId} ${call.phase}`),
  );
  return { places, engaged: engaged.sort() };
}

describe('another process takes over', function () {
  this.timeout(60_000);

  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`and every place is kept, nobody is rung twice, whoever talks goes on talking: seed ${seed}`, () => {
      const chaos = new Chaos(seed);
      const { d } = chaos;
      for (let n = 0; n < 800; n++) {
        chaos.act();
        if (n % 7 !== seed % 7) continue;
        const before = picture(d);
        let held: ReturnType<typeof picture> | undefined;
        d.takeOver(undefined, () => {
          held = picture(d);
        });
        assert.deepEqual(held, before);
        checkInvariants(d);
        const after = new Set(picture(d).engaged);
        for (const one of before.engaged) assert.ok(after.has(one), `${one} is kept`);
      }
      chaos.settle();
    });
  }

  function hotline(): CoreDriver {
    const d = new CoreDriver(
      ['1', '2', '3'].map((id) => agentConfig(id)),
      [queueConfig('consult', { wrapUpMs: 10_000 }), queueConfig('other')],
    );
    for (const id of ['1', '2', '3']) d.ready(id);
    return d;
  }

  it('what an agent chose during the call holds, and the wrap-up begins when the call ends', () => {
    const d = hotline();
    d.call('c1');
    d.answer('c1');
    d.wish('1', 'not-ready', 'lunch');
    d.advance(5_000);
    d.takeOver();
    assert.equal(d.stateOf('1'), 'on-call');
    d.callerHangsUp('c1');
    assert.equal(d.stateOf('1'), 'wrap-up');
    d.takeOver();
    assert.equal(d.stateOf('1'), 'wrap-up');
    d.advance(10_000);
    assert.deepEqual([d.stateOf('1'), d.reasonOf('1')], ['not-ready', 'lunch']);
  });

  it('a seat that rings goes on ringing until its own deadline', () => {
    const d = hotline();
    d.call('c1');
    d.advance(10_000);
    d.takeOver();
    assert.deepEqual([d.rungFor('c1'), d.stateOf('1')], [['1'], 'ringing']);
    d.advance(5_000);
    assert.equal(d.stateOf('1'), 'not-ready');
    assert.deepEqual(d.rungFor('c1'), ['2']);
  });

  it('a caller who hung up between two leaders is rung for by nobody', () => {
    const d = hotline();
    for (const id of ['1', '2', '3']) d.wish(id, 'not-ready');
    d.call('c1');
    d.call('c2');
    d.takeOver(undefined, () => {
      d.callerHangsUp('c1');
      d.wish('1', 'ready');
      assert.equal(d.seats.size, 0, 'nobody is asked before everything has been told');
    });
    assert.deepEqual(
      [...d.seats.values()].map(({ callId }) => callId),
      ['c2'],
    );
  });

  it('what was decided last and not told to the process of the call: the store knows better', () => {
    const d = hotline();
    d.call('c1');
    const told = liveCall(d.state, 'c1');
    assert.ok(told);
    d.advance(1_000);
    d.seatEnds('c1', { by: 'called', reason: 'declined' });
    assert.equal(d.stateOf('1'), 'not-ready');
    const other = liveCall(d.state, 'c1');
    assert.equal(other?.offers[0]?.agentId, '2');
    // the ring of agent 2 never reached the process of the call
    d.wish('2', 'not-ready');
    d.seats.clear();
    d.takeOver([told]);
    assert.equal(d.stateOf('1'), 'not-ready');
    assert.deepEqual(d.rungFor('c1'), ['3'], 'goes on with whoever is ready');
    checkInvariants(d);
  });

  it('a call moved at the last moment is where it was moved to', () => {
    const d = hotline();
    for (const id of ['1', '2', '3']) d.wish(id, 'not-ready');
    d.call('c1');
    const told = liveCall(d.state, 'c1');
    assert.ok(told);
    d.advance(100);
    d.move('c1', 'other');
    d.takeOver([told]);
    assert.equal(liveCall(d.state, 'c1')?.queueId, 'other');
  });

  it('a call that was given a callback at the last moment is told so', () => {
    const d = hotline();
    for (const id of ['1', '2', '3']) d.wish(id, 'not-ready');
    d.call('c1');
    const told = liveCall(d.state, 'c1');
    assert.ok(told);
    d.callback('cb', 'consult', { callId: 'c1' });
    d.results.clear();
    d.takeOver([told]);
    assert.deepEqual(d.results.get('c1'), { outcome: 'callback', callbackId: 'cb' });
    assert.equal(liveCall(d.state, 'c1'), undefined);
    checkInvariants(d);
  });

  it('the calls of a process that died are gone, its agents free at once, whoever else waits untouched', () => {
    const d = hotline();
    for (const id of ['c1', 'c2', 'c3', 'c4']) d.call(id);
    d.answer('c1');
    d.answer('c2');
    d.input({ type: 'calls-lost', callIds: ['c1', 'c3'] });
    assert.deepEqual([d.stateOf('1'), d.stateOf('2'), d.stateOf('3')].sort(), ['on-call', 'ready', 'ringing']);
    assert.deepEqual(d.rungFor('c4').length, 1, 'the one who waits is offered');
    checkInvariants(d);
  });

  it('a process heard too late brings its calls back: who talks is on call, whatever was thought of him', () => {
    const d = hotline();
    d.call('c1');
    d.call('c2');
    d.answer('c1');
    const [told, rung] = [liveCall(d.state, 'c1'), liveCall(d.state, 'c2')];
    assert.ok(told && rung);
    d.takeOver([]);
    assert.equal(d.stateOf('1'), 'ready');
    d.wish('3', 'not-ready');
    d.call('c9');
    assert.deepEqual(d.rungFor('c9').length, 1);
    d.input({ type: 'announced', live: [told, rung], lines: [{ agentId: '3', callId: 'x' }] });
    assert.equal(d.stateOf('1'), 'on-call');
    assert.equal(d.stateOf('3'), 'on-call');
    assert.equal(liveCall(d.state, 'c1')?.phase, 'talking');
    d.callerHangsUp('c1');
    assert.equal(d.stateOf('1'), 'wrap-up');
  });

  for (const why of ['closed', 'nobody-signed-in'] as const) {
    it(`who was to be sent on because of ${why}, and was not taken there, is sent by the next one too`, () => {
      const d = new CoreDriver(
        [agentConfig('1'), agentConfig('2', ['other'])],
        [
          queueConfig('consult', { overflow: [{ when: { kind: why }, to: { kind: 'queue', queueId: 'other', priority: 0 } }] }),
          queueConfig('other', { maxLength: 1 }),
        ],
      );
      for (const id of ['1', '2']) d.wish(id, 'not-ready');
      d.call('fills', 'other');
      d.call('waits', 'consult');
      const queueOf = (id: string): string | undefined => d.state.tables.calls.get(id)?.queue.id;
      if (why === 'closed') d.door('consult', false);
      else d.wish('1', 'offline');
      assert.equal(queueOf('waits'), 'consult', 'the other one is full');
      d.takeOver();
      checkInvariants(d);
      d.callerHangsUp('fills');
      d.advance(6_000);
      assert.equal(queueOf('waits'), 'other');
      checkInvariants(d);
    });
  }
});
