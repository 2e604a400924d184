import assert from 'node:assert/strict';
import { headerValue, type SipRequest } from '../../src/sip/parser/message.js';
import type { MessageOutcome } from '../../src/sip/port.js';
import { inviteText, RawPeer, stackOn, type TestStackOptions, Wire } from './wire.js';

const PLAIN = 'Content-Type: text/plain\n';

async function phone(options: TestStackOptions = {}) {
  const wire = new Wire();
  const us = await stackOn(wire, { admit: () => ({ action: 'accept', origin: { kind: 'extension', extension: '1001' } }), ...options });
  const peer = new RawPeer(wire, us, '192.0.2.9', 5060, options.transport ?? 'udp');
  let n = 0;
  const say = async (body: string, extra = PLAIN) => {
    n++;
    const head = inviteText({ method: 'MESSAGE', callId: `m${n}`, branch: `m${n}`, extra, sdp: '', uri: 'sip:1002@192.0.2.1' });
    peer.say(`${head.replace(/\n*$/, '')}\n\n${body}`);
    wire.clock.advance(5);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    wire.clock.advance(5);
    return peer.statuses().at(-1);
  };
  return { wire, us, peer, say };
}

describe('MESSAGE received (RFC 3428)', () => {
  it('text/plain in UTF-8 of an extension is handed up; the owner’s answer goes back (§7)', async () => {
    const s = await phone();
    assert.equal(await s.say('中文 text'), '202 MESSAGE');
    assert.deepEqual(s.us.messages, [{ from: '1001', fromDisplayName: 'Caller', to: '1002', text: '中文 text' }]);
  });

  it('an owner’s refusal keeps its status; a text cannot break the status line', async () => {
    const s = await phone({ onMessage: async () => ({ status: 404, text: 'no such\r\nVia: x' }) });
    assert.equal(await s.say('x'), '404 MESSAGE');
    assert.equal(s.peer.lastResponse().reason, 'Not Found - no such??Via: x');
  });

  for (const [what, body, extra, expected] of [
    ['another type', '<a/>', 'Content-Type: application/im-iscomposing+xml\n', '415 MESSAGE'],
    ['no type', 'x', '', '415 MESSAGE'],
    ['another charset', 'x', 'Content-Type: text/plain;charset="GB18030"\n', '415 MESSAGE'],
    ['an encoding', 'x', `${PLAIN}Content-Encoding: gzip\n`, '415 MESSAGE'],
    ['nothing in it', '', PLAIN, '400 MESSAGE'],
    ['more than 1300 bytes over UDP', 'x'.repeat(1_301), PLAIN, '413 MESSAGE'],
    ['1300 bytes', 'x'.repeat(1_300), PLAIN, '202 MESSAGE'],
  ] as const) {
    it(`${what}: ${expected}`, async () => assert.equal(await (await phone()).say(body, extra), expected));
  }

  it('over TCP up to 8 KiB', async () => {
    const s = await phone({ transport: 'tcp' });
    assert.equal(await s.say('x'.repeat(8_192)), '202 MESSAGE');
    assert.equal(await s.say('x'.repeat(8_193)), '413 MESSAGE');
  });

  it('bytes that are no UTF-8 are refused 400', async () => {
    const s = await phone();
    const head = inviteText({ method: 'MESSAGE', extra: PLAIN, sdp: '' }).trimEnd().replaceAll('\n', '\r\n');
    const bytes = Buffer.concat([Buffer.from(`${head}\r\nContent-Length: 2\r\n\r\n`), Buffer.from([0xc3, 0x28])]);
    s.wire.send(s.peer.hop, { transport: 'udp', address: '192.0.2.1', port: 5060 }, bytes);
    s.wire.clock.advance(5);
    assert.equal(s.peer.statuses().at(-1), '400 MESSAGE');
  });

  it('of a trunk: 403', async () => {
    const trunk = await phone({ admit: () => ({ action: 'accept', origin: { kind: 'trunk', trunkId: 't' } }) });
    assert.equal(await trunk.say('x'), '403 MESSAGE');
    assert.equal(trunk.us.messages.length, 0);
  });

  it('is challenged like every request of an extension', async () => {
    const s = await phone({ admit: () => ({ action: 'challenge', extension: '1001' }), password: () => 'secret' });
    assert.equal(await s.say('x'), '407 MESSAGE');
    assert.equal(s.us.messages.length, 0);
  });

  it('an owner who does not answer costs 503 after 20 s, one who fails 500', async () => {
    const s = await phone({ onMessage: () => new Promise(() => {}) });
    assert.equal(await s.say('x'), undefined);
    s.wire.clock.advance(20_000);
    assert.equal(s.peer.statuses().at(-1), '503 MESSAGE');
    const failing = await phone({ onMessage: () => Promise.reject(new Error('broken')) });
    assert.equal(await failing.say('x'), '500 MESSAGE');
  });

  it('a retransmission is not a second text', async () => {
    const s = await phone();
    const text = `${inviteText({ method: 'MESSAGE', extra: PLAIN, sdp: '' }).trimEnd()}\n\nonce`;
    for (let i = 0; i < 3; i++) {
      s.peer.say(text);
      s.wire.clock.advance(5);
    }
    assert.equal(s.us.messages.length, 1);
  });
});

