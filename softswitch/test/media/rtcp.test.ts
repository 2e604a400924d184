import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildRtcp, middleNtp, parseRtcp, roundTripMs, toNtp } from '../../src/media/core/rtcp.js';

const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const block = fc.record(
  {
    ssrc: uint(32),
    fractionLost: uint(8),
    cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
    highestSequence: uint(32),
    jitter: uint(32),
    lastSr: uint(32),
    delaySinceLastSr: uint(32),
  },
  { noNullPrototype: true },
);
const sender = fc.record(
  { ntpSeconds: uint(32), ntpFraction: uint(32), rtpTimestamp: uint(32), packets: uint(32), octets: uint(32) },
  { noNullPrototype: true },
);

describe('RTCP (RFC 3550 §6)', () => {
  it('reads back every report it builds', () => {
    fc.assert(
      fc.property(fc.option(sender, { nil: undefined }), fc.option(block, { nil: undefined }), fc.boolean(), (s, b, bye) => {
        const packet = buildRtcp({ ssrc: 5, cname: 'abc@yixian', sender: s, block: b, bye });
        assert.equal(packet.length % 4, 0);
        assert.deepEqual(parseRtcp(packet), { ssrc: 5, sender: s, blocks: b ? [b] : [], bye });
      }),
    );
  });

  it('takes any octets without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        if (octets.length > 1) {
          octets[0] = 0x80 | ((octets[0] as number) & 0x1f);
          octets[1] = 200;
        }
        parseRtcp(octets);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses a compound that does not begin with a report or whose lengths do not add up (A.2)', () => {
    const packet = buildRtcp({ ssrc: 5, cname: 'x', sender: undefined, block: undefined, bye: false });
    assert.equal(parseRtcp(packet.subarray(8)), undefined);
    assert.equal(parseRtcp(packet.subarray(0, packet.length - 1)), undefined);
    const lying = Uint8Array.from(packet);
    lying[0] = 0x9f;
    assert.equal(parseRtcp(lying), undefined);
  });

  it('computes the round trip from the echoed time and the delay (§6.4.1)', () => {
    const sent = toNtp(1_700_000_000_000);
    const back = toNtp(1_700_000_000_250);
    const report = { ssrc: 1, fractionLost: 0, cumulativeLost: 0, highestSequence: 0, jitter: 0 };
    const trip = roundTripMs(
      { ...report, lastSr: middleNtp(sent.seconds, sent.fraction), delaySinceLastSr: 0.2 * 65536 },
      middleNtp(back.seconds, back.fraction),
    );
    assert.ok(trip !== undefined && Math.abs(trip - 50) < 0.1, `${trip}`);
    assert.equal(roundTripMs({ ...report, lastSr: 0, delaySinceLastSr: 0 }, 1), undefined);
  });
});
