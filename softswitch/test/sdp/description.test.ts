import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseSdp, SdpError, type SessionDescription, serializeSdp } from '../../src/sdp/index.js';

const OFFER = [
  'v=0',
  'o=alice 2890844526 2890844527 IN IP4 192.0.2.10',
  's=call',
  'i=free text',
  'c=IN IP4 192.0.2.10',
  'b=AS:128',
  't=0 0',
  'a=sendonly',
  'm=audio 49170/2 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=ptime:20',
  'm=video 0 RTP/AVP 31',
  'c=IN IP6 2001:db8::1',
  '',
].join('\r\n');

const token = fc.stringMatching(/^[A-Za-z0-9.-]{1,12}$/);
const attribute = fc.record({
  name: token,
  value: fc.option(
    fc.stringMatching(/^[A-Za-z0-9 /;=-]{0,20}[a-z]$/).map((s) => s.trim()),
    { nil: undefined },
  ),
});
const connection = fc.oneof(
  fc.ipV4().map((address) => ({ addressType: 'IP4' as const, address })),
  fc.ipV6().map((address) => ({ addressType: 'IP6' as const, address })),
);
const media = fc.record({
  kind: fc.constantFrom('audio', 'video', 'application'),
  port: fc.integer({ min: 0, max: 65_535 }),
  portCount: fc.constantFrom(1, 1, 2),
  protocol: fc.constantFrom('RTP/AVP', 'RTP/SAVP', 'UDP/TLS/RTP/SAVPF'),
  formats: fc.array(token, { minLength: 1, maxLength: 8 }),
  connection: fc.option(connection, { nil: undefined }),
  attributes: fc.array(attribute, { maxLength: 6 }),
});
const description: fc.Arbitrary<SessionDescription> = fc.record({
  origin: fc.record({
    username: token,
    sessionId: fc.nat().map(String),
    version: fc.nat().map(String),
    addressType: fc.constant('IP4' as const),
    address: fc.ipV4(),
  }),
  name: fc.constantFrom('-', 'a call'),
  connection: fc.option(connection, { nil: undefined }),
  attributes: fc.array(attribute, { maxLength: 6 }),
  media: fc.array(media, { maxLength: 5 }),
});

describe('SDP text (RFC 8866)', () => {
  it('§5: reads origin, connection, attributes and media at their level', () => {
    const sdp = parseSdp(OFFER);
    assert.equal(sdp.origin.version, '2890844527');
    assert.deepEqual(sdp.attributes, [{ name: 'sendonly', value: undefined }]);
    assert.equal(sdp.media.length, 2);
    assert.equal(sdp.media[0]?.portCount, 2);
    assert.deepEqual(sdp.media[0]?.formats, ['8', '0', '101']);
    assert.deepEqual(sdp.media[1]?.connection, { addressType: 'IP6', address: '2001:db8::1' });
  });

  it('§5: takes LF and CR for CRLF, and ignores letters it does not know', () => {
    assert.equal(parseSdp(OFFER.replaceAll('\r\n', '\n')).media.length, 2);
    assert.equal(parseSdp(OFFER.replace('b=AS:128', 'y=new')).media.length, 2);
  });

  it('what is serialized reads back the same', () => {
    fc.assert(fc.property(description, (d) => assert.deepEqual(parseSdp(serializeSdp(d)), structuredClone(d))));
  });

  it('any text is either a description or an SdpError that names its line', () => {
    const hostile = fc.oneof(
      fc.string({ maxLength: 400 }),
      fc
        .array(fc.constantFrom(...OFFER.split('\r\n'), 'm=audio', 'c=IN', 'o=', 'a=', 'm=audio x RTP/AVP 0', 'c=IN IP4 '), {
          maxLength: 20,
        })
        .map((l) => l.join('\n')),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          parseSdp(text);
        } catch (error) {
          assert.ok(error instanceof SdpError && error.line >= 1, String(error));
        }
      }),
    );
  });

  for (const [what, text, message] of [
    ['an empty body', '', /v= is missing/],
    ['no o=', 'v=0\ns=-\n', /o= is missing/],
    ['another version', 'v=1\n', /line 1: version 1/],
    ['a port over 65535', OFFER.replace('49170/2', '70000'), /line 9: port 70000/],
    ['an m-line without formats', OFFER.replace('RTP/AVP 8 0 101', 'RTP/AVP'), /line 9: m= is not/],
    ['a line without =', `${OFFER}nonsense`, /not `letter=value`/],
    ['an unknown address type', OFFER.replace('c=IN IP4', 'c=IN IP9'), /neither IP4 nor IP6/],
    ['more than 32 media', OFFER + 'm=audio 1 RTP/AVP 0\r\n'.repeat(31), /more than 32 media/],
    ['more than 256 attributes', OFFER + 'a=x\r\n'.repeat(257), /more than 256 attributes/],
    ['more than 64 formats', OFFER.replace('8 0 101', '8 '.repeat(65).trim()), /more than 64 formats/],
    ['more than 32 KiB', `v=0\ns=${'x'.repeat(33_000)}`, /longer than/],
    ['more than 1000 lines', `${OFFER}${'a=x\r\n'.repeat(1001)}`, /more than 1000 lines/],
  ] as const) {
    it(`refuses ${what}, saying so`, () => assert.throws(() => parseSdp(text), message));
  }
});
