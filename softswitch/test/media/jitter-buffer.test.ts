import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encode, SAMPLES } from '../../src/media/core/g711.js';
import { FRAME, JitterBuffer } from '../../src/media/core/jitter-buffer.js';
import { amplitudeAt, noise, rms, sine } from './audio.js';

interface Packet {
  sequence: number;
  /** Milliseconds on the mixer's clock. */
  at: number;
}

/** A party whose clock runs `ppm` fast, over a network that adds `delayMs(n)`; `lost` packets never come. */
function stream(
  seconds: number,
  { ppm = 0, delayMs = () => 0, lost = () => false }: { ppm?: number; delayMs?(n: number): number; lost?(n: number): boolean } = {},
): Packet[] {
  const packets: Packet[] = [];
  const spacing = 20 / (1 + ppm / 1e6);
  for (let n = 0; n * spacing < seconds * 1000; n++) if (!lost(n)) packets.push({ sequence: n, at: 3 + n * spacing + delayMs(n) });
  return packets.sort((a, b) => a.at - b.at);
}

interface Played {
  samples: Int16Array;
  /** Samples in the buffer at each tick, before it. */
  depths: number[];
  buffer: JitterBuffer;
}

const START = 0xffff_f000; // the timestamps wrap soon after the start

/** Runs the mixer's clock: a frame every 20 ms, except where `stalled` says how many are skipped. */
function play(packets: readonly Packet[], hz: number, seconds: number, stalls: ReadonlyMap<number, number> = new Map()): Played {
  const buffer = new JitterBuffer();
  const samples = new Int16Array(Math.floor(seconds * 50) * FRAME);
  const depths: number[] = [];
  const frame = new Int16Array(FRAME);
  let next = 0;
  for (let tick = 0; tick < seconds * 50; tick++) {
    const skipped = stalls.get(tick) ?? 0;
    // Whatever came while the thread stood still is read from the sockets after the tick is made up.
    if (skipped > 0) buffer.skip(skipped);
    tick += skipped;
    for (; next < packets.length && (packets[next] as Packet).at <= tick * 20; next++) {
      const { sequence } = packets[next] as Packet;
      const octets = encode(sine(hz, FRAME, 8000, sequence * FRAME), 'PCMA');
      buffer.put(7, (START + sequence * FRAME) >>> 0, octets, 0, FRAME, SAMPLES.PCMA);
    }
    depths.push(buffer.depth);
    if (buffer.read(frame) && tick * FRAME < samples.length) samples.set(frame, tick * FRAME);
  }
  return { samples, depths, buffer };
}

const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

