import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { SimulatedClock, silentLogger } from '@yixian/contracts';
import { buildRtcp, middleNtp, parseRtcp } from '../../src/media/core/rtcp.js';
import { writeRtpHeader } from '../../src/media/core/rtp.js';
import { createMediaEngine } from '../../src/media/index.js';
import { amplitudeAt } from './audio.js';
import { eventually, Fixture } from './fixture.js';
import type { Heard } from './phone.js';

/** Own SSRC throughout, sequence numbers one apart, timestamps forward. */
function assertOneStream(heard: readonly Heard[]): void {
  for (let i = 1; i < heard.length; i++) {
    const [last, next] = [heard[i - 1] as Heard, heard[i] as Heard];
    assert.equal(next.ssrc, last.ssrc);
    assert.equal((next.sequence - last.sequence) & 0xffff, 1, `packet ${i}`);
    assert.ok(((next.timestamp - last.timestamp) | 0) >= 0, `timestamp of packet ${i}`);
  }
}

describe('bridge', function () {
  // real time: a processor taken away for longer than a packet makes the engine skip, as it should
  this.retries(2);
  const fixture = new Fixture();
  before(() => fixture.begin());
  after(() => fixture.end());

  it('carries each tone to the other side as one stream of its own', async () => {
    const { a, b } = await fixture.call();
    await Promise.all([a.phone.hears(25), b.phone.hears(25)]);
    assert.ok(amplitudeAt(a.phone.audio(), 1000) > 7000);
    assert.ok(amplitudeAt(b.phone.audio(), 400) > 7000);
    assert.ok(amplitudeAt(b.phone.audio(), 1000) < 300);
    assertOneStream(a.phone.heard);
    assert.notEqual(a.phone.heard[0]?.ssrc, b.phone.ssrc);
    assert.equal(a.phone.heard[0]?.marker, true);
  });

  it('carries all that a party sends at once, as after a stall of its own, in its order', async () => {
    const { a, b } = await fixture.call();
    a.phone.hush();
    b.phone.hush();
    const spoken = Array.from({ length: 60 }, (_, n) => new Uint8Array(160).fill(n));
    for (const octets of spoken) a.phone.say(octets);
    await b.phone.until('the sixty packets', () => b.phone.heard.at(-1)?.payload[0] === 59);
    assert.deepEqual(
      b.phone.heard.slice(-60).map((h) => h.payload[0]),
      spoken.map((octets) => octets[0]),
    );
    assertOneStream(b.phone.heard);
  });

  it('transcodes between A-law and µ-law and maps the payload type', async () => {
    const { a, b } = await fixture.call(['PCMA', 'PCMU']);
    assert.deepEqual([...new Set(a.phone.heard.map((h) => h.payloadType))], [8]);
    assert.deepEqual([...new Set(b.phone.heard.map((h) => h.payloadType))], [0]);
    assert.ok(amplitudeAt(a.phone.audio(), 1000) > 7000);
    assert.ok(amplitudeAt(b.phone.audio(), 400) > 7000);
  });

  it('relays key events under the payload type of the other leg, and reports them too', async () => {
    const a = await fixture.line();
    const b = await fixture.line('PCMA', { telephoneEventSend: 96, telephoneEventReceive: 96 });
    await fixture.bridge(a.session, b.session);
    a.phone.press(7);
    await b.phone.until('8 event packets', () => b.phone.heard.filter((h) => h.payloadType === 96).length === 8);
    assert.equal(b.phone.heard[0]?.payload[0], 7);
    assert.deepEqual(new Set(b.phone.heard.map((h) => h.timestamp)).size, 1);
    await eventually('the key', () => a.digits.length > 0);
    assert.deepEqual(a.digits, [{ digit: '7', durationMs: 100, via: 'rfc4733' }]);
  });

  it('keeps events from a party that takes none, without a gap in its sequence', async () => {
    const a = await fixture.line();
    const b = await fixture.line('PCMA', { telephoneEventSend: undefined });
    await fixture.bridge(a.session, b.session);
    a.phone.say(new Uint8Array(160));
    a.phone.press(1);
    a.phone.say(new Uint8Array(160));
    await b.phone.hears(2);
    assertOneStream(b.phone.heard);
    assert.deepEqual(
      b.phone.heard.map((h) => h.payloadType),
      [8, 8],
    );
  });

  it('strips CSRCs, extension and padding', async () => {
    const { a, b } = await fixture.call();
    a.phone.hush();
    await b.phone.until('silence', () => true);
    const before = b.phone.heard.length;
    const packet = new Uint8Array(12 + 8 + 8 + 160 + 4);
    writeRtpHeader(packet, 0, false, 8, a.phone.sequence & 0xffff, a.phone.timestamp, a.phone.ssrc);
    packet[0] = 0x80 | 0x20 | 0x10 | 2;
    packet[23] = 1;
    packet.fill(0x2a, 28, 188);
    packet[191] = 4;
    a.phone.raw(packet);
    await b.phone.until('the packet', () => b.phone.heard.slice(before).some((h) => h.payload[0] === 0x2a));
    const got = b.phone.heard.slice(before).find((h) => h.payload[0] === 0x2a);
    assert.equal(got?.payloadLength, 160);
    assert.equal(got?.payloadOffset, 12);
  });

  it('a new one replaces the old at once, and the third party hears the same stream go on', async () => {
    const { a, b } = await fixture.call();
    const c = await fixture.line();
    c.phone.talk(700);
    fixture.engine.route(
      new Map([
        [a.session, [c.session]],
        [c.session, [a.session]],
        [b.session, []],
      ]),
    );
    await c.phone.hears(10);
    const from = a.phone.heard.length;
    await a.phone.hears(20);
    assert.ok(amplitudeAt(a.phone.audio(from), 700) > 6000);
    assertOneStream(a.phone.heard);
    const stopped = b.phone.heard.length;
    await a.phone.hears(10);
    assert.ok(b.phone.heard.length <= stopped + 1);
    fixture.engine.route(new Map([[a.session, []]]));
  });

  it('sends nothing to a party that holds us and nothing from one that we hold', async () => {
    const { a, b } = await fixture.call();
    a.session.configure(a.phone.parameters({ direction: 'recvonly' }));
    await b.phone.hears(10);
    const held = a.phone.heard.length;
    await b.phone.hears(15);
    assert.ok(a.phone.heard.length <= held, 'a hears nothing');
    b.session.configure(b.phone.parameters({ direction: 'sendonly' }));
    a.session.configure(a.phone.parameters());
    await b.phone.hears(15);
    assert.ok(a.phone.heard.length <= held + 15, 'b is not heard');
    b.session.configure(b.phone.parameters());
    await a.phone.hears(5);
    assertOneStream(a.phone.heard);
  });

  it('works over IPv6', async () => {
    const a = await fixture.line('PCMA', {}, '::1');
    const b = await fixture.line('PCMA', {}, '::1');
    await fixture.bridge(a.session, b.session);
    a.phone.talk(400);
    b.phone.talk(1000);
    await Promise.all([a.phone.hears(20), b.phone.hears(20)]);
    assert.ok(amplitudeAt(b.phone.audio(), 400) > 7000);
  });
});

