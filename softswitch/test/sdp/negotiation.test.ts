import assert from 'node:assert/strict';
import fc from 'fast-check';
import { answerOffer, initialSdp, inspectOffer, makeOffer, parseSdp, type SdpState, takeAnswer } from '../../src/sdp/index.js';

const local = (codecs?: ('PCMA' | 'PCMU')[]): SdpState =>
  initialSdp({ sessionId: '77', address: '192.0.2.1', rtpPort: 20_000, ...(codecs ? { codecs } : {}) });

function offerOf(lines: readonly string[], connection = 'IN IP4 192.0.2.9'): string {
  return ['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', `c=${connection}`, 't=0 0', ...lines, ''].join('\r\n');
}

const AUDIO = ['m=audio 4000 RTP/AVP 0 8 96', 'a=rtpmap:96 telephone-event/8000', 'a=fmtp:96 0-15'];

function answered(offer: string, state = local()) {
  const outcome = answerOffer(state, offer);
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.refusal.text);
  return outcome;
}

describe('offer and answer (RFC 3264)', () => {
  it('§5: our offer names our codecs, telephone-event 101 and sendrecv', () => {
    const { sdp } = makeOffer(local());
    const [media] = parseSdp(sdp).media;
    assert.deepEqual(media?.formats, ['8', '0', '18', '101']);
    assert.ok(sdp.includes('a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15'));
    assert.ok(sdp.includes('a=sendrecv'));
    assert.equal(media?.port, 20_000);
  });

  it('§6.1: answers with one codec under the offerer’s payload types', () => {
    const { sdp, negotiated } = answered(offerOf(AUDIO));
    assert.deepEqual(parseSdp(sdp).media[0]?.formats, ['8', '96']);
    assert.deepEqual(negotiated.parameters, {
      remote: { address: '192.0.2.9', rtpPort: 4000, rtcpPort: 4001 },
      codec: 'PCMA',
      payloadType: 8,
      telephoneEventSend: 96,
      telephoneEventReceive: 96,
      direction: 'sendrecv',
      ptimeMs: 20,
    });
    assert.equal(negotiated.remoteHeld, false);
  });

  it('a dynamic payload type for G.711 is kept; static types need no rtpmap', () => {
    assert.equal(answered(offerOf(['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 pcma/8000/1'])).negotiated.parameters.payloadType, 97);
    assert.equal(answered(offerOf(['m=audio 4000 RTP/AVP 0'])).negotiated.parameters.codec, 'PCMU');
    assert.equal(answered(offerOf(['m=audio 4000 RTP/AVP 0'])).negotiated.parameters.telephoneEventSend, undefined);
  });

  it('G.729 alone is taken, without Annex B (RFC 4856 §2.1.9); where G.711 is offered too that is preferred', () => {
    const alone = answered(offerOf(['m=audio 4000 RTP/AVP 18 101', 'a=fmtp:18 annexb=yes', 'a=rtpmap:101 telephone-event/8000']));
    assert.deepEqual([alone.negotiated.parameters.codec, alone.negotiated.parameters.payloadType], ['G729', 18]);
    assert.ok(alone.sdp.includes('a=rtpmap:18 G729/8000\r\n'));
    assert.ok(alone.sdp.includes('a=fmtp:18 annexb=no\r\n'));
    assert.equal(answered(offerOf(['m=audio 4000 RTP/AVP 18 8'])).negotiated.parameters.codec, 'PCMA');
    const named = answered(offerOf(['m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 G729A/8000'])).negotiated.parameters;
    assert.deepEqual([named.codec, named.payloadType], ['G729', 96]);
    const offered = makeOffer(local());
    const taken = takeAnswer(offered.state, offerOf(['m=audio 4000 RTP/AVP 18']));
    assert.ok(taken.ok);
    assert.equal(taken.negotiated.parameters.codec, 'G729');
  });

  for (const [what, lines] of [
    ['only other codecs', ['m=audio 4000 RTP/AVP 9', 'a=rtpmap:9 G722/8000']],
    ['PCMA at another clock', ['m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 PCMA/16000']],
    ['SRTP only', ['m=audio 4000 RTP/SAVP 8']],
    ['video only', ['m=video 4000 RTP/AVP 31']],
    ['audio switched off', ['m=audio 0 RTP/AVP 8']],
    ['no media', []],
  ] as const) {
    it(`488 for ${what}`, () => {
      const outcome = answerOffer(local(), offerOf(lines));
      assert.equal(outcome.ok ? 200 : outcome.refusal.status, 488);
    });
  }

  it('a host name or multicast in c= is no address to send to: 488', () => {
    for (const connection of ['IN IP4 phone.example.com', 'IN IP4 224.2.1.1/127', 'IN IP6 ff02::1']) {
      const outcome = answerOffer(local(), offerOf(AUDIO, connection));
      assert.equal(outcome.ok ? 200 : outcome.refusal.status, 488, connection);
    }
  });

  it('400 for what is no SDP', () => {
    const outcome = answerOffer(local(), 'hello');
    assert.ok(!outcome.ok && outcome.refusal.status === 400 && /line 1/.test(outcome.refusal.text));
  });

  it('§6: the answer has every m-line in order, all but one with port 0 and their own formats', () => {
    const offer = offerOf([
      'm=video 5000 RTP/AVP 31 34',
      'm=audio 4500 RTP/SAVP 8',
      ...AUDIO,
      'm=audio 4600 RTP/AVP 8',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    ]);
    const media = parseSdp(answered(offer).sdp).media;
    assert.deepEqual(
      media.map((m) => [m.kind, m.port]),
      [
        ['video', 0],
        ['audio', 0],
        ['audio', 20_000],
        ['audio', 0],
        ['application', 0],
      ],
    );
    assert.deepEqual(media[0]?.formats, ['31', '34']);
    assert.deepEqual(media[4]?.formats, ['webrtc-datachannel']);
  });

  for (const [theirs, ours, held] of [
    ['sendrecv', 'sendrecv', false],
    ['sendonly', 'recvonly', true],
    ['recvonly', 'sendonly', false],
    ['inactive', 'inactive', true],
  ] as const) {
    it(`§6.1, §8.4: ${theirs} is answered ${ours}${held ? ' and is a hold' : ''}`, () => {
      const { sdp, negotiated } = answered(offerOf([...AUDIO, `a=${theirs}`]));
      assert.ok(sdp.includes(`a=${ours}\r\n`));
      assert.equal(negotiated.parameters.direction, ours);
      assert.equal(negotiated.remoteHeld, held);
    });
  }

  it('a direction at session level counts unless the m-line has its own', () => {
    const offer = (media: string[]): string => offerOf(['a=inactive', ...AUDIO, ...media]);
    assert.equal(answered(offer([])).negotiated.parameters.direction, 'inactive');
    assert.equal(answered(offer(['a=sendrecv'])).negotiated.parameters.direction, 'sendrecv');
  });

  it('§8.4: c=0.0.0.0 is a hold: nothing is sent, they may go on sending', () => {
    const { negotiated } = answered(offerOf(AUDIO, 'IN IP4 0.0.0.0'));
    assert.equal(negotiated.parameters.remote, undefined);
    assert.equal(negotiated.parameters.direction, 'recvonly');
    assert.ok(negotiated.remoteHeld);
  });

  it('RFC 3605: a=rtcp gives the RTCP port', () => {
    assert.equal(answered(offerOf([...AUDIO, 'a=rtcp:53020 IN IP4 126.16.64.4'])).negotiated.parameters.remote?.rtcpPort, 53_020);
    assert.equal(answered(offerOf([...AUDIO, 'a=rtcp:99999'])).negotiated.parameters.remote?.rtcpPort, 4001);
  });

  it('ptime asked for is sent within maxptime; odd ones fall back to 20 ms', () => {
    const ptime = (...lines: string[]): number => answered(offerOf([...AUDIO, ...lines])).negotiated.parameters.ptimeMs;
    assert.equal(ptime('a=ptime:30'), 30);
    assert.equal(ptime('a=ptime:60', 'a=maxptime:40'), 40);
    assert.equal(ptime('a=ptime:17'), 20);
    assert.equal(ptime('a=maxptime:10'), 10);
  });

  it('IPv6 both ways', () => {
    const state = initialSdp({ sessionId: '1', address: '2001:db8::5', rtpPort: 20_000 });
    const { sdp, negotiated } = answered(offerOf(AUDIO, 'IN IP6 2001:db8::9'), state);
    assert.equal(negotiated.parameters.remote?.address, '2001:db8::9');
    assert.ok(sdp.includes('c=IN IP6 2001:db8::5') && sdp.includes('o=- 1 1 IN IP6 2001:db8::5'));
  });

  it('media of the other IP version than our socket cannot be: 488', () => {
    const outcome = answerOffer(local(), offerOf(AUDIO, 'IN IP6 2001:db8::9'));
    assert.ok(!outcome.ok && outcome.refusal.status === 488 && /IP version/.test(outcome.refusal.text));
    assert.ok(!takeAnswer(makeOffer(local()).state, offerOf(AUDIO, 'IN IP6 2001:db8::9')).ok);
  });

  it('an offer is looked at before there is a port: answerable or not, and where its media is', () => {
    assert.deepEqual(inspectOffer(offerOf(AUDIO)), { ok: true, mediaAddress: '192.0.2.9' });
    assert.deepEqual(inspectOffer(offerOf(AUDIO, 'IN IP4 0.0.0.0')), { ok: true, mediaAddress: undefined });
    assert.equal(inspectOffer(offerOf(['m=audio 4000 RTP/AVP 0']), ['PCMA']).ok, false);
  });

  it('§8: o= keeps its version while nothing changes, and grows by one when something does', () => {
    const first = answered(offerOf(AUDIO));
    const again = answered(offerOf(AUDIO), first.state);
    const held = answered(offerOf([...AUDIO, 'a=sendonly']), again.state);
    const versions = [first, again, held].map((a) => parseSdp(a.sdp).origin.version);
    assert.deepEqual(versions, ['1', '1', '2']);
    assert.equal(parseSdp(held.sdp).origin.sessionId, '77');
  });

  it('§8.3.2: an offer of ours in mid-session keeps the types and the m-lines agreed on', () => {
    const { state } = answered(
      offerOf(['m=video 5000 RTP/AVP 31', 'm=audio 4000 RTP/AVP 97 100', 'a=rtpmap:97 PCMA/8000', 'a=rtpmap:100 telephone-event/8000']),
    );
    const media = parseSdp(makeOffer(state).sdp).media;
    assert.deepEqual(
      media.map((m) => [m.kind, m.port, m.formats]),
      [
        ['video', 0, ['31']],
        ['audio', 20_000, ['97', '0', '18', '100']],
      ],
    );
  });

  it('never gives one payload type to two things', () => {
    const { state } = answered(offerOf(['m=audio 4000 RTP/AVP 101', 'a=rtpmap:101 PCMA/8000']));
    const formats = parseSdp(makeOffer(state).sdp).media[0]?.formats ?? [];
    assert.equal(new Set(formats).size, formats.length, formats.join(' '));
  });

  it('an answer to our offer: their first codec, their event type to send, ours to receive', () => {
    const { state } = makeOffer(local());
    const outcome = takeAnswer(state, offerOf(['m=audio 4000 RTP/AVP 0 8 96', 'a=rtpmap:96 telephone-event/8000']));
    assert.ok(outcome.ok);
    assert.equal(outcome.negotiated.parameters.codec, 'PCMU');
    assert.equal(outcome.negotiated.parameters.telephoneEventSend, 96);
    assert.equal(outcome.negotiated.parameters.telephoneEventReceive, 101);
  });

  it('an answer with port 0, without the m-line or with another codec is refused', () => {
    const { state } = makeOffer(local(['PCMA']));
    for (const lines of [['m=audio 0 RTP/AVP 8'], [], ['m=audio 4000 RTP/AVP 0'], ['m=audio 4000 RTP/AVP 9']]) {
      assert.ok(!takeAnswer(state, offerOf(lines)).ok, lines.join());
    }
  });

  it('whatever is offered, two of us agree: both ends name the same codec and opposite directions', () => {
    const codecs = fc.constantFrom<('PCMA' | 'PCMU')[]>(['PCMA', 'PCMU'], ['PCMU', 'PCMA'], ['PCMA'], ['PCMU']);
    fc.assert(
      fc.property(codecs, codecs, (a, b) => {
        const offer = makeOffer(local(a));
        const answer = answerOffer(local(b), offer.sdp);
        const common = a.filter((c) => b.includes(c));
        assert.equal(answer.ok, common.length > 0);
        if (!answer.ok) return;
        const taken = takeAnswer(offer.state, answer.sdp);
        assert.ok(taken.ok);
        assert.equal(taken.negotiated.parameters.codec, answer.negotiated.parameters.codec);
        assert.equal(taken.negotiated.parameters.telephoneEventReceive, answer.negotiated.parameters.telephoneEventSend);
      }),
    );
  });

  it('no state is changed in place', () => {
    const state = Object.freeze(local());
    const offer = makeOffer(state);
    answered(offerOf(AUDIO), state);
    assert.equal(state.version, 0);
    assert.equal(offer.state.version, 1);
  });
});
