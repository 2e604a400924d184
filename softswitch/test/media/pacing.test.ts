import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Pacer } from '../../src/media/core/pacer.js';
import { Playlist } from '../../src/media/core/playlist.js';
import { PortPool } from '../../src/media/core/port-pool.js';
import { tonePeriod, toneSamples } from '../../src/media/core/tones.js';
import { amplitudeAt, rms } from './audio.js';

class Counted {
  readonly intervalMs = 20;
  sent: number[] = [];
  skipped = 0;
  tick(now: number, skipped: number): boolean {
    this.sent.push(now);
    this.skipped += skipped;
    return true;
  }
}

describe('pacing by absolute deadlines', () => {
  it('does not drift, however late each run is', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 50, maxLength: 200 }), (lateness) => {
        const pacer = new Pacer();
        const stream = new Counted();
        pacer.add(stream, 0);
        for (const late of lateness) pacer.run((pacer.nextDue() ?? 0) + late);
        assert.equal(pacer.nextDue(), lateness.length * 20);
        assert.equal(stream.sent.length, lateness.length);
        assert.equal(stream.skipped, 0);
      }),
    );
  });

  it('skips what a stall has made late and never bursts', () => {
    const pacer = new Pacer();
    const stream = new Counted();
    pacer.add(stream, 0);
    pacer.run(0);
    pacer.run(505);
    pacer.run(506);
    assert.deepEqual(stream.sent, [0, 505]);
    assert.equal(stream.skipped, 24);
    assert.equal(pacer.nextDue(), 520);
  });

  it('staggers a hundred streams over the phases', () => {
    const pacer = new Pacer();
    const streams = Array.from({ length: 100 }, () => new Counted());
    for (const stream of streams) pacer.add(stream, 1000);
    const counts = [];
    for (let now = 1000; now < 1020; now += 4) {
      pacer.run(now);
      counts.push(streams.filter((s) => s.sent.at(-1) === now).length);
    }
    assert.deepEqual(counts, [20, 20, 20, 20, 20]);
  });

  it('lets a stream leave during its own tick without disturbing the others', () => {
    const pacer = new Pacer();
    const others = [new Counted(), new Counted()];
    const leaving = { intervalMs: 20, tick: () => false };
    for (const paced of [others[0], leaving, others[1]]) if (paced) pacer.add(paced, 0);
    for (let now = 0; now < 100; now += 4) pacer.run(now);
    assert.equal(pacer.size, 2);
    assert.deepEqual(
      others.map((o) => o.sent.length),
      [5, 5],
    );
  });
});

describe('lists of clips', () => {
  const clip = (value: number, samples: number, length = samples) => ({ octets: new Uint8Array(length).fill(value), samples });

  it('are read as one run, in reads of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sizes) => {
        const list = new Playlist([clip(1, 70), clip(2, 0), clip(3, 90, 40), clip(4, 11)], false, 9);
        const expected = [...new Array(70).fill(1), ...new Array(90).fill(3), ...new Array(11).fill(4)];
        const got: number[] = [];
        for (const size of sizes) {
          const b = new Uint8Array(size);
          list.read(b, 0, size);
          got.push(...b);
        }
        got.forEach((value, i) => void assert.equal(value, expected[i] ?? 9));
        assert.equal(list.finished, got.length >= expected.length);
      }),
    );
  });

  it('start again when looped, and end at once when there is nothing in them', () => {
    const list = new Playlist([clip(1, 2), clip(2, 1)], true, 9);
    const b = new Uint8Array(7);
    list.read(b, 0, 7);
    assert.deepEqual([...b], [1, 1, 2, 1, 1, 2, 1]);
    assert.equal(new Playlist([clip(1, 0)], true, 9).finished, true);
  });
});

describe('tones (GB/T 3380)', () => {
  it('have 450 Hz in the rhythm of their kind', () => {
    for (const [tone, on, off] of [
      ['ringback', 8000, 32000],
      ['busy', 2800, 2800],
      ['congestion', 5600, 5600],
    ] as const) {
      const period = tonePeriod(tone);
      assert.equal(period.length, on + off);
      assert.ok(amplitudeAt(period.subarray(0, on), 450) > 6000, tone);
      assert.ok(amplitudeAt(period.subarray(0, on), 1000) < 100, tone);
      assert.equal(rms(period.subarray(on)), 0);
      assert.equal(toneSamples(tone, undefined), Number.POSITIVE_INFINITY);
      assert.equal(toneSamples(tone, 500), 4000);
    }
    assert.ok(amplitudeAt(tonePeriod('beep'), 1000) > 6000);
    assert.equal(toneSamples('beep', undefined), 1600);
    assert.equal(rms(tonePeriod('silence')), 0);
  });
});

describe('port pool', () => {
  it('gives even ports with the odd one above, each once, the one given back last', () => {
    const pool = new PortPool(20001, 20010, () => 0.3);
    assert.equal(pool.total, 4);
    const taken = [pool.take(), pool.take(), pool.take()] as number[];
    pool.giveBack(taken[0] as number);
    const rest = [pool.take(), pool.take(), pool.take()];
    assert.deepEqual([...taken, rest[0]].sort(), [20002, 20004, 20006, 20008]);
    assert.equal(rest[1], taken[0]);
    assert.equal(rest[2], undefined);
  });

  it('refuses a range without a pair, naming it', () => {
    assert.throws(() => new PortPool(20001, 20002, Math.random), /rtpPorts: 20001-20002/);
    assert.throws(() => new PortPool(30000, 20000, Math.random), /30000-20000/);
  });
});
