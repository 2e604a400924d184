import assert from 'node:assert/strict';
import {
  type Cluster,
  type DomainEvent,
  type EventBus,
  memoryCluster,
  type Seat,
  SimulatedClock,
  silentLogger,
  type Termination,
  type TrunkUsageRows,
} from '@yixian/contracts';
import { createOutside } from '../../src/index.js';
import { settle } from '../support/bench.js';
import { type FakeDirectory, fakeDirectory, trunk } from '../support/fake-directory.js';
import { type FakeLeg, FakeSwitch } from '../support/fake-switch.js';

const MOBILE = '13800138000';
const phone: Seat = { kind: 'phone', number: MOBILE };

function table(
  options: { prompt?: boolean; trunkUsage?: TrunkUsageRows; startsLater?: boolean; cluster?: Cluster; clock?: SimulatedClock } = {},
) {
  const clock = options.clock ?? new SimulatedClock(1_000_000);
  const wire = new FakeSwitch();
  const directory: FakeDirectory = fakeDirectory();
  const told: string[] = [];
  const events: EventBus = {
    publish(draft) {
      told.push(`${draft.type} ${draft.agentId}${'termination' in draft.data ? ` ${(draft.data.termination as Termination).reason}` : ''}`);
      return draft as DomainEvent;
    },
    subscribe: () => () => {},
  };
  const prompts = { item: (id: string) => ({ kind: 'file', path: `${id}.wav` }) as const, sayNumber: () => [], sayDigits: () => [] };
  const outside = createOutside({
    ...(options.startsLater ? { startsLater: true } : {}),
    ...(options.cluster ? { cluster: options.cluster } : {}),
    ...(options.trunkUsage ? { trunkUsage: options.trunkUsage } : {}),
    switch: wire,
    directory,
    events,
    clock,
    logger: silentLogger,
    ...(options.prompt === false ? {} : { prompts }),
  });
  const ring = (seat: Seat = phone, over: object = {}) => {
    const request = { agentId: '1001', seat, caller: { number: '13900001111' }, callId: 'c', timeoutMs: 20_000, called: '12320', ...over };
    const made = outside.seats.ring(request);
    const heard: string[] = [];
    made.subscribe((event) => heard.push(event.type === 'ended' ? `ended ${event.termination.reason}` : event.type));
    return { ring: made, heard };
  };
  return { clock, wire, directory, told, outside, seats: outside.seats, ring };
}

const leg = (wire: FakeSwitch, n: number): Promise<FakeLeg> => wire.dialledLeg(n);

describe('SIP seats', () => {
  it('ring the registered phones with the caller’s number; answered is accepted; a desk may ask to answer by itself', async () => {
    const { wire, seats, ring } = table();
    wire.registered.add('1001');
    assert.equal(seats.reachable('1001', { kind: 'sip' }), true);
    const { heard, ring: made } = ring({ kind: 'sip' }, { autoAnswer: true });
    assert.deepEqual(wire.dialled[0]?.request, {
      target: { kind: 'extension', extension: '1001', contacts: 'phones' },
      from: { number: '13900001111' },
      timeoutMs: 20_000,
      callId: 'c',
      autoAnswer: true,
    });
    (await leg(wire, 1)).remoteRings();
    (await leg(wire, 1)).remoteAnswers();
    assert.deepEqual([heard, made.takenBy], [['ringing', 'accepted'], '1001']);
  });

  it('an extension without a phone, disabled or unknown is not reachable', () => {
    const { seats, ring } = table();
    assert.equal(seats.reachable('1001', { kind: 'sip' }), false);
    assert.equal(ring({ kind: 'sip' }).ring.termination?.reason, 'not-registered');
    assert.throws(() => ring({ kind: 'sip' }, { agentId: '7' }), /extension 7 does not exist or is disabled/);
  });

  it('a seat in a browser rings the browsers alone, and cannot be reached while none is connected', async () => {
    const { seats, ring, wire } = table();
    wire.registered.add('1001');
    assert.equal(seats.reachable('1001', { kind: 'softphone' }), false);
    ring({ kind: 'softphone' });
    assert.deepEqual((await leg(wire, 1)).request?.target, { kind: 'extension', extension: '1001', contacts: 'browsers' });
  });
});

