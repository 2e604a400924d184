import assert from 'node:assert/strict';
import { SimulatedClock } from '@yixian/contracts';
import type { Hop } from '../src/sip/transport/types.js';
import { withoutSecrets } from '../src/trace/redact.js';
import { SipTrace, type SipTraceLimits } from '../src/trace/sip-trace.js';

const HOP: Hop = { transport: 'udp', address: '192.0.2.7', port: 5070 };
const LOCALS = { localFor: () => ({ address: '2001:db8::1', port: 5060 }) };

function traced(limits: Partial<SipTraceLimits> = {}) {
  const clock = new SimulatedClock(1_000_000);
  const trace = new SipTrace(clock, limits);
  const came = (sipCallId: string, what: string) => trace.received(sipCallId, what.startsWith('INVITE'), Buffer.from(what), HOP, LOCALS);
  const texts = (callId: string) => trace.uncollected(callId).messages.map((m) => m.text);
  const live = () => true;
  const over = () => false;
  return { clock, trace, came, texts, live, over };
}

describe('the SIP messages of calls before they are stored', () => {
  it('a dialog’s messages before it is known whose it is go to its call, in order, with both addresses', () => {
    const { trace, came } = traced();
    came('d1', 'INVITE 1');
    trace.sent('d1', false, Buffer.from('407'), HOP, LOCALS);
    trace.belongs('c1', 'd1');
    came('d1', 'ACK');
    const { messages } = trace.uncollected('c1');
    assert.deepEqual(
      messages.map((m) => [m.n, m.direction, m.text, m.local, m.remote]),
      [
        [1, 'received', 'INVITE 1', '[2001:db8::1]:5060', '192.0.2.7:5070'],
        [2, 'sent', '407', '[2001:db8::1]:5060', '192.0.2.7:5070'],
        [3, 'received', 'ACK', '[2001:db8::1]:5060', '192.0.2.7:5070'],
      ],
    );
  });

  it('what begins no call is not kept: REGISTER, OPTIONS, an answer to nothing', () => {
    const { trace, came } = traced();
    for (const what of ['REGISTER', 'OPTIONS', 'SIP/2.0 200 OK']) came('r1', what);
    assert.equal(trace.metrics().sip_trace_messages_total, 0);
    assert.equal(trace.metrics().sip_trace_held_bytes, 0);
  });

  it('of one call the first and the last are kept, those between dropped and counted', () => {
    const { trace, came, texts, over, clock } = traced({ first: 3, last: 2 });
    trace.belongs('c1', 'd1');
    for (let i = 1; i <= 9; i++) came('d1', i === 1 ? 'INVITE 1' : `INFO ${i}`);
    assert.deepEqual(texts('c1'), ['INVITE 1', 'INFO 2', 'INFO 3', 'INFO 8', 'INFO 9']);
    const first = trace.collect(over);
    assert.deepEqual(
      first.map((one) => [one.messages.map((m) => m.n), one.dropped]),
      [[[1, 2, 3], 0]],
    );
    clock.advance(60_000);
    const rest = trace.collect(over);
    assert.deepEqual(
      rest.map((one) => [one.messages.map((m) => m.n), one.dropped]),
      [[[8, 9], 4]],
    );
    assert.deepEqual([trace.metrics().sip_trace_calls, trace.metrics().sip_trace_held_bytes], [0, 0]);
  });

  it('beyond the bound of all together new messages are dropped, and counted at their calls', () => {
    const { trace, came, texts } = traced({ heldBytes: 39, opening: 0 });
    trace.belongs('c1', 'd1');
    trace.belongs('c2', 'd2');
    came('d1', 'INVITE 0123456789012345');
    came('d2', 'INVITE 0123456789');
    assert.deepEqual([texts('c1').length, texts('c2').length], [1, 0]);
    assert.equal(trace.uncollected('c2').dropped, 1);
    assert.ok((trace.metrics().sip_trace_held_bytes ?? 0) <= 39);
  });

  it('a long message is cut and says so', () => {
    const { trace, came } = traced({ messageBytes: 10 });
    trace.belongs('c1', 'd1');
    came('d1', 'INVITE 0123456789');
    const [message] = trace.uncollected('c1').messages;
    assert.deepEqual([message?.text, message?.cut, message?.bytes], ['INVITE 012', true, 17]);
  });

  it('calls without end of a flood: dialogs of no call are bounded in number and in time', () => {
    const { trace, came, clock, live } = traced({ strangers: 10 });
    for (let i = 0; i < 1_000; i++) came(`d${i}`, `INVITE ${i}`);
    assert.equal(trace.metrics().sip_trace_held_bytes, 10 * 'INVITE 999'.length);
    clock.advance(61_000);
    trace.collect(live);
    assert.equal(trace.metrics().sip_trace_held_bytes, 0);
  });

  it('the messages after the end of a call are its, too, for as long as they may be repeated', () => {
    const { trace, came, clock, over } = traced();
    trace.belongs('c1', 'd1');
    came('d1', 'INVITE');
    trace.collect(over);
    clock.advance(31_000);
    came('d1', 'BYE');
    assert.deepEqual(
      trace.collect(over).flatMap((one) => one.messages.map((m) => m.text)),
      ['BYE'],
    );
    clock.advance(5_000);
    trace.collect(over);
    came('d1', 'BYE');
    assert.deepEqual(trace.collect(over), []);
  });

  it('a line that is kept up between calls shows its beginning in each of them', () => {
    const { trace, came, clock, texts, over } = traced();
    trace.standing('line');
    trace.sent('line', true, Buffer.from('INVITE'), HOP, LOCALS);
    came('line', '200');
    clock.advance(600_000);
    trace.collect(over);
    trace.belongs('c1', 'line');
    came('line', 'INFO');
    clock.advance(36_000);
    for (const _ of [1, 2]) {
      trace.collect(over);
      clock.advance(36_000);
    }
    trace.belongs('c2', 'line');
    assert.deepEqual(texts('c2').slice(0, 2), ['INVITE', '200']);
    trace.released('line');
    trace.collect(over, true);
    assert.equal(trace.metrics().sip_trace_held_bytes, 0);
  });

  it('a phone that fetches somebody out of another call is of both', () => {
    const { trace, came, texts } = traced();
    came('d1', 'INVITE');
    trace.belongs('own', 'd1');
    trace.belongs('fetched', 'd1');
    came('d1', 'BYE');
    assert.deepEqual(
      [texts('own'), texts('fetched')],
      [
        ['INVITE', 'BYE'],
        ['INVITE', 'BYE'],
      ],
    );
  });

  it('why a message could not be sent stands with it', () => {
    const { trace } = traced();
    trace.belongs('c1', 'd1');
    trace.sent('d1', true, Buffer.from('INVITE'), HOP, LOCALS)?.(new Error('connection refused'));
    assert.equal(trace.uncollected('c1').messages[0]?.failure, 'connection refused');
  });
});

