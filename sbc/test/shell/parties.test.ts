import assert from 'node:assert/strict';
import type { ExtensionGroup, ForwardRules, TransferTarget } from '@yixian/contracts';
import { said, settle, type TestBench, testBench } from '../support/bench.js';
import { extension, trunk } from '../support/fake-directory.js';

const MOBILE = '13800138000';
const NONE: ForwardRules = { always: null, busy: null, noAnswer: null, notRegistered: null };
const desk: ExtensionGroup = { number: '6000', name: 'Desk', members: ['1001', '1002', '1003'], mode: 'ring-all' };

function withForwards(forwards: Record<string, Partial<ForwardRules>>, bench = testBench()): TestBench {
  const extensions = ['1001', '1002', '1003', '2001'].map((number) =>
    extension(number, {
      forwards: { ...NONE, ...forwards[number] },
      pickupGroup: number === '2001' ? null : 'desk',
      outboundAllowed: number !== '2001',
    }),
  );
  bench.directory.change({ extensions });
  return bench;
}

function ring(bench: TestBench, target: Extract<TransferTarget, { kind: 'extension' | 'number' }>, by?: string) {
  const made = bench.sbc.parties.ring({ target, shown: { number: '13900001111' }, callId: 'c', timeoutMs: 60_000, ...(by ? { by } : {}) });
  const heard: string[] = [];
  made.subscribe((event) => heard.push(event.type === 'ended' ? `ended ${event.termination.reason}` : event.type));
  return { ring: made, heard };
}
const ringExtension = (bench: TestBench, number: string) => ring(bench, { kind: 'extension', extension: number });
const dialledTo = (bench: TestBench) => bench.wire.dialled.map((leg) => leg.to.number);
const forwarded = (bench: TestBench) =>
  bench.events.flatMap((e) => (e.type === 'call.forwarded' ? [`${e.data.from}>${e.data.to} ${e.data.because}`] : []));

describe('what a dialled number means', () => {
  it('resolves codes, extensions, groups and numbers; what cannot be reached names `to`', () => {
    const bench = testBench();
    bench.directory.change({ groups: [desk] });
    const resolve = (to: string, by = '1001') => bench.sbc.parties.resolve(to, by);
    assert.deepEqual(resolve('12320'), { kind: 'flow', flowId: 'main' });
    assert.deepEqual(resolve('1002'), { kind: 'extension', extension: '1002' });
    assert.deepEqual(resolve('6000'), { kind: 'number', number: '6000' });
    assert.deepEqual(resolve(MOBILE), { kind: 'number', number: MOBILE });
    for (const [to, by] of [
      ['999', '1001'],
      ['*11', '1001'],
      [MOBILE, '2001'],
      ['', '1001'],
    ] as const) {
      assert.throws(
        () => resolve(to, by),
        (error: Error & { code?: string }) => error.code === 'bad-request' && /^to: /.test(error.message),
      );
    }
  });

  it('whoever has no right to call out is refused by a ring that has ended; the hotline itself asks only the trunks', () => {
    const bench = testBench();
    const refused = ring(bench, { kind: 'number', number: MOBILE }, '2001').ring;
    assert.deepEqual([refused.state, refused.termination?.reason, refused.leg.state], ['ended', 'forbidden', 'ended']);
    assert.equal(ring(bench, { kind: 'number', number: MOBILE }).ring.state, 'ringing');
    assert.equal(ring(bench, { kind: 'number', number: '00999' }).ring.termination?.reason, 'unknown-number');
    assert.equal(ring(bench, { kind: 'number', number: '12320' }).ring.termination?.reason, 'unknown-number');
  });
});

