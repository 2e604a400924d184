import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FEED_PLAY, OutgoingStream } from '../../src/media/core/outgoing-stream.js';
import { ReceiveStream } from '../../src/media/core/receive-stream.js';
import { newRtpHeader, parseRtp, writeRtpHeader, writeUint32 } from '../../src/media/core/rtp.js';
import { PORT_CHANGE_SILENCE_MS, SourceLock } from '../../src/media/core/source-lock.js';

const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });

describe('RTP header (RFC 3550 §5.1)', () => {
  it('takes any octets without throwing and never points outside the packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (octets, plausible) => {
        if (plausible && octets.length > 0) octets[0] = 0x80 | ((octets[0] as number) & 0x3f);
        const h = newRtpHeader();
        if (parseRtp(octets, octets.length, h) !== 'ok') return;
        assert.ok(h.payloadOffset >= 12 && h.payloadLength >= 0 && h.payloadOffset + h.payloadLength <= octets.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the payload behind CSRCs and extension and before the padding', () => {
    fc.assert(
      fc.property(
        fc.record({
          csrcs: uint(4),
          extension: fc.option(uint(4)),
          padding: fc.integer({ min: 0, max: 20 }),
          payload: fc.uint8Array({ maxLength: 200 }),
        }),
        fc.record({
          marker: fc.boolean(),
          payloadType: fc.integer({ min: 0, max: 63 }),
          sequence: uint(16),
          timestamp: uint(32),
          ssrc: uint(32),
        }),
        ({ csrcs, extension, padding, payload }, fields) => {
          const head = new Uint8Array(12 + 4 * csrcs + (extension === null ? 0 : 4 + 4 * extension));
          writeRtpHeader(head, 0, fields.marker, fields.payloadType, fields.sequence, fields.timestamp, fields.ssrc);
          head[0] = 0x80 | csrcs | (extension === null ? 0 : 0x10) | (padding ? 0x20 : 0);
          if (extension !== null) head[12 + 4 * csrcs + 3] = extension;
          const pad = new Uint8Array(padding);
          if (padding) pad[padding - 1] = padding;
          const b = Buffer.concat([head, payload, pad]);
          const h = newRtpHeader();
          assert.equal(parseRtp(b, b.length, h), 'ok');
          assert.deepEqual(h, { ...fields, payloadOffset: head.length, payloadLength: payload.length });
        },
      ),
    );
  });

  it('names what is wrong', () => {
    const h = newRtpHeader();
    const packet = (first: number, second = 8, length = 20): Uint8Array => {
      const b = new Uint8Array(length);
      b[0] = first;
      b[1] = second;
      return b;
    };
    const fault = (b: Uint8Array): string => parseRtp(b, b.length, h);
    assert.equal(fault(new Uint8Array(11)), 'too-short');
    assert.equal(fault(packet(0x80, 8, 3000)), 'too-long');
    assert.equal(fault(packet(0x40)), 'version');
    assert.equal(fault(packet(0x8f)), 'csrc');
    assert.equal(fault(packet(0x90, 8, 12)), 'extension');
    const long = packet(0x90);
    long[15] = 200;
    assert.equal(fault(long), 'extension');
    assert.equal(fault(packet(0xa0)), 'padding');
    assert.equal(fault(packet(0x80, 200)), 'rtcp');
  });
});

describe('reception figures (RFC 3550 A.1, A.3, A.8)', () => {
  it('counts loss over the wrap of the sequence number', () => {
    const stream = new ReceiveStream();
    for (let i = 0; i < 100; i++) if (i % 10 !== 5) stream.update(1, (65500 + i) & 0xffff, i * 160, i * 160, true);
    assert.equal(stream.received, 90);
    assert.equal(stream.lost, 10);
    assert.equal(stream.report().fractionLost, Math.floor((10 * 256) / 100));
    assert.equal(stream.jitterMs, 0);
  });

  it('does not count reordered packets as lost', () => {
    const stream = new ReceiveStream();
    for (const n of [1, 2, 4, 3, 5, 7, 6]) stream.update(1, n, n * 160, n * 160, true);
    assert.equal(stream.lost, 0);
  });

  it('notices a new SSRC and keeps what was lost before', () => {
    const stream = new ReceiveStream();
    for (const n of [1, 2, 5]) stream.update(1, n, n * 160, n * 160, true);
    for (const n of [900, 901]) stream.update(2, n, n * 160, 0, true);
    assert.equal(stream.ssrcChanges, 1);
    assert.equal(stream.lost, 2);
    assert.equal(stream.received, 5);
  });

  it('takes two packets in a row after a large jump as a restart, one as a stray', () => {
    const stream = new ReceiveStream();
    for (const n of [10, 11, 30000, 12, 13]) stream.update(1, n, 0, 0, false);
    assert.equal(stream.lost, 0);
    for (const n of [40000, 40001, 40002]) stream.update(1, n, 0, 0, false);
    assert.ok(stream.lost <= 1);
  });

  it('smooths the difference of transit times by a sixteenth', () => {
    const stream = new ReceiveStream();
    stream.update(1, 1, 0, 0, true);
    stream.update(1, 2, 160, 160 + 80, true);
    assert.equal(stream.jitterMs, 80 / 16 / 8);
  });
});

