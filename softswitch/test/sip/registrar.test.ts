import assert from 'node:assert/strict';
import { answerChallenge } from '../../src/sip/digest/client.js';
import { headerValue } from '../../src/sip/parser/message.js';
import { inviteText, RawPeer, stackOn, type TestStackOptions, Told, Wire } from './wire.js';

interface RegisterOver {
  branch: string;
  cseq?: number;
  contact?: string;
  extra?: string;
  callId?: string;
  to?: string;
}

function registerText(over: RegisterOver): string {
  return [
    'REGISTER sip:192.0.2.1 SIP/2.0',
    `Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK${over.branch};rport`,
    'From: <sip:1001@192.0.2.1>;tag=r',
    `To: <sip:${over.to ?? '1001'}@192.0.2.1>`,
    `Call-ID: ${over.callId ?? 'reg-1'}`,
    `CSeq: ${over.cseq ?? 1} REGISTER`,
    'User-Agent: phone 1.0',
    ...(over.contact === '' ? [] : [`Contact: ${over.contact ?? '<sip:1001@10.0.0.5:5060>'}`]),
    `${over.extra ?? ''}\n`,
  ].join('\n');
}

async function setUp(options: TestStackOptions = {}) {
  const wire = new Wire();
  const us = await stackOn(wire, { admit: () => ({ action: 'accept', origin: { kind: 'extension', extension: '1001' } }), ...options });
  const peer = new RawPeer(wire, us, '192.0.2.50', 40_000);
  let n = 0;
  const register = (over: Partial<RegisterOver> = {}) => {
    n++;
    peer.say(registerText({ branch: `r${n}`, cseq: n, ...over }));
    wire.clock.advance(5);
    return peer.lastResponse();
  };
  return { wire, us, peer, register };
}

