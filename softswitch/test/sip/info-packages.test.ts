import assert from 'node:assert/strict';
import { headerValue } from '../../src/sip/parser/message.js';
import type { InfoPackage } from '../../src/sip/port.js';
import { inviteText, RawPeer, stackOn, Told, toTagOf, Wire } from './wire.js';

const TYPE = 'application/trickle-ice-sdpfrag';

function setUp() {
  const bodies: string[] = [];
  const taken: InfoPackage = {
    name: 'trickle-ice',
    option: 'trickle-ice',
    contentType: TYPE,
    maxBody: 100,
    receive: (body) => {
      bodies.push(body);
      return body === 'nonsense' ? { status: 400, phrase: 'Bad ICE Fragment' } : { status: 200, phrase: 'OK' };
    },
  };
  return { bodies, told: new Told({ infoPackages: [taken] }), wire: new Wire() };
}

async function called(packages = true) {
  const { bodies, told, wire } = setUp();
  const handlers = packages ? told.handlers : new Told().handlers;
  const us = await stackOn(wire, { onInvite: (session) => session.setHandlers(handlers) });
  const peer = new RawPeer(wire, us);
  peer.say(inviteText({ extra: 'Recv-Info: other, Trickle-ICE\n' }));
  wire.clock.advance(5);
  const session = us.sessions[0];
  assert.ok(session);
  session.progress(180);
  wire.clock.advance(5);
  let cseq = 1;
  const info = (extra: string, body: string): string | undefined => {
    cseq++;
    const text = inviteText({ method: 'INFO', branch: `i${cseq}`, cseq, toTag: toTagOf(peer.lastResponse()), extra });
    peer.say(`${text.replace(/\n$/, '')}\n${body}`);
    wire.clock.advance(5);
    return peer.statuses().at(-1);
  };
  return { bodies, told, wire, peer, session, info };
}

const PACKAGE = `Info-Package: Trickle-ICE\nContent-Type: ${TYPE}\n`;

describe('INFO packages (RFC 6086)', () => {
  it('what is taken is said in the answers to an INVITE, and only where it is taken (§5.2)', async () => {
    const { peer } = await called();
    assert.equal(headerValue(peer.lastResponse(), 'recv-info'), 'trickle-ice');
    assert.match(headerValue(peer.lastResponse(), 'supported') ?? '', /, trickle-ice$/);
    const plain = await called(false);
    assert.equal(headerValue(plain.peer.lastResponse(), 'recv-info'), undefined);
    assert.doesNotMatch(headerValue(plain.peer.lastResponse(), 'supported') ?? '', /trickle/);
  });

  it('in the early dialog and in the confirmed one the body is handed up, and its answer is the answer', async () => {
    const { bodies, info, session, wire } = await called();
    assert.equal(info(PACKAGE, 'early'), '200 INFO');
    session.accept('our answer');
    wire.clock.advance(5);
    assert.equal(info(PACKAGE, 'confirmed'), '200 INFO');
    assert.equal(info(PACKAGE, 'nonsense'), '400 INFO');
    assert.deepEqual(bodies, ['early', 'confirmed', 'nonsense']);
  });

  it('another package is 469 and names those taken; another type 415, too large 413; the call goes on', async () => {
    const { bodies, info, peer, told } = await called();
    assert.equal(info(`Info-Package: nonsense\nContent-Type: ${TYPE}\n`, 'x'), '469 INFO');
    assert.equal(headerValue(peer.lastResponse(), 'recv-info'), 'trickle-ice');
    assert.equal(info('Info-Package: trickle-ice\nContent-Type: text/plain\n', 'x'), '415 INFO');
    assert.equal(headerValue(peer.lastResponse(), 'accept'), TYPE);
    assert.equal(info('Info-Package: trickle-ice\n', ''), '415 INFO');
    assert.equal(info(PACKAGE, 'x'.repeat(101)), '413 INFO');
    assert.deepEqual([bodies, told.ends], [[], []]);
  });

  it('where no package is taken, it is 469 with an empty list', async () => {
    const { info, peer } = await called(false);
    assert.equal(info(PACKAGE, 'x'), '469 INFO');
    assert.equal(headerValue(peer.lastResponse(), 'recv-info'), '');
  });

  it('ours is sent with its package, to whom says that it takes it, in an early dialog too', async () => {
    const { session, peer, wire } = await called();
    assert.deepEqual([session.takesInfo('trickle-ice'), session.takesInfo('another')], [true, false]);
    void session.info(TYPE, 'candidates', 'trickle-ice');
    wire.clock.advance(5);
    const info = peer.requests('INFO')[0];
    assert.ok(info);
    assert.deepEqual(
      ['info-package', 'content-disposition', 'content-type'].map((key) => headerValue(info, key)),
      ['trickle-ice', 'Info-Package', TYPE],
    );
  });

  it('calling, the INVITE says what is taken, and the other end’s answer what it takes', async () => {
    const { told, wire } = setUp();
    const us = await stackOn(wire);
    const peer = new RawPeer(wire, us);
    const session = us.stack.invite({ uri: 'sip:1001@192.0.2.9', from: { user: '12320' }, sdp: 'our offer' }, told.handlers);
    await Promise.resolve();
    wire.clock.advance(5);
    const invite = peer.requests('INVITE')[0];
    assert.ok(invite);
    assert.equal(headerValue(invite, 'recv-info'), 'trickle-ice');
    assert.match(headerValue(invite, 'supported') ?? '', /, trickle-ice$/);
    peer.respond(invite, 180, 'Ringing', 'Contact: <sip:1001@192.0.2.9>\n');
    wire.clock.advance(5);
    assert.equal(session.takesInfo('trickle-ice'), false);
    assert.equal(await Promise.race([session.info(TYPE, 'x', 'trickle-ice'), Promise.resolve('sent')]), 'sent');
    peer.respond(invite, 200, 'OK', 'Contact: <sip:1001@192.0.2.9>\nRecv-Info: trickle-ice\n', 'their answer');
    wire.clock.advance(5);
    assert.equal(session.takesInfo('trickle-ice'), true);
  });
});
