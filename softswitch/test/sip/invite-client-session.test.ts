import assert from 'node:assert/strict';
import { headerValue, type SipRequest } from '../../src/sip/parser/message.js';
import type { InviteOptions, InviteSession } from '../../src/sip/port.js';
import { RawPeer, stackOn, type TestStack, Told, Wire } from './wire.js';

interface Setting {
  wire: Wire;
  us: TestStack;
  peer: RawPeer;
  told: Told;
  session: InviteSession;
  invite(): SipRequest;
}

async function calling(over: Partial<InviteOptions> = {}, options: Parameters<typeof stackOn>[1] = {}): Promise<Setting> {
  const wire = new Wire();
  const us = await stackOn(wire, options);
  const peer = new RawPeer(wire, us);
  const told = new Told();
  const session = us.stack.invite({ uri: 'sip:1001@192.0.2.9', from: { user: '12320' }, sdp: 'our offer', ...over }, told.handlers);
  await Promise.resolve();
  wire.clock.advance(5);
  return {
    wire,
    us,
    peer,
    told,
    session,
    invite: () => {
      const last = peer.requests('INVITE').at(-1);
      if (!last) throw new Error('no INVITE came');
      return last;
    },
  };
}

const CONTACT = 'Contact: <sip:1001@192.0.2.9>\n';

function answered(s: Setting, extra = ''): void {
  s.peer.respond(s.invite(), 200, 'OK', CONTACT + extra, 'their answer');
  s.wire.clock.advance(5);
}

