import assert from 'node:assert/strict';
import type { SipTraceMessage } from '@yixian/contracts';
import { sipTracePcap } from '../src/core/pcap.js';
import { sipTraceText, sipTraceView } from '../src/core/sip-view.js';

const INVITE = [
  'INVITE sip:12320@192.0.2.1 SIP/2.0',
  'v: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK1;rport',
  'f: "老王 <x>" <sip:13812345678@192.0.2.7>;tag=a',
  'To: <sip:12320@192.0.2.1>',
  'i: call@192.0.2.7',
  'CSeq: 1',
  '  INVITE',
  'c: application/sdp',
  '',
  'v=0',
  '',
].join('\r\n');
const RINGING = INVITE.replace(/^.*$/m, 'SIP/2.0 180 Ringing').replace('c: application/sdp', 'X: y');

const message = (n: number, text: string, more: Partial<SipTraceMessage> = {}): SipTraceMessage => ({
  n,
  at: 1_790_000_000_123 + n,
  direction: 'received',
  transport: 'udp',
  local: '192.0.2.1:5060',
  remote: '192.0.2.7:5070',
  text: Buffer.from(text, 'utf8').toString('latin1'),
  bytes: Buffer.byteLength(text),
  ...more,
});
const look = { callId: 'c1', keptDays: 14, mask: undefined };

describe('SIP messages as they are shown', () => {
  it('what stands in a message is read in its short forms, folded lines and UTF-8, too', () => {
    const [shown] = sipTraceView({ messages: [message(1, INVITE)], dropped: 0 }, look).messages;
    assert.deepEqual(
      [shown?.method, shown?.status, shown?.sipCallId, shown?.cseq, shown?.from, shown?.to, shown?.sdp],
      ['INVITE', null, 'call@192.0.2.7', '1 INVITE', '13812345678', '12320', true],
    );
    assert.equal(shown?.text, INVITE);
  });

  it('a request of the same branch and a byte-identical answer are retransmissions; another answer, way or branch is not (RFC 3261 §17)', () => {
    const trace = {
      messages: [
        message(1, INVITE),
        message(2, INVITE.replace('rport', 'rport;x=1')),
        message(3, INVITE.replace('z9hG4bK1', 'z9hG4bK2')),
        message(4, RINGING, { direction: 'sent' }),
        message(5, RINGING, { direction: 'sent' }),
        message(6, RINGING.replace('X: y', 'X: z'), { direction: 'sent' }),
        message(7, RINGING),
      ],
      dropped: 0,
    };
    assert.deepEqual(
      sipTraceView(trace, look).messages.map((m) => m.retransmission),
      [false, true, false, false, true, false, false],
    );
  });

  it('where numbers are masked there is the line without the number, and no text', () => {
    const called = INVITE.replace('sip:12320@192.0.2.1 ', 'sip:13900000002@192.0.2.1 ');
    const view = sipTraceView({ messages: [message(1, called)], dropped: 2 }, { ...look, mask: () => 'XXX' });
    assert.deepEqual(
      [view.masked, view.dropped, view.messages[0]?.text, view.messages[0]?.startLine],
      [true, 2, null, 'INVITE sip:XXX@192.0.2.1 SIP/2.0'],
    );
  });

  it('a message that is no SIP breaks nothing', () => {
    const { messages } = sipTraceView(
      { messages: [message(1, ''), message(2, '\u0000\r\n:\r\n'), message(3, 'INVITE')], dropped: 0 },
      look,
    );
    assert.deepEqual(
      messages.map((m) => [m.method, m.cseq]),
      [
        ['', ''],
        ['\u0000', ''],
        ['INVITE', ''],
      ],
    );
  });

  it('as a text: time, from where to where, remarks, the message', () => {
    const text = sipTraceText(
      { messages: [message(1, INVITE), message(2, RINGING, { direction: 'sent', failure: 'refused' })], dropped: 1 },
      'c1',
    );
    assert.match(text, /^call c1, 2 SIP messages, 1 more not kept\n/);
    assert.match(text, /Z 192\.0\.2\.7:5070 -> 192\.0\.2\.1:5060 udp\nINVITE sip:12320@192\.0\.2\.1 SIP\/2\.0\n/);
    assert.match(text, /Z 192\.0\.2\.1:5060 -> 192\.0\.2\.7:5070 udp \(not sent: refused\)\nSIP\/2\.0 180 Ringing\n/);
  });
});

describe('SIP messages as a capture', () => {
  it('each is a UDP datagram between its addresses with its time; the header’s checksum is right (RFC 791, RFC 768)', () => {
    const pcap = sipTracePcap([message(1, INVITE), message(2, 'ACK', { direction: 'sent' })]);
    assert.deepEqual([pcap.readUInt32LE(0), pcap.readUInt32LE(20)], [0xa1b2c3d4, 101]);
    assert.deepEqual([pcap.readUInt32LE(24), pcap.readUInt32LE(28)], [1_790_000_000, 124_000]);
    const packet = pcap.subarray(40, 40 + pcap.readUInt32LE(32));
    assert.equal(packet.length, 28 + Buffer.byteLength(INVITE));
    assert.deepEqual([...packet.subarray(12, 20)], [192, 0, 2, 7, 192, 0, 2, 1]);
    assert.deepEqual([packet.readUInt16BE(20), packet.readUInt16BE(22)], [5070, 5060]);
    assert.equal(packet.readUInt16BE(2), packet.length);
    assert.equal(packet.readUInt16BE(24), packet.length - 20);
    let sum = 0;
    for (let i = 0; i < 20; i += 2) sum += packet.readUInt16BE(i);
    assert.equal((sum & 0xffff) + (sum >>> 16), 0xffff);
    assert.equal(packet.subarray(28).toString(), INVITE);
    const second = pcap.subarray(40 + packet.length + 16);
    assert.deepEqual([second.readUInt16BE(20), second.subarray(28).toString()], [5060, 'ACK']);
  });

  it('IPv6 as well (RFC 8200)', () => {
    const pcap = sipTracePcap([message(1, 'ACK', { local: '[2001:db8::1]:5060', remote: '[fe80::2%eth0]:5070' })]);
    const packet = pcap.subarray(40);
    assert.equal(packet[0], 0x60);
    assert.deepEqual([packet.readUInt16BE(4), packet[6]], [8 + 3, 17]);
    assert.equal(packet.subarray(8, 24).toString('hex'), 'fe800000000000000000000000000002');
    assert.equal(packet.subarray(24, 40).toString('hex'), '20010db8000000000000000000000001');
    assert.deepEqual([packet.readUInt16BE(40), packet.subarray(48).toString()], [5070, 'ACK']);
  });
});
