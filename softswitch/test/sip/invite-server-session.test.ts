import assert from 'node:assert/strict';
import { headerValue } from '../../src/sip/parser/message.js';
import { inviteText, RawPeer, stackOn, type TestStack, Told, toTagOf, Wire } from './wire.js';

async function setUp(options: Parameters<typeof stackOn>[1] = {}): Promise<{ wire: Wire; us: TestStack; peer: RawPeer; told: Told }> {
  const wire = new Wire();
  const told = new Told();
  const us = await stackOn(wire, { ...options, onInvite: (session) => session.setHandlers(told.handlers) });
  return { wire, us, peer: new RawPeer(wire, us), told };
}

type Setting = Awaited<ReturnType<typeof setUp>>;

function first<T>(items: readonly T[]): T {
  const item = items[0];
  if (item === undefined) throw new Error('nothing there');
  return item;
}

function invited(s: Setting, over: Parameters<typeof inviteText>[0] = {}) {
  s.peer.say(inviteText(over));
  s.wire.clock.advance(5);
  return first(s.us.sessions);
}

function ackText(s: Setting, sdp = ''): string {
  return inviteText({ method: 'ACK', branch: 'ack', toTag: toTagOf(s.peer.lastResponse()), sdp });
}

function confirmed(s: Setting) {
  const session = invited(s);
  session.accept('our answer');
  s.wire.clock.advance(5);
  s.peer.say(ackText(s));
  s.wire.clock.advance(5);
  return session;
}

