import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Negotiator } from '../src/negotiator.js';
import { initialSdp } from '../src/sdp/index.js';
import { WebNegotiator } from '../src/webrtc/negotiator.js';
import { isWebSdp, plainOf, transportOf, webOf } from '../src/webrtc/sdp.js';

const lines = (...text: string[]): string => `${text.join('\r\n')}\r\n`;

/** As Chromium writes it, shortened. */
const OFFER = lines(
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS stream',
  'm=audio 51372 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 192.0.2.7',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:1 1 udp 2122260223 192.0.2.7 51372 typ host',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789abcdef01234567',
  'a=fingerprint:sha-256 AA:BB',
  'a=setup:actpass',
  'a=mid:0',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
);
const TRANSPORT = {
  iceUfrag: 'wxyz',
  icePwd: 'abcdefabcdefabcdefabcdef',
  fingerprint: 'sha-256 CC:DD',
  setup: 'active' as const,
  mid: '0',
  candidates: ['1 1 UDP 2122317823 127.0.0.1 40000 typ host'],
  gathered: true,
};
const GATEWAY = { address: '127.0.0.1', port: 42_000 };
const negotiator = () =>
  new WebNegotiator(new Negotiator(initialSdp({ sessionId: '7', address: '127.0.0.1', rtpPort: 20_000 })), TRANSPORT, GATEWAY);

describe('SDP of browsers (RFC 8829)', () => {
  it('DTLS-SRTP is told from plain RTP, and neither from what is no SDP', () => {
    assert.equal(isWebSdp(OFFER), true);
    assert.equal(isWebSdp(OFFER.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP')), false);
    assert.equal(isWebSdp('hello'), false);
  });

  it('as plain RTP it comes from the gateway, and nothing of ICE or DTLS is left', () => {
    const plain = plainOf(OFFER, GATEWAY);
    assert.match(plain, /m=audio 42000 RTP\/AVP /);
    assert.match(plain, /c=IN IP4 127\.0\.0\.1/);
    assert.doesNotMatch(plain, /ice-|fingerprint|candidate|192\.0\.2\.7/);
  });

  it('a video line is refused, not taken for audio', () => {
    const plain = plainOf(`${OFFER}m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n`, GATEWAY);
    assert.match(plain, /m=video 0 /);
  });

  it('the answer has one codec and 8 kHz telephone-event under the offered types, with the gateway’s ICE and fingerprint', () => {
    const outcome = negotiator().answer(OFFER);
    assert.ok(outcome.ok);
    assert.match(outcome.sdp, /m=audio 9 UDP\/TLS\/RTP\/SAVPF 8 126\r\n/);
    for (const line of ['a=ice-ufrag:wxyz', 'a=fingerprint:sha-256 CC:DD', 'a=setup:active', 'a=mid:0', 'a=rtcp-mux', 'a=group:BUNDLE 0']) {
      assert.ok(outcome.sdp.includes(`${line}\r\n`), line);
    }
    assert.deepEqual(outcome.negotiated.parameters.remote, { address: '127.0.0.1', rtpPort: 42_000, rtcpPort: 42_000 });
    assert.equal(outcome.negotiated.parameters.telephoneEventSend, 126);
  });

  it('a re-offer for hold keeps the connection; one with other ICE credentials is refused 488', () => {
    const web = negotiator();
    assert.ok(web.answer(OFFER).ok);
    const held = web.answer(OFFER.replace('a=sendrecv', 'a=sendonly'));
    assert.ok(held.ok && held.negotiated.remoteHeld);
    assert.match(held.ok ? held.sdp : '', /a=recvonly/);
    const restarted = web.answer(OFFER.replace('abcd', 'efgh'));
    assert.equal(!restarted.ok && restarted.refusal.status, 488);
    const broken = web.answer('nonsense');
    assert.equal(!broken.ok && broken.refusal.status, 400);
  });

  it('what we offer can be taken back from a browser', () => {
    const web = negotiator();
    const offer = web.offer();
    assert.match(offer, /m=audio 9 UDP\/TLS\/RTP\/SAVPF 8 0 /);
    const taken = web.take(OFFER.replace('a=setup:actpass', 'a=setup:active'));
    assert.ok(taken.ok);
  });

  it('the gateway’s own description is read, and what it lacks is named', () => {
    const own = webOf(lines('v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 9 RTP/AVP 8'), TRANSPORT);
    assert.deepEqual(transportOf(own), TRANSPORT);
    assert.throws(() => transportOf(own.replace(/a=fingerprint.*\r\n/, '')), /no fingerprint/);
  });
});
