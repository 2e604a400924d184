import assert from 'node:assert/strict';
import { DomainError } from '@yixian/contracts';
import { said, settle, type TestBench, testBench } from '../support/bench.js';
import { trunk } from '../support/fake-directory.js';

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof DomainError, String(error));
    return `${error.code}: ${error.message}`;
  }
  return 'done';
}

async function connected(bench: TestBench, to: string) {
  const { callId } = await bench.sbc.clickToDial.dial({ from: '1001', to });
  const seat = await bench.wire.dialledLeg(1);
  seat.remoteAnswers();
  const callee = await bench.wire.dialledLeg(2);
  callee.remoteRings();
  callee.remoteAnswers();
  await bench.event('call.connected');
  return { callId, seat, callee };
}

describe('click to dial', () => {
  it('the row is stored, the agent’s own seat rings first, then the number as that extension’s call', async () => {
    const bench = testBench();
    const { callId } = await bench.sbc.clickToDial.dial({ from: '1001', to: '13800138000' });
    const arrived = await bench.event('call.arrived');
    assert.deepEqual(arrived.data, { direction: 'outbound', caller: '1001', called: '13800138000', trunkId: 'demo', extension: '1001' });
    const seat = await bench.wire.dialledLeg(1);
    assert.deepEqual([seat.to.number, seat.request?.from.number, seat.request?.callId], ['1001', '13800138000', callId]);
    await settle();
    assert.equal(bench.wire.dialled.length, 1, 'nobody else is rung before the agent has answered');
    seat.remoteAnswers();
    const callee = await bench.wire.dialledLeg(2);
    assert.equal(callee.to.number, 'sip:13800138000@127.0.0.1:5080');
    callee.remoteRings();
    assert.deepEqual(seat.hears(), ['ringback']);
    callee.remoteAnswers();
    await bench.event('call.connected');
    assert.deepEqual([seat.hears(), bench.wire.standing.length], [[], 1]);
  });

  it('the agent who clicked hangs up: ended by the caller, although we had dialled that leg', async () => {
    const bench = testBench();
    const { seat, callee, callId } = await connected(bench, '13800138000');
    seat.remoteHangsUp();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'caller normal');
    assert.equal(callee.state, 'ended');
    assert.equal(bench.records.get(callId)?.outcome, 'outbound-answered');
    await settle();
    assert.deepEqual([bench.agents.get('1001')?.occupied, bench.sbc.activeCalls(), bench.clock.pendingTimers], [[], 0, 0]);
  });

  it('the called party hangs up: ended by the called, the seat is released at once', async () => {
    const bench = testBench();
    const { seat, callee } = await connected(bench, '1002');
    callee.remoteHangsUp();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called normal');
    assert.deepEqual([seat.done, seat.playing.length], [['hangUp called normal'], 1], 'only the ringback, no busy tone');
  });

  it('when the called side fails the agent hears busy tone for a while, then is released', async () => {
    const bench = testBench();
    await bench.sbc.clickToDial.dial({ from: '1001', to: '1002' });
    const seat = await bench.wire.dialledLeg(1);
    seat.remoteAnswers();
    (await bench.wire.dialledLeg(2)).end({ by: 'called', reason: 'busy', sipStatus: 486 });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called busy');
    assert.deepEqual(
      seat.playing.map((p) => p.items[0]),
      [{ kind: 'tone', tone: 'busy', durationMs: 3_000 }],
    );
    assert.equal(seat.state, 'ended');
  });

  it('an agent who does not pick up ends the call unanswered; the number was never rung', async () => {
    const bench = testBench();
    const { callId } = await bench.sbc.clickToDial.dial({ from: '1001', to: '13800138000' });
    (await bench.wire.dialledLeg(1)).end({ by: 'called', reason: 'no-answer', sipStatus: 480 });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'caller no-answer');
    assert.deepEqual([bench.wire.dialled.length, bench.records.get(callId)?.outcome], [1, 'outbound-unanswered']);
  });

  it('the agent may hang up through call control while the own seat still rings', async () => {
    const bench = testBench();
    const { callId } = await bench.sbc.clickToDial.dial({ from: '1001', to: '1002' });
    const control = bench.controls.get(callId);
    assert.deepEqual(control?.agents(), ['1001']);
    assert.equal(await refusal(control?.hold('1001') ?? Promise.resolve()), 'conflict: nobody talks in this call yet');
    assert.equal(await refusal(control?.hangUp('1003') ?? Promise.resolve()), `forbidden: agent 1003 is not on call ${callId}`);
    await control?.hangUp('1001');
    assert.equal(said((await bench.event('call.ended')).data.termination), 'agent cancelled');
    await settle();
    assert.deepEqual([bench.wire.dialled.length, bench.controls.size], [1, 0]);
  });

  it('an agent who got a call while the clicking one’s seat rang is busy then, and not disturbed', async () => {
    const bench = testBench();
    await bench.sbc.clickToDial.dial({ from: '1001', to: '1002' });
    bench.agents.set('1002', { state: 'on-call', occupied: [], seat: { kind: 'sip' } });
    (await bench.wire.dialledLeg(1)).remoteAnswers();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called busy');
    assert.equal(bench.wire.dialled.length, 1);
  });

  it('an access code leads into its flow', async () => {
    const flows: string[] = [];
    const bench = testBench({
      flow: async (call) => {
        flows.push(call.called);
        return { termination: { by: 'system', reason: 'flow-ended' } };
      },
    });
    await bench.sbc.clickToDial.dial({ from: '1001', to: '12320' });
    (await bench.wire.dialledLeg(1)).remoteAnswers();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system flow-ended');
    assert.deepEqual(flows, ['12320']);
  });

  it('every refusal says why, and none of them leaves a call or a record', async () => {
    const bench = testBench();
    const dial = (from: string, to: string) => refusal(bench.sbc.clickToDial.dial({ from, to }));
    assert.equal(await dial('9999', '1002'), 'not-found: extension 9999 does not exist');
    assert.equal(await dial('1001', '999'), 'bad-request: to: no access code, extension or trunk for 999');
    assert.equal(await dial('2001', '13800138000'), 'bad-request: to: 2001 may not call over trunks');
    assert.equal(await dial('1001', '*11'), 'bad-request: to: *11 is a feature code; set the state directly');
    assert.equal(await dial('1001', ''), 'bad-request: to: a number of 1–64 characters');
    bench.wire.registered.delete('1003');
    assert.equal(await dial('1003', '1002'), 'conflict: no phone of extension 1003 is registered');
    bench.agents.set('1002', { state: 'on-call', occupied: [], seat: { kind: 'sip' } });
    assert.equal(await dial('1002', '1001'), 'conflict: agent 1002 is on a call');
    assert.equal(await dial('1001', '1002'), 'conflict: to: 1002 is on a call');
    bench.agents.set('1002', { state: 'ringing', occupied: [], seat: { kind: 'sip' } });
    assert.equal(await dial('1002', '1001'), 'conflict: agent 1002 is being offered a call');
    await bench.sbc.drain(1);
    assert.equal(await dial('1001', '1003'), 'unavailable: the hotline is shutting down and takes no new calls');
    assert.deepEqual([bench.events, bench.wire.dialled], [[], []]);
  });

  it('two clicks at once: the second finds the agent on another call', async () => {
    const bench = testBench();
    const [first, second] = await Promise.all([
      refusal(bench.sbc.clickToDial.dial({ from: '1001', to: '1002' })),
      refusal(bench.sbc.clickToDial.dial({ from: '1001', to: '1003' })),
    ]);
    assert.deepEqual([first, second], ['done', 'conflict: agent 1001 is on another call']);
  });

  it('a row that cannot be stored rings nobody and is told as unavailable', async () => {
    const bench = testBench();
    bench.ledger.fail = true;
    assert.match(await refusal(bench.sbc.clickToDial.dial({ from: '1001', to: '1002' })), /^unavailable: .*could not be stored/);
    assert.equal(bench.wire.dialled.length, 0);
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system storage-failure');
    await settle();
    assert.deepEqual(bench.agents.get('1001')?.occupied, []);
  });

  it('a phone that is gone in the last moment is told as a conflict, and the call is closed', async () => {
    const bench = testBench();
    let open: () => void = () => {};
    bench.ledger.gate = new Promise((resolve) => {
      open = resolve;
    });
    const dialled = refusal(bench.sbc.clickToDial.dial({ from: '1001', to: '1002' }));
    bench.wire.registered.delete('1001');
    open();
    assert.equal(await dialled, 'conflict: the phone of 1001 cannot be rung: not-registered');
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system not-registered');
  });
});

