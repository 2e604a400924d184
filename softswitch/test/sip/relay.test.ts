import assert from 'node:assert/strict';
import { type MemoryCluster, memoryCluster, type Registration } from '@yixian/contracts';
import { headerValue, type SipRequest, type SipResponse } from '../../src/sip/parser/message.js';
import type { Hop } from '../../src/sip/transport/types.js';
import { inviteText, label, RawPeer, stackOn, type TestStack, type TestStackOptions, Told, Wire } from './wire.js';

// Two processes, p and q, of one hotline. The phone speaks to q; the call is p's.

const PHONE = { address: '10.0.0.5', port: 40_000 };

interface Scene {
  wire: Wire;
  cluster: MemoryCluster;
  p: TestStack;
  q: TestStack;
  phone: RawPeer;
  /** Lets everything that is on its way arrive; promises too. */
  settle(ms?: number): Promise<void>;
}

async function scene(transport: Hop['transport'] = 'ws', options: { p?: TestStackOptions; q?: TestStackOptions } = {}): Promise<Scene> {
  const wire = new Wire();
  const cluster = memoryCluster(['p', 'q'], (work) => wire.clock.setTimer(1, work));
  const admit = () => ({ action: 'accept', origin: { kind: 'extension', extension: '1001' } }) as const;
  const p = await stackOn(wire, { address: '192.0.2.1', cluster: cluster.of('p'), admit, ...options.p });
  const q = await stackOn(wire, { address: '192.0.2.2', cluster: cluster.of('q'), admit, ...options.q });
  const phone = new RawPeer(wire, q, PHONE.address, PHONE.port, transport);
  const settle = async (ms = 20): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1) {
      wire.clock.advance(1);
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
    }
  };
  await settle();
  return { wire, cluster, p, q, phone, settle };
}

function register(peer: RawPeer, n: number, over: { expires?: number; contact?: string; callId?: string } = {}): void {
  const contact = over.contact ?? `<sip:1001@${PHONE.address}:${PHONE.port}>`;
  peer.say(
    [
      'REGISTER sip:hotline SIP/2.0',
      `Via: SIP/2.0/${peer.hop.transport.toUpperCase()} ${PHONE.address}:${PHONE.port};branch=z9hG4bKr${n};rport`,
      'From: <sip:1001@hotline>;tag=r',
      'To: <sip:1001@hotline>',
      `Call-ID: ${over.callId ?? 'reg-1'}`,
      `CSeq: ${n} REGISTER`,
      `Contact: ${contact};expires=${over.expires ?? 600}`,
      '\n',
    ].join('\n'),
  );
}

async function registered(
  transport: Hop['transport'] = 'ws',
  options: Parameters<typeof scene>[1] = {},
): Promise<Scene & { contact: Registration }> {
  const s = await scene(transport, options);
  register(s.phone, 1);
  await s.settle();
  const contact = s.p.stack.registrations('1001')[0];
  assert.ok(contact, 'p does not know the contact');
  return { ...s, contact };
}

/** p rings the phone through q. */
function ring(s: Scene & { contact: Registration }) {
  const told = new Told();
  const { source, contact } = s.contact;
  const nextHop = { ...source, node: 'q' };
  const session = s.p.stack.invite({ uri: contact, nextHop, from: { user: '139' }, toUser: '1001', sdp: 'our offer' }, told.handlers);
  return { told, session };
}

function last<T>(list: readonly T[], what: string): T {
  const found = list.at(-1);
  assert.ok(found, `no ${what}`);
  return found;
}

async function answered(s: Scene & { contact: Registration }) {
  const call = ring(s);
  await s.settle();
  const invite = last(s.phone.requests('INVITE'), 'INVITE');
  s.phone.respond(invite, 200, 'OK', `Contact: <sip:1001@${PHONE.address}:${PHONE.port}>\n`, 'their answer');
  await s.settle();
  assert.deepEqual(call.told.events.at(-1), 'accepted their answer');
  return { ...call, invite };
}

