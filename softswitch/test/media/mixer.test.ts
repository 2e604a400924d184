import assert from 'node:assert/strict';
import { encode, SILENCE } from '../../src/media/core/g711.js';
import { FRAME } from '../../src/media/core/jitter-buffer.js';
import { Pacer } from '../../src/media/core/pacer.js';
import { newRtpHeader, parseRtp, writeRtpHeader } from '../../src/media/core/rtp.js';
import { type MediaEnvironment, newCounters } from '../../src/media/shell/environment.js';
import { MediaLeg } from '../../src/media/shell/leg.js';
import { Routes } from '../../src/media/shell/routes.js';
import type { UdpPort } from '../../src/media/shell/udp.js';
import { sine } from './audio.js';

/** The media thread's parts on a clock of the test, legs without sockets. */
class World {
  readonly pacer = new Pacer();
  now = 1000;
  readonly sent = new Map<number, { at: number; sequence: number; timestamp: number; marker: boolean }[]>();
  readonly env: MediaEnvironment = {
    now: () => this.now,
    wallClock: () => this.now,
    random32: () => 12_345,
    pacing: {
      pacer: this.pacer,
      start: (paced) => this.pacer.add(paced, this.now),
      stop: (paced) => this.pacer.remove(paced),
    },
    openRtp: () => Promise.reject(new Error('not used')),
    notify: () => undefined,
    counters: newCounters(),
  };
  readonly routes = new Routes(this.env);
  readonly #numbers = new Map<MediaLeg, number>();

  leg(id: number): MediaLeg {
    const leg = new MediaLeg(id, this.env, { digit: () => undefined, firstPacket: () => undefined, mediaTimeout: () => undefined });
    const port = {
      connected: true,
      connect: () => true,
      disconnect: () => undefined,
      close: () => undefined,
      send: (b: Uint8Array, _start: number, end: number) => {
        const h = newRtpHeader();
        assert.equal(parseRtp(b, end, h), 'ok');
        const { sequence, timestamp, marker } = h;
        this.sent.set(id, [...(this.sent.get(id) ?? []), { at: this.now, sequence, timestamp, marker }]);
      },
    } as unknown as UdpPort;
    leg.attach(port, port);
    leg.configure({
      remote: { address: '127.0.0.1', rtpPort: 4000 + id, rtcpPort: 0 },
      codec: 'PCMA',
      payloadType: 8,
      telephoneEventSend: 101,
      telephoneEventReceive: 101,
      direction: 'sendrecv',
      ptimeMs: 20,
    });
    return leg;
  }

  say(leg: MediaLeg): void {
    const n = this.#numbers.get(leg) ?? 0;
    this.#numbers.set(leg, n + 1);
    const b = Buffer.alloc(12 + FRAME, SILENCE.PCMA);
    writeRtpHeader(b, 0, false, 8, n, n * FRAME, leg.id);
    b.set(encode(sine(500, FRAME, 8000, n * FRAME), 'PCMA'), 12);
    leg.onPacket(b, b.length, { address: '127.0.0.1', port: 4000 + leg.id });
  }

  /** Runs until `ms` later in steps of a millisecond; everybody speaks every 20 ms. */
  run(ms: number, speakers: readonly MediaLeg[]): void {
    for (const end = this.now + ms; this.now < end; this.now++) {
      if (this.now % 20 === 0) for (const leg of speakers) this.say(leg);
      this.pacer.run(this.now);
    }
  }
}

const everybody = (legs: readonly MediaLeg[]) => legs.map((leg) => [leg, legs.filter((other) => other !== leg)] as const);

describe('mixer', () => {
  it('sends by absolute deadlines: 50 packets a second for a minute, numbered without a gap', () => {
    const w = new World();
    const legs = [1, 2, 3].map((id) => w.leg(id));
    w.routes.set(everybody(legs));
    w.run(60_000, legs);
    for (const [id, packets] of w.sent) {
      assert.ok(packets.length >= 2997 && packets.length <= 3000, `${packets.length} to ${id}`);
      packets.forEach((p, i) => {
        if (i === 0) return;
        const last = packets[i - 1] as typeof p;
        assert.equal(p.at - last.at, 20);
        assert.equal((p.timestamp - last.timestamp) >>> 0, FRAME);
        assert.equal((p.sequence - last.sequence) & 0xffff, 1);
      });
    }
    assert.deepEqual(w.routes.mixLoss(), { late: 0, madeUp: 0 });
  });

  it('after a stall skips what is past and sends no burst; time goes on in the timestamps, the numbers have no gap', () => {
    const w = new World();
    const legs = [1, 2, 3].map((id) => w.leg(id));
    w.routes.set(everybody(legs));
    w.run(1000, legs);
    const before = w.sent.get(1)?.length ?? 0;
    // 500 ms in which nothing runs; what came in the meantime is then read in one go.
    w.now += 500;
    w.pacer.run(w.now);
    for (let n = 0; n < 25; n++) for (const leg of legs) w.say(leg);
    w.run(1000, legs);
    const packets = w.sent.get(1) ?? [];
    const after = packets.slice(before);
    assert.ok(after.length >= 46 && after.length <= 51, `${after.length}`);
    for (let i = 1; i < packets.length; i++) {
      const [last, next] = [packets[i - 1] as (typeof packets)[number], packets[i] as (typeof packets)[number]];
      assert.equal((next.sequence - last.sequence) & 0xffff, 1);
      assert.ok(next.at - last.at >= 19, `${next.at - last.at} ms after the last`);
      assert.ok(Math.abs(((next.timestamp - last.timestamp) >>> 0) / 8 - (next.at - last.at)) <= 20);
    }
  });

  it('of a circle that falls apart goes on for one part, and ends with its last listener', () => {
    const w = new World();
    const legs = [1, 2, 3, 4, 5, 6].map((id) => w.leg(id));
    w.routes.set(everybody(legs));
    assert.deepEqual([w.routes.mixers, w.pacer.size], [1, 1]);
    w.routes.set([...everybody(legs.slice(0, 3)), ...everybody(legs.slice(3))]);
    assert.deepEqual([w.routes.mixers, w.pacer.size], [2, 2]);
    w.routes.set(everybody(legs));
    assert.deepEqual([w.routes.mixers, w.pacer.size], [1, 1]);
    for (const leg of legs.slice(2)) w.routes.remove(leg);
    assert.deepEqual([w.routes.mixers, w.pacer.size], [0, 0]);
    assert.ok(legs.every((leg) => leg.speaker === undefined && leg.mixedFor.length === 0));
    assert.deepEqual(
      legs.slice(0, 2).map((leg) => leg.relayTo.length),
      [1, 1],
    );
  });

  it('parties that stop sending cost nothing: no packet, and theirs is the only cost that ends', () => {
    const w = new World();
    const legs = [1, 2, 3].map((id) => w.leg(id));
    w.routes.set(everybody(legs));
    w.run(500, legs);
    w.run(500, legs.slice(0, 1));
    const sent = () => [1, 2, 3].map((id) => w.sent.get(id)?.length ?? 0);
    const [one, two, three] = sent() as [number, number, number];
    w.run(500, legs.slice(0, 1));
    const [one2, two2, three2] = sent() as [number, number, number];
    assert.equal(one2, one, 'who speaks alone hears nobody');
    assert.deepEqual([two2 - two, three2 - three], [25, 25]);
  });
});