describe('whom the engine believes', () => {
  const fixture = new Fixture({ rtpPorts: { min: 32000, max: 32199 } });
  before(() => fixture.begin());
  after(() => fixture.end());

  it('hostile packets are counted and dropped; the call goes on', async () => {
    const { a, b } = await fixture.call();
    const before = await a.session.stats();
    for (let length = 0; length < 60; length++) a.phone.raw(Uint8Array.from({ length }, (_, i) => (i * 97 + length * 31) & 0xff));
    for (const first of [0x8f, 0x90, 0xa0, 0x40]) a.phone.raw(new Uint8Array([first, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    const unknown = new Uint8Array(20);
    writeRtpHeader(unknown, 0, false, 55, 1, 1, 1);
    a.phone.raw(unknown);
    a.phone.raw(new Uint8Array(9000));
    for (const junk of [new Uint8Array(3), new Uint8Array(300).fill(0xc8)]) a.phone.rawReport(junk);
    await eventually('all of them counted', async () => (await a.session.stats()).packetsDiscarded >= before.packetsDiscarded + 60);
    await Promise.all([a.phone.hears(10), b.phone.hears(10)]);
    assertOneStream(b.phone.heard);
  });

  it('a stranger is neither heard nor sent to', async () => {
    const { a, b } = await fixture.call();
    const stranger = await fixture.phone();
    stranger.dial(a.session.rtpPort);
    stranger.talk(2000);
    const from = b.phone.heard.length;
    await b.phone.hears(25);
    stranger.hush();
    assert.ok(amplitudeAt(b.phone.audio(from), 2000) < 300);
    assert.equal(stranger.heard.length, 0);
    assertOneStream(b.phone.heard);
  });

  it('behind NAT the first valid source is followed, and the signalled one wins when it appears', async () => {
    const a = await fixture.line();
    const b = await fixture.line();
    await fixture.bridge(a.session, b.session);
    const nat = await fixture.phone();
    nat.dial(a.session.rtpPort);
    nat.talk(400);
    b.phone.talk(1000);
    await Promise.all([nat.hears(10), b.phone.hears(10)]);
    nat.hush();
    a.phone.talk(600);
    await a.phone.hears(10);
    nat.talk(400);
    const from = b.phone.heard.length;
    await b.phone.hears(25);
    assert.ok(amplitudeAt(b.phone.audio(from), 600) > 6000);
  });

  it('a party that was silent for a second may come back from another port', async () => {
    const { a, b } = await fixture.call();
    a.phone.hush();
    await new Promise((resolve) => setTimeout(resolve, 1300));
    const moved = await fixture.phone();
    moved.dial(a.session.rtpPort);
    moved.talk(800);
    const from = b.phone.heard.length;
    await b.phone.until('the moved party', () => b.phone.heard.length > from + 20);
    await moved.hears(10);
    assertOneStream(b.phone.heard.slice(0, from));
    assert.equal((await a.session.stats()).ssrcChanges, 1);
  });
});

describe('ports', () => {
  it('are even, spread, and free again after close; the range runs out with a clear error', async () => {
    const fixture = new Fixture({ rtpPorts: { min: 32301, max: 32309 } });
    await fixture.begin();
    try {
      const lines = [];
      for (let i = 0; i < 4; i++) lines.push(await fixture.line());
      assert.deepEqual(lines.map((l) => l.session.rtpPort).sort(), [32302, 32304, 32306, 32308]);
      assert.equal(fixture.engine.portsTotal(), 4);
      assert.equal(fixture.engine.portsInUse(), 4);
      await assert.rejects(fixture.line(), /no free RTP port among 4 pairs/);
      await lines[2]?.session.close();
      assert.equal(fixture.engine.portsInUse(), 3);
      assert.equal((await fixture.line()).session.rtpPort, lines[2]?.session.rtpPort);
    } finally {
      await fixture.end();
    }
  });

  it('are ready before they are asked for: opening waits neither for the thread nor for the event loop', async () => {
    const fixture = new Fixture({ rtpPorts: { min: 32700, max: 32763 } });
    await fixture.begin();
    try {
      fixture.engine.keepReady('127.0.0.1');
      const ready = (): boolean => fixture.engine.metrics().media_spare_sessions === 2;
      await eventually('two of 32 pairs', ready);
      assert.equal(fixture.engine.portsInUse(), 0);
      let turned = false;
      setImmediate(() => {
        turned = true;
      });
      const sessions = [];
      for (let i = 0; i < 2; i++) sessions.push(await fixture.engine.open('127.0.0.1', { onDigit() {}, onMediaTimeout() {} }));
      assert.equal(turned, false);
      await eventually('two others behind them', ready);
      const line = await fixture.line();
      line.phone.talk(400);
      line.session.play([{ kind: 'tone', tone: 'beep' }], { loop: true, interruptOn: 'none' });
      await line.phone.hears(5);
      assert.equal(new Set([...sessions, line.session].map((s) => s.rtpPort)).size, 3);
      assert.equal(fixture.engine.portsInUse(), 3);
    } finally {
      await fixture.end();
    }
  });

  it('that another program holds are passed over, RTCP ports included', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(32403, '127.0.0.1', resolve));
    const fixture = new Fixture({ rtpPorts: { min: 32402, max: 32405 } });
    await fixture.begin();
    try {
      assert.equal((await fixture.line()).session.rtpPort, 32404);
      await assert.rejects(fixture.line(), /no free RTP port/);
    } finally {
      taken.close();
      await fixture.end();
    }
  });

  it('on an address that is not ours are refused with the reason', async () => {
    const fixture = new Fixture({ rtpPorts: { min: 32502, max: 32505 } });
    await fixture.begin();
    try {
      await assert.rejects(fixture.engine.open('192.0.2.1', { onDigit() {}, onMediaTimeout() {} }), /EADDRNOTAVAIL/);
      assert.equal(fixture.engine.portsInUse(), 0);
    } finally {
      await fixture.end();
    }
  });

  it('that make no sense are refused before anything starts', () => {
    assert.throws(() => createMediaEngine({ rtpPorts: { min: 5, max: 5 }, logger: silentLogger }), /rtpPorts: 5-5/);
    assert.throws(() => createMediaEngine({ rtpPorts: { min: 20000, max: 70000 }, logger: silentLogger }), /rtpPorts/);
    assert.throws(
      () => createMediaEngine({ rtpPorts: { min: 20000, max: 20009 }, mediaTimeoutMs: 0, logger: silentLogger }),
      /mediaTimeoutMs/,
    );
  });
});

describe('end of a session', () => {
  const fixture = new Fixture({ rtpPorts: { min: 32600, max: 32699 } });
  before(() => fixture.begin());
  after(() => fixture.end());

  it('settles every promise, once, and gives the last figures', async () => {
    const { session, phone } = await fixture.line();
    const play = session.play([{ kind: 'tone', tone: 'ringback' }], { loop: true, interruptOn: 'none' });
    const collect = session.collect({
      maxDigits: 1,
      terminators: '',
      firstDigitTimeoutMs: 60_000,
      interDigitTimeoutMs: 1000,
      inBand: false,
    });
    const sending = session.sendDigits('123456789*0#'.repeat(8));
    const waiting = Promise.allSettled([session.sendDigits('4'), session.sendDigits('5')]);
    // what comes before the engine knows the party is nobody's
    await phone.hears(3);
    phone.say(new Uint8Array(160));
    await eventually('the packet', async () => (await session.stats()).packetsReceived === 1);
    const [first, second] = [session.close(), session.close()];
    assert.deepEqual(await collect, { digits: '', reason: 'leg-ended' });
    assert.deepEqual(await play.finished, { end: 'leg-ended' });
    await assert.rejects(sending, /the leg has ended/);
    assert.deepEqual(
      (await waiting).map((w) => w.status),
      ['rejected', 'rejected'],
    );
    const stats = await first;
    assert.equal(await second, stats);
    assert.equal(stats.packetsReceived, 1);
    assert.ok(stats.packetsSent >= 3);
    assert.equal(await session.stats(), stats);
    assert.deepEqual(await session.play([], { loop: false, interruptOn: 'none' }).finished, { end: 'leg-ended' });
    assert.equal(
      (await session.collect({ maxDigits: 1, terminators: '', firstDigitTimeoutMs: 1, interDigitTimeoutMs: 1, inBand: false })).reason,
      'leg-ended',
    );
  });

  it('says goodbye by RTCP BYE and echoes sender reports', async function () {
    this.timeout(20_000);
    const { a, b } = await fixture.call();
    const report = (ssrc: number, lastSr: number, delaySinceLastSr: number): Uint8Array =>
      buildRtcp({
        ssrc,
        cname: 'phone',
        sender: { ntpSeconds: 1, ntpFraction: 2 ** 31, rtpTimestamp: 0, packets: 1, octets: 1 },
        block: {
          ssrc: a.phone.heard[0]?.ssrc ?? 0,
          fractionLost: 0,
          cumulativeLost: 3,
          highestSequence: 1,
          jitter: 80,
          lastSr,
          delaySinceLastSr,
        },
        bye: false,
      });
    a.phone.rawReport(report(a.phone.ssrc, 0, 0));
    await a.phone.until('a report', () => a.phone.reports.length > 0);
    const first = parseRtcp(a.phone.reports[0] as Buffer);
    assert.ok(first?.sender && first.sender.packets > 0);
    assert.equal(first.blocks[0]?.ssrc, a.phone.ssrc);
    assert.equal(first.blocks[0]?.lastSr, middleNtp(1, 2 ** 31));
    a.phone.rawReport(report(a.phone.ssrc, middleNtp(first.sender.ntpSeconds, first.sender.ntpFraction), 0));
    await eventually('the round trip', async () => (await a.session.stats()).roundTripMs !== undefined);
    const stats = await a.session.close();
    assert.equal(stats.remotePacketsLost, 3);
    assert.equal(stats.remoteJitterMs, 10);
    assert.ok((stats.roundTripMs ?? -1) >= 0 && (stats.roundTripMs ?? 0) < 2000);
    await a.phone.until('BYE', () => a.phone.reports.some((r) => parseRtcp(r)?.bye === true));
    await b.session.close();
  });

  it('stop() ends all sessions and may be followed by another start()', async () => {
    const own = new Fixture({ rtpPorts: { min: 32700, max: 32799 } });
    await own.begin();
    const { session } = await own.line();
    const play = session.play([{ kind: 'tone', tone: 'busy' }], { loop: false, interruptOn: 'none' });
    await own.engine.stop();
    assert.equal((await play.finished).end, 'leg-ended');
    assert.equal(own.engine.portsInUse(), 0);
    await own.engine.start();
    const { phone, session: again } = await own.line();
    again.play([{ kind: 'tone', tone: 'busy' }], { loop: false, interruptOn: 'none' });
    await phone.hears(5);
    await own.end();
  });
});

describe('media timeout', () => {
  const fixture = new Fixture({ rtpPorts: { min: 32800, max: 32899 }, mediaTimeoutMs: 600, clock: new SimulatedClock() });
  before(() => fixture.begin());
  after(() => fixture.end());

  it('comes each time as much silence has passed, on hold too, and not while audio flows', async () => {
    const silent = await fixture.line();
    const held = await fixture.line('PCMA', { direction: 'sendonly' });
    const inactive = await fixture.line('PCMA', { direction: 'inactive' });
    const talking = await fixture.line();
    talking.phone.talk(500);
    await eventually('the timeouts', () => [silent, held, inactive].every((l) => l.timeouts.length > 1));
    assert.equal(talking.timeouts.length, 0);
    silent.phone.talk(500);
    await eventually('packets', async () => (await silent.session.stats()).packetsReceived > 3);
    const before = silent.timeouts.length;
    silent.phone.hush();
    await eventually('another one after audio had come back', () => silent.timeouts.length > before);
  });
});

describe('a party that sends all the time', () => {
  const fixture = new Fixture({ rtpPorts: { min: 32900, max: 32999 } });
  before(() => fixture.begin());
  after(() => fixture.end());

  it('is missed soon after it has fallen silent: not before it began, not while it is not to send, and again after that', async () => {
    const unheard = await fixture.line();
    const a = await fixture.line();
    for (const { session } of [unheard, a]) session.expectPackets(300);
    const ordinary = await fixture.line();
    for (const { phone } of [a, ordinary]) phone.talk(500);
    const received = async (at: number) => (await a.session.stats()).packetsReceived > at;
    await eventually('packets', () => received(5));
    assert.equal(a.timeouts.length, 0);
    for (const { phone } of [a, ordinary]) phone.hush();
    await eventually('the silence', () => a.timeouts.length > 0);
    a.session.configure(a.phone.parameters({ direction: 'sendonly' }));
    // Answered after the configuration: what is told from now on is of the hold.
    const { packetsReceived } = await a.session.stats();
    const told = a.timeouts.length;
    const other = await fixture.line();
    other.session.expectPackets(300);
    other.phone.talk(500);
    await eventually('packets of another', async () => (await other.session.stats()).packetsReceived > 5);
    other.phone.hush();
    await eventually('the other twice', () => other.timeouts.length > 1);
    assert.equal(a.timeouts.length, told);
    a.session.configure(a.phone.parameters());
    a.phone.talk(500);
    await eventually('packets after the hold', () => received(packetsReceived));
    a.phone.hush();
    await eventually('the silence after it', () => a.timeouts.length > told);
    assert.deepEqual([unheard.timeouts, ordinary.timeouts], [[], []]);
  });
});