describe('transfer out of a flow', () => {
  async function inFlow(
    bench: TestBench,
    target: { kind: 'extension' | 'number'; value: string },
    from: Parameters<TestBench['call']>[1] = {},
  ) {
    const results: unknown[] = [];
    bench.flow = async (call) => {
      await call.leg.answer();
      results.push(await bench.sbc.transfers.connect(call, target));
      return { termination: { by: 'system', reason: 'flow-ended' } };
    };
    const caller = bench.call('12320', from);
    await settle();
    return { caller, results };
  }

  it('connects the caller, who is answered already, and comes back when the called side hangs up', async () => {
    const bench = testBench();
    const { results, caller } = await inFlow(bench, { kind: 'extension', value: '1002' });
    const callee = await bench.wire.dialledLeg(1);
    callee.remoteRings();
    assert.deepEqual(caller.hears(), ['ringback']);
    callee.remoteAnswers();
    await bench.event('call.connected');
    callee.remoteHangsUp();
    await bench.event('call.disconnected');
    await bench.event('call.ended');
    assert.deepEqual(results, [{ outcome: 'connected', callerStillUp: true }]);
  });

  it('a caller who leaves takes the called side down; the flow hears it without delay', async () => {
    const bench = testBench();
    const { results, caller } = await inFlow(bench, { kind: 'number', value: '13800138000' });
    const callee = await bench.wire.dialledLeg(1);
    callee.remoteAnswers();
    await bench.event('call.connected');
    caller.remoteHangsUp();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'caller normal');
    assert.deepEqual([results, callee.state], [[{ outcome: 'connected', callerStillUp: false }], 'ended']);
  });

  it('names what went wrong: busy, no answer, not allowed, failed', async () => {
    const outcome = async (target: { kind: 'extension' | 'number'; value: string }, prepare: (b: TestBench) => void, from = {}) => {
      const bench = testBench();
      prepare(bench);
      const { results } = await inFlow(bench, target, from);
      await bench.event('call.ended');
      return results;
    };
    const none = () => {};
    const ext = { kind: 'extension', value: '1002' } as const;
    const up = (o: string) => [{ outcome: o, callerStillUp: true }];
    assert.deepEqual(
      await outcome(ext, (b) => b.agents.set('1002', { state: 'on-call', occupied: [], seat: { kind: 'sip' } })),
      up('busy'),
    );
    assert.deepEqual(await outcome(ext, (b) => b.wire.registered.delete('1002')), up('no-answer'));
    assert.deepEqual(await outcome({ kind: 'extension', value: '7777' }, none), up('failed'));
    assert.deepEqual(await outcome({ kind: 'number', value: '110' }, none), up('not-allowed'));
    assert.deepEqual(await outcome({ kind: 'number', value: '1;evil' }, none), up('not-allowed'));
    assert.deepEqual(await outcome({ kind: 'number', value: '13800138000' }, none, { extension: '2001' }), up('not-allowed'));
    assert.deepEqual(
      await outcome({ kind: 'number', value: '13800138000' }, (b) => b.directory.change({ trunks: [trunk({ maxCalls: 0 })] })),
      up('failed'),
    );
  });
});
