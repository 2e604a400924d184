import assert from 'node:assert/strict';
import { byAgent, byCaller, heard, idleTimers, talking, WRAP_UP_MS, world } from '../support/talking.js';
import { settled, type World } from '../support/world.js';

describe('a browser whose connection is lost in a call', () => {
  const LOST = { by: 'network', reason: 'transport-failure' } as const;
  const COME_BACK_MS = 30_000;

  async function onBrowser() {
    const w = await world();
    await w.service.acd.setSeat('1001', { kind: 'softphone' }, '1001');
    const talk = await talking(w);
    return { w, ...talk };
  }
  function register(w: World, there: boolean): void {
    if (there) w.registered.add('1001');
    else w.registered.delete('1001');
    w.service.registrationChanged({ extension: '1001', contacts: there ? 1 : 0 });
    const subject = { agentId: '1001' } as const;
    if (there) w.bus.publish({ type: 'agent.registered', ...subject, data: { extension: '1001', contacts: 1 } });
    else w.bus.publish({ type: 'agent.unregistered', ...subject, data: { extension: '1001', reason: 'connection closed' } });
  }

  it('the caller hears music, the page is rung as soon as it is back and answers by itself, and both go on', async () => {
    const { w, leg, agentLeg, control } = await onBrowser();
    register(w, false);
    agentLeg.die(LOST);
    await settled();
    assert.deepEqual([leg.heard, w.stateOf('1001')], [['queue-music'], 'on-call']);
    assert.deepEqual(
      control
        .parties()
        .map((p) => [p.party, p.state])
        .at(-1),
      ['1001', 'lost'],
    );
    const rungBefore = w.rung.length;
    w.clock.advance(COME_BACK_MS - 1);
    assert.equal(w.rung.length, rungBefore, 'nobody rings what is not there');
    register(w, true);
    await settled();
    assert.deepEqual([w.seat.agentId, w.seat.autoAnswer, w.seat.callId], ['1001', true, 'c1']);
    w.seat.leg.pickUp();
    await settled();
    assert.deepEqual([leg.heard, heard(w)], [[], ['caller-c1 = seat-1001']]);
    assert.ok(w.took().includes('call.party-returned'));
    w.clock.advance(COME_BACK_MS);
    assert.equal(control.parties().length, 2, 'the deadline is off');
    w.seat.leg.die(byAgent);
    await settled();
    assert.equal(w.stateOf('1001'), 'wrap-up');
    w.clock.advance(WRAP_UP_MS);
    assert.equal(w.clock.pendingTimers, idleTimers);
  });

  it('a page that is reloaded while it is rung is rung anew; one that never comes counts as gone after the deadline', async () => {
    const { w, result, agentLeg } = await onBrowser();
    register(w, false);
    agentLeg.die(LOST);
    register(w, true);
    await settled();
    const first = w.seat.leg;
    register(w, true);
    await settled();
    assert.equal(first.state, 'ended');
    assert.notEqual(w.seat.leg, first);
    w.seat.leg.die(LOST);
    register(w, false);
    w.clock.advance(COME_BACK_MS);
    assert.deepEqual(await result, { outcome: 'served', agentId: '1001', callerStillUp: true });
    assert.equal(w.stateOf('1001'), 'wrap-up');
    assert.equal(w.controls.size, 0);
    const rung = w.rung.length;
    register(w, true);
    await settled();
    assert.equal(w.rung.length, rung, 'nobody is rung for a call that is over');
  });

  it('one that sleeps still seems to be registered: it is rung again and again, and takes the call when it wakes', async () => {
    const { w, leg, agentLeg, control } = await onBrowser();
    agentLeg.die({ by: 'network', reason: 'media-timeout' });
    await settled();
    for (const reason of ['no-response', 'no-response', 'busy'] as const) {
      const ring = w.seat.leg;
      ring.die({ by: 'network', reason });
      w.clock.advance(999);
      assert.equal(w.seat.leg, ring, 'not in the same breath');
      w.clock.advance(1);
      await settled();
      assert.notEqual(w.seat.leg, ring);
      assert.deepEqual(leg.heard, ['queue-music']);
    }
    w.seat.leg.pickUp();
    await settled();
    assert.deepEqual([leg.heard, control.parties().length], [[], 2]);
    w.clock.advance(COME_BACK_MS);
    assert.equal(w.stateOf('1001'), 'on-call');
  });

  it('who declines is gone at once; the caller who hangs up ends the waiting and the ring', async () => {
    const { w, result, agentLeg } = await onBrowser();
    agentLeg.die(LOST);
    await settled();
    w.seat.leg.die({ by: 'called', reason: 'declined' });
    assert.equal((await result).outcome, 'served');
    const again = await onBrowser();
    again.agentLeg.die(LOST);
    await settled();
    const ring = again.w.seat.leg;
    again.leg.die(byCaller);
    await settled();
    assert.equal(ring.state, 'ended');
    assert.equal(again.w.stateOf('1001'), 'wrap-up');
    again.w.clock.advance(WRAP_UP_MS + COME_BACK_MS);
    assert.equal(again.w.clock.pendingTimers, idleTimers);
  });

  it('the agent who has made the call comes back, too, on a leg that is ours to end; where a flow began with the first leg, not', async () => {
    const w = await world();
    await w.service.acd.setSeat('1001', { kind: 'softphone' }, '1001');
    const begin = (id: string, mayReturn: boolean) => {
      const { call, leg } = w.call(id);
      const other = w.call(`${id}-other`).leg;
      let gone = 0;
      const caller = { leg, party: '1001', extension: '1001', role: 'caller', mayReturn, gone: () => gone++ } as const;
      const end = w.service.conversations.begin({ call, caller, other: { leg: other, party: '0100', role: 'called' } });
      return { leg, other, end, gone: () => gone };
    };
    const own = begin('d1', true);
    register(w, false);
    own.leg.die(LOST);
    await settled();
    assert.deepEqual([own.other.heard, own.gone()], [['queue-music'], 0]);
    register(w, true);
    await settled();
    const back = w.seat.leg;
    back.pickUp();
    await settled();
    assert.equal(own.other.heard.length, 0);
    own.other.die(byAgent);
    const { callerStillUp } = await own.end;
    await settled();
    assert.deepEqual([back.state, own.gone(), callerStillUp], ['ended', 1, true]);
    const flow = begin('d2', false);
    flow.leg.die(LOST);
    assert.equal((await flow.end).termination.reason, 'transport-failure');
  });

  it('a desk phone that is lost is gone as ever', async () => {
    const w = await world();
    const { result, agentLeg } = await talking(w);
    agentLeg.die(LOST);
    assert.equal((await result).outcome, 'served');
  });
});
