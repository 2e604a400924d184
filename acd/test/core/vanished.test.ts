import assert from 'node:assert/strict';
import type { Termination } from '@yixian/contracts';
import { agentConfig, CoreDriver, queueConfig } from '../support/core-driver.js';

const GONE: Termination = { by: 'network', reason: 'transport-failure', text: 'the connection of the browser was lost' };

/** Agents whose seat is the browser, ready in this order. */
function browsers(...ids: string[]): CoreDriver {
  const d = new CoreDriver(
    ids.map((id) => agentConfig(id)),
    [queueConfig('consult')],
  );
  for (const id of ids) {
    d.input({ type: 'seat-chosen', agentId: id, seat: { kind: 'softphone' }, reachable: true });
    d.ready(id);
  }
  return d;
}

describe('a page that is lost while it rings', () => {
  it('nobody has missed anything: the next agent is rung at once, this one is ready as soon as the page is back', () => {
    const d = browsers('1', '2');
    d.call('a');
    d.took();
    d.reach('1', false);
    d.seatEnds('a', GONE);
    assert.deepEqual(d.took(), ['offer.withdrawn', 'agent.state-changed', 'offer.made', 'agent.state-changed']);
    assert.deepEqual([d.stateOf('1'), d.agentOf('a')], ['ready', '2']);
    d.call('b');
    assert.equal(d.agentOf('b'), undefined, 'a page that is not there is offered nothing');
    d.reach('1', true);
    assert.equal(d.agentOf('b'), '1');
  });

  it('alone, it is offered the same call again when it is back, and the place in the queue was kept', () => {
    const d = browsers('1');
    d.call('a');
    d.call('b');
    d.reach('1', false);
    d.seatEnds('a', GONE);
    d.reach('1', true);
    assert.deepEqual([d.agentOf('a'), d.agentOf('b'), d.stateOf('1')], ['1', undefined, 'ringing']);
  });

  it('back before its end was told, it is offered the call at once; but not over and over when it fails at once', () => {
    const d = browsers('1');
    d.call('a');
    d.advance(2_000);
    d.seatEnds('a', GONE);
    assert.deepEqual([d.agentOf('a'), d.stateOf('1')], ['1', 'ringing']);
    d.seatEnds('a', GONE);
    assert.deepEqual([d.stateOf('1'), d.reasonOf('1')], ['not-ready', 'unreachable']);
  });

  it('what a phone says, and a SIP phone that is lost, have their consequences as before', () => {
    for (const [seat, termination, reason] of [
      ['softphone', { by: 'called', reason: 'declined' }, 'rejected'],
      ['softphone', { by: 'network', reason: 'no-response' }, 'unreachable'],
      ['sip', GONE, 'unreachable'],
    ] as const) {
      const d = browsers('1');
      d.input({ type: 'seat-chosen', agentId: '1', seat: { kind: seat }, reachable: true });
      d.call('a');
      d.advance(2_000);
      d.seatEnds('a', termination);
      assert.deepEqual([d.stateOf('1'), d.reasonOf('1')], ['not-ready', reason]);
    }
  });
});