describe('virtual seats', () => {
  it('the mobile rings over the trunk, is asked for key 1, and takes the call with it', async () => {
    const { wire, ring } = table();
    const { heard, ring: made } = ring();
    const mobile = await leg(wire, 1);
    assert.deepEqual([mobile.to.number, mobile.request?.from], [`sip:${MOBILE}@127.0.0.1:5080`, { number: '13900001111' }]);
    mobile.remoteRings();
    mobile.remoteAnswers();
    await settle();
    assert.deepEqual([made.state, mobile.hears(), mobile.done], ['ringing', [], ['collect in-band']]);
    assert.deepEqual(mobile.playing[0]?.items, [{ kind: 'file', path: 'accept-call.wav' }]);
    mobile.press('7');
    await settle();
    assert.equal(made.state, 'ringing');
    mobile.press('1');
    await settle();
    assert.deepEqual([heard, made.takenBy, made.leg], [['ringing', 'accepted'], '1001', mobile]);
  });

  it('where the prompt is missing, beeps ask', async () => {
    const { wire, ring } = table({ prompt: false });
    ring();
    (await leg(wire, 1)).remoteAnswers();
    assert.deepEqual((await leg(wire, 1)).playing[0]?.items[0], { kind: 'tone', tone: 'beep', durationMs: 200 });
  });

  it('a mailbox answers, is asked three times and never has the call: not-confirmed', async () => {
    const { wire, ring } = table();
    const { heard } = ring();
    const mailbox = await leg(wire, 1);
    mailbox.remoteAnswers();
    for (let round = 0; round < 3; round++) {
      await settle();
      mailbox.letCollectTimeOut();
    }
    await settle();
    assert.deepEqual([heard, mailbox.playing.length], [['ended not-confirmed'], 3]);
    assert.equal(mailbox.done.at(-1), 'hangUp called not-confirmed');
  });

  it('without confirmation the answer takes the call at once', async () => {
    const { wire, ring } = table();
    const { heard } = ring({ ...phone, confirm: false });
    (await leg(wire, 1)).remoteAnswers();
    assert.deepEqual(heard, ['accepted']);
  });

  it('early media of the network is no answer', async () => {
    const { wire, ring } = table();
    const { heard, ring: made } = ring({ ...phone, confirm: false });
    (await leg(wire, 1)).remoteSendsEarlyMedia();
    assert.deepEqual([heard, made.state], [['ringing'], 'ringing']);
  });

  it('busy, refused, no answer and switched off stay what they are', async () => {
    for (const reason of ['busy', 'declined', 'no-answer', 'switched-off'] as const) {
      const { wire, ring } = table();
      const { heard } = ring();
      (await leg(wire, 1)).end({ by: 'called', reason });
      assert.deepEqual(heard, [`ended ${reason}`]);
    }
  });

  it('an offer that is taken back hangs the mobile up, also while it is being asked', async () => {
    const { wire, ring } = table();
    const { heard, ring: made } = ring();
    const mobile = await leg(wire, 1);
    mobile.remoteAnswers();
    await settle();
    made.end({ by: 'system', reason: 'withdrawn' });
    await settle();
    assert.deepEqual([heard, mobile.termination?.reason, mobile.hears()], [['ended withdrawn'], 'withdrawn', []]);
  });

  it('"answer" from the desk takes the call once somebody has answered the mobile, and not before: it might be a mailbox', async () => {
    const { wire, ring } = table();
    const { heard, ring: made } = ring();
    const mobile = await leg(wire, 1);
    mobile.remoteRings();
    assert.equal(made.answer?.(), false);
    mobile.remoteAnswers();
    await settle();
    assert.equal(made.answer?.(), true);
    await settle();
    assert.deepEqual([heard, mobile.hears(), mobile.collecting, mobile.playing.length], [['ringing', 'accepted'], [], false, 1]);
    assert.equal(made.answer?.(), false);
  });

  it('the next trunk that allows the number is tried when one cannot be reached; the ring goes on', async () => {
    const { wire, ring, directory } = table();
    directory.change({
      trunks: [trunk(), trunk({ id: 'two', outboundUri: 'sip:127.0.0.9', seatCallerId: { show: 'number', number: '02188888888' } })],
    });
    const { heard, ring: made } = ring();
    (await leg(wire, 1)).end({ by: 'network', reason: 'transport-failure' });
    const second = await leg(wire, 2);
    assert.deepEqual([second.to.number, second.request?.from.number, made.leg], [`sip:${MOBILE}@127.0.0.9`, '02188888888', second]);
    second.end({ by: 'called', reason: 'busy' });
    assert.deepEqual(heard, ['ended busy']);
  });

  it('reachable means that a trunk may call the number', () => {
    const { seats, directory } = table();
    assert.equal(seats.reachable('1001', phone), true);
    assert.equal(seats.reachable('1001', { kind: 'phone', number: '+8613800138000' }), false);
    directory.change({ trunks: [trunk({ enabled: false })] });
    assert.equal(seats.reachable('1001', phone), false);
    assert.match(seats.refusal('1001', phone) ?? '', /no trunk may call/);
  });
});

