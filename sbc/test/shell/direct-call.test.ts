import assert from 'node:assert/strict';
import { DomainError } from '@yixian/contracts';
import { said, settle, type TestBench, testBench } from '../support/bench.js';
import { trunk } from '../support/fake-directory.js';

const toExtension = (bench: TestBench) => bench.call('1002', { extension: '1001' });

async function talking(bench: TestBench, to = '1002', from: Parameters<TestBench['call']>[1] = { extension: '1001' }) {
  const caller = bench.call(to, from);
  const callee = await bench.wire.dialledLeg(1);
  callee.remoteRings();
  callee.remoteAnswers();
  const connected = await bench.event('call.connected');
  return { caller, callee, callId: connected.callId ?? '', connected };
}

describe('extension to extension', () => {
  it('the callee’s 180 is passed on, its 200 answers the caller, both are bridged, told in order', async () => {
    const bench = testBench();
    const caller = toExtension(bench);
    const callee = await bench.wire.dialledLeg(1);
    assert.deepEqual([caller.done, callee.request?.from], [[], { number: '1001', displayName: 'Phone 1001' }]);
    callee.remoteRings();
    assert.deepEqual(caller.done, ['ring']);
    callee.remoteAnswers();
    await bench.event('call.connected');
    assert.deepEqual(caller.done, ['ring', 'answer']);
    assert.deepEqual(
      bench.wire.standing.map((b) => b.legs.map((l) => l.id)),
      [[caller.id, callee.id]],
    );
    assert.deepEqual(bench.types(), ['call.arrived', 'call.ringing', 'call.answered', 'call.connected']);
    const record = bench.records.get(bench.events[0]?.callId ?? '');
    assert.deepEqual([record?.direction, record?.caller, record?.called, record?.agentId], ['internal', '1001', '1002', '1002']);
  });

  it('the caller hangs up: the callee gets BYE, the call ended by the caller', async () => {
    const bench = testBench();
    const { caller, callee } = await talking(bench);
    caller.remoteHangsUp();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'caller normal');
    assert.deepEqual(callee.done, ['hangUp caller normal']);
  });

  it('the callee hangs up: the caller gets BYE, the call ended by the called', async () => {
    const bench = testBench();
    const { caller, callId, callee } = await talking(bench);
    callee.remoteHangsUp();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called normal');
    assert.equal(caller.done.at(-1), 'hangUp called normal');
    assert.equal(bench.records.get(callId)?.outcome, 'answered');
  });

  it('after the end nothing is left: lines, bridge, control, timers, subscriptions', async () => {
    const bench = testBench();
    const { caller, callee } = await talking(bench);
    assert.deepEqual(
      [...bench.agents.values()].map((a) => a.occupied.length),
      [1, 1, 0],
    );
    callee.remoteHangsUp();
    await bench.event('call.ended');
    await settle();
    assert.deepEqual(
      [...bench.agents.values()].map((a) => a.occupied.length),
      [0, 0, 0],
    );
    assert.deepEqual([bench.wire.standing.length, bench.controls.size, bench.clock.pendingTimers, bench.sbc.activeCalls()], [0, 0, 0, 0]);
    assert.deepEqual([caller.listeners, callee.listeners], [0, 0]);
    assert.equal(bench.types().filter((t) => t === 'call.ended').length, 1);
    assert.equal(bench.types().filter((t) => t === 'leg.ended').length, 2);
    assert.equal(bench.types().at(-1), 'call.ended');
  });

  it('lost media of the callee ends the call by the network, and the caller is told so', async () => {
    const bench = testBench();
    const { caller, callee } = await talking(bench);
    callee.end({ by: 'network', reason: 'media-timeout' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'network media-timeout');
    assert.equal(caller.done.at(-1), 'hangUp network media-timeout');
  });

  it('a caller who cancels while it rings: the callee gets CANCEL, the record says abandoned while ringing', async () => {
    const bench = testBench();
    const caller = toExtension(bench);
    const callee = await bench.wire.dialledLeg(1);
    callee.remoteRings();
    caller.remoteHangsUp();
    const ended = await bench.event('call.ended');
    assert.equal(said(ended.data.termination), 'caller cancelled');
    assert.deepEqual(callee.done, ['hangUp caller cancelled']);
    assert.equal(bench.records.get(ended.callId ?? '')?.outcome, 'abandoned-ringing');
  });

  it('CANCEL crossing the 200: the caller leaves while being answered, the callee who picked up gets BYE', async () => {
    const bench = testBench();
    const caller = toExtension(bench);
    let open: () => void = () => {};
    caller.answerGate = new Promise((resolve) => {
      open = resolve;
    });
    const callee = await bench.wire.dialledLeg(1);
    callee.remoteAnswers();
    caller.remoteHangsUp();
    open();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'caller cancelled');
    await settle();
    assert.deepEqual([callee.state, callee.done], ['ended', ['hangUp caller cancelled']]);
    assert.equal(bench.types().includes('call.connected'), false);
  });

  it('the callee hangs up while the caller is being answered: the caller is not left alone', async () => {
    const bench = testBench();
    const caller = toExtension(bench);
    let open: () => void = () => {};
    caller.answerGate = new Promise((resolve) => {
      open = resolve;
    });
    const callee = await bench.wire.dialledLeg(1);
    callee.remoteAnswers();
    callee.remoteHangsUp();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called normal');
    open();
    await settle();
    assert.equal(caller.state, 'ended');
  });

  it('a bridge that fails releases both with `switch-failure`', async () => {
    const bench = testBench();
    bench.wire.bridgeError = new Error('no media worker');
    const caller = toExtension(bench);
    const callee = await bench.wire.dialledLeg(1);
    callee.remoteAnswers();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system switch-failure');
    assert.deepEqual([caller.state, callee.state], ['ended', 'ended']);
  });

  it('a switch that cannot dial ends the call with `switch-failure` and leaves nothing taken', async () => {
    const bench = testBench();
    bench.wire.onDial = () => {
      throw new Error('no route to host');
    };
    const caller = bench.call('13800138000', { extension: '1001' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system switch-failure');
    await settle();
    assert.deepEqual(
      [caller.state, bench.sbc.liveCallsOn('demo'), bench.agents.get('1001')?.occupied, bench.clock.pendingTimers],
      ['ended', 0, [], 0],
    );
  });

  it('early media of the callee is heard before the answer, over the bridge that then stays', async () => {
    const bench = testBench();
    const caller = toExtension(bench);
    const callee = await bench.wire.dialledLeg(1);
    callee.remoteSendsEarlyMedia();
    await settle();
    assert.deepEqual([caller.done, bench.wire.standing.length], [['early'], 1]);
    callee.remoteAnswers();
    await bench.event('call.connected');
    assert.deepEqual([caller.done, bench.wire.bridges.length], [['early', 'answer'], 1]);
  });

  it('a phone that answers before anybody listened is not missed', async () => {
    const bench = testBench();
    bench.wire.onDial = (leg) => leg.remoteAnswers();
    toExtension(bench);
    await bench.event('call.connected');
  });

  it('rings no longer than the ring time', async () => {
    const bench = testBench({ options: { ringTimeoutMs: 12_000 } });
    toExtension(bench);
    assert.equal((await bench.wire.dialledLeg(1)).request?.timeoutMs, 12_000);
  });

  it('a second call to an agent who is being rung by a direct call finds the line busy', async () => {
    const bench = testBench();
    toExtension(bench);
    (await bench.wire.dialledLeg(1)).remoteRings();
    const second = bench.call('1002', { extension: '1003' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called busy');
    assert.deepEqual([second.done, bench.wire.dialled.length], [['hangUp called busy'], 1]);
  });

  it('a call from a trunk straight to an extension is inbound and rings it with the caller’s number', async () => {
    const bench = testBench();
    const { callee, callId } = await talking(bench, '1002', { trunk: 'demo', number: '13912345678' });
    assert.equal(callee.request?.from.number, '13912345678');
    assert.deepEqual([bench.records.get(callId)?.direction, bench.records.get(callId)?.trunkId], ['inbound', 'demo']);
  });
});

describe('what a conversation is given', () => {
  it('both legs with the bridge that stands, by the part they have; whoever is an extension of ours may control the call', async () => {
    const bench = testBench();
    const { caller, callee } = await talking(bench, '13800138000');
    const [begun] = bench.conversations;
    assert.deepEqual([begun?.caller.leg, begun?.caller.party, begun?.caller.extension], [caller, '1001', '1001']);
    assert.deepEqual([begun?.other.leg, begun?.other.party, begun?.other.extension], [callee, '13800138000', undefined]);
    assert.deepEqual([begun?.caller.role, begun?.other.role], ['caller', 'called']);
    assert.deepEqual(begun?.bridge?.legs, [caller, callee]);
    assert.equal(bench.wire.standing.length, 1);
  });

  it('an agent who is called is there as an agent', async () => {
    const bench = testBench();
    await talking(bench, '1002', { trunk: 'demo' });
    const [begun] = bench.conversations;
    assert.deepEqual([begun?.caller.extension, begun?.other.extension, begun?.other.role], [undefined, '1002', 'agent']);
  });

  it('a phone that holds before the two talk is told as holding', async () => {
    const bench = testBench();
    const caller = toExtension(bench);
    const callee = await bench.wire.dialledLeg(1);
    callee.remoteRings();
    callee.remoteSendsEarlyMedia();
    caller.remoteHolds();
    await settle();
    callee.remoteAnswers();
    await bench.event('call.connected');
    assert.deepEqual([bench.conversations[0]?.caller.phoneHeld, bench.conversations[0]?.other.phoneHeld], [true, false]);
  });

  it('the end of the conversation is the end of the call, also when the first two have long left', async () => {
    const bench = testBench();
    const { caller, callee } = await talking(bench);
    bench.conversationsLast = true;
    caller.remoteHangsUp();
    await settle();
    assert.equal(callee.state, 'answered', 'the called one was put through to somebody else');
    assert.equal(bench.agents.get('1001')?.occupied.length, 1, 'a browser may come back: the line is the conversation’s');
    bench.conversations[0]?.caller.gone?.();
    assert.deepEqual(bench.agents.get('1001')?.occupied, [], 'the line is free with its party');
    assert.equal(bench.types().includes('call.ended'), false);
    bench.conversations[0]?.finish({ by: 'called', reason: 'normal' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called normal');
    assert.equal(callee.state, 'ended');
  });
});

describe('outbound over trunks', () => {
  const second = () =>
    trunk({ id: 'second', outboundUri: 'sip:192.0.2.20', outboundCallerId: '12320', auth: { username: 'u', password: 'p' } });

  it('the number goes to the trunk’s URI with the trunk’s caller number and credentials; the call is outbound', async () => {
    const bench = testBench();
    bench.directory.change({ trunks: [second()] });
    const { callee, callId } = await talking(bench, '13800138000');
    assert.deepEqual(callee.request?.target, { kind: 'uri', uri: 'sip:13800138000@192.0.2.20', auth: { username: 'u', password: 'p' } });
    assert.deepEqual(callee.request?.from, { number: '12320', displayName: 'Phone 1001' });
    assert.equal(bench.sbc.liveCallsOn('second'), 1);
    callee.remoteHangsUp();
    await bench.event('call.ended');
    assert.deepEqual([bench.records.get(callId)?.direction, bench.records.get(callId)?.outcome], ['outbound', 'outbound-answered']);
    assert.equal(bench.sbc.liveCallsOn('second'), 0);
  });

  it('without a caller number of the trunk the extension’s own is shown', async () => {
    const bench = testBench();
    assert.equal((await talking(bench, '13800138000')).callee.request?.from.number, '1001');
  });

  it('a trunk that cannot be reached is followed by the next one that allows the number', async () => {
    const bench = testBench();
    bench.directory.change({ trunks: [trunk(), second()] });
    const caller = bench.call('13800138000', { extension: '1001' });
    (await bench.wire.dialledLeg(1)).end({ by: 'network', reason: 'transport-failure', sipStatus: 503 });
    const next = await bench.wire.dialledLeg(2);
    assert.equal(next.to.number, 'sip:13800138000@192.0.2.20');
    assert.equal(caller.state, 'new');
    next.remoteAnswers();
    await bench.event('call.connected');
    next.remoteHangsUp();
    await bench.event('call.ended');
    assert.equal(bench.types().filter((t) => t === 'leg.ended').length, 3, 'the given-up attempt is told too');
    assert.equal(bench.sbc.liveCallsOn('demo'), 0);
  });

  it('a trunk without any sign of the callee is given up after a while, when there is another; a ringing one is not', async () => {
    const bench = testBench({ options: { trunkProgressMs: 8_000 } });
    bench.directory.change({ trunks: [trunk(), second()] });
    bench.call('13800138000', { extension: '1001' });
    const silent = await bench.wire.dialledLeg(1);
    bench.clock.advance(8_000);
    const next = await bench.wire.dialledLeg(2);
    assert.deepEqual([silent.done, next.to.number], [['hangUp system no-response'], 'sip:13800138000@192.0.2.20']);
    bench.clock.advance(60_000);
    await settle();
    assert.equal(next.state, 'new', 'the last trunk has its full time');
    const ringing = testBench({ options: { trunkProgressMs: 8_000 } });
    ringing.directory.change({ trunks: [trunk(), second()] });
    ringing.call('13800138000', { extension: '1001' });
    const leg = await ringing.wire.dialledLeg(1);
    leg.remoteRings();
    ringing.clock.advance(8_000);
    await settle();
    assert.deepEqual([leg.state, ringing.wire.dialled.length], ['ringing', 1]);
  });

  it('the record names the first trunk that had room', async () => {
    const bench = testBench();
    bench.directory.change({ trunks: [trunk({ maxCalls: 0 }), second()] });
    bench.call('13800138000', { extension: '1001' });
    assert.equal((await bench.event('call.arrived')).data.trunkId, 'second');
  });

  it('a full trunk is stepped over', async () => {
    const bench = testBench();
    bench.directory.change({ trunks: [trunk({ maxCalls: 0 }), second()] });
    bench.call('13800138000', { extension: '1001' });
    assert.equal((await bench.wire.dialledLeg(1)).to.number, 'sip:13800138000@192.0.2.20');
  });

  it('busy is the called party’s word: no other trunk is tried', async () => {
    const bench = testBench();
    bench.directory.change({ trunks: [trunk(), second()] });
    const caller = bench.call('13800138000', { extension: '1001' });
    (await bench.wire.dialledLeg(1)).end({ by: 'called', reason: 'busy', sipStatus: 486 });
    const ended = await bench.event('call.ended');
    assert.deepEqual([bench.wire.dialled.length, caller.termination?.sipStatus], [1, 486]);
    assert.equal(bench.records.get(ended.callId ?? '')?.outcome, 'outbound-unanswered');
  });

  it('when every trunk fails the caller gets the last one’s failure', async () => {
    const bench = testBench();
    bench.directory.change({ trunks: [trunk(), second()] });
    bench.wire.onDial = (leg) => leg.end({ by: 'network', reason: 'transport-failure' });
    bench.call('13800138000', { extension: '1001' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'network transport-failure');
    assert.equal(bench.wire.dialled.length, 2);
  });
});

describe('call control of direct calls', () => {
  async function refusal(promise: Promise<void> | undefined): Promise<string> {
    try {
      await promise;
    } catch (error) {
      assert.ok(error instanceof DomainError, String(error));
      return `${error.code}: ${error.message}`;
    }
    return 'done';
  }

  it('hanging up before the answer cancels by the caller and declines by the callee', async () => {
    for (const [by, reason] of [
      ['1001', 'cancelled'],
      ['1002', 'declined'],
    ] as const) {
      const bench = testBench();
      toExtension(bench);
      (await bench.wire.dialledLeg(1)).remoteRings();
      await [...bench.controls.values()][0]?.hangUp(by);
      assert.equal(said((await bench.event('call.ended')).data.termination), `agent ${reason}`);
    }
  });

  it('hold and keys before the two talk are refused with the reason', async () => {
    const bench = testBench();
    toExtension(bench);
    await bench.wire.dialledLeg(1);
    const control = [...bench.controls.values()][0];
    assert.equal(await refusal(control?.hold('1001')), 'conflict: nobody talks in this call yet');
    assert.equal(await refusal(control?.sendDigits('1001', '1')), 'conflict: nobody talks in this call yet');
  });

  it('a supervisor may release a call that rings', async () => {
    const bench = testBench();
    const caller = toExtension(bench);
    (await bench.wire.dialledLeg(1)).remoteRings();
    await [...bench.controls.values()][0]?.supervise('1100', 'release');
    assert.equal(said((await bench.event('call.ended')).data.termination), 'supervisor forced-release');
    assert.equal(caller.state, 'ended');
  });
});