describe('INVITE, calling side (RFC 3261 §13.2)', () => {
  it('the INVITE carries the mandatory headers, rport, Allow, Supported and the offer (§8.1.1, RFC 3581 §3)', async () => {
    const s = await calling({ from: { user: '12320', displayName: '热线 "一线"' }, headers: [['X-Yixian-Call', 'call-7']] });
    const invite = s.invite();
    assert.equal(invite.uri, 'sip:1001@192.0.2.9');
    assert.match(headerValue(invite, 'via') ?? '', /^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bK[0-9a-f]{20};rport$/);
    assert.match(headerValue(invite, 'from') ?? '', /^"热线 \\"一线\\"" <sip:12320@192\.0\.2\.1>;tag=/);
    for (const key of ['to', 'call-id', 'cseq', 'contact', 'max-forwards', 'allow', 'supported']) assert.ok(headerValue(invite, key), key);
    assert.equal(headerValue(invite, 'x-yixian-call'), 'call-7');
    assert.match(headerValue(invite, 'p-asserted-identity') ?? '', /sip:12320@/);
    assert.equal(invite.body.toString(), 'our offer');
  });

  it('progress and answer are told, the ACK has a branch of its own and goes to the Contact (§13.2.2.4)', async () => {
    const s = await calling();
    s.peer.respond(s.invite(), 180, 'Ringing', CONTACT);
    s.peer.respond(s.invite(), 183, 'Session Progress', CONTACT, 'early answer');
    s.wire.clock.advance(5);
    s.peer.respond(s.invite(), 200, 'OK', 'Contact: <sip:1001@192.0.2.9:5060;x=y>\n', 'their answer');
    s.wire.clock.advance(5);
    assert.deepEqual(s.told.events, ['progress 180 -', 'progress 183 early answer', 'accepted their answer']);
    const ack = s.wire.last('ACK');
    assert.equal(ack.kind === 'request' && ack.uri, 'sip:1001@192.0.2.9:5060;x=y');
    assert.notEqual(headerValue(ack, 'via'), headerValue(s.invite(), 'via'));
    assert.equal(headerValue(ack, 'cseq'), '1 ACK');
  });

  it('a lost ACK: every repeated 200 gets it again, and the answer is told once (§13.2.2.4)', async () => {
    const s = await calling();
    answered(s);
    answered(s);
    answered(s);
    assert.equal(s.peer.requests('ACK').length, 3);
    assert.deepEqual(s.told.events, ['accepted their answer']);
  });

  it('no answer at all: INVITE at 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s, then timeout at 32 s (§17.1.1.2)', async () => {
    const s = await calling();
    const start = s.wire.times('INVITE')[0] ?? 0;
    s.wire.clock.advance(40_000);
    assert.deepEqual(
      s.wire.times('INVITE').map((t) => t - start),
      [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500],
    );
    assert.deepEqual(
      s.told.ends.map((e) => [e.kind, e.status]),
      [['timeout', 408]],
    );
  });

  it('CANCEL waits for a provisional response, has the branch of the INVITE, and the 487 is acknowledged (§9.1)', async () => {
    const s = await calling();
    s.session.end('SIP;cause=487');
    s.wire.clock.advance(5);
    assert.equal(s.peer.requests('CANCEL').length, 0);
    s.peer.respond(s.invite(), 180, 'Ringing');
    s.wire.clock.advance(5);
    const cancel = s.peer.requests('CANCEL')[0];
    assert.ok(cancel);
    assert.equal(headerValue(cancel, 'via'), headerValue(s.invite(), 'via'));
    assert.equal(headerValue(cancel, 'cseq'), '1 CANCEL');
    assert.equal(headerValue(cancel, 'reason'), 'SIP;cause=487');
    s.peer.respond(cancel, 200, 'OK');
    s.peer.respond(s.invite(), 487, 'Request Terminated');
    s.wire.clock.advance(5);
    assert.equal(s.peer.requests('ACK').length, 1);
    assert.deepEqual(s.told.ends, [{ kind: 'local' }]);
  });

  it('CANCEL and 200 cross: the 200 is acknowledged and the call ended by BYE (§9.1)', async () => {
    const s = await calling();
    s.peer.respond(s.invite(), 180, 'Ringing');
    s.wire.clock.advance(5);
    s.session.end();
    s.peer.respond(s.invite(), 200, 'OK', CONTACT, 'their answer');
    s.wire.clock.advance(5);
    assert.deepEqual(s.wire.trace('192.0.2.1:5060'), ['INVITE', 'CANCEL', 'ACK', 'BYE']);
    assert.deepEqual(s.told.ends, [{ kind: 'local' }]);
    assert.deepEqual(s.told.events, ['progress 180 -']);
  });

  it('a peer that never answers the CANCELled INVITE is given up after 64·T1 (§9.1)', async () => {
    const s = await calling();
    s.peer.respond(s.invite(), 180, 'Ringing');
    s.wire.clock.advance(5);
    s.session.end();
    s.wire.clock.advance(70_000);
    const m = s.us.stack.metrics();
    assert.deepEqual([m.sip_client_transactions, m.sip_dialogs, m.sip_timers], [0, 0, 0]);
  });

  it('a second 200 of a forking proxy is acknowledged and ended by BYE (§13.2.2.4)', async () => {
    const s = await calling();
    answered(s);
    const to = headerValue(s.invite(), 'to');
    s.peer.respond(s.invite(), 200, 'OK', `To: ${to};tag=other\n${CONTACT}`, 'other answer');
    s.wire.clock.advance(5);
    const bye = s.peer.requests('BYE')[0];
    assert.ok(bye && (headerValue(bye, 'to') ?? '').includes('tag=other'));
    assert.equal(s.peer.requests('ACK').length, 2);
    assert.deepEqual(s.told.events, ['accepted their answer']);
    assert.deepEqual(s.told.ends, []);
  });

  it('refusals are acknowledged and told with status, phrase and Reason (RFC 3326)', async () => {
    const s = await calling();
    s.peer.respond(s.invite(), 486, 'Busy Here', 'Reason: Q.850;cause=17\n');
    s.wire.clock.advance(5);
    assert.equal(s.peer.requests('ACK').length, 1);
    assert.deepEqual(s.told.ends, [{ kind: 'refused', status: 486, phrase: 'Busy Here', reasonHeader: 'Q.850;cause=17' }]);
  });

  it('a 200 without any answer is acknowledged and ended', async () => {
    const s = await calling();
    s.peer.respond(s.invite(), 200, 'OK', CONTACT);
    s.wire.clock.advance(5);
    assert.deepEqual(s.wire.trace('192.0.2.1:5060'), ['INVITE', 'ACK', 'BYE']);
    assert.equal(s.told.ends[0]?.kind, 'protocol');
  });

  it('a refused TCP connection is told as transport (§8.1.3.1)', async () => {
    const s = await calling({ uri: 'sip:1001@192.0.2.77;transport=tcp' });
    s.wire.clock.advance(5);
    assert.equal(s.told.ends[0]?.kind, 'transport');
    assert.equal(s.told.ends[0]?.status, 503);
  });

  it('a challenged INVITE is sent again with credentials, the next CSeq and a new branch (§22.2)', async () => {
    const s = await calling({ auth: { username: 'trunk', password: 'secret' } });
    const before = s.invite();
    s.peer.respond(
      before,
      407,
      'Proxy Authentication Required',
      'Proxy-Authenticate: Digest realm="carrier", nonce="n1", algorithm=SHA-256, qop="auth"\n',
    );
    s.wire.clock.advance(5);
    const again = s.invite();
    assert.equal(headerValue(again, 'cseq'), '2 INVITE');
    assert.equal(headerValue(again, 'call-id'), headerValue(before, 'call-id'));
    assert.notEqual(headerValue(again, 'via'), headerValue(before, 'via'));
    assert.match(headerValue(again, 'proxy-authorization') ?? '', /^Digest username="trunk", realm="carrier".*algorithm=SHA-256/);
    s.peer.respond(again, 407, 'Proxy Authentication Required', 'Proxy-Authenticate: Digest realm="carrier", nonce="n2"\n');
    s.wire.clock.advance(5);
    assert.equal(s.told.ends[0]?.status, 407);
  });

  it('BYE of the other side ends the session with its Reason', async () => {
    const s = await calling();
    answered(s);
    const invite = s.invite();
    const bye = [
      'BYE sip:12320@192.0.2.1 SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKbye',
      `From: ${headerValue(invite, 'to')};tag=peer`,
      `To: ${headerValue(invite, 'from')}`,
      `Call-ID: ${headerValue(invite, 'call-id')}`,
      'CSeq: 1 BYE',
      'Reason: Q.850;cause=16',
    ].join('\n');
    s.peer.say(bye);
    s.wire.clock.advance(5);
    assert.deepEqual(s.told.ends, [{ kind: 'remote-bye', reasonHeader: 'Q.850;cause=16' }]);
    assert.equal(s.peer.statuses().at(-1), '200 BYE');
  });

  it('Record-Route is followed in reverse with loose routing (§12.2.1.1)', async () => {
    const s = await calling();
    answered(s, 'Record-Route: <sip:192.0.2.31;lr>, <sip:192.0.2.9;lr>\n');
    const ack = s.wire.last('ACK');
    assert.deepEqual(
      ack.headers.filter((h) => h.key === 'route').map((h) => h.value),
      ['<sip:192.0.2.9;lr>', '<sip:192.0.2.31;lr>'],
    );
    assert.equal(ack.kind === 'request' && ack.uri, 'sip:1001@192.0.2.9');
  });

  it('a strict router gets its own URI as Request-URI and the target last (§12.2.1.1)', async () => {
    const s = await calling();
    answered(s, 'Record-Route: <sip:192.0.2.9>\n');
    const ack = s.wire.last('ACK');
    assert.equal(ack.kind === 'request' && ack.uri, 'sip:192.0.2.9');
    assert.equal(headerValue(ack, 'route'), '<sip:1001@192.0.2.9>');
  });

  it('our re-INVITE resolves with the answer, its 491 is tried again after 2.1 to 4 s on the calling side (§14.1)', async () => {
    const s = await calling();
    answered(s);
    const answer = s.session.reinvite('hold');
    s.wire.clock.advance(5);
    const one = s.invite();
    s.peer.respond(one, 491, 'Request Pending');
    s.wire.clock.advance(2_050);
    assert.equal(s.invite(), one);
    s.wire.clock.advance(2_000);
    assert.notEqual(s.invite(), one);
    s.peer.respond(s.invite(), 200, 'OK', CONTACT, 'held');
    s.wire.clock.advance(5);
    assert.equal(await answer, 'held');
  });

  it('two re-INVITEs never overlap: the second waits for the first (§14.1)', async () => {
    const s = await calling();
    answered(s);
    const hold = s.session.reinvite('hold');
    const resume = s.session.reinvite('resume');
    s.wire.clock.advance(100);
    assert.equal(s.peer.requests('INVITE').length, 2);
    s.peer.respond(s.invite(), 200, 'OK', CONTACT, 'held');
    s.wire.clock.advance(5);
    s.peer.respond(s.invite(), 200, 'OK', CONTACT, 'resumed');
    s.wire.clock.advance(5);
    assert.deepEqual([await hold, await resume], ['held', 'resumed']);
  });

  it('481 to a request of ours ends the session (§12.2.1.2)', async () => {
    const s = await calling();
    answered(s);
    const info = s.session.info('application/dtmf-relay', 'Signal=1');
    s.wire.clock.advance(5);
    const request = s.peer.requests('INFO')[0];
    assert.ok(request);
    s.peer.respond(request, 481, 'Call/Transaction Does Not Exist');
    s.wire.clock.advance(5);
    assert.equal(await info, 481);
    assert.equal(s.told.ends[0]?.status, 481);
  });

  it('a probe is OPTIONS in the dialog: any answer but 481 and 408 is a sign of life (RFC 5057), ten silent seconds are none', async () => {
    const s = await calling();
    answered(s);
    for (const [status, alive] of [
      [200, true],
      [405, true],
      [500, true],
      [481, false],
      [408, false],
    ] as const) {
      const probe = s.session.probe();
      s.wire.clock.advance(5);
      const request = s.peer.requests('OPTIONS').at(-1);
      assert.ok(request);
      assert.ok(headerValue(request, 'to')?.includes('tag='));
      s.peer.respond(request, status, 'As asked');
      s.wire.clock.advance(5);
      assert.equal(await probe, alive, `answered ${status}`);
    }
    const silent = s.session.probe();
    s.wire.clock.advance(10_000);
    assert.equal(await silent, false);
    assert.deepEqual(s.told.ends, [], 'what follows is for the asker to say');
  });

  it('100 is told too: the place is there (§17.1.1.2)', async () => {
    const s = await calling();
    s.peer.respond(s.invite(), 100, 'Trying');
    s.wire.clock.advance(5);
    assert.equal(s.told.events.at(-1), 'progress 100 -');
  });

  it('requests of the dialog go to the source of a phone behind NAT that answers with the Contact it registered', async () => {
    const s = await calling({ uri: 'sip:1001@10.0.0.5:5060', nextHop: { address: '192.0.2.9', port: 5060, transport: 'udp' } });
    s.peer.respond(s.invite(), 200, 'OK', 'Contact: <sip:1001@10.0.0.5:5060>\n', 'their answer');
    s.wire.clock.advance(5);
    s.session.end();
    s.wire.clock.advance(5);
    assert.equal(s.peer.requests('ACK').length, 1);
    assert.equal(s.peer.requests('BYE').length, 1);
    assert.equal(s.peer.requests('BYE')[0]?.uri, 'sip:1001@10.0.0.5:5060');
  });

  it('calls in any state that are no longer possible do nothing', async () => {
    const s = await calling();
    s.session.progress(180);
    s.session.accept('x');
    s.session.refuse(486, 'Busy Here');
    s.session.end();
    s.session.end();
    assert.deepEqual(s.told.ends, [{ kind: 'local' }]);
    await assert.rejects(s.session.reinvite('late'));
    assert.equal(await s.session.info('text/plain', 'late'), 481);
  });
});