describe('nailed-up lines', () => {
  const nailed: Seat = { ...phone, persistent: true };

  async function up(seat: Seat = nailed) {
    const t = table();
    t.seats.agentChanged('1001', seat, true);
    const line = await leg(t.wire, 1);
    line.remoteAnswers();
    await settle();
    if (seat.confirm !== false) line.press('1');
    await settle();
    return { ...t, line };
  }

  it('the line is called at sign-in, confirmed once, quiet between calls, and takes two calls in one leg', async () => {
    const { seats, ring, line, wire, told } = await up();
    assert.deepEqual([seats.reachable('1001', nailed), line.hears(), told], [true, ['silence'], ['agent.line-up 1001']]);
    for (let n = 0; n < 2; n++) {
      const { heard, ring: made } = ring(nailed);
      assert.deepEqual([made.leg, line.hears()], [line, []]);
      await settle();
      assert.equal(heard.at(-1), 'accepted');
      assert.equal(ring(nailed).ring.termination?.reason, 'busy');
      made.end({ by: 'caller', reason: 'normal' });
      assert.deepEqual([heard.at(-1), line.state, line.hears()], ['ended normal', 'answered', ['silence']]);
    }
    assert.equal(wire.dialled.length, 1);
  });

  it('a beep tells of the call; with confirmEach key 1 is asked for, and who does not press it keeps the line', async () => {
    const plain = await up({ ...nailed, confirm: false });
    plain.ring(nailed);
    assert.deepEqual(plain.line.playing.at(-1)?.items[0], { kind: 'tone', tone: 'beep', durationMs: 200 });
    const asked = await up({ ...nailed, confirmEach: true });
    const { heard } = asked.ring(nailed);
    for (let round = 0; round < 3; round++) {
      await settle();
      asked.line.letCollectTimeOut();
    }
    await settle();
    assert.deepEqual(
      [heard, asked.line.state, asked.seats.reachable('1001', nailed)],
      [['ringing', 'ended not-confirmed'], 'answered', true],
    );
    const next = asked.ring(nailed);
    asked.line.press('1');
    await settle();
    assert.deepEqual(next.heard, ['ringing', 'accepted']);
  });

  it('until it is up the seat is not reachable, and a call is told so', async () => {
    const t = table();
    t.seats.agentChanged('1001', nailed, true);
    assert.deepEqual([t.seats.reachable('1001', nailed), t.ring(nailed).ring.termination?.reason], [false, 'not-registered']);
  });

  it('lost during a call: the call ends with the line, which is called again after a pause', async () => {
    const { ring, line, clock, wire, told, seats } = await up();
    const { heard } = ring(nailed);
    await settle();
    line.remoteHangsUp();
    assert.deepEqual([heard.at(-1), told.at(-1), seats.reachable('1001', nailed)], ['ended normal', 'agent.line-down 1001 normal', false]);
    clock.advance(1_999);
    assert.equal(wire.dialled.length, 1);
    clock.advance(1);
    assert.equal(wire.dialled.length, 2);
  });

  it('sign-out, another seat and drain end an idle line; during a call it stays until the end of it', async () => {
    const out = await up();
    out.seats.agentChanged('1001', nailed, false);
    assert.equal(out.line.termination?.reason, 'normal');
    const moved = await up();
    moved.seats.agentChanged('1001', { kind: 'sip' }, true);
    assert.equal(moved.line.state, 'ended');
    const drained = await up();
    const { ring: made } = drained.ring(nailed);
    await settle();
    drained.seats.drain();
    assert.equal(drained.line.state, 'answered');
    made.end({ by: 'caller', reason: 'normal' });
    assert.equal(drained.line.state, 'ended');
    drained.seats.agentChanged('1001', nailed, true);
    assert.deepEqual([drained.wire.dialled.length, drained.clock.pendingTimers], [1, 0]);
  });

  it('a call that is taken back while key 1 is asked for leaves the line quiet; the desk may answer instead of the key', async () => {
    const { ring, line } = await up({ ...nailed, confirmEach: true });
    const { ring: first } = ring(nailed);
    await settle();
    first.end({ by: 'system', reason: 'withdrawn' });
    await settle();
    assert.deepEqual([line.hears(), line.collecting], [['silence'], false]);
    const { ring: second, heard } = ring(nailed);
    await settle();
    assert.equal(second.answer?.(), true);
    await settle();
    assert.deepEqual([heard, line.hears(), line.collecting], [['ringing', 'accepted'], [], false]);
  });

  it('wanted before the switch can dial, it is called as soon as it can', () => {
    const { wire, outside } = table({ startsLater: true });
    outside.seats.agentChanged('1001', nailed, true);
    outside.seats.agentChanged('1002', { ...nailed, number: '13800138001' }, true);
    outside.seats.agentChanged('1002', { kind: 'sip' }, false);
    assert.equal(wire.dialled.length, 0);
    outside.seats.start();
    assert.deepEqual(
      wire.dialled.map((l) => l.to.number),
      [`sip:${MOBILE}@127.0.0.1:5080`],
    );
  });

  it('an agent who is taken off the books loses the line', async () => {
    const { line, directory } = await up();
    directory.change({ extensions: [] });
    assert.equal(line.state, 'ended');
  });

  it('the same seat told again changes nothing; a mailbox on the line is hung up on', async () => {
    const { seats, line, wire } = await up();
    seats.agentChanged('1001', { ...nailed }, true);
    assert.deepEqual([line.state, wire.dialled.length], ['answered', 1]);
    const t = table();
    t.seats.agentChanged('1001', nailed, true);
    const mailbox = await leg(t.wire, 1);
    mailbox.remoteAnswers();
    for (let round = 0; round < 3; round++) {
      await settle();
      mailbox.letCollectTimeOut();
    }
    await settle();
    assert.deepEqual([mailbox.state, t.told], ['ended', ['agent.line-down 1001 not-confirmed']]);
  });
});

