import assert from 'node:assert/strict';
import { DomainError, type EventOf, sipStatusFor } from '@yixian/contracts';
import { said, settle, testBench } from '../support/bench.js';
import { extension, trunk } from '../support/fake-directory.js';

type Ended = EventOf<'call.ended'>;

describe('inbound call to a flow', () => {
  it('call.arrived is published and its row stored before the flow may answer', async () => {
    let open: () => void = () => {};
    const started: string[] = [];
    const bench = testBench({
      flow: async (call) => {
        started.push(call.id);
        await call.leg.answer();
        return { termination: { by: 'system', reason: 'flow-ended' } };
      },
    });
    bench.ledger.gate = new Promise((resolve) => {
      open = resolve;
    });
    const leg = bench.call('12320', { trunk: 'demo' });
    const arrived = await bench.event('call.arrived');
    await settle();
    assert.deepEqual(arrived.data, { direction: 'inbound', caller: '13900001111', called: '12320', trunkId: 'demo' });
    assert.deepEqual([started, leg.state], [[], 'new']);
    open();
    const ended = await bench.event('call.ended');
    assert.deepEqual([started.length, leg.done], [1, ['answer', 'hangUp system flow-ended']]);
    assert.equal(said(ended.data.termination), 'system flow-ended');
  });

  it('its arrival is logged with the SIP Call-ID, so that it can be found in a trace of the wire', async () => {
    const bench = testBench();
    bench.call('12320', { trunk: 'demo' });
    const { callId } = await bench.event('call.arrived');
    const [message, facts] = bench.infos[0] ?? [];
    assert.equal(message, 'call arrived');
    assert.deepEqual(facts, { callId, caller: '13900001111', called: '12320', sipCallId: 'sip-call', source: 'udp:192.0.2.9:5060' });
  });

  it('when the row cannot be stored the call is refused 503 with `storage-failure`, and its end is still told', async () => {
    const bench = testBench();
    bench.ledger.fail = true;
    const leg = bench.call('12320', {});
    const ended = await bench.event('call.ended');
    assert.deepEqual(leg.done, ['hangUp system storage-failure']);
    assert.equal(sipStatusFor(ended.data.termination).status, 503);
    await settle();
    assert.equal(bench.sbc.activeCalls(), 0);
  });

  it('a ledger that never answers is waited for only so long', async () => {
    const bench = testBench({ options: { ledgerMs: 4_000 } });
    bench.ledger.gate = new Promise(() => {});
    bench.call('12320', {});
    await settle();
    bench.clock.advance(4_000);
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system storage-failure');
  });

  it('an agent may hang up the own call into a flow through call control', async () => {
    const bench = testBench();
    const leg = bench.call('12320', { extension: '1001' });
    await settle();
    await leg.answer();
    await [...bench.controls.values()][0]?.hangUp('1001');
    assert.equal(said((await bench.event('call.ended')).data.termination), 'agent normal');
  });

  it('an agents’ side that fails before the call has begun does not leave the caller hanging', async () => {
    const bench = testBench();
    bench.onOccupy = () => {
      throw new Error('no leader');
    };
    const leg = bench.call('12320', { extension: '1001' });
    await settle();
    assert.deepEqual(leg.done, ['hangUp system switch-failure']);
  });

  it('a caller who hangs up in the flow has ended the call: `caller normal`', async () => {
    const bench = testBench();
    const leg = bench.call('12320', {});
    await settle();
    await leg.answer();
    leg.remoteHangsUp();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'caller normal');
  });

  it('a caller who cancels while the row is being stored never starts the flow', async () => {
    let open: () => void = () => {};
    let started = false;
    const bench = testBench({
      flow: async () => {
        started = true;
        return { termination: { by: 'system', reason: 'flow-ended' } };
      },
    });
    bench.ledger.gate = new Promise((resolve) => {
      open = resolve;
    });
    bench.call('12320', {}).remoteHangsUp();
    open();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'caller cancelled');
    assert.equal(started, false);
  });

  it('lost media ends the call by the network, not by the caller', async () => {
    const bench = testBench();
    const leg = bench.call('12320', {});
    await settle();
    leg.end({ by: 'network', reason: 'media-timeout' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'network media-timeout');
  });

  it('a flow that throws ends the call with `switch-failure`, and the caller’s leg with it', async () => {
    const bench = testBench({ flow: () => Promise.reject(new Error('broken flow')) });
    const leg = bench.call('12320', {});
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system switch-failure');
    assert.equal(leg.state, 'ended');
  });

  it('a flow that does not notice that its caller has gone is waited for only so long', async () => {
    const bench = testBench({ flow: () => new Promise(() => {}), options: { flowGraceMs: 7_000 } });
    const leg = bench.call('12320', {});
    await settle();
    leg.remoteHangsUp();
    await settle();
    assert.equal(bench.sbc.activeCalls(), 1);
    bench.clock.advance(7_000);
    assert.equal(said((await bench.event('call.ended')).data.termination), 'caller cancelled');
    assert.equal(bench.clock.pendingTimers, 0);
  });

  it('leg.ended carries the media figures and comes before call.ended, each exactly once', async () => {
    const bench = testBench();
    const leg = bench.call('12320', {});
    await settle();
    leg.remoteHangsUp();
    await bench.event('call.ended');
    await settle();
    assert.deepEqual(bench.types(), ['call.arrived', 'leg.ended', 'call.ended']);
    const told = bench.events[1] as EventOf<'leg.ended'>;
    assert.deepEqual([told.data.party, told.data.legId, told.data.stats?.codec], ['caller', leg.id, 'PCMA']);
  });

  it('a call of a trunk counts on that trunk as long as its leg lives', async () => {
    const bench = testBench();
    const leg = bench.call('12320', { trunk: 'demo' });
    await settle();
    assert.equal(bench.sbc.liveCallsOn('demo'), 1);
    leg.remoteHangsUp();
    await Promise.resolve();
    assert.equal(bench.sbc.liveCallsOn('demo'), 0);
    await bench.event('call.ended');
    await settle();
    assert.equal(bench.sbc.liveCallsOn('demo'), 0, 'given back once');
  });

  it('an agent who calls the hotline has the line taken meanwhile', async () => {
    const bench = testBench();
    const leg = bench.call('12320', { extension: '1001' });
    await settle();
    assert.equal(bench.agents.get('1001')?.occupied.length, 1);
    leg.remoteHangsUp();
    await bench.event('call.ended');
    await settle();
    assert.equal(bench.agents.get('1001')?.occupied.length, 0);
  });
});

