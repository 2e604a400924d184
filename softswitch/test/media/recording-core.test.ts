import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALAW_TO_LINEAR, SAMPLES, ULAW_TO_LINEAR } from '../../src/media/core/g711.js';
import { RecordingRing, RING_FRAMES, type Track } from '../../src/media/core/recording-ring.js';
import { StreamTimeline } from '../../src/media/core/timeline.js';

interface Arrival {
  n: number;
  at: number;
}

/** Packets of 20 ms from `start` on (in samples), some lost, each late by its jitter, in the order in which they arrive. */
const network = (start: number, lost: boolean[], jitter: number[]): Arrival[] =>
  lost
    .map((gone, n) => ({ n, at: start + n * 160 + (jitter[n] ?? 0) * 8, gone }))
    .filter((p, n) => n === 0 || !p.gone)
    .sort((a, b) => a.at - b.at);

describe('place of a packet on the time line of a recording', () => {
  it('is that of its timestamp, whatever jitter, loss and reordering up to 80 ms the network adds', () => {
    const scenario = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 79 })), { minLength: 5, maxLength: 120 });
    fc.assert(
      fc.property(scenario, fc.nat({ max: 0xffff }), fc.nat({ max: 0xffffffff }), (packets, sequence, timestamp) => {
        const timeline = new StreamTimeline();
        const arrivals = network(
          1000,
          packets.map(([gone]) => gone),
          packets.map(([, late], n) => (n === 0 ? 0 : late)),
        );
        for (const { n, at } of arrivals) {
          const place = timeline.place(9, (sequence + n) & 0xffff, (timestamp + n * 160) >>> 0, at);
          assert.equal(place, 1000 + n * 160);
        }
      }),
    );
  });

  it('starts anew with another SSRC', () => {
    const timeline = new StreamTimeline();
    timeline.place(1, 1, 5000, 100);
    assert.equal(timeline.place(2, 1, 99, 777), 777);
  });

  it('follows a sender that did not count its silence', () => {
    const timeline = new StreamTimeline();
    timeline.place(1, 1, 0, 0);
    assert.equal(timeline.place(1, 2, 160, 80_000), 80_000);
    assert.equal(timeline.place(1, 3, 320, 80_160), 80_160);
  });

  it('follows a slow clock within 80 ms and a second', () => {
    const timeline = new StreamTimeline();
    let worst = 0;
    for (let n = 0; n < 6000; n++) {
      const at = Math.round(n * 160 * 1.002);
      worst = Math.max(worst, Math.abs(timeline.place(1, n & 0xffff, n * 160, at) - at));
    }
    assert.ok(worst < 640 + 160, `${worst} samples off`);
  });

  it('follows a fast clock within 80 ms', () => {
    const timeline = new StreamTimeline();
    let worst = 0;
    for (let n = 0; n < 6000; n++) {
      const at = Math.round(n * 160 * 0.998);
      worst = Math.max(worst, Math.abs(timeline.place(1, n & 0xffff, n * 160, at) - at));
    }
    assert.ok(worst <= 641, `${worst} samples off`);
  });
});