function inDialog(invite: SipRequest, method: string, cseq: number): string {
  return [
    `${method} sip:139@192.0.2.1 SIP/2.0`,
    `Via: SIP/2.0/WS ${PHONE.address}:${PHONE.port};branch=z9hG4bKd${cseq}`,
    'Max-Forwards: 70',
    `From: ${headerValue(invite, 'to')};tag=peer`,
    `To: ${headerValue(invite, 'from')}`,
    `Call-ID: ${headerValue(invite, 'call-id')}`,
    `CSeq: ${cseq} ${method}`,
    '\n',
  ].join('\n');
}

describe('contacts over several processes (RFC 3261 §10)', () => {
  it('what registers at one is known to all, with the process that has it; news are told by that one alone', async () => {
    const s = await registered();
    assert.equal(s.contact.node, 'q');
    assert.equal(s.q.stack.registrations('1001')[0]?.node, undefined);
    assert.deepEqual(s.q.registrationChanges, [{ extension: '1001', contacts: 1, reason: 'registered' }]);
    assert.deepEqual(s.p.registrationChanges, [{ extension: '1001', contacts: 1, reason: 'registered', node: 'q' }]);
    assert.equal(s.q.saved.get('1001')?.length, 1);
    assert.equal(s.p.saved.get('1001'), undefined, 'each keeps what is its own');
  });

  it('a process that comes later learns them all', async () => {
    const s = await registered();
    const late = await stackOn(s.wire, { address: '192.0.2.3', cluster: s.cluster.join('r') });
    await s.settle();
    assert.deepEqual(
      late.stack.registrations().map((r) => [r.extension, r.node]),
      [['1001', 'q']],
    );
  });

  it('a phone that goes on with another process is had by that one, and its lists stay whole', async () => {
    const s = await registered('udp');
    const atP = new RawPeer(s.wire, s.p, PHONE.address, PHONE.port, 'udp');
    register(atP, 2);
    await s.settle();
    assert.deepEqual(
      [s.p, s.q].map((x) => x.stack.registrations('1001').map((r) => r.node)),
      [[undefined], ['p']],
    );
    assert.equal(s.q.saved.get('1001')?.length, 0, 'q keeps it no longer');
    assert.equal(headerValue(atP.lastResponse(), 'contact'), `<sip:1001@${PHONE.address}:${PHONE.port}>;expires=600`);
  });

  it('is taken back at another process than it was given to', async () => {
    const s = await registered('udp');
    const atP = new RawPeer(s.wire, s.p, PHONE.address, PHONE.port, 'udp');
    register(atP, 2, { expires: 0 });
    await s.settle();
    assert.deepEqual(
      [s.p, s.q].map((x) => x.stack.registrations('1001').length),
      [0, 0],
    );
    assert.equal(s.q.saved.get('1001')?.length, 0);
  });

  it('runs out everywhere, and the one that has it tells', async () => {
    const s = await registered('udp');
    await s.settle();
    s.wire.clock.advance(601_000);
    await s.settle();
    assert.equal(s.p.stack.registrations('1001').length, 0);
    assert.deepEqual(s.p.registrationChanges.at(-1), { extension: '1001', contacts: 0, reason: 'expired', node: 'q' });
    assert.deepEqual(s.q.registrationChanges.at(-1), { extension: '1001', contacts: 0, reason: 'expired' });
  });

  it('dies with its process where it is a connection, and is inherited where it needs none (UDP)', async () => {
    for (const [transport, left] of [
      ['ws', 0],
      ['tcp', 0],
      ['udp', 1],
    ] as const) {
      const s = await registered(transport);
      s.cluster.kill('q');
      await s.settle();
      assert.equal(s.p.stack.registrations('1001').length, left, transport);
      assert.equal(s.p.stack.registrations('1001')[0]?.node, undefined);
      assert.deepEqual(s.p.forgotten, ['q']);
      if (left) assert.equal(s.p.saved.get('1001')?.length, 1, 'kept by the heir');
      else assert.deepEqual(s.p.registrationChanges.at(-1), { extension: '1001', contacts: 0, reason: 'unregistered' });
    }
  });

  it('a page that comes back at another process leaves its old connection to be closed', async () => {
    const s = await registered('ws');
    const atP = new RawPeer(s.wire, s.p, PHONE.address, PHONE.port + 1, 'ws');
    register(atP, 2);
    await s.settle();
    assert.deepEqual(
      [s.p, s.q].map((x) => x.stack.registrations('1001').map((r) => r.node)),
      [[undefined], ['p']],
    );
    assert.deepEqual(s.q.transport.closed, [{ transport: 'ws', ...PHONE }]);
  });
});