describe('outbound limits', () => {
  it('the call over maxOutboundCalls is refused by an explicit rule; the next trunk is tried', async () => {
    const { wire, ring, directory } = table();
    directory.change({ trunks: [trunk({ maxOutboundCalls: 1 })] });
    ring();
    assert.match(ring().ring.termination?.text ?? '', /trunk demo carries its 1 outbound calls/);
    assert.equal(ring().ring.termination?.reason, 'trunk-full');
    directory.change({ trunks: [trunk({ maxOutboundCalls: 1 }), trunk({ id: 'two' })] });
    assert.equal(ring().ring.state, 'ringing');
    (await leg(wire, 1)).end({ by: 'called', reason: 'busy' });
    await settle();
    assert.equal(ring().ring.state, 'ringing');
  });

  it('minutes count from the answer, calls in progress included, those of the day only; a call is not cut', async () => {
    const { wire, ring, directory, clock } = table();
    directory.change({ trunks: [trunk({ maxOutboundMinutesPerDay: 2 })] });
    const { ring: first } = ring({ ...phone, confirm: false });
    const mobile = await leg(wire, 1);
    clock.advance(10 * 60_000); // it rings for long: no minutes
    mobile.remoteAnswers();
    await settle();
    clock.advance(119_000);
    assert.equal(ring().ring.state, 'ringing');
    clock.advance(1_000);
    assert.match(ring().ring.termination?.text ?? '', /has used its 2 outbound minutes of today/);
    assert.equal(first.state, 'accepted');
    mobile.remoteHangsUp();
    await settle();
    assert.equal(ring().ring.termination?.reason, 'trunk-full');
    clock.advance(86_400_000);
    assert.equal(ring().ring.state, 'ringing');
  });

  it('what was used today is known after a restart, and what is used is written down by its day', async () => {
    const kept = new Map([['1970-01-01', new Map([['demo', 119_000]])]]);
    const trunkUsage = {
      load: async (day: string) => kept.get(day) ?? new Map<string, number>(),
      async add(day: string, trunkId: string, milliseconds: number) {
        const used = kept.get(day) ?? new Map<string, number>();
        kept.set(day, used.set(trunkId, (used.get(trunkId) ?? 0) + milliseconds));
      },
    };
    const { wire, ring, directory, clock, outside } = table({ trunkUsage });
    await outside.meter.start();
    directory.change({ trunks: [trunk({ maxOutboundMinutesPerDay: 2 })] });
    ring({ ...phone, confirm: false });
    (await leg(wire, 1)).remoteAnswers();
    await settle();
    clock.advance(1_500);
    (await leg(wire, 1)).remoteHangsUp();
    await settle();
    assert.deepEqual([kept.get('1970-01-01')?.get('demo'), ring().ring.termination?.reason], [120_500, 'trunk-full']);
  });
});