describe('inbound call: refusals by name', () => {
  async function refused(
    to: string,
    from: Parameters<ReturnType<typeof testBench>['call']>[1],
    prepare?: (b: ReturnType<typeof testBench>) => void,
  ) {
    const bench = testBench();
    prepare?.(bench);
    const leg = bench.call(to, from);
    const ended = (await bench.event('call.ended')) as Ended;
    await settle();
    assert.equal(leg.state, 'ended');
    assert.equal(bench.sbc.activeCalls(), 0);
    const given = leg.termination;
    assert.ok(given);
    return {
      what: said(ended.data.termination),
      status: sipStatusFor(given).status,
      outcome: bench.records.get(ended.callId ?? '')?.outcome,
    };
  }

  it('unknown-number: 404, on record as rejected', async () => {
    assert.deepEqual(await refused('999', {}), { what: 'system unknown-number', status: 404, outcome: 'rejected' });
    assert.equal((await refused('*13', { extension: '1001' })).what, 'system unknown-number');
  });

  it('forbidden: 403 for an extension that may not call out, and for a feature code of one who is no agent', async () => {
    assert.deepEqual(await refused('13800138000', { extension: '2001' }), { what: 'system forbidden', status: 403, outcome: 'rejected' });
    assert.equal((await refused('*11', { extension: '2001' })).status, 403);
  });

  it('not-registered: 480 when no phone of the extension is there', async () => {
    const r = await refused('1002', {}, (b) => b.wire.registered.delete('1002'));
    assert.deepEqual([r.what, r.status], ['system not-registered', 480]);
  });

  it('busy: 486 when the agent is on a call or is being offered one; the phone is not even rung', async () => {
    for (const state of ['on-call', 'ringing'] as const) {
      const r = await refused('1002', {}, (b) => b.agents.set('1002', { state, occupied: [], seat: { kind: 'sip' } }));
      assert.deepEqual([r.what, r.status], ['called busy', 486]);
    }
  });

  it('busy: 486 when the phone says so', async () => {
    const r = await refused('1002', { extension: '1001' }, (b) => {
      b.wire.onDial = (leg) => leg.end({ by: 'called', reason: 'busy', sipStatus: 486 });
    });
    assert.deepEqual([r.what, r.status], ['called busy', 486]);
  });

  it('declined: 603 when the called party refuses', async () => {
    const r = await refused('1002', { extension: '1001' }, (b) => {
      b.wire.onDial = (leg) => leg.end({ by: 'called', reason: 'declined', sipStatus: 603 });
    });
    assert.deepEqual([r.what, r.status], ['called declined', 603]);
  });

  it('no-answer: 480 when it rang in vain', async () => {
    const r = await refused('1002', { extension: '1001' }, (b) => {
      b.wire.onDial = (leg) => leg.end({ by: 'system', reason: 'no-answer' });
    });
    assert.deepEqual([r.what, r.status], ['system no-answer', 480]);
  });

  it('trunk-full: 503 when every trunk that may call the number is full', async () => {
    const r = await refused('13800138000', { extension: '1001' }, (b) => b.directory.change({ trunks: [trunk({ maxCalls: 0 })] }));
    assert.deepEqual([r.what, r.status], ['system trunk-full', 503]);
  });

  it('unauthorized: our wrong password at the far trunk is not passed on as a challenge', async () => {
    const r = await refused('13800138000', { extension: '1001' }, (b) => {
      b.wire.onDial = (leg) => leg.end({ by: 'called', reason: 'unauthorized', sipStatus: 407 });
    });
    assert.deepEqual([r.what, r.status], ['called unauthorized', 403]);
  });

  it('transport-failure: a trunk whose URI is no SIP URI is named, and 503 given', async () => {
    const r = await refused('13800138000', { extension: '1001' }, (b) =>
      b.directory.change({ trunks: [trunk({ outboundUri: '127.0.0.1' })] }),
    );
    assert.deepEqual([r.what, r.status], ['system transport-failure', 503]);
  });

  it('draining: a leg that still slips through is refused 503 without a record', async () => {
    const bench = testBench();
    await bench.sbc.drain(1_000);
    const leg = bench.call('12320', {});
    assert.deepEqual(leg.done, ['hangUp system draining']);
    assert.deepEqual(bench.types(), ['call.refused']);
    assert.equal(bench.wire.draining, true);
  });
});