describe('INVITE, called side (RFC 3261 §13.3)', () => {
  it('100 Trying goes out at once, and the offer and the parties are told (§8.2.6.1)', async () => {
    const s = await setUp();
    const session = invited(s, { extra: 'P-Asserted-Identity: <sip:10086@example.org>\n' });
    assert.deepEqual(s.peer.statuses(), ['100 INVITE']);
    assert.equal(session.remoteSdp, 'their offer');
    assert.equal(session.fromUser, '13800138000');
    assert.equal(session.fromDisplayName, 'Caller');
    assert.equal(session.assertedUser, '10086');
    assert.equal(session.requestUser, '12320');
  });

  it('a retransmitted INVITE gets the last provisional response and makes no second session (§17.2.1)', async () => {
    const s = await setUp();
    invited(s).progress(180);
    s.peer.say(inviteText());
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses(), ['100 INVITE', '180 INVITE', '180 INVITE']);
    assert.equal(s.us.sessions.length, 1);
    assert.deepEqual(s.us.admissions, ['INVITE']);
  });

  it('the 200 is repeated at T1, doubling to T2, until the ACK comes (§13.3.1.4)', async () => {
    const s = await setUp();
    invited(s).accept('our answer');
    const start = s.wire.clock.now();
    s.wire.clock.advance(12_000);
    assert.deepEqual(
      s.wire.times('200 INVITE').map((t) => t - start),
      [0, 500, 1_500, 3_500, 7_500, 11_500],
    );
    s.peer.say(ackText(s));
    s.wire.clock.advance(60_000);
    assert.equal(s.wire.times('200 INVITE').length, 6);
    assert.deepEqual(s.told.events, ['confirmed -']);
    assert.deepEqual(s.told.ends, []);
  });

  it('without an ACK for 64·T1 the dialog is confirmed, ended by BYE, and told as no-ack (§13.3.1.4)', async () => {
    const s = await setUp();
    invited(s).accept('our answer');
    s.wire.clock.advance(31_900);
    assert.equal(s.told.ends.length, 0);
    s.wire.clock.advance(200);
    assert.equal(first(s.told.ends).kind, 'no-ack');
    assert.equal(s.peer.requests('BYE').length, 1);
  });

  it('a late offer: our offer in the 200, their answer in the ACK (§13.2.1)', async () => {
    const s = await setUp();
    const session = invited(s, { sdp: '' });
    assert.equal(session.remoteSdp, undefined);
    session.accept('our offer');
    s.wire.clock.advance(5);
    assert.equal(s.peer.lastResponse().body.toString(), 'our offer');
    s.peer.say(inviteText({ method: 'ACK', branch: 'ack', toTag: toTagOf(s.peer.lastResponse()), sdp: 'their answer' }));
    s.wire.clock.advance(5);
    assert.deepEqual(s.told.events, ['confirmed their answer']);
  });

  it('a late offer whose ACK lacks the answer ends the session', async () => {
    const s = await setUp();
    invited(s, { sdp: '' }).accept('our offer');
    s.wire.clock.advance(5);
    s.peer.say(ackText(s));
    s.wire.clock.advance(5);
    assert.equal(first(s.told.ends).kind, 'protocol');
    assert.equal(s.peer.requests('BYE').length, 1);
  });

  it('CANCEL: 200 to it, 487 to the INVITE, and the Reason is told (§9.2, RFC 3326)', async () => {
    const s = await setUp();
    invited(s).progress(180);
    s.peer.say(inviteText({ method: 'CANCEL', extra: 'Reason: SIP;cause=200;text="Call completed elsewhere"\n' }));
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses().slice(-2), ['200 CANCEL', '487 INVITE']);
    assert.equal(first(s.told.ends).kind, 'remote-cancel');
    assert.match(first(s.told.ends).reasonHeader ?? '', /cause=200/);
  });

  it('CANCEL after the 200 changes nothing (§9.2)', async () => {
    const s = await setUp();
    const session = confirmed(s);
    s.peer.say(inviteText({ method: 'CANCEL' }));
    s.wire.clock.advance(5);
    assert.equal(s.peer.statuses().at(-1), '200 CANCEL');
    assert.deepEqual(s.told.ends, []);
    session.end();
  });

  it('CANCEL without its INVITE is answered 481 (§9.2)', async () => {
    const s = await setUp();
    s.peer.say(inviteText({ method: 'CANCEL' }));
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses(), ['481 CANCEL']);
  });

  it('a refusal is repeated until its ACK, on UDP (§17.2.1 timer G)', async () => {
    const s = await setUp();
    invited(s).refuse(486, 'Busy Here', [['Reason', 'Q.850;cause=17']]);
    s.wire.clock.advance(1_600);
    assert.equal(s.wire.times('486 INVITE').length, 3);
    s.peer.say(inviteText({ method: 'ACK', toTag: toTagOf(s.peer.lastResponse()) }));
    s.wire.clock.advance(60_000);
    assert.equal(s.wire.times('486 INVITE').length, 3);
    assert.deepEqual(s.told.ends, [{ kind: 'local', status: 486, phrase: 'Busy Here' }]);
    assert.equal(headerValue(s.peer.lastResponse(), 'reason'), 'Q.850;cause=17');
  });

  it('end() before the ACK sends BYE only after the ACK (§15)', async () => {
    const s = await setUp();
    const session = invited(s);
    session.accept('our answer');
    s.wire.clock.advance(5);
    session.end('Q.850;cause=16');
    s.wire.clock.advance(100);
    assert.equal(s.peer.requests('BYE').length, 0);
    assert.deepEqual(s.told.ends, [{ kind: 'local' }]);
    s.peer.say(ackText(s));
    s.wire.clock.advance(5);
    assert.equal(headerValue(first(s.peer.requests('BYE')), 'reason'), 'Q.850;cause=16');
  });

  it('BYE of the caller before the answer: 200 to it and 487 to the INVITE (§15.1.2)', async () => {
    const s = await setUp();
    invited(s).progress(180);
    s.wire.clock.advance(5);
    s.peer.say(inviteText({ method: 'BYE', branch: 'bye', cseq: 2, toTag: toTagOf(s.peer.lastResponse()) }));
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses().slice(-2), ['200 BYE', '487 INVITE']);
    assert.equal(first(s.told.ends).kind, 'remote-bye');
  });

  it('BYE glare: both ends hang up, both get 200, the session ends once', async () => {
    const s = await setUp();
    const session = confirmed(s);
    const tag = toTagOf(s.peer.lastResponse());
    session.end();
    s.peer.say(inviteText({ method: 'BYE', branch: 'bye', cseq: 2, toTag: tag }));
    s.wire.clock.advance(5);
    assert.equal(s.peer.statuses().at(-1), '200 BYE');
    assert.equal(s.told.ends.length, 1);
  });

  it('a lost 200 to BYE: the retransmitted BYE gets it again', async () => {
    const s = await setUp();
    confirmed(s);
    const bye = inviteText({ method: 'BYE', branch: 'bye', cseq: 2, toTag: toTagOf(s.peer.lastResponse()) });
    s.peer.say(bye);
    s.wire.clock.advance(5);
    s.peer.say(bye);
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses().slice(-2), ['200 BYE', '200 BYE']);
    assert.equal(s.told.ends.length, 1);
  });

  it('a request with an old CSeq is answered 500 and changes nothing (§12.2.2)', async () => {
    const s = await setUp();
    confirmed(s);
    const toTag = toTagOf(s.peer.lastResponse());
    s.peer.say(inviteText({ method: 'INFO', branch: 'i1', cseq: 5, toTag, extra: 'Content-Type: application/dtmf-relay\n', sdp: '' }));
    s.peer.say(inviteText({ method: 'BYE', branch: 'b1', cseq: 4, toTag }));
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses().slice(-2), ['200 INFO', '500 BYE']);
    assert.deepEqual(s.told.ends, []);
  });

  it('a request with an unknown dialog is answered 481 (§12.2.2)', async () => {
    const s = await setUp();
    s.peer.say(inviteText({ method: 'BYE', toTag: 'nobody' }));
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses(), ['481 BYE']);
  });

  it('the same request by two ways is answered 482 (§8.2.2.2)', async () => {
    const s = await setUp();
    invited(s);
    s.peer.say(inviteText({ branch: 'two' }));
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses(), ['100 INVITE', '482 INVITE']);
    assert.equal(s.us.sessions.length, 1);
  });

  it('an INVITE whose Expires has passed is answered 487 (§13.3.1)', async () => {
    const s = await setUp();
    invited(s, { extra: 'Expires: 20\n' }).progress(180);
    s.wire.clock.advance(20_100);
    assert.equal(s.peer.statuses().includes('487 INVITE'), true);
    assert.equal(first(s.told.ends).kind, 'timeout');
  });

  it('while it rings the provisional response is repeated every minute (§13.3.1.1)', async () => {
    const s = await setUp();
    invited(s).progress(180);
    s.wire.clock.advance(130_000);
    assert.equal(s.peer.statuses().filter((l) => l === '180 INVITE').length, 3);
  });

  it('INFO with DTMF is answered 200 and handed up; an unknown package gets 469 (RFC 6086 §4.2.2)', async () => {
    const s = await setUp();
    confirmed(s);
    const toTag = toTagOf(s.peer.lastResponse());
    const info = (branch: string, cseq: number, extra: string) =>
      `${inviteText({ method: 'INFO', branch, cseq, toTag, extra }).replace(/\n$/, '')}\nSignal=5`;
    s.peer.say(info('i1', 2, 'Content-Type: application/dtmf-relay\n'));
    s.peer.say(info('i2', 3, 'Info-Package: nonsense\nContent-Type: text/plain\n'));
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses().slice(-2), ['200 INFO', '469 INFO']);
    assert.equal(s.told.events.at(-1), 'info application/dtmf-relay Signal=5');
  });

  it('ends by drain: new INVITEs get 503 with Retry-After, dialogs go on', async () => {
    const s = await setUp();
    confirmed(s);
    s.us.stack.drain();
    s.peer.say(inviteText({ branch: 'later', callId: 'call-2' }));
    s.wire.clock.advance(5);
    assert.equal(s.peer.statuses().at(-1), '503 INVITE');
    assert.equal(headerValue(s.peer.lastResponse(), 'retry-after'), '30');
    assert.deepEqual(s.told.ends, []);
  });

  it('after every end no dialog, session or timer is left (64·T1 later)', async () => {
    const s = await setUp();
    const session = confirmed(s);
    session.end();
    s.wire.clock.advance(70_000);
    const m = s.us.stack.metrics();
    assert.deepEqual([m.sip_dialogs, m.sip_sessions, m.sip_server_transactions, m.sip_client_transactions, m.sip_timers], [0, 0, 0, 0, 0]);
  });
});