describe('a call at one process to a phone that is connected to another', () => {
  it('rings, sends early media, is answered and hung up by either side as if it were connected here', async () => {
    const s = await registered();
    const { told, session } = ring(s);
    await s.settle();
    const invite = last(s.phone.requests('INVITE'), 'INVITE');
    assert.match(headerValue(invite, 'from') ?? '', /sip:139@192\.0\.2\.1/, 'the caller is shown by p');
    s.phone.respond(invite, 183, 'Session Progress', `Contact: <sip:1001@${PHONE.address}>\n`, 'early');
    await s.settle();
    s.phone.respond(invite, 200, 'OK', `Contact: <sip:1001@${PHONE.address}>\n`, 'their answer');
    await s.settle();
    assert.deepEqual(told.events, ['progress 183 early', 'accepted their answer']);
    assert.equal(s.phone.requests('ACK').length, 1);
    assert.equal(s.q.sessions.length, 0, 'q has no call of its own');
    session.end('Q.850;cause=16');
    await s.settle();
    const bye = last(s.phone.requests('BYE'), 'BYE');
    assert.equal(headerValue(bye, 'reason'), 'Q.850;cause=16');
    s.phone.respond(bye, 200, 'OK');
    await s.settle(41_000);
    assert.equal(s.q.stack.metrics().sip_relayed_dialogs, 0, 'q has forgotten it');
    assert.equal(s.p.stack.metrics().sip_dialogs, 0);
  });

  it('the phone hangs up, and holds, through the process it is connected to', async () => {
    const s = await registered();
    const { told, invite } = await answered(s);
    s.phone.say(inDialog(invite, 'INVITE', 1).replace('\n\n', '\nContact: <sip:1001@10.0.0.5>\nContent-Type: application/sdp\n\nhold'));
    await s.settle();
    assert.deepEqual(told.offers, ['hold']);
    assert.equal(s.phone.lastResponse().body.toString(), 'answer to hold');
    s.phone.say(inDialog(invite, 'ACK', 1));
    s.phone.say(inDialog(invite, 'BYE', 2));
    await s.settle();
    assert.deepEqual(told.ends, [{ kind: 'remote-bye' }]);
    assert.equal(label(s.phone.lastResponse()), '200 BYE');
  });

  it('a refusal keeps its status, a withdrawn ring is cancelled', async () => {
    const s = await registered();
    const busy = ring(s);
    await s.settle();
    s.phone.respond(last(s.phone.requests('INVITE'), 'INVITE'), 486, 'Busy Here');
    await s.settle();
    assert.deepEqual(
      busy.told.ends.map((e) => e.status),
      [486],
    );
    const withdrawn = ring(s);
    await s.settle();
    s.phone.respond(last(s.phone.requests('INVITE'), 'INVITE'), 180, 'Ringing');
    await s.settle();
    withdrawn.session.end('SIP;cause=200');
    await s.settle();
    assert.equal(headerValue(last(s.phone.requests('CANCEL'), 'CANCEL'), 'reason'), 'SIP;cause=200');
  });

  it('the page is closed: the call ends at once where it is', async () => {
    const s = await registered();
    const { told } = await answered(s);
    s.q.transport.lose({ transport: 'ws', ...PHONE });
    await s.settle();
    assert.deepEqual(
      told.ends.map((e) => e.kind),
      ['transport'],
    );
  });

  it('the process of the connection dies: the call ends as a lost transport', async () => {
    const s = await registered();
    const { told } = await answered(s);
    s.cluster.kill('q');
    await s.settle();
    assert.deepEqual(
      told.ends.map((e) => [e.kind, e.status]),
      [['transport', 503]],
    );
  });

  it('the process of the call dies: the phone that talks gets BYE with the cause, one that rings CANCEL', async () => {
    const talking = await registered();
    const { invite } = await answered(talking);
    talking.cluster.kill('p');
    await talking.settle();
    const bye = last(talking.phone.requests('BYE'), 'BYE');
    assert.match(headerValue(bye, 'reason') ?? '', /^Q\.850;cause=41/);
    assert.equal(headerValue(bye, 'call-id'), headerValue(invite, 'call-id'));
    assert.equal(headerValue(bye, 'from'), headerValue(invite, 'from'));
    assert.ok(Number.parseInt(headerValue(bye, 'cseq') ?? '', 10) > Number.parseInt(headerValue(invite, 'cseq') ?? '', 10));
    talking.phone.respond(bye, 200, 'OK');

    const ringing = await registered();
    ring(ringing);
    await ringing.settle();
    const asked = last(ringing.phone.requests('INVITE'), 'INVITE');
    ringing.phone.respond(asked, 180, 'Ringing');
    await ringing.settle();
    ringing.cluster.kill('p');
    await ringing.settle();
    const cancel = last(ringing.phone.requests('CANCEL'), 'CANCEL');
    assert.equal(headerValue(cancel, 'via'), headerValue(asked, 'via'), 'RFC 3261 §9.1');
    ringing.phone.respond(cancel, 200, 'OK');
    ringing.phone.respond(asked, 487, 'Request Terminated');
    await ringing.settle();
    assert.equal(ringing.phone.requests('ACK').length, 1);
  });

  it('what cannot be sent any more fails the request', async () => {
    const s = await registered();
    s.q.transport.send = (_hop, _bytes, onError) => onError(new Error('the browser is not connected'));
    const { told } = ring(s);
    await s.settle();
    assert.deepEqual(
      told.ends.map((e) => [e.kind, e.phrase]),
      [['transport', 'the browser is not connected']],
    );
  });

  it('a stranger who speaks of a dialog it has not gets what it would get from the owner, and ends nothing', async () => {
    const s = await registered();
    const { told, invite } = await answered(s);
    const stranger = new RawPeer(s.wire, s.q, '203.0.113.9', 5060, 'udp');
    stranger.say(inDialog(invite, 'BYE', 5).replace('tag=peer', 'tag=guessed').replace(';branch', ';rport;branch'));
    await s.settle();
    assert.equal(stranger.lastResponse().status, 481);
    assert.deepEqual(told.ends, []);
  });
});