describe('registrar (RFC 3261 §10.3)', () => {
  it('a binding is kept with the source seen, granted, listed and saved', async () => {
    const s = await setUp();
    const ok = s.register({ extra: 'Expires: 600\n' });
    assert.equal(ok.status, 200);
    assert.equal(headerValue(ok, 'contact'), '<sip:1001@10.0.0.5:5060>;expires=600');
    const binding = s.us.stack.registrations('1001')[0];
    assert.deepEqual(binding?.source, { address: '192.0.2.50', port: 40_000, transport: 'udp' });
    assert.equal(binding?.userAgent, 'phone 1.0');
    assert.deepEqual(s.us.registrationChanges, [{ extension: '1001', contacts: 1, reason: 'registered' }]);
    assert.equal(s.us.saved.get('1001')?.length, 1);
  });

  it('a contact that takes candidates by INFO says so, and a refresh may take it back (RFC 8840 §11.3)', async () => {
    const s = await setUp();
    const takes = () => s.us.stack.registrations('1001')[0]?.trickleIce;
    s.register();
    assert.equal(takes(), undefined);
    s.register({ contact: '<sip:1001@10.0.0.5:5060>;+sip.ice;+sip.trickle-ice;expires=120' });
    assert.equal(takes(), true);
    s.register();
    assert.equal(takes(), undefined);
  });

  it('a browser that registers by another connection has left the old one: its calls there end at once, and it is told as registered', async () => {
    const told = new Told();
    const s = await setUp({ onInvite: (session) => session.setHandlers(told.handlers) });
    const [old, next] = [40_001, 40_002].map((port) => new RawPeer(s.wire, s.us, '192.0.2.50', port, 'ws'));
    assert.ok(old && next);
    const contact = '<sip:x1@abc.invalid;transport=ws>';
    old.say(registerText({ branch: 'w1', cseq: 1, contact }));
    old.say(inviteText({ branch: 'call', extra: '' }));
    s.wire.clock.advance(5);
    s.us.sessions[0]?.accept('our answer');
    s.wire.clock.advance(5);
    assert.equal(told.ends.length, 0);
    old.say(registerText({ branch: 'w2', cseq: 2, contact }));
    s.wire.clock.advance(5);
    assert.equal(s.us.registrationChanges.length, 1, 'a refresh is no news');
    next.say(registerText({ branch: 'w3', cseq: 3, contact }));
    s.wire.clock.advance(5);
    assert.deepEqual(
      s.us.registrationChanges.map((change) => change.reason),
      ['registered', 'registered'],
    );
    assert.deepEqual(
      s.us.transport.closed.map(({ port }) => port),
      [40_001],
    );
    assert.equal(told.ends[0]?.kind, 'transport');
  });

  it('a browser whose connection is lost while it rings has stopped ringing: the INVITE is over at once', async () => {
    const s = await setUp();
    const told = new Told();
    const page = new RawPeer(s.wire, s.us, '192.0.2.50', 40_001, 'ws');
    const contact = '<sip:x1@abc.invalid;transport=ws>';
    page.say(registerText({ branch: 'w1', cseq: 1, contact }));
    s.wire.clock.advance(5);
    const nextHop = { transport: 'ws' as const, address: '192.0.2.50', port: 40_001 };
    s.us.stack.invite({ uri: 'sip:x1@abc.invalid;transport=ws', nextHop, from: { user: '12320' }, sdp: 'our offer' }, told.handlers);
    await Promise.resolve();
    s.wire.clock.advance(5);
    const invite = page.requests('INVITE')[0];
    assert.ok(invite);
    page.respond(invite, 180, 'Ringing', `Contact: ${contact}\n`);
    s.wire.clock.advance(5);
    assert.equal(told.ends.length, 0);
    const next = new RawPeer(s.wire, s.us, '192.0.2.50', 40_002, 'ws');
    next.say(registerText({ branch: 'w2', cseq: 2, contact }));
    s.wire.clock.advance(5);
    assert.deepEqual(
      told.ends.map((end) => end.kind),
      ['transport'],
    );
    s.wire.clock.advance(70_000);
    const { sip_sessions, sip_dialogs, sip_client_transactions } = s.us.stack.metrics();
    assert.deepEqual([sip_sessions, sip_dialogs, sip_client_transactions], [0, 0, 0]);
  });

  it('the answer goes to the source port because of rport (RFC 3581 §4)', async () => {
    const s = await setUp();
    const via = headerValue(s.register(), 'via') ?? '';
    assert.match(via, /received=192\.0\.2\.50/);
    assert.match(via, /rport=40000/);
  });

  it('longer than allowed is shortened, shorter is refused 423 with Min-Expires', async () => {
    const s = await setUp();
    assert.match(headerValue(s.register({ extra: 'Expires: 86400\n' }), 'contact') ?? '', /expires=3600$/);
    const brief = s.register({ extra: 'Expires: 30\n' });
    assert.equal(brief.status, 423);
    assert.equal(headerValue(brief, 'min-expires'), '60');
    assert.match(
      headerValue(s.register({ contact: '<sip:1001@10.0.0.5:5060>;q=0.5;expires=120', extra: 'Expires: 900\n' }), 'contact') ?? '',
      /expires=120$/,
    );
  });

  it('several contacts in one request, and a fetch without Contact', async () => {
    const s = await setUp();
    s.register({ contact: '<sip:1001@10.0.0.5>, <sip:1001@10.0.0.6>;expires=100' });
    const fetch = s.register({ contact: '' });
    assert.equal(fetch.headers.filter((h) => h.key === 'contact').length, 2);
    assert.equal(s.us.registrationChanges.length, 1);
  });

  it('expires=0 removes one, * with Expires: 0 all; * without it is 400', async () => {
    const s = await setUp();
    s.register({ contact: '<sip:1001@10.0.0.5>, <sip:1001@10.0.0.6>' });
    s.register({ contact: '<sip:1001@10.0.0.5>;expires=0' });
    assert.deepEqual(
      s.us.stack.registrations().map((b) => b.contact),
      ['sip:1001@10.0.0.6'],
    );
    assert.equal(s.register({ contact: '*' }).status, 400);
    assert.equal(s.register({ contact: '*', extra: 'Expires: 0\n' }).status, 200);
    assert.deepEqual(s.us.stack.registrations(), []);
    assert.deepEqual(s.us.registrationChanges.at(-1), { extension: '1001', contacts: 0, reason: 'unregistered' });
  });

  it('an older CSeq of the same Call-ID changes nothing, another Call-ID does (step 7)', async () => {
    const s = await setUp();
    s.register({ cseq: 10 });
    assert.equal(s.register({ cseq: 9, contact: '<sip:1001@10.0.0.5:5060>;expires=0' }).status, 500);
    assert.equal(s.us.stack.registrations().length, 1);
    assert.equal(s.register({ cseq: 1, callId: 'after-reboot' }).status, 200);
    assert.equal(s.us.stack.registrations().length, 1);
  });

  it('a binding runs out on the clock, and is told as expired', async () => {
    const s = await setUp();
    s.register({ extra: 'Expires: 60\n' });
    s.wire.clock.advance(59_000);
    assert.equal(s.us.stack.registrations('1001').length, 1);
    s.wire.clock.advance(1_100);
    assert.equal(s.us.stack.registrations('1001').length, 0);
    assert.deepEqual(s.us.registrationChanges.at(-1), { extension: '1001', contacts: 0, reason: 'expired' });
    assert.deepEqual(s.us.saved.get('1001'), []);
  });

  it('a refresh moves the end away', async () => {
    const s = await setUp();
    s.register({ extra: 'Expires: 60\n' });
    s.wire.clock.advance(50_000);
    s.register({ extra: 'Expires: 60\n' });
    s.wire.clock.advance(50_000);
    assert.equal(s.us.stack.registrations('1001').length, 1);
    assert.equal(s.us.registrationChanges.length, 1);
    s.wire.clock.advance(11_000);
    assert.equal(s.us.stack.registrations('1001').length, 0);
  });

  it('bindings kept over a restart are taken back, without those that ran out', async () => {
    const s = await setUp();
    const now = s.wire.clock.now();
    const one = {
      extension: '1002',
      contact: 'sip:1002@10.0.0.7',
      source: { address: '10.0.0.7', port: 5060, transport: 'udp' as const },
      userAgent: '',
      sipCallId: 'x',
      cseq: 4,
    };
    s.us.stack.restoreRegistrations([
      { ...one, expiresAt: now + 10_000 },
      { ...one, contact: 'sip:1002@10.0.0.8', expiresAt: now - 1 },
    ]);
    assert.equal(s.us.stack.registrations('1002').length, 1);
    s.wire.clock.advance(10_100);
    assert.equal(s.us.registrationChanges.at(-1)?.reason, 'expired');
  });

  it('nobody registers for another extension: 403', async () => {
    const s = await setUp();
    assert.equal(s.register({ to: '1002' }).status, 403);
  });

  it('too many contacts of one extension: 403, and none is taken', async () => {
    const s = await setUp({ limits: { contactsPerExtension: 2 } });
    assert.equal(s.register({ contact: '<sip:a@h1>, <sip:a@h2>, <sip:a@h3>' }).status, 403);
    assert.deepEqual(s.us.stack.registrations(), []);
  });
});