describe('limits of trunks where several processes are one hotline', () => {
  function two(limits: Partial<ReturnType<typeof trunk>>) {
    const cluster = memoryCluster(['a', 'b']);
    const clock = new SimulatedClock(1_000_000);
    const [a, b] = [table({ cluster: cluster.of('a'), clock }), table({ cluster: cluster.of('b'), clock })];
    for (const { directory } of [a, b]) directory.change({ trunks: [trunk(limits)] });
    return { cluster, clock, a, b };
  }
  const unasked: Seat = { ...phone, confirm: false };

  it('calls of all of them count, both ways, until they are over or their process is', async () => {
    const { cluster, a, b } = two({ maxCalls: 2 });
    a.ring(unasked);
    const giveBack = b.outside.live.onTrunk('demo');
    await settle();
    for (const one of [a, b]) assert.equal(one.ring(unasked).ring.termination?.reason, 'trunk-full');
    giveBack();
    await settle();
    assert.equal(a.ring(unasked).ring.state, 'ringing');
    await settle();
    assert.equal(b.ring(unasked).ring.termination?.reason, 'trunk-full');
    cluster.kill('a');
    assert.equal(b.ring(unasked).ring.state, 'ringing');
  });

  it('outbound calls of all count', async () => {
    const { a, b } = two({ maxOutboundCalls: 1 });
    a.ring(unasked);
    await settle();
    assert.match(b.ring(unasked).ring.termination?.text ?? '', /carries its 1 outbound calls/);
    (await leg(a.wire, 1)).end({ by: 'called', reason: 'busy' });
    await settle();
    assert.equal(b.ring(unasked).ring.state, 'ringing');
  });

  it('minutes of all count, of calls in progress and of those that are over', async () => {
    const { clock, a, b } = two({ maxOutboundMinutesPerDay: 2 });
    a.ring(unasked);
    (await leg(a.wire, 1)).remoteAnswers();
    await settle();
    clock.advance(119_000);
    assert.equal(b.ring(unasked).ring.state, 'ringing');
    clock.advance(1_000);
    assert.match(b.ring(unasked).ring.termination?.text ?? '', /has used its 2 outbound minutes/);
    (await leg(a.wire, 1)).remoteHangsUp();
    await settle();
    assert.equal(b.ring(unasked).ring.termination?.reason, 'trunk-full');
    clock.advance(86_400_000);
    assert.equal(b.ring(unasked).ring.state, 'ringing');
  });
});

describe('nailed-up lines where several processes are one hotline', () => {
  const nailed: Seat = { ...phone, persistent: true, confirm: false };

  function two() {
    const cluster = memoryCluster(['a', 'b']);
    const clock = new SimulatedClock(1_000_000);
    return { cluster, clock, a: table({ cluster: cluster.of('a'), clock }), b: table({ cluster: cluster.of('b'), clock }) };
  }

  it('the one that is there stays where it is, whoever decides; a dead one is opened again by whoever does', async () => {
    const { cluster, a, b } = two();
    a.seats.agentChanged('1001', nailed, true);
    (await leg(a.wire, 1)).remoteAnswers();
    await settle();
    assert.deepEqual(
      [a, b].map(({ seats }) => seats.reachable('1001', nailed)),
      [true, true],
    );
    cluster.elect('b');
    b.seats.agentChanged('1001', nailed, true);
    await settle();
    assert.equal(b.wire.dialled.length, 0);
    cluster.kill('a');
    await settle();
    assert.equal(b.wire.dialled.length, 1);
  });

  it('signed out at whoever decides, it ends where it is', async () => {
    const { cluster, a, b } = two();
    a.seats.agentChanged('1001', nailed, true);
    (await leg(a.wire, 1)).remoteAnswers();
    cluster.elect('b');
    await settle();
    b.seats.agentChanged('1001', nailed, false);
    await settle();
    assert.equal((await leg(a.wire, 1)).state, 'ended');
    assert.equal(b.seats.reachable('1001', nailed), false);
  });

  it('a name to call is good once, and for ten seconds', async () => {
    const { clock, a, b } = two();
    a.seats.agentChanged('1001', nailed, true);
    (await leg(a.wire, 1)).remoteAnswers();
    await settle();
    b.ring(nailed);
    await settle();
    const { target } = b.wire.dialled[0]?.request ?? assert.fail('b has called nobody');
    const name = /^sip:(line-[0-9a-f]{32})@/.exec(target.kind === 'uri' ? target.uri : '')?.[1] ?? '';
    assert.deepEqual([a.seats.far?.expects(name), a.seats.far?.expects('line-'), b.seats.far?.expects(name)], [true, false, false]);
    clock.advance(10_000);
    assert.equal(a.seats.far?.expects(name), false);
  });
});
