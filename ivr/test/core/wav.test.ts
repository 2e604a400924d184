import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatWav, parseWav, resample } from '../../src/core/wav.js';

const tone = (hertz: number, rate: number, seconds: number): Int16Array =>
  Int16Array.from({ length: rate * seconds }, (_, i) => Math.round(10_000 * Math.sin((2 * Math.PI * hertz * i) / rate)));

/** Level of a tone within the samples relative to 10,000, in dB, away from the ends. */
function level(samples: Int16Array, hertz: number, rate: number): number {
  const middle = samples.slice(400, samples.length - 400);
  let [re, im] = [0, 0];
  middle.forEach((s, i) => {
    re += s * Math.cos((2 * Math.PI * hertz * i) / rate);
    im += s * Math.sin((2 * Math.PI * hertz * i) / rate);
  });
  return 20 * Math.log10((2 * Math.hypot(re, im)) / middle.length / 10_000);
}
const rms = (samples: Int16Array): number => Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);

describe('WAV', () => {
  it('what is written is read as it was', () => {
    fc.assert(
      fc.property(fc.int16Array(), fc.constantFrom(8000, 22_050), (samples, rate) => {
        assert.deepEqual(parseWav(formatWav({ rate, samples })), { rate, samples });
      }),
    );
  });

  it('data of unknown size (written to a pipe) is read to the end of the file', () => {
    const bytes = formatWav({ rate: 8000, samples: Int16Array.of(1, 2, 3) });
    new DataView(bytes.buffer).setUint32(40, 0x7fffffff, true);
    assert.deepEqual([...parseWav(bytes).samples], [1, 2, 3]);
  });

  it('any bytes are read or refused by an Error, and end', () => {
    const good = formatWav({ rate: 8000, samples: Int16Array.of(1, 2, 3) });
    fc.assert(
      fc.property(fc.nat(good.length), fc.array(fc.tuple(fc.nat(49), fc.nat(255)), { maxLength: 6 }), (length, changes) => {
        const bytes = good.slice(0, length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          parseWav(bytes);
        } catch (error) {
          assert.ok(error instanceof Error && !(error instanceof RangeError), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('resampling to 8 kHz', () => {
  for (const hertz of [300, 1000, 3000]) {
    it(`a tone of ${hertz} Hz passes unchanged within 0.5 dB`, () => {
      const { samples, rate } = resample({ rate: 22_050, samples: tone(hertz, 22_050, 1) }, 8000);
      assert.equal(rate, 8000);
      assert.ok(Math.abs(samples.length - 8000) <= 1);
      assert.ok(Math.abs(level(samples, hertz, 8000)) < 0.5, `${level(samples, hertz, 8000)} dB`);
    });
  }

  for (const hertz of [5000, 7000, 10_000]) {
    it(`a tone of ${hertz} Hz does not fold back: 45 dB down`, () => {
      const { samples } = resample({ rate: 22_050, samples: tone(hertz, 22_050, 1) }, 8000);
      assert.ok(20 * Math.log10(rms(samples.slice(400, -400)) / 7071) < -45, `${rms(samples)}`);
    });
  }
});
