import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  IceFragmentError,
  type IceMedia,
  isCandidate,
  MAX_ICE_CANDIDATES,
  MAX_ICE_FRAGMENT,
  readIceFragment,
  writeIceFragment,
} from '../src/ice-fragment.js';

const UFRAG = '8hhY';
const PWD = 'asd88fgpdd777uzjYhagZg';
const HOST = '1 1 UDP 2130706431 192.0.2.7 5000 typ host';
const text = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`;
const whole = text(
  `a=ice-ufrag:${UFRAG}`,
  `a=ice-pwd:${PWD}`,
  'm=audio 9 RTP/AVP 0',
  'a=mid:0',
  `a=candidate:${HOST}`,
  'a=end-of-candidates',
);

const fails = (fragment: string, why: RegExp, line: number): void =>
  assert.throws(
    () => readIceFragment(fragment),
    (error) => error instanceof IceFragmentError && why.test(error.message) && error.line === line,
  );

describe('candidates told by INFO (application/trickle-ice-sdpfrag, RFC 8840 §9)', () => {
  it('credentials of the whole count for an m-line without its own; what ends is told', () => {
    assert.deepEqual(readIceFragment(whole), [{ mid: '0', ufrag: UFRAG, pwd: PWD, candidates: [HOST], ended: true }]);
    const own = text('a=ice-ufrag:other', `a=ice-pwd:${PWD}`, 'm=audio 9 RTP/AVP 0', 'a=mid:0', `a=ice-ufrag:${UFRAG}`);
    assert.deepEqual(readIceFragment(own), [{ mid: '0', ufrag: UFRAG, pwd: PWD, candidates: [], ended: false }]);
    const all = text(`a=ice-ufrag:${UFRAG}`, `a=ice-pwd:${PWD}`, 'a=end-of-candidates', 'm=audio 9 RTP/AVP 0', 'a=mid:0');
    assert.equal(readIceFragment(all)[0]?.ended, true, 'of every m-line when it stands before the first');
  });

  it('attributes of other purposes are passed over, LF alone ends a line, too', () => {
    assert.deepEqual(
      readIceFragment(`a=ice-options:trickle ice2\na=group:BUNDLE 0\n${whole.replaceAll('\r\n', '\n')}`),
      readIceFragment(whole),
    );
    assert.deepEqual(readIceFragment(''), []);
  });

  it('what is none names its line', () => {
    fails('hello\r\n', /neither/, 1);
    fails(whole.replace('a=mid:0', 'a=x'), /without a=mid/, 3);
    fails(whole.replace(`a=ice-pwd:${PWD}`, 'a=ice-pwd:short'), /ice-pwd is malformed/, 2);
    fails(whole.replace(`a=ice-pwd:${PWD}`, 'a=x'), /no a=ice-pwd/, 3);
    fails(whole.replace(`a=ice-ufrag:${UFRAG}`, 'a=x'), /no a=ice-ufrag/, 3);
    fails(text(`a=candidate:${HOST}`), /before the first m-line/, 1);
    fails(text('a=mid:0'), /before the first m-line/, 1);
    for (const bad of [
      '',
      'x',
      HOST.replace('5000', '70000'),
      HOST.replace(' typ host', ''),
      HOST.replace('192.0.2.7', 'a b'),
      `${HOST}\t`,
    ]) {
      fails(whole.replace(HOST, bad), /a=candidate is not/, 5);
    }
    fails(whole.replace(HOST, `${HOST} ${'x'.repeat(600)}`), /longer than 512/, 5);
  });

  it('is bounded: in length, in candidates, in m-lines', () => {
    fails('a'.repeat(MAX_ICE_FRAGMENT + 1), /longer than 16384/, 1);
    const short = '1 1 UDP 1 ::1 1 typ host';
    fails(
      whole.replace(
        `a=candidate:${HOST}`,
        Array(MAX_ICE_CANDIDATES + 1)
          .fill(`a=candidate:${short}`)
          .join('\r\n'),
      ),
      /more than 100/,
      105,
    );
    fails(text(...Array(33).fill('m=audio 9 RTP/AVP 0')), /more than 32/, 33);
  });

  const iceText = (min: number) => fc.string({ unit: fc.constantFrom(...'abcXYZ019+/'), minLength: min, maxLength: min + 20 });
  const candidate = fc
    .tuple(
      iceText(1),
      fc.nat(255),
      fc.constantFrom('UDP', 'udp', 'TCP'),
      fc.nat(2 ** 31 - 1),
      fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
      fc.nat(65_535),
    )
    .map(
      ([foundation, component, transport, priority, address, port]) =>
        `${foundation} ${component} ${transport} ${priority} ${address} ${port} typ host generation 0`,
    )
    .filter((value) => value.length < 300);
  const media: fc.Arbitrary<IceMedia> = fc.record(
    {
      mid: fc.string({ unit: fc.constantFrom(...'0123audio-_'), minLength: 1, maxLength: 16 }),
      ufrag: iceText(4),
      pwd: iceText(22),
      candidates: fc.array(candidate, { maxLength: 8 }),
      ended: fc.boolean(),
    },
    { noNullPrototype: true },
  );

  it('whatever is written is read the same', () => {
    fc.assert(fc.property(fc.array(media, { maxLength: 4 }), (all) => assert.deepEqual(readIceFragment(writeIceFragment(all)), all)));
  });

  it('whatever is read has good candidates only, and nothing but the one error is ever thrown', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'm=audio 9 RTP/AVP 0',
        'a=mid:0',
        `a=ice-ufrag:${UFRAG}`,
        `a=ice-pwd:${PWD}`,
        'a=end-of-candidates',
        `a=candidate:${HOST}`,
      ),
      fc.string().map((value) => `a=candidate:${value}`),
      fc.string(),
      fc.string().map((value) => `a=${value}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.constantFrom('\r\n', '\n', '\r'), (lines, end) => {
        try {
          for (const one of readIceFragment(lines.join(end))) assert.ok(one.candidates.every(isCandidate) && /^\S+$/.test(one.mid));
        } catch (error) {
          if (!(error instanceof IceFragmentError)) throw error;
        }
      }),
    );
  });
});