describe('ring of a recording', () => {
  const octets = new Uint8Array(160).fill(0x10);
  const level = ULAW_TO_LINEAR[0x10] as number;

  it('holds each packet at its place in its channel and silence everywhere else', () => {
    const puts = fc.array(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 1 })), { maxLength: 40 });
    fc.assert(
      fc.property(puts, fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 }), (packets, reads) => {
        const ring = new RecordingRing(2);
        const tracks = [ring.track(0), ring.track(1)];
        const expected = new Int16Array(91 * 160 * 2);
        for (const [n, channel] of packets) {
          ring.put(tracks[channel] as Track, n * 160, octets, 0, 160, 'PCMU');
          for (let i = 0; i < 160; i++) expected[(n * 160 + i) * 2 + channel] = level;
        }
        let done = 0;
        const chunk = new Uint8Array(40_960);
        for (const read of [...reads, 91 * 160]) {
          const until = Math.min(91 * 160, ring.tail + read);
          const bytes = ring.take(until, chunk);
          const got = new Int16Array(chunk.buffer.slice(0, bytes));
          assert.deepEqual(got, expected.subarray(done, done + got.length));
          done += got.length;
        }
      }),
    );
  });

  it('sums the voices of a channel where they fell, of either law, and clips; who left is still heard to the end of what was said', () => {
    const step = fc.record({
      voice: fc.integer({ min: 0, max: 3 }),
      channel: fc.integer({ min: 0, max: 1 }),
      n: fc.integer({ min: 0, max: 60 }),
      leaves: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ring = new RecordingRing(2);
        const there = new Map<string, Track>();
        // What each track was given, by place and channel: the later of two parties that had it one after another counts.
        const given = new Map<Track, Int32Array>();
        for (const { voice, channel, n, leaves } of steps) {
          const name = `${voice} ${channel}`;
          const track = there.get(name) ?? ring.track(channel);
          there.set(name, track);
          ring.put(track, n * 160, octets, 0, 160, voice % 2 === 0 ? 'PCMU' : 'PCMA');
          const heard = SAMPLES[track.law][track.octets[(n * 160) % RING_FRAMES] as number] as number;
          const frames = given.get(track) ?? new Int32Array(61 * 160 * 2);
          given.set(track, frames);
          for (let i = 0; i < 160; i++) frames[(n * 160 + i) * 2 + channel] = heard;
          if (leaves) {
            ring.release(track);
            there.delete(name);
          }
        }
        const chunk = new Uint8Array(40_960);
        const got = new Int16Array(chunk.buffer, 0, ring.take(61 * 160, chunk) / 2);
        const sum = (i: number): number => [...given.values()].reduce((all, frames) => all + (frames[i] as number), 0);
        for (let i = 0; i < got.length; i += 80) assert.equal(got[i], Math.max(-32_768, Math.min(32_767, sum(i))), `frame ${i / 2}`);
        for (let i = 1; i < got.length; i += 160) assert.equal(got[i], Math.max(-32_768, Math.min(32_767, sum(i))), `frame ${i / 2}`);
      }),
    );
    const ring = new RecordingRing(1);
    const loud = new Uint8Array(160).fill(0x80);
    const tracks = [ring.track(0), ring.track(0), ring.track(0)];
    for (const track of tracks) ring.put(track, 0, loud, 0, 160, 'PCMU');
    for (const track of tracks) ring.release(track);
    const chunk = new Uint8Array(40_960);
    assert.equal(new Int16Array(chunk.buffer, 0, ring.take(160, chunk) / 2)[80], 32_767, 'three at full level clip, they do not wrap');
    const [one, two] = [ring.track(0), ring.track(0)];
    ring.put(one, 160, octets, 0, 160, 'PCMU');
    ring.put(two, 160, octets, 0, 160, 'PCMU');
    ring.release(two);
    assert.equal(new Int16Array(chunk.buffer, 0, ring.take(320, chunk) / 2)[80], 2 * level);
  });

  it('counts what comes too late or too far ahead and touches nothing else', () => {
    const ring = new RecordingRing(1);
    const track = ring.track(0);
    const chunk = new Uint8Array(40_960);
    ring.take(1000, chunk);
    ring.put(track, 920, octets, 0, 160, 'PCMU');
    assert.equal(ring.dropped, 80);
    ring.put(track, 1_000_000, octets, 0, 160, 'PCMU');
    assert.equal(ring.dropped, 240);
    const bytes = ring.take(3000, chunk);
    const got = new Int16Array(chunk.buffer.slice(0, bytes));
    assert.deepEqual([...new Set(got.subarray(0, 80))], [level]);
    assert.deepEqual([...new Set(got.subarray(80))], [0]);
  });

  it('holds a party of the other law in a channel that had one before', () => {
    const ring = new RecordingRing(1);
    const track = ring.track(0);
    const chunk = new Uint8Array(40_960);
    ring.put(track, 0, octets, 0, 160, 'PCMU');
    ring.put(track, 160, new Uint8Array(160).fill(0x2a), 0, 160, 'PCMA');
    const got = new Int16Array(chunk.buffer, 0, ring.take(480, chunk) / 2);
    assert.equal(got[0], level);
    assert.ok(Math.abs((got[160] as number) - (ALAW_TO_LINEAR[0x2a] as number)) < 600, `${got[160]}`);
    assert.equal(got[320], 0);
  });

  it('is silent again where it has been read', () => {
    const ring = new RecordingRing(1);
    const track = ring.track(0);
    const chunk = new Uint8Array(40_960);
    for (let n = 0; n < 300; n++) {
      if (n % 2 === 0) ring.put(track, n * 160, octets, 0, 160, 'PCMU');
      const bytes = ring.take((n + 1) * 160, chunk);
      const got = new Int16Array(chunk.buffer.slice(0, bytes));
      assert.ok(
        got.every((s) => s === (n % 2 === 0 ? level : 0)),
        `packet ${n}`,
      );
    }
  });
});
