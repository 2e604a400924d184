import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALAW_TO_LINEAR, ALAW_TO_ULAW, encodeAlaw, encodeUlaw, ULAW_TO_ALAW, ULAW_TO_LINEAR } from '../../src/media/core/g711.js';

describe('G.711', () => {
  it('decodes the values that the tables of G.711 begin and end with', () => {
    assert.equal(ALAW_TO_LINEAR[0xd5], 8);
    assert.equal(ALAW_TO_LINEAR[0x55], -8);
    assert.equal(ALAW_TO_LINEAR[0xaa], 32256);
    assert.equal(ALAW_TO_LINEAR[0x2a], -32256);
    assert.equal(ULAW_TO_LINEAR[0xff], 0);
    assert.equal(ULAW_TO_LINEAR[0x80], 32124);
    assert.equal(ULAW_TO_LINEAR[0x00], -32124);
  });

  it('gives every octet back that it decodes', () => {
    for (let code = 0; code < 256; code++) {
      assert.equal(encodeAlaw(ALAW_TO_LINEAR[code] as number), code, `A-law ${code}`);
      // µ-law has two zeroes; the positive one is sent.
      assert.equal(encodeUlaw(ULAW_TO_LINEAR[code] as number), code === 0x7f ? 0xff : code, `µ-law ${code}`);
    }
  });

  it('is never further off than half a quantisation step of its segment', () => {
    fc.assert(
      fc.property(fc.integer({ min: -32256, max: 32256 }), (sample) => {
        const step = Math.max(16, Math.abs(sample) / 16);
        assert.ok(Math.abs((ALAW_TO_LINEAR[encodeAlaw(sample)] as number) - sample) <= step / 2 + 1);
        const fine = Math.max(8, (Math.abs(sample) + 132) / 16);
        assert.ok(Math.abs((ULAW_TO_LINEAR[encodeUlaw(Math.max(-32124, Math.min(32124, sample)))] as number) - sample) <= fine / 2 + 133);
      }),
    );
  });

  it('translates between the laws as decoding and encoding would', () => {
    for (let code = 0; code < 256; code++) {
      const back = ALAW_TO_LINEAR[ULAW_TO_ALAW[ALAW_TO_ULAW[code] as number] as number] as number;
      const first = ALAW_TO_LINEAR[code] as number;
      assert.ok(Math.abs(back - first) <= Math.max(24, Math.abs(first) / 8), `${code}: ${first} → ${back}`);
    }
  });
});
