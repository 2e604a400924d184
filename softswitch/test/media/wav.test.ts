import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALAW_TO_LINEAR, encodeAlaw } from '../../src/media/core/g711.js';
import { parseWav, WavError, wavHeader, wavToCodec } from '../../src/media/core/wav.js';

const chunk = (id: string, data: Uint8Array): Buffer => {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
};
const format = (tag: number, channels: number, rate: number, bits: number): Buffer => {
  const b = Buffer.alloc(16);
  b.writeUInt16LE(tag, 0);
  b.writeUInt16LE(channels, 2);
  b.writeUInt32LE(rate, 4);
  b.writeUInt32LE((rate * channels * bits) / 8, 8);
  b.writeUInt16LE((channels * bits) / 8, 12);
  b.writeUInt16LE(bits, 14);
  return chunk('fmt ', b);
};
const riff = (...chunks: Buffer[]): Buffer => {
  const body = Buffer.concat(chunks);
  const head = Buffer.from('RIFF....WAVE', 'latin1');
  head.writeUInt32LE(4 + body.length, 4);
  return Buffer.concat([head, body]);
};
const pcm = format(1, 1, 8000, 16);

describe('WAV files', () => {
  it('are read with their chunks in any order and unknown ones between', () => {
    const extras = fc.array(fc.tuple(fc.constantFrom('LIST', 'fact', 'bext', 'junk'), fc.uint8Array({ maxLength: 30 })), { maxLength: 4 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 400 }), extras, fc.infiniteStream(fc.nat()), (data, others, order) => {
        const chunks = [pcm, chunk('data', data), ...others.map(([id, body]) => chunk(id, body))];
        const keys = chunks.map(() => order.next().value as number);
        const shuffled = chunks.map((c, i) => ({ c, k: keys[i] as number })).sort((a, b) => a.k - b.k);
        const wav = parseWav(riff(...shuffled.map(({ c }) => c)));
        assert.equal(wav.format, 'pcm16');
        assert.deepEqual(Buffer.from(wav.data), Buffer.from(data));
      }),
    );
  });

  it('cut short anywhere give what is there or a WavError, nothing else', () => {
    const whole = riff(pcm, chunk('LIST', Buffer.from('INFO')), chunk('data', Buffer.alloc(320, 1)));
    for (let length = 0; length <= whole.length; length++) {
      try {
        const wav = parseWav(whole.subarray(0, length));
        assert.ok(wav.data.length <= 320);
      } catch (error) {
        assert.ok(error instanceof WavError, `at ${length}: ${error}`);
      }
    }
  });

  it('of random octets never throw anything but a WavError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (octets, headed) => {
        const b = headed ? Buffer.concat([riff(pcm), octets]) : Buffer.from(octets);
        try {
          parseWav(b);
        } catch (error) {
          assert.ok(error instanceof WavError);
        }
      }),
    );
  });

  it('name the fault', () => {
    const data = chunk('data', Buffer.alloc(4));
    assert.throws(() => parseWav(Buffer.from('ID3')), /not a RIFF\/WAVE file/);
    assert.throws(() => parseWav(riff(data)), /no format chunk/);
    assert.throws(() => parseWav(riff(pcm)), /no data chunk/);
    assert.throws(() => parseWav(riff(format(1, 2, 8000, 16), data)), /2 channels/);
    assert.throws(() => parseWav(riff(format(1, 1, 44100, 16), data)), /44100 Hz/);
    assert.throws(() => parseWav(riff(format(3, 1, 8000, 32), data)), /format 3 with 32 bits/);
  });

  it('left unfinished by a recorder (data length 0) are read to their end', () => {
    const file = Buffer.concat([wavHeader(1, 0), Buffer.alloc(640, 7)]);
    assert.equal(parseWav(file).data.length, 640);
  });

  it('become octets of the codec that is sent', () => {
    const samples = Buffer.alloc(4);
    samples.writeInt16LE(1000, 0);
    samples.writeInt16LE(-20000, 2);
    const octets = wavToCodec(parseWav(riff(pcm, chunk('data', samples))), 'PCMA');
    assert.deepEqual([...octets], [encodeAlaw(1000), encodeAlaw(-20000)]);
    const alaw = parseWav(riff(format(6, 1, 8000, 8), chunk('data', Buffer.from(octets))));
    assert.deepEqual([...wavToCodec(alaw, 'PCMA')], [...octets]);
    assert.ok(wavToCodec(alaw, 'PCMU').every((u, i) => u !== octets[i] && (ALAW_TO_LINEAR[octets[i] as number] as number) !== 0));
  });
});