describe('an INVITE that belongs to another process', () => {
  const toP: TestStackOptions = { home: () => 'p' };

  const text = (over: Parameters<typeof inviteText>[0] = {}): string =>
    inviteText(over).replaceAll('192.0.2.9:5060', `${PHONE.address}:${PHONE.port}`);

  it('is taken, answered and ended there; the phone speaks to the process it knows', async () => {
    const s = await scene('udp', { q: toP });
    s.phone.say(text());
    await s.settle();
    assert.equal(s.q.sessions.length, 0);
    const session = last(s.p.sessions, 'session at p');
    const told = new Told();
    session.setHandlers(told.handlers);
    assert.deepEqual(s.p.admissions, [], 'q has admitted it');
    session.accept('our answer');
    await s.settle();
    const ok = s.phone.lastResponse();
    assert.equal(label(ok), '200 INVITE');
    assert.match(headerValue(ok, 'contact') ?? '', /192\.0\.2\.1/);
    s.phone.say(text({ method: 'ACK', toTag: tagOf(ok), branch: 'ack' }));
    await s.settle();
    assert.deepEqual(told.events, ['confirmed -']);
    s.phone.say(text({ method: 'BYE', cseq: 2, toTag: tagOf(ok), branch: 'bye' }));
    await s.settle();
    assert.deepEqual(
      told.ends.map((e) => e.kind),
      ['remote-bye'],
    );
    assert.equal(label(s.phone.lastResponse()), '200 BYE');
  });

  it('what comes while it is found out waits in order: a CANCEL finds its INVITE', async () => {
    let decide: (node: string | undefined) => void = () => undefined;
    const s = await scene('udp', { q: { home: () => new Promise((resolve) => (decide = resolve)) } });
    for (const [to, whose] of [
      ['p', s.p],
      [undefined, s.q],
    ] as const) {
      const callId = `asked-${to ?? 'here'}`;
      s.phone.say(text({ callId, branch: callId }));
      await s.settle();
      s.phone.say(text({ method: 'CANCEL', callId, branch: callId }));
      await s.settle();
      assert.equal(whose.sessions.length, 0);
      decide(to);
      await s.settle();
      const told = new Told();
      last(whose.sessions, 'session').setHandlers(told.handlers);
      assert.deepEqual(
        told.ends.map((e) => e.kind),
        ['remote-cancel'],
        String(to),
      );
      assert.ok(s.phone.statuses().includes('200 CANCEL') && s.phone.statuses().includes('487 INVITE'));
      s.phone.heard.length = 0;
    }
  });

  it('its process dies: an unanswered one is refused by the process it came to, also when it asks again; one that talks gets BYE', async () => {
    const s = await scene('udp', { q: toP });
    s.phone.say(text());
    await s.settle();
    last(s.p.sessions, 'session').progress(180);
    await s.settle();
    s.cluster.kill('p');
    await s.settle();
    assert.equal(label(s.phone.lastResponse()), '500 INVITE');
    assert.match(headerValue(s.phone.lastResponse(), 'reason') ?? '', /cause=41/);
    s.phone.say(text());
    await s.settle();
    assert.equal(s.phone.statuses().filter((x) => x === '500 INVITE').length, 2);
    assert.equal(s.q.sessions.length, 0);

    const t = await scene('udp', { q: toP });
    t.phone.say(text());
    await t.settle();
    last(t.p.sessions, 'session').accept('our answer');
    await t.settle();
    t.phone.say(text({ method: 'ACK', toTag: tagOf(t.phone.lastResponse()), branch: 'ack' }));
    await t.settle();
    t.cluster.kill('p');
    await t.settle();
    const bye = last(t.phone.requests('BYE'), 'BYE');
    assert.match(headerValue(bye, 'reason') ?? '', /cause=41/);
    assert.equal(bye.uri, 'sip:13800138000@10.0.0.5:40000');
  });

  it('a phone behind NAT goes on through the process it called, and without it where that died', async () => {
    const s = await scene('udp', { q: toP });
    s.phone.say(inviteText().replace(';branch', ';rport;branch')); // writes 192.0.2.9 into Via and Contact, and is not there
    await s.settle();
    const session = last(s.p.sessions, 'session');
    session.accept('our answer');
    await s.settle();
    s.phone.say(inviteText({ method: 'ACK', toTag: tagOf(s.phone.lastResponse()), branch: 'ack' }));
    await s.settle();
    s.cluster.kill('q');
    await s.settle();
    session.end('Q.850;cause=16');
    await s.settle();
    assert.equal(s.phone.requests('BYE').length, 1);
  });
});

function tagOf(response: SipResponse): string {
  return /tag=([^;]+)/.exec(headerValue(response, 'to') ?? '')?.[1] ?? '';
}
