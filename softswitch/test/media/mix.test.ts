import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALAW_TO_LINEAR, encodeAlaw, encodeUlaw, ULAW_TO_LINEAR } from '../../src/media/core/g711.js';
import { FRAME } from '../../src/media/core/jitter-buffer.js';
import { add, encodeMix, limit, planMix } from '../../src/media/core/mix.js';
import { amplitudeAt, decode, sine } from './audio.js';

describe('mix', () => {
  it('limits softly: unchanged to the knee, monotonic, never beyond 16 bits, even in both directions', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50 * 32_768, max: 50 * 32_768 }), fc.integer({ min: 0, max: 100 }), (sum, step) => {
        const limited = limit(sum);
        assert.ok(limited >= -32_767 && limited <= 32_767);
        if (Math.abs(sum) <= 24_576) assert.equal(limited, sum);
        assert.ok(limit(sum + step) >= limited);
        assert.equal(limit(-sum) + 0, -limited + 0);
      }),
    );
  });

  it('encodes every sample as G.711 has it', () => {
    const sum = new Int32Array(FRAME);
    const octets = new Uint8Array(FRAME);
    for (let from = -24_576; from + FRAME <= 24_576; from += FRAME) {
      for (let i = 0; i < FRAME; i++) sum[i] = from + i;
      encodeMix(sum, undefined, 'PCMA', octets, 0);
      for (let i = 0; i < FRAME; i++) assert.equal(octets[i], encodeAlaw(from + i));
      encodeMix(sum, undefined, 'PCMU', octets, 0);
      for (let i = 0; i < FRAME; i++) assert.equal(octets[i], encodeUlaw(from + i));
    }
  });

  it('of fifty voices at full level does not wrap round', () => {
    const sum = new Int32Array(FRAME);
    const loud = new Int16Array(FRAME).fill(32_124);
    for (let n = 0; n < 50; n++) add(sum, loud);
    const octets = new Uint8Array(FRAME);
    for (const [law, table] of [
      ['PCMA', ALAW_TO_LINEAR],
      ['PCMU', ULAW_TO_LINEAR],
    ] as const) {
      encodeMix(sum, loud, law, octets, 0);
      for (const octet of octets) assert.ok((table[octet] as number) > 30_000);
    }
  });

  it('of three tones gives each listener the other two, each at its own level', () => {
    const tones = [400, 700, 1100];
    const length = 50 * FRAME;
    const heard = tones.map(() => new Int16Array(length));
    const sum = new Int32Array(FRAME);
    const octets = new Uint8Array(FRAME);
    for (let at = 0; at < length; at += FRAME) {
      const frames = tones.map((hz) => sine(hz, FRAME, 6000, at));
      sum.fill(0);
      for (const frame of frames) add(sum, frame);
      frames.forEach((own, i) => {
        encodeMix(sum, own, 'PCMU', octets, 0);
        heard[i]?.set(decode(octets, 'PCMU'), at);
      });
    }
    heard.forEach((samples, i) => {
      tones.forEach((hz, j) => {
        const level = amplitudeAt(samples, hz);
        if (i === j) assert.ok(level < 60, `${i} hears itself at ${level}`);
        else assert.ok(Math.abs(level - 6000) < 120, `${i} hears ${j} at ${level}`);
      });
    });
  });

  it('plan: the sum of a listener’s group, less the own voice where it is in it, is exactly those it hears', () => {
    const legs = 7;
    const matrix = fc.array(fc.array(fc.boolean(), { minLength: legs, maxLength: legs }), { minLength: legs, maxLength: legs });
    fc.assert(
      fc.property(matrix, (rows) => {
        const hearing = new Map<number, number[]>();
        rows.forEach((row, listener) => {
          const heard = row.flatMap((on, leg) => (on && leg !== listener ? [leg] : []));
          if (heard.length > 1) hearing.set(listener, heard);
        });
        const planned = new Map<number, number[]>();
        for (const { voices, listeners } of planMix(hearing)) {
          assert.equal(new Set(voices).size, voices.length);
          for (const { listener, own } of listeners) {
            assert.ok(!planned.has(listener));
            assert.equal(voices.includes(listener), own);
            planned.set(
              listener,
              voices.filter((leg) => leg !== listener),
            );
          }
        }
        const sorted = (map: Map<number, number[]>) => [...map].map(([l, h]) => [l, [...h].sort()] as const).sort((a, b) => a[0] - b[0]);
        assert.deepEqual(sorted(planned), sorted(hearing));
      }),
    );
  });

  it('plan: in a conference of all with all there is one sum, and one for all who only listen', () => {
    const all = Array.from({ length: 50 }, (_, i) => i);
    assert.equal(planMix(new Map(all.map((leg) => [leg, all.filter((other) => other !== leg)]))).length, 1);
    const hearing = new Map([100, 101, 102].map((listener) => [listener, [1, 2]]));
    const [group, ...others] = planMix(hearing);
    assert.equal(others.length, 0);
    assert.ok(group?.listeners.length === 3 && group.listeners.every(({ own }) => !own));
  });
});