describe('ringing an extension', () => {
  it('an agent who is signed in is rung at the mobile chosen, one who is signed out at the extension’s phones', async () => {
    const bench = testBench();
    const agent = bench.agents.get('1002');
    assert.ok(agent);
    agent.seat = { kind: 'phone', number: MOBILE };
    const { heard, ring: made } = ringExtension(bench, '1002');
    const mobile = await bench.wire.dialledLeg(1);
    mobile.remoteAnswers();
    await settle();
    mobile.press('1');
    await settle();
    assert.deepEqual([heard, made.takenBy, agent.occupied], [['accepted'], '1002', ['c']]);
    made.end({ by: 'caller', reason: 'normal' });
    assert.deepEqual([mobile.state, agent.occupied], ['ended', []]);
    agent.state = 'offline';
    ringExtension(bench, '1002');
    assert.deepEqual(dialledTo(bench), [`sip:${MOBILE}@127.0.0.1:5080`, '1002']);
  });

  it('every leg called is told by `leg.ended`, once', async () => {
    const bench = testBench();
    ringExtension(bench, '1002');
    (await bench.wire.dialledLeg(1)).remoteHangsUp();
    await settle();
    assert.deepEqual(bench.types(), ['leg.ended']);
  });

  it('always: the extension itself is not rung', async () => {
    const bench = withForwards({ '1002': { always: MOBILE } });
    const { heard } = ringExtension(bench, '1002');
    (await bench.wire.dialledLeg(1)).remoteAnswers();
    assert.deepEqual(
      [dialledTo(bench), heard, forwarded(bench)],
      [[`sip:${MOBILE}@127.0.0.1:5080`], ['accepted'], [`1002>${MOBILE} always`]],
    );
  });

  it('busy: by the line, by the phone’s own word, and by a refusal', async () => {
    for (const way of ['line', 'busy', 'declined'] as const) {
      const bench = withForwards({ '1002': { busy: '1003' } });
      const agent = bench.agents.get('1002');
      if (way === 'line' && agent) agent.state = 'on-call';
      const { heard, ring: made } = ringExtension(bench, '1002');
      if (way !== 'line') (await bench.wire.dialledLeg(1)).end({ by: 'called', reason: way });
      (await bench.wire.dialledLeg(way === 'line' ? 1 : 2)).remoteAnswers();
      assert.deepEqual([heard, made.takenBy, forwarded(bench)], [['accepted'], '1003', ['1002>1003 busy']]);
      assert.deepEqual([agent?.occupied, bench.agents.get('1003')?.occupied], [[], ['c']]);
    }
  });

  it('no answer after so long: the phone stops ringing and the next one rings', async () => {
    const bench = withForwards({ '1002': { noAnswer: { to: '1003', afterMs: 20_000 } } });
    const { heard } = ringExtension(bench, '1002');
    const first = await bench.wire.dialledLeg(1);
    first.remoteRings();
    bench.clock.advance(19_999);
    assert.equal(first.state, 'ringing');
    bench.clock.advance(1);
    assert.deepEqual([first.termination?.reason, dialledTo(bench)], ['withdrawn', ['1002', '1003']]);
    (await bench.wire.dialledLeg(2)).remoteAnswers();
    assert.deepEqual([heard, forwarded(bench)], [['ringing', 'accepted'], ['1002>1003 no-answer']]);
  });

  it('a phone that answered in time is not forwarded later', async () => {
    const bench = withForwards({ '1002': { noAnswer: { to: '1003', afterMs: 20_000 } } });
    ringExtension(bench, '1002');
    (await bench.wire.dialledLeg(1)).remoteAnswers();
    bench.clock.advance(60_000);
    assert.deepEqual(dialledTo(bench), ['1002']);
    assert.equal(bench.clock.pendingTimers, 0);
  });

  it('not registered', async () => {
    const bench = withForwards({ '1002': { notRegistered: '1003' } });
    bench.wire.registered.delete('1002');
    ringExtension(bench, '1002');
    assert.deepEqual([dialledTo(bench), forwarded(bench)], [['1002', '1003'], ['1002>1003 not-registered']]);
  });

  it('the forwarding extension’s rights count, not the caller’s', () => {
    const bench = withForwards({ '2001': { always: MOBILE } });
    const { ring: made } = ringExtension(bench, '2001');
    assert.deepEqual([made.termination?.reason, dialledTo(bench)], ['forbidden', []]);
  });

  it('forwards in a circle, of whatever length, end', () => {
    const bench = withForwards({ '1001': { always: '1002' }, '1002': { always: '1003' }, '1003': { always: '1001' } });
    const { ring: made } = ringExtension(bench, '1001');
    assert.equal(made.termination?.reason, 'no-answer');
    assert.match(made.termination?.text ?? '', /1001, 1002, 1003, 1001 lead in a circle/);
    assert.deepEqual([dialledTo(bench), bench.clock.pendingTimers], [[], 0]);
    const self = withForwards({ '1001': { busy: '1001' } });
    const agent = self.agents.get('1001');
    if (agent) agent.state = 'on-call';
    assert.equal(ringExtension(self, '1001').ring.termination?.reason, 'busy');
  });

  it('a call to an extension that forwards to an access code goes on in its flow', async () => {
    const flows: string[] = [];
    const bench = withForwards(
      { '1002': { notRegistered: '12320' } },
      testBench({
        flow: async (call) => {
          flows.push(call.called);
          return { termination: { by: 'system', reason: 'flow-ended' } };
        },
      }),
    );
    bench.wire.registered.delete('1002');
    bench.call('1002', { extension: '1001' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system flow-ended');
    assert.deepEqual([flows, forwarded(bench)], [['1002'], ['1002>12320 not-registered']]);
  });
});

describe('extension groups', () => {
  function group(mode: ExtensionGroup['mode'] = 'ring-all'): TestBench {
    const bench = withForwards({});
    bench.directory.change({ groups: [{ ...desk, mode }] });
    return bench;
  }

  it('all members ring at once, but not the caller; the first to answer has the call, the others stop', async () => {
    const bench = group();
    const caller = bench.call('6000', { extension: '1001' });
    const [a, b] = [await bench.wire.dialledLeg(1), await bench.wire.dialledLeg(2)];
    assert.deepEqual(dialledTo(bench), ['1002', '1003']);
    a.remoteRings();
    b.remoteAnswers();
    const connected = await bench.event('call.connected');
    assert.deepEqual([a.termination?.reason, connected.agentId, connected.data], ['answered-elsewhere', '1003', { to: '1003' }]);
    assert.deepEqual(caller.done, ['ring', 'answer']);
    b.remoteHangsUp();
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called normal');
  });

  it('one who refuses, fails or hangs up again while others ring drops nobody else', async () => {
    const bench = group();
    bench.call('6000', {});
    const legs = await Promise.all([1, 2, 3].map((n) => bench.wire.dialledLeg(n)));
    legs[0]?.end({ by: 'called', reason: 'declined' });
    legs[1]?.end({ by: 'network', reason: 'transport-failure' });
    assert.equal(legs[2]?.state, 'new');
    legs[2]?.remoteAnswers();
    assert.equal((await bench.event('call.connected')).agentId, '1003');
  });

  it('members who are busy are left in peace; with nobody left the caller is told the best there is to tell', async () => {
    const bench = group();
    const agent = bench.agents.get('1002');
    if (agent) agent.state = 'on-call';
    bench.wire.registered.delete('1003');
    bench.call('6000', {});
    const only = await bench.wire.dialledLeg(1);
    assert.equal(only.to.number, '1001');
    only.end({ by: 'called', reason: 'no-answer' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called no-answer');
  });

  it('组呼: with the first to answer a conversation begins; whoever rings still goes along, and its end is the end of the call', async () => {
    const bench = group('conference');
    const caller = bench.call('6000', { extension: '1001' });
    const [a, b] = [await bench.wire.dialledLeg(1), await bench.wire.dialledLeg(2)];
    a.remoteRings();
    assert.deepEqual(caller.done, ['ring']);
    const control = bench.controls.get(bench.events[0]?.callId ?? '');
    assert.deepEqual(control?.agents(), ['1001']);
    await assert.rejects(async () => control?.mute('1001'), /nobody talks/);
    await assert.rejects(async () => control?.reject?.('2001'), /rings/);
    a.remoteAnswers();
    await bench.event('call.answered');
    await settle();
    const [talk] = bench.conversations;
    assert.ok(talk);
    assert.deepEqual([talk.caller.leg.id, talk.caller.extension, talk.other.leg.id], [caller.id, '1001', a.id]);
    assert.deepEqual(
      talk.joining?.map((one) => [one.extension, one.leg.id, one.ring.state]),
      [['1003', b.id, 'ringing']],
    );
    for (const { ring } of talk.joining ?? []) ring.end({ by: 'called', reason: 'normal' });
    talk.finish({ by: 'called', reason: 'normal' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'called normal');
    assert.equal(caller.state, 'ended');
  });

  it('组呼: one who refuses costs the others nothing; the caller who leaves lets everybody off', async () => {
    const bench = group('conference');
    const caller = bench.call('6000', { extension: '1001' });
    const [a, b] = [await bench.wire.dialledLeg(1), await bench.wire.dialledLeg(2)];
    a.remoteRings();
    const control = bench.controls.get(bench.events[0]?.callId ?? '');
    await control?.reject?.('1002');
    assert.deepEqual([a.state, b.state], ['ended', 'new']);
    caller.remoteHangsUp();
    await bench.event('call.ended');
    assert.deepEqual([b.state, bench.clock.pendingTimers], ['ended', 0]);
  });

  it('组呼: with nobody who could be rung the caller is told', async () => {
    const bench = group('conference');
    bench.wire.registered.clear();
    bench.call('6000', { extension: '1001' });
    assert.equal(said((await bench.event('call.ended')).data.termination), 'system not-registered');
  });
});

describe('call pick-up', () => {
  async function ringing(bench = withForwards({})) {
    const caller = bench.call('1002', {});
    const phone = await bench.wire.dialledLeg(1);
    phone.remoteRings();
    return { bench, caller, phone };
  }

  it('*8: the call that rings in the own group goes on with the phone that took it; the other stops ringing', async () => {
    const { bench, caller, phone } = await ringing();
    const taker = bench.call('*8', { extension: '1003' });
    const picked = await bench.event('call.picked-up');
    assert.deepEqual(picked.data, { by: '1003', from: '1002' });
    const first =
      bench.events.find((e) => e.type === 'call.connected' && e.callId === picked.callId) ?? (await bench.event('call.connected'));
    await settle();
    assert.equal(phone.termination?.reason, 'answered-elsewhere');
    assert.deepEqual(
      bench.wire.standing.map((b) => b.legs.map((l) => l.id)),
      [[caller.id, taker.id]],
    );
    assert.ok(first);
    const connected = bench.events.filter((e) => e.type === 'call.connected' && e.callId === picked.callId);
    assert.deepEqual(
      connected.map((e) => e.agentId),
      ['1003'],
    );
    caller.remoteHangsUp();
    await bench.event('call.ended');
    await settle();
    assert.equal(taker.state, 'ended');
    assert.deepEqual(
      [...bench.agents.values()].map((e) => e.occupied.length),
      [0, 0, 0],
    );
  });

  it('*8 and an extension: that one’s call; outside the group, or with nothing ringing, it is refused', async () => {
    const { bench } = await ringing();
    const refusals: string[] = [];
    for (const [code, by] of [
      ['*81001', '1003'],
      ['*81002', '2001'],
      ['*8', '2001'],
      ['*8', '1002'],
    ] as const) {
      const leg = bench.call(code, { extension: by });
      await leg.ended;
      refusals.push(`${leg.done.includes('answer')} ${leg.termination?.reason}`);
    }
    assert.deepEqual(refusals, Array(4).fill('false unknown-number'));
    bench.call('*81002', { extension: '1001' });
    assert.deepEqual((await bench.event('call.picked-up')).data, { by: '1001', from: '1002' });
  });

  it('an INVITE that replaces the ringing leg picks it up (RFC 3891 §3); one that replaces another leg is refused', async () => {
    const { bench, phone } = await ringing();
    const strange = bench.call('1002', { extension: '1003', replaces: bench.call('999', {}) });
    await strange.ended;
    assert.equal(strange.done.includes('answer'), false);
    bench.call('1002', { extension: '1003', replaces: phone });
    assert.deepEqual((await bench.event('call.picked-up')).data, { by: '1003', from: '1002' });
  });

  it('a call that was answered cannot be picked up any more', async () => {
    const { bench, phone } = await ringing();
    phone.remoteAnswers();
    await bench.event('call.connected');
    const late = bench.call('*8', { extension: '1003' });
    assert.equal((await late.ended).reason, 'unknown-number');
  });
});

describe('calls of the hotline’s own', () => {
  it('have a row, a frame and an end; the body talks with the number', async () => {
    const bench = testBench();
    bench.directory.change({ trunks: [trunk({ outboundCallerId: '12320' })] });
    const opened: string[] = [];
    const placed = bench.sbc.outboundCalls.place({
      number: MOBILE,
      ringMs: 30_000,
      opened: (id) => opened.push(id),
      body: async (call) => {
        assert.deepEqual([call.direction, call.caller, call.called, call.leg.state], ['outbound', '12320', MOBILE, 'answered']);
        return { by: 'system', reason: 'normal' };
      },
    });
    const party = await bench.wire.dialledLeg(1);
    assert.equal(party.from.number, '12320');
    party.remoteRings();
    party.remoteAnswers();
    const done = await placed.done;
    assert.deepEqual([done.callId, done.answered, said(done.termination)], [opened[0], true, 'system normal']);
    assert.equal(party.state, 'ended');
    assert.deepEqual(bench.types(), ['call.arrived', 'call.ringing', 'call.answered', 'leg.ended', 'call.ended']);
  });

  it('unanswered, refused or cancelled: told, with the row closed', async () => {
    const bench = testBench();
    const place = (number: string) =>
      bench.sbc.outboundCalls.place({ number, ringMs: 30_000, body: () => Promise.reject(new Error('never')) });
    const busy = place(MOBILE);
    (await bench.wire.dialledLeg(1)).end({ by: 'called', reason: 'busy' });
    assert.deepEqual([(await busy.done).answered, said((await busy.done).termination)], [false, 'called busy']);
    const cancelled = place(MOBILE);
    await bench.wire.dialledLeg(2);
    cancelled.cancel({ by: 'system', reason: 'cancelled' });
    assert.equal(said((await cancelled.done).termination), 'system cancelled');
    const unknown = await place('00999').done;
    assert.deepEqual([unknown.callId, unknown.termination.reason], [null, 'unknown-number']);
    await bench.sbc.drain(1);
    assert.equal((await place(MOBILE).done).termination.reason, 'draining');
  });

  it('a body that fails or does not notice the party’s end does not keep the call open', async () => {
    const bench = testBench();
    const failing = bench.sbc.outboundCalls.place({ number: MOBILE, ringMs: 1, body: () => Promise.reject(new Error('broken')) });
    (await bench.wire.dialledLeg(1)).remoteAnswers();
    assert.equal(said((await failing.done).termination), 'system switch-failure');
    const deaf = bench.sbc.outboundCalls.place({ number: MOBILE, ringMs: 1, body: () => new Promise(() => {}) });
    const party = await bench.wire.dialledLeg(2);
    party.remoteAnswers();
    await settle();
    party.remoteHangsUp();
    await settle();
    bench.clock.advance(10_000);
    assert.equal(said((await deaf.done).termination), 'called normal');
  });
});

describe('seats by code', () => {
  it('*13 and a number: the agent’s calls ring there, confirmed by 1; *14: at the extension again; a number of ours is refused', async () => {
    const bench = testBench();
    const sounds: unknown[] = [];
    for (const code of [`*13${MOBILE}`, '*1312320', '*14']) {
      const leg = bench.call(code, { extension: '1001' });
      await leg.ended;
      sounds.push(leg.playing.map((p) => (p.items[0]?.kind === 'tone' ? p.items[0].tone : '?')).join());
      if (code.startsWith('*13')) assert.deepEqual(bench.agents.get('1001')?.seat, { kind: 'phone', number: MOBILE });
    }
    assert.deepEqual([sounds, bench.agents.get('1001')?.seat], [['beep', 'busy', 'beep'], { kind: 'sip' }]);
  });
});
