import assert from 'node:assert/strict';
import { headerValue } from '../../src/sip/parser/message.js';
import { inviteText, RawPeer, stackOn, type TestStackOptions, Told, toTagOf, Wire } from './wire.js';

async function called(options: TestStackOptions = {}) {
  const wire = new Wire();
  const told = new Told();
  const us = await stackOn(wire, { ...options, onInvite: (session) => session.setHandlers(told.handlers) });
  const peer = new RawPeer(wire, us);
  const session = (extra: string, sdp?: string) => {
    peer.say(inviteText({ extra, ...(sdp === undefined ? {} : { sdp }) }));
    wire.clock.advance(5);
    const s = us.sessions[0];
    if (!s) throw new Error(`no session, but ${peer.statuses().join()}`);
    return s;
  };
  const prack = (rseq: number, over: Parameters<typeof inviteText>[0] = {}) => {
    const toTag = toTagOf(peer.lastResponse());
    peer.say(
      inviteText({
        method: 'PRACK',
        branch: `p${rseq}`,
        cseq: 1 + rseq,
        toTag,
        ...over,
        extra: `RAck: ${rseq} 1 INVITE\n${over.extra ?? ''}`,
      }),
    );
    wire.clock.advance(5);
  };
  const rseq = () => Number(headerValue(peer.lastResponse(), 'rseq'));
  return { wire, told, us, peer, session, prack, rseq };
}

async function calling(options: TestStackOptions = {}) {
  const wire = new Wire();
  const told = new Told();
  const us = await stackOn(wire, options);
  const peer = new RawPeer(wire, us);
  const session = us.stack.invite({ uri: 'sip:1001@192.0.2.9', from: { user: '12320' }, sdp: 'our offer' }, told.handlers);
  await Promise.resolve();
  wire.clock.advance(5);
  const invite = () => {
    const last = peer.requests('INVITE').at(-1);
    if (!last) throw new Error('no INVITE came');
    return last;
  };
  return { wire, told, us, peer, session, invite };
}

const CONTACT = 'Contact: <sip:1001@192.0.2.9>\n';

describe('reliable provisional responses (RFC 3262)', () => {
  it('required: every 18x is reliable, repeated with doubling intervals until PRACK (§3)', async () => {
    const s = await called();
    s.session('Require: 100rel\n').progress(180);
    const start = s.wire.clock.now();
    s.wire.clock.advance(4_000);
    assert.deepEqual(
      s.wire.times('180 INVITE').map((t) => t - start),
      [0, 500, 1_500, 3_500],
    );
    assert.equal(headerValue(s.peer.lastResponse(), 'require'), '100rel');
    s.prack(s.rseq());
    assert.equal(s.peer.statuses().at(-1), '200 PRACK');
    s.wire.clock.advance(20_000);
    assert.equal(s.wire.times('180 INVITE').length, 4);
  });

  it('the 200 waits for the PRACK of a response with a description (§3)', async () => {
    const s = await called();
    const session = s.session('Supported: 100rel\n');
    session.progress(183, 'early answer');
    session.accept('early answer');
    s.wire.clock.advance(5);
    assert.deepEqual(s.peer.statuses(), ['100 INVITE', '183 INVITE']);
    s.prack(s.rseq());
    assert.deepEqual(s.peer.statuses().slice(-2), ['200 PRACK', '200 INVITE']);
  });

  it('without PRACK for 64·T1 the INVITE is refused with 5xx (§3)', async () => {
    const s = await called();
    s.session('Require: 100rel\n').progress(183, 'early');
    s.wire.clock.advance(32_100);
    assert.equal(s.peer.statuses().at(-1), '504 INVITE');
    assert.equal(s.told.ends[0]?.kind, 'no-ack');
  });

  it('a PRACK that matches nothing is answered 481 (§3)', async () => {
    const s = await called();
    s.session('Require: 100rel\n').progress(180);
    s.wire.clock.advance(5);
    s.prack(s.rseq() + 1);
    assert.equal(s.peer.statuses().at(-1), '481 PRACK');
  });

  it('a second reliable response waits for the first and has the next RSeq (§3)', async () => {
    const s = await called();
    const session = s.session('Require: 100rel\n');
    session.progress(180);
    session.progress(183, 'early');
    s.wire.clock.advance(5);
    assert.equal(s.peer.statuses().at(-1), '180 INVITE');
    const one = s.rseq();
    s.prack(one);
    assert.equal(s.peer.statuses().at(-1), '183 INVITE');
    assert.equal(s.rseq(), one + 1);
  });

  it('a late offer made in a reliable 183 is answered in the PRACK (§5)', async () => {
    const s = await called();
    const session = s.session('Require: 100rel\n', '');
    session.progress(183, 'our offer');
    s.wire.clock.advance(5);
    s.prack(s.rseq(), { sdp: 'their answer', extra: 'Content-Type: application/sdp\n' });
    assert.deepEqual(s.told.events, ['answer their answer']);
  });

  it('as caller: every new reliable response gets a PRACK, a repeated or misordered one none (§4)', async () => {
    const s = await calling();
    const reliable = (rseq: number, sdp = '') => {
      s.peer.respond(s.invite(), 183, 'Session Progress', `${CONTACT}Require: 100rel\nRSeq: ${rseq}\n`, sdp);
      s.wire.clock.advance(5);
    };
    reliable(10, 'early answer');
    reliable(10, 'early answer');
    reliable(12);
    assert.equal(s.peer.requests('PRACK').length, 1);
    reliable(11);
    assert.deepEqual(
      s.peer.requests('PRACK').map((p) => headerValue(p, 'rack')),
      ['10 1 INVITE', '11 1 INVITE'],
    );
    s.peer.respond(s.invite(), 200, 'OK', CONTACT);
    s.wire.clock.advance(5);
    assert.equal(s.told.events.at(-1), 'accepted early answer');
  });
});