describe('drain', () => {
  it('waits for running calls and resolves when the last one is over', async () => {
    const bench = testBench();
    const leg = bench.call('12320', {});
    await settle();
    let drained = false;
    const done = bench.sbc.drain(60_000).then(() => {
      drained = true;
    });
    bench.clock.advance(30_000);
    await settle();
    assert.equal(drained, false);
    leg.remoteHangsUp();
    await done;
    assert.equal(bench.sbc.activeCalls(), 0);
    assert.equal(bench.clock.pendingTimers, 0);
  });

  it('gives up waiting at its limit and leaves the rest to the switch', async () => {
    const bench = testBench();
    bench.call('12320', {});
    await settle();
    const done = bench.sbc.drain(60_000);
    await settle();
    bench.clock.advance(60_000);
    await done;
    assert.equal(bench.sbc.activeCalls(), 1);
  });
});

describe('feature codes', () => {
  const codes = [
    ['*11', '1001 ready'],
    ['*12', '1001 not-ready'],
    ['*10', '1001 offline'],
  ] as const;
  for (const [code, wish] of codes) {
    it(`${code}: answered, ${wish}, one beep, hung up; the line counts as taken meanwhile`, async () => {
      const bench = testBench();
      const occupied: number[] = [];
      bench.onSetState = async () => {
        occupied.push(bench.agents.get('1001')?.occupied.length ?? 0);
      };
      const leg = bench.call(code, { extension: '1001' });
      const ended = await bench.event('call.ended');
      await settle();
      assert.deepEqual(bench.setStates, [wish]);
      assert.deepEqual(occupied, [1]);
      assert.deepEqual(
        leg.playing.map((p) => p.items[0]),
        [{ kind: 'tone', tone: 'beep', durationMs: 250 }],
      );
      assert.deepEqual(leg.done, ['answer', 'hangUp system normal']);
      assert.equal(said(ended.data.termination), 'system normal');
      assert.equal(bench.agents.get('1001')?.occupied.length, 0);
    });
  }

  it('a state that is refused is told by busy tone and ends `declined`', async () => {
    const bench = testBench();
    bench.onSetState = () => Promise.reject(new DomainError('conflict', 'no'));
    const leg = bench.call('*11', { extension: '1001' });
    const ended = await bench.event('call.ended');
    assert.deepEqual(
      leg.playing.map((p) => p.items[0]),
      [{ kind: 'tone', tone: 'busy', durationMs: 1400 }],
    );
    assert.equal(said(ended.data.termination), 'system declined');
  });

  it('queues that do not answer in time count as refused; the phone does not hang', async () => {
    const bench = testBench();
    bench.onSetState = () => new Promise(() => {});
    bench.call('*11', { extension: '1001' });
    await settle();
    bench.clock.advance(5_000);
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system declined');
  });
});

describe('metrics', () => {
  it('show calls now and ever, and calls per trunk', async () => {
    const bench = testBench();
    bench.directory.change({ trunks: [trunk(), trunk({ id: 'two' })], extensions: [extension('1001')] });
    const leg = bench.call('12320', { trunk: 'two' });
    await settle();
    assert.deepEqual(bench.sbc.metrics(), {
      sbc_calls_active: 1,
      sbc_calls_total: 1,
      sbc_nailed_lines: 0,
      sbc_nailed_lines_up: 0,
      'sbc_trunk_calls{trunk="demo"}': 0,
      'sbc_trunk_calls{trunk="two"}': 1,
    });
    leg.remoteHangsUp();
    await bench.event('call.ended');
  });
});