describe('secrets in a traced message', () => {
  it('answers to challenges go, however they are written; names and nonces stay', () => {
    const text = [
      'INVITE sip:1001@h SIP/2.0',
      'authorization: Digest username="1001", nonce="abc", response="0123456789abcdef", qop=auth',
      'Proxy-Authorization : Digest username="1001",',
      '  response=0123456789abcdef',
      'Authorization: Basic c2VjcmV0',
      'Via: response="kept"',
      '',
      '',
    ].join('\r\n');
    const safe = withoutSecrets(text);
    assert.ok(!/0123456789abcdef|c2VjcmV0/.test(safe), safe);
    assert.match(safe, /username="1001", nonce="abc", response="\*\*\*", qop=auth/);
    assert.match(safe, /Via: response="kept"/);
  });

  it('keys of media go: SDES, ICE', () => {
    const sdp = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0c2VjcmV0|2^20\r\na=ice-ufrag:u\r\na=ice-pwd:secretsecret\r\n';
    const safe = withoutSecrets(sdp);
    assert.ok(!/c2VjcmV0|secretsecret/.test(safe), safe);
    assert.match(safe, /a=ice-ufrag:u/);
  });

  it('a message without secrets is left as it is', () => {
    const text = 'BYE sip:x SIP/2.0\r\nCall-ID: response=1\r\n\r\n';
    assert.equal(withoutSecrets(text), text);
  });
});