describe('UPDATE in an early dialog (RFC 3311 §5.2)', () => {
  it('an offer while the one of the INVITE is not answered gets 500 with Retry-After; after the answer it is answered', async () => {
    const s = await called();
    const session = s.session('Supported: 100rel\n');
    session.progress(180);
    s.wire.clock.advance(5);
    const toTag = toTagOf(s.peer.lastResponse());
    const update = (branch: string, cseq: number) => {
      s.peer.say(inviteText({ method: 'UPDATE', branch, cseq, toTag, sdp: 'early change' }));
      s.wire.clock.advance(5);
    };
    update('u1', 2);
    assert.equal(s.peer.statuses().at(-1), '500 UPDATE');
    assert.equal(headerValue(s.peer.lastResponse(), 'retry-after'), '5');
    session.progress(183, 'early answer');
    s.wire.clock.advance(5);
    const rseq = s.rseq();
    s.prack(rseq, { cseq: 3 });
    update('u2', 4);
    assert.equal(s.peer.statuses().at(-1), '200 UPDATE');
    assert.equal(s.peer.lastResponse().body.toString(), 'answer to early change');
  });
});

describe('session timers (RFC 4028)', () => {
  it('a Session-Expires below Min-SE is answered 422 with Min-SE (§9)', async () => {
    const s = await called();
    s.peer.say(inviteText({ extra: 'Supported: timer\nSession-Expires: 60\n' }));
    s.wire.clock.advance(5);
    assert.equal(s.peer.statuses().at(-1), '422 INVITE');
    assert.equal(headerValue(s.peer.lastResponse(), 'min-se'), '90');
  });

  it('the caller refreshes when it can: Require: timer, refresher=uac, and its silence ends the session (§9, §10)', async () => {
    const s = await called({ sessionExpiresSeconds: 1_800 });
    s.session('Supported: timer\nSession-Expires: 300\n').accept('our answer');
    s.wire.clock.advance(5);
    assert.equal(headerValue(s.peer.lastResponse(), 'session-expires'), '300;refresher=uac');
    assert.equal(headerValue(s.peer.lastResponse(), 'require'), 'timer');
    const toTag = toTagOf(s.peer.lastResponse());
    s.peer.say(inviteText({ method: 'ACK', branch: 'ack', toTag }));
    s.wire.clock.advance(250_000);
    s.peer.say(
      inviteText({ method: 'UPDATE', branch: 'u', cseq: 2, toTag, extra: 'Supported: timer\nSession-Expires: 300;refresher=uac\n' }),
    );
    s.wire.clock.advance(260_000);
    assert.equal(s.told.ends.length, 0);
    s.wire.clock.advance(10_000);
    assert.equal(s.told.ends[0]?.kind, 'session-expired');
    assert.ok(s.peer.requests('BYE').length > 0);
  });

  it('refresher=uas: we refresh at half the interval, by UPDATE where Allow lists it (§7.4)', async () => {
    const s = await called();
    s.session('Supported: timer\nSession-Expires: 200;refresher=uas\nAllow: INVITE, ACK, BYE, UPDATE\n').accept('our answer');
    s.wire.clock.advance(5);
    s.peer.say(inviteText({ method: 'ACK', branch: 'ack', toTag: toTagOf(s.peer.lastResponse()) }));
    s.wire.clock.advance(100_000);
    const update = s.peer.requests('UPDATE')[0];
    assert.ok(update);
    assert.equal(headerValue(update, 'session-expires'), '200;refresher=uac');
    s.peer.respond(update, 200, 'OK', `${CONTACT}Session-Expires: 200;refresher=uac\n`);
    s.wire.clock.advance(100_100);
    assert.equal(s.peer.requests('UPDATE').length, 2);
    assert.equal(s.told.ends.length, 0);
  });

  it('as caller without UPDATE the refresh is a re-INVITE with the same SDP (§7.4)', async () => {
    const s = await calling({ sessionExpiresSeconds: 600 });
    assert.equal(headerValue(s.invite(), 'session-expires'), '600');
    s.peer.respond(s.invite(), 200, 'OK', `${CONTACT}Session-Expires: 600;refresher=uac\n`, 'their answer');
    s.wire.clock.advance(300_100);
    assert.equal(s.peer.requests('INVITE').length, 2);
    assert.equal(s.invite().body.toString(), 'our offer');
    s.peer.respond(s.invite(), 200, 'OK', `${CONTACT}Session-Expires: 600;refresher=uac\n`, 'their answer');
    s.wire.clock.advance(5);
    assert.equal(s.told.ends.length, 0);
    assert.equal(s.peer.requests('ACK').length, 2);
  });

  it('a refresh that nobody answers ends the session (§10)', async () => {
    const s = await calling({ sessionExpiresSeconds: 600 });
    s.peer.respond(s.invite(), 200, 'OK', `${CONTACT}Session-Expires: 600;refresher=uac\n`, 'their answer');
    s.wire.clock.advance(340_000);
    assert.equal(s.told.ends[0]?.kind, 'timeout');
  });

  it('422 to our INVITE: sent again with the interval asked for (§7.3)', async () => {
    const s = await calling({ sessionExpiresSeconds: 600 });
    s.peer.respond(s.invite(), 422, 'Session Interval Too Small', 'Min-SE: 3600\n');
    s.wire.clock.advance(5);
    assert.equal(s.peer.requests('INVITE').length, 2);
    assert.equal(headerValue(s.invite(), 'session-expires'), '3600');
    assert.equal(headerValue(s.invite(), 'min-se'), '3600');
  });
});
