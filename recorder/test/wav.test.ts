import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readWavHeader, repairWav } from '../src/index.js';
import { wav } from './support/fakes.js';

describe('WAV repair', () => {
  it('reads the format and where the samples begin', () => {
    assert.deepEqual(readWavHeader(wav(2, 80)), { channels: 2, sampleRate: 8000, bytesPerFrame: 4, dataOffset: 44, dataBytes: 320 });
  });

  it('a file that is whole is described as it is', () => {
    const file = wav(2, 8_000);
    const repair = repairWav(file, file.byteLength);
    assert.equal(repair.length, file.byteLength);
    assert.equal(repair.durationMs, 1_000);
  });

  it('keeps every whole frame that was written and nothing else, whatever the header claims', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2), fc.nat(5_000), fc.nat(10_000), fc.nat(3), (channels, frames, claimed, torn) => {
        const file = wav(channels, frames, claimed);
        const cut = torn % (channels * 2);
        const repair = repairWav(file, file.byteLength + cut);
        assert.equal(repair.dataBytes, frames * channels * 2);
        assert.equal(repair.length, file.byteLength);
        assert.deepEqual(repair.patches, [
          { offset: 4, value: file.byteLength - 8 },
          { offset: 40, value: frames * channels * 2 },
        ]);
      }),
    );
  });

  it('finds the data behind other chunks', () => {
    const plain = wav(1, 10);
    const file = new Uint8Array(plain.byteLength + 12);
    file.set(plain.subarray(0, 36));
    file.set([0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0], 36);
    file.set(plain.subarray(36), 48);
    assert.equal(readWavHeader(file).dataOffset, 56);
    assert.equal(repairWav(file, file.byteLength).dataBytes, 20);
  });

  for (const [what, head, message] of [
    ['an empty file', new Uint8Array(0), /no RIFF/],
    ['another kind of file', new TextEncoder().encode('{"json": "not audio"}'), /no RIFF/],
    ['a header that was cut within its format', wav(1, 0).subarray(0, 24), /ends within its format/],
    ['a header that was cut before its data', wav(1, 0).subarray(0, 36), /without data/],
    ['a format of no channels', wav(0, 0), /impossible format/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => repairWav(head, head.byteLength), message);
    });
  }

  it('never fails but with an error of its own on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
        const head = new Uint8Array(12 + noise.length);
        head.set(wav(1, 0).subarray(0, 12));
        head.set(noise, 12);
        try {
          readWavHeader(head);
        } catch (error) {
          assert.match((error as Error).message, /WAV/);
        }
      }),
    );
  });
});