describe('MESSAGE sent (RFC 3428 §4)', () => {
  async function sending(text: string, react: (s: { peer: RawPeer; request: SipRequest }) => void, transport: 'udp' | 'tcp' = 'udp') {
    const wire = new Wire();
    const us = await stackOn(wire, { transport });
    const peer = new RawPeer(wire, us, '192.0.2.9', 5060, transport);
    peer.reply = (message) => {
      if (message.kind === 'request') react({ peer, request: message });
    };
    const source = { address: '192.0.2.9', port: 5060, transport };
    const sent = us.stack.message({
      uri: 'sip:1002@192.0.2.9',
      nextHop: source,
      toUser: '1002',
      from: { user: '1001', displayName: '李 "四"' },
      text,
    });
    let outcome: MessageOutcome | undefined;
    void sent.then((o) => {
      outcome = o;
    });
    for (let at = 0; at < 33_000; at += 500) {
      wire.clock.advance(500);
      await Promise.resolve();
    }
    return { wire, us, peer, outcome };
  }

  it('text/plain;charset=UTF-8, no Contact (§4), and a 2xx is its delivery', async () => {
    const s = await sending('你好', ({ peer, request }) => peer.respond(request, 200, 'OK'));
    assert.deepEqual(s.outcome, { ok: true });
    const [request] = s.peer.requests('MESSAGE');
    assert.ok(request);
    assert.equal(request.body.toString(), '你好');
    assert.equal(headerValue(request, 'contact'), undefined);
    assert.match(headerValue(request, 'from') ?? '', /^"李 \\"四\\"" <sip:1001@192.0.2.1>;tag=/);
    assert.equal(headerValue(request, 'content-type'), 'text/plain;charset=UTF-8');
  });

  it('a refusal is told with its status', async () => {
    const s = await sending('x', ({ peer, request }) => peer.respond(request, 486, 'Busy Here'));
    assert.deepEqual(s.outcome, { ok: false, end: { kind: 'refused', status: 486, phrase: 'Busy Here' } });
  });

  it('a phone that says nothing: timeout after 10 s, and no timer is left', async () => {
    const s = await sending('x', () => {});
    assert.deepEqual(s.outcome, { ok: false, end: { kind: 'timeout', status: 408 } });
    assert.equal(s.us.stack.metrics().sip_timers, 0);
  });

  it('more than 1300 bytes do not go over UDP (§8), but over TCP', async () => {
    const udp = await sending('x'.repeat(1_301), ({ peer, request }) => peer.respond(request, 200, 'OK'));
    assert.equal(udp.outcome?.ok, false);
    assert.equal(udp.peer.requests('MESSAGE').length, 0);
    const tcp = await sending('x'.repeat(1_301), ({ peer, request }) => peer.respond(request, 200, 'OK'), 'tcp');
    assert.deepEqual(tcp.outcome, { ok: true });
  });
});