describe('re-INVITE and UPDATE towards us (RFC 3261 §14.2, RFC 3311)', () => {
  it('a re-INVITE with an offer gets the answer, without one our offer and onAnswer at the ACK', async () => {
    const s = await setUp();
    confirmed(s);
    const toTag = toTagOf(s.peer.lastResponse());
    s.peer.say(inviteText({ branch: 're1', cseq: 2, toTag, sdp: 'hold' }));
    s.wire.clock.advance(5);
    assert.equal(s.peer.lastResponse().body.toString(), 'answer to hold');
    s.peer.say(inviteText({ method: 'ACK', branch: 'ack2', cseq: 2, toTag }));
    s.peer.say(inviteText({ branch: 're2', cseq: 3, toTag, sdp: '' }));
    s.wire.clock.advance(5);
    assert.equal(s.peer.lastResponse().body.toString(), 'answer to nothing');
    s.peer.say(inviteText({ method: 'ACK', branch: 'ack3', cseq: 3, toTag, sdp: 'late answer' }));
    s.wire.clock.advance(5);
    assert.deepEqual(s.told.offers, ['hold', undefined]);
    assert.equal(s.told.events.at(-1), 'answer late answer');
  });

  it('a refused offer gets the refusal and the session goes on (§14.2)', async () => {
    const s = await setUp();
    s.told.handlers.onOffer = () => ({ refuse: 488, phrase: 'Not Acceptable Here' });
    confirmed(s);
    s.peer.say(inviteText({ branch: 're1', cseq: 2, toTag: toTagOf(s.peer.lastResponse()) }));
    s.wire.clock.advance(5);
    assert.equal(s.peer.statuses().at(-1), '488 INVITE');
    assert.deepEqual(s.told.ends, []);
  });

  it('glare: their re-INVITE during ours gets 491; our 491 is tried again after 0 to 2 s on the called side (§14.1)', async () => {
    const s = await setUp();
    const session = confirmed(s);
    const toTag = toTagOf(s.peer.lastResponse());
    const answer = session.reinvite('our hold');
    s.wire.clock.advance(5);
    s.peer.say(inviteText({ branch: 're1', cseq: 2, toTag }));
    s.wire.clock.advance(5);
    assert.equal(s.peer.statuses().at(-1), '491 INVITE');
    const ours = first(s.peer.requests('INVITE'));
    s.peer.respond(ours, 491, 'Request Pending');
    s.wire.clock.advance(2_100);
    const again = s.peer.requests('INVITE').at(-1);
    assert.ok(again && again !== ours);
    assert.notEqual(headerValue(again, 'cseq'), headerValue(ours, 'cseq'));
    s.peer.respond(again, 200, 'OK', 'Contact: <sip:x@192.0.2.9>\n', 'their answer');
    s.wire.clock.advance(5);
    assert.equal(await answer, 'their answer');
    assert.equal(s.peer.requests('ACK').length, 2);
  });

  it('UPDATE with an offer is answered in its 200, without one it refreshes the target (RFC 3311 §5.2)', async () => {
    const s = await setUp();
    const session = confirmed(s);
    const toTag = toTagOf(s.peer.lastResponse());
    const moved = inviteText({ method: 'UPDATE', branch: 'u1', cseq: 2, toTag }).replace('@192.0.2.9:5060>', '@192.0.2.9:7777>');
    s.peer.say(moved);
    s.peer.say(
      inviteText({ method: 'UPDATE', branch: 'u2', cseq: 3, toTag, sdp: 'offer', extra: '' }).replace(
        '@192.0.2.9:5060>',
        '@192.0.2.9:7777>',
      ),
    );
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses().slice(-2), ['200 UPDATE', '200 UPDATE']);
    assert.equal(s.peer.lastResponse().body.toString(), 'answer to offer');
    session.end();
    s.wire.clock.advance(5);
    assert.equal(s.wire.sent.find((m) => m.message.kind === 'request' && m.message.method === 'BYE')?.to, '192.0.2.9:7777');
  });
});