describe('outgoing stream', () => {
  it('goes on without a break of sequence and time through any change of feeds', () => {
    const feeds = fc.array(fc.tuple(fc.integer({ min: -2, max: 3 }), fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(feeds, uint(16), uint(32), (changes, firstSequence, firstTimestamp) => {
        const out = new OutgoingStream(7, firstSequence, firstTimestamp);
        let now = 1000;
        let last: { sequence: number; timestamp: number; at: number; feed: number } | undefined;
        for (const [kind, count, index] of changes.map(([k, c], i) => [k, c, i] as const)) {
          // Every change is another sender.
          const feed = kind < 0 ? kind : kind + 10 * index;
          const start = (feed * 7919 + count) & 0xffff;
          for (let i = 0; i < count; i++, now += 20) {
            if (feed < 0) out.generate(FEED_PLAY, 160, now);
            else out.relay(feed, (start + i) & 0xffff, (feed * 123456789 + i * 160) >>> 0, false, false, now);
            out.count(160);
            if (last) {
              assert.equal((out.sequence - last.sequence) & 0xffff, 1);
              assert.equal(((out.timestamp - last.timestamp) | 0) / 8, now - last.at);
              const key = feed < 0 ? FEED_PLAY : feed;
              if (key !== last.feed) assert.equal(out.marker, true);
            }
            last = { sequence: out.sequence, timestamp: out.timestamp, at: now, feed: feed < 0 ? FEED_PLAY : feed };
          }
        }
      }),
    );
  });

  it('keeps loss and reordering of the sender visible', () => {
    const out = new OutgoingStream(7, 100, 0);
    const seen = [5, 6, 9, 8, 10].map((n) => {
      out.relay(42, n, n * 160, false, false, n * 20);
      out.count(160);
      return out.sequence - 100;
    });
    assert.deepEqual(seen, [0, 1, 4, 3, 5]);
  });

  it('closes the gap of a packet that is kept back', () => {
    const out = new OutgoingStream(7, 100, 0);
    out.relay(42, 1, 160, false, false, 20);
    out.count(160);
    out.skip(42);
    out.relay(42, 3, 480, false, false, 60);
    assert.equal(out.sequence, 101);
    assert.equal(out.timestamp, 320);
  });

  it('does not follow a sender that jumps in sequence or time under the same SSRC', () => {
    const out = new OutgoingStream(7, 100, 0);
    out.relay(42, 1, 0, false, false, 0);
    out.count(160);
    out.relay(42, 20000, 160, false, false, 20);
    out.count(160);
    assert.deepEqual([out.sequence, out.timestamp, out.marker], [101, 160, true]);
    out.relay(42, 20001, 3_000_000, false, false, 40);
    assert.deepEqual([out.sequence, out.timestamp, out.marker], [102, 320, true]);
  });
});

describe('source lock (symmetric RTP, RFC 4961)', () => {
  const signalled = (): SourceLock => {
    const lock = new SourceLock();
    lock.signal('10.0.0.1', 4000);
    return lock;
  };

  it('believes the signalled source and nobody after it', () => {
    const lock = signalled();
    assert.equal(lock.judge('10.0.0.1', 4000, 0), 'latched');
    assert.equal(lock.judge('10.0.0.1', 4000, 20), 'accept');
    assert.equal(lock.judge('10.0.0.9', 4000, 30), 'stranger');
    assert.equal(lock.judge('10.0.0.1', 4002, 30), 'stranger');
  });

  it('latches to the first source behind NAT, and gives way to the signalled one', () => {
    const lock = signalled();
    assert.equal(lock.judge('192.0.2.7', 61000, 0), 'latched');
    assert.equal(lock.judge('192.0.2.8', 61000, 5), 'stranger');
    assert.equal(lock.judge('10.0.0.1', 4000, 10), 'latched');
    assert.equal(lock.judge('192.0.2.7', 61000, 20), 'stranger');
  });

  it('follows another port of the same address only after silence', () => {
    const lock = signalled();
    lock.judge('192.0.2.7', 61000, 0);
    assert.equal(lock.judge('192.0.2.7', 61002, PORT_CHANGE_SILENCE_MS - 1), 'stranger');
    assert.equal(lock.judge('192.0.2.8', 61002, PORT_CHANGE_SILENCE_MS), 'stranger');
    assert.equal(lock.judge('192.0.2.7', 61002, PORT_CHANGE_SILENCE_MS), 'latched');
  });

  it('opens again when another address is signalled, not when the same one is', () => {
    const lock = signalled();
    lock.judge('192.0.2.7', 61000, 0);
    assert.equal(lock.signal('10.0.0.1', 4000), false);
    assert.equal(lock.judge('192.0.2.8', 61000, 1), 'stranger');
    assert.equal(lock.signal('10.0.0.2', 4000), true);
    assert.equal(lock.judge('10.0.0.2', 4000, 2), 'latched');
  });
});

describe('32-bit fields', () => {
  it('are written big-endian', () => {
    const b = new Uint8Array(4);
    writeUint32(b, 0, 0xfedcba98);
    assert.deepEqual([...b], [0xfe, 0xdc, 0xba, 0x98]);
  });
});