describe('admission and digest at the door (RFC 3261 §22)', () => {
  const challenge: TestStackOptions = {
    admit: (request) => ({ action: 'challenge', extension: request.fromUser }),
    password: (extension) => (extension === '1001' ? 'secret' : undefined),
    digestAlgorithms: ['SHA-256', 'MD5'],
  };

  function credentials(
    s: Awaited<ReturnType<typeof setUp>>,
    auth: { username: string; password: string },
    request: { method: string; uri: string },
  ): string {
    const h = answerChallenge(s.peer.lastResponse(), request, auth, 'cn');
    if (!h) throw new Error('no challenge');
    return `${h.name}: ${h.value}\n`;
  }

  it('REGISTER is challenged 401 with every algorithm, then accepted', async () => {
    const s = await setUp(challenge);
    const unauthorized = s.register();
    assert.equal(unauthorized.status, 401);
    assert.equal(unauthorized.headers.filter((h) => h.key === 'www-authenticate').length, 2);
    const ok = s.register({
      extra: credentials(s, { username: '1001', password: 'secret' }, { method: 'REGISTER', uri: 'sip:192.0.2.1' }),
    });
    assert.equal(ok.status, 200);
    assert.deepEqual(s.us.authentications, [{ extension: '1001', ok: true }]);
  });

  it('a wrong password and an unknown user get the same 403, and the edge is told', async () => {
    for (const auth of [
      { username: '1001', password: 'wrong' },
      { username: '7777', password: 'secret' },
    ]) {
      const s = await setUp(challenge);
      s.register();
      const refused = s.register({ extra: credentials(s, auth, { method: 'REGISTER', uri: 'sip:192.0.2.1' }) });
      assert.equal(refused.status, 403);
      assert.equal(refused.reason, 'Forbidden');
      assert.deepEqual(s.us.authentications, [{ extension: '1001', ok: false }]);
    }
  });

  it('right credentials of another extension are 403', async () => {
    const s = await setUp({ ...challenge, admit: () => ({ action: 'challenge', extension: '1002' }) });
    s.register();
    const refused = s.register({
      extra: credentials(s, { username: '1001', password: 'secret' }, { method: 'REGISTER', uri: 'sip:192.0.2.1' }),
    });
    assert.equal(refused.status, 403);
  });

  it('an old nonce with the right digest is challenged again with stale=true (RFC 7616 §3.3)', async () => {
    const s = await setUp(challenge);
    s.register();
    const extra = credentials(s, { username: '1001', password: 'secret' }, { method: 'REGISTER', uri: 'sip:192.0.2.1' });
    s.wire.clock.advance(301_000);
    const again = s.register({ extra });
    assert.equal(again.status, 401);
    assert.match(headerValue(again, 'www-authenticate') ?? '', /stale=true/);
    assert.deepEqual(s.us.authentications, []);
  });

  it('INVITE is challenged 407; after it the origin is the extension and 100 is sent', async () => {
    const wire = new Wire();
    const origins: unknown[] = [];
    const us = await stackOn(wire, {
      ...challenge,
      admit: () => ({ action: 'challenge', extension: '1001' }),
      onInvite: (session, origin) => {
        origins.push(origin);
        session.setHandlers(new Told().handlers);
      },
    });
    const peer = new RawPeer(wire, us);
    peer.say(inviteText());
    wire.clock.advance(5);
    assert.deepEqual(peer.statuses(), ['407 INVITE']);
    const h = answerChallenge(
      peer.lastResponse(),
      { method: 'INVITE', uri: 'sip:12320@192.0.2.1' },
      { username: '1001', password: 'secret' },
      'c',
    );
    peer.say(inviteText({ method: 'ACK' }));
    peer.say(inviteText({ branch: 'two', cseq: 2, extra: `${h?.name}: ${h?.value}\n` }));
    wire.clock.advance(5);
    assert.deepEqual(peer.statuses(), ['407 INVITE', '100 INVITE']);
    assert.deepEqual(origins, [{ kind: 'extension', extension: '1001' }]);
  });

  it('a refusal carries the status and the Q.850 cause of its termination (RFC 3326); a retransmission is not judged anew', async () => {
    const wire = new Wire();
    const us = await stackOn(wire, {
      admit: () => ({ action: 'refuse', termination: { by: 'system', reason: 'trunk-full', text: 'all "400" lines in use' } }),
    });
    const peer = new RawPeer(wire, us);
    peer.say(inviteText());
    peer.say(inviteText());
    wire.clock.advance(5);
    assert.deepEqual(peer.statuses(), ['503 INVITE', '503 INVITE']);
    assert.equal(headerValue(peer.lastResponse(), 'reason'), 'Q.850;cause=34;text="all \\"400\\" lines in use"');
    assert.deepEqual(us.admissions, ['INVITE']);
  });

  it('drop: no answer, to the retransmission neither, and to malformed requests neither', async () => {
    const wire = new Wire();
    const us = await stackOn(wire, { admit: () => ({ action: 'drop', reason: 'banned' }) });
    const peer = new RawPeer(wire, us);
    peer.say(inviteText());
    peer.say(inviteText());
    peer.say(inviteText({ branch: 'bad', extra: 'Require: nothing\n' }));
    wire.clock.advance(5);
    assert.deepEqual(peer.statuses(), []);
    assert.deepEqual(us.admissions, ['INVITE', 'OTHER']);
    assert.equal(us.stack.metrics()['sip_messages_discarded_total{reason="dropped-by-policy"}'], 1);
  });

  it('OPTIONS is answered 200 with Allow, Accept and Supported (§11.2)', async () => {
    const wire = new Wire();
    const us = await stackOn(wire);
    const peer = new RawPeer(wire, us);
    peer.say(inviteText({ method: 'OPTIONS' }));
    wire.clock.advance(5);
    const ok = peer.lastResponse();
    assert.equal(ok.status, 200);
    for (const key of ['allow', 'accept', 'supported']) assert.ok(headerValue(ok, key), key);
  });

  it('beyond the limit of transactions new requests get 503', async () => {
    const wire = new Wire();
    const us = await stackOn(wire, { limits: { serverTransactions: 2 } });
    const peer = new RawPeer(wire, us);
    for (const n of ['1', '2', '3']) peer.say(inviteText({ branch: n, callId: n }));
    wire.clock.advance(5);
    assert.deepEqual(peer.statuses(), ['100 INVITE', '100 INVITE', '503 INVITE']);
  });
});