describe('jitter buffer of a speaker', () => {
  it('gives back what was said, 40 to 60 ms later, across the wrap of the timestamps', () => {
    const { samples, buffer, depths } = play(stream(4), 1000, 4);
    const said = sine(1000, 3 * 8000, 8000);
    const from = samples.findIndex((s) => s !== 0);
    assert.ok(from >= 320 && from <= 640, `${from}`);
    const heard = samples.subarray(from - 1, from - 1 + said.length);
    for (let i = 0; i < 1000; i++) assert.ok(Math.abs((heard[i] as number) - (said[i] as number)) < 300, `${i}`);
    assert.ok(amplitudeAt(heard, 1000) > 7900);
    assert.ok(largest(depths) <= 480);
    assert.deepEqual([buffer.late, buffer.madeUp, buffer.shortened, buffer.lengthened], [0, 0, 0, 0]);
  });

  it('puts packets back in order', () => {
    // Every third one overtakes two.
    const { samples, buffer } = play(stream(4, { delayMs: (n) => (n % 3 === 0 ? 35 : 0) }), 500, 4);
    assert.equal(buffer.late, 0);
    assert.ok(amplitudeAt(samples.subarray(8000, 24_000), 500) > 7900);
  });

  it('makes up a lost packet and keeps its delay', () => {
    const { samples, buffer, depths } = play(stream(6, { lost: (n) => n % 50 === 25 }), 500, 6);
    assert.equal(buffer.madeUp, 6 * FRAME);
    assert.equal(buffer.lengthened, 0);
    assert.ok(largest(depths) <= 480);
    // 500 Hz has ten periods in a frame: what is made up continues it, fading.
    assert.ok(amplitudeAt(samples.subarray(8000, 40_000), 500) > 7700);
  });

  for (const ppm of [100, -100]) {
    it(`follows a clock that is ${ppm} ppm off for ten minutes without losing or piling up anything`, () => {
      const { samples, buffer, depths } = play(stream(600, { ppm }), 500, 600);
      assert.equal(buffer.late, 0);
      assert.equal(buffer.madeUp, 0);
      // 60 ms in ten minutes: three frames, and no more.
      assert.ok(buffer.shortened + buffer.lengthened >= 1 && buffer.shortened + buffer.lengthened <= 4, JSON.stringify(buffer));
      assert.equal(ppm > 0 ? buffer.lengthened : buffer.shortened, 0);
      assert.ok(largest(depths.slice(50)) <= 800, `${largest(depths)}`);
      for (let second = 2; second < 598; second++) {
        const heard = amplitudeAt(samples.subarray(second * 8000, (second + 1) * 8000), 500);
        assert.ok(heard > 7000, `${heard} in second ${second}`);
      }
    });
  }

  it('with jitter of up to 30 ms loses next to nothing, with 80 ms its delay grows until it does not', () => {
    const random = noise(1);
    const thirty = play(stream(60, { delayMs: () => 15 + 15 * random() }), 500, 60);
    assert.ok(thirty.buffer.late <= 3, `${thirty.buffer.late} late`);
    const eighty = play(stream(120, { delayMs: () => 40 + 40 * random() }), 500, 120);
    assert.ok(eighty.buffer.late < 30, `${eighty.buffer.late} late of 6000`);
    assert.ok(largest(eighty.depths) <= 1600 + 640);
  });

  it('after packets were held up and came together, goes back to its delay', () => {
    const { depths, buffer } = play(stream(30, { delayMs: (n) => (n >= 100 && n < 110 ? 200 - (n - 100) * 20 : 0) }), 500, 30);
    assert.ok(largest(depths.slice(100, 200)) > 600);
    assert.ok(largest(depths.slice(1000)) <= 640, `${largest(depths.slice(1000))}`);
    assert.ok(buffer.shortened > 0);
  });

  it('after a stall of the thread plays what is due then: nothing of the past, nothing twice', () => {
    const { depths, buffer, samples } = play(stream(10), 500, 10, new Map([[200, 40]]));
    assert.ok(largest(depths) <= 480, `${largest(depths)}`);
    assert.equal(buffer.lengthened, 0);
    assert.ok(amplitudeAt(samples.subarray(245 * FRAME, 400 * FRAME), 500) > 7900);
  });

  it('is idle, and costs no frame, 100 ms after the last packet; the next one waits as the first did', () => {
    const buffer = new JitterBuffer();
    const frame = new Int16Array(FRAME);
    const octets = encode(sine(500, FRAME), 'PCMA');
    buffer.put(1, 0, octets, 0, FRAME, SAMPLES.PCMA);
    let frames = 0;
    while (buffer.read(frame)) frames++;
    assert.equal(frames, 2 + 1 + 5);
    assert.equal(buffer.playing, false);
    assert.equal(buffer.read(frame), false);
    buffer.put(1, 80_000, octets, 0, FRAME, SAMPLES.PCMA);
    assert.ok(buffer.read(frame) && rms(frame) === 0);
    assert.ok(buffer.read(frame) && rms(frame) === 0);
    assert.ok(buffer.read(frame) && rms(frame) > 5000);
  });

  it('follows a new SSRC and a jump of the clock at once', () => {
    const buffer = new JitterBuffer();
    const frame = new Int16Array(FRAME);
    const octets = encode(sine(500, FRAME), 'PCMU');
    for (const [ssrc, timestamp] of [
      [1, 0],
      [2, 12_345],
      [2, 3_000_000_000],
    ] as const) {
      for (let n = 0; n < 10; n++) {
        buffer.put(ssrc, (timestamp + n * FRAME) >>> 0, octets, 0, FRAME, SAMPLES.PCMU);
        buffer.read(frame);
      }
      assert.ok(rms(frame) > 5000);
      assert.ok(buffer.depth <= 480);
    }
  });

  it('takes packets of any length, order and time without a sample of another party and without growing', () => {
    const packet = fc.record({
      ssrc: fc.integer({ min: 1, max: 2 }),
      timestamp: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.nat(0xffff_ffff)),
      length: fc.integer({ min: 0, max: 1600 }),
      reads: fc.integer({ min: 0, max: 12 }),
      skips: fc.constantFrom(0, 0, 0, 1, 60),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
        const buffer = new JitterBuffer();
        const frame = new Int16Array(FRAME);
        const octets = new Uint8Array(1600).fill(0x2a);
        const level = Math.abs(SAMPLES.PCMA[0x2a] as number);
        for (const { ssrc, timestamp, length, reads, skips } of packets) {
          buffer.put(ssrc, timestamp, octets, 0, length, SAMPLES.PCMA);
          if (skips > 0) buffer.skip(skips);
          for (let i = 0; i < reads; i++) {
            if (!buffer.read(frame)) break;
            for (const sample of frame) assert.ok(Math.abs(sample) <= level);
          }
          assert.ok(buffer.depth <= 8192);
        }
        let frames = 0;
        while (buffer.read(frame)) assert.ok(++frames < 200, 'it ends');
      }),
    );
  });
});
