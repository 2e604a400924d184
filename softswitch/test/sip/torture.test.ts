// The cases of RFC 4475 (torture tests) and RFC 5118 (IPv6), rebuilt from what those pages ask for, and the answer this switch owes.
import assert from 'node:assert/strict';
import { headerValue } from '../../src/sip/parser/message.js';
import { RawPeer, stackOn, type TestStack, Wire } from './wire.js';

interface Parts {
  line?: string;
  via?: string | null;
  from?: string | null;
  to?: string | null;
  callId?: string | null;
  cseq?: string | null;
  extra?: string;
  body?: string;
}

function text(over: Parts): string {
  const lines = [over.line ?? 'INVITE sip:12320@192.0.2.1 SIP/2.0'];
  const add = (name: string, value: string | null | undefined, usual: string) => {
    if (value !== null) lines.push(`${name}: ${value ?? usual}`);
  };
  add('Via', over.via, 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKtorture');
  lines.push('Max-Forwards: 70');
  add('From', over.from, '<sip:13800138000@192.0.2.9>;tag=1');
  add('To', over.to, '<sip:12320@192.0.2.1>');
  add('Call-ID', over.callId, 'torture');
  add('CSeq', over.cseq, '1 INVITE');
  lines.push('Contact: <sip:13800138000@192.0.2.9>');
  return `${lines.join('\n')}\n${over.extra ?? ''}\n${over.body ?? ''}`;
}

const SDP = 'Content-Type: application/sdp\n';

async function answerTo(message: string): Promise<{ status: string; us: TestStack; peer: RawPeer; wire: Wire }> {
  const wire = new Wire();
  const us = await stackOn(wire, { onInvite: (session) => session.setHandlers({ onEnded: () => undefined }) });
  const peer = new RawPeer(wire, us);
  peer.say(message);
  wire.clock.advance(5);
  return { status: peer.statuses().join(' '), us, peer, wire };
}

async function owes(message: string, status: string): Promise<RawPeer> {
  const { status: got, peer } = await answerTo(message);
  assert.equal(got, status);
  return peer;
}

describe('RFC 4475 §3.1.1: valid messages', () => {
  it('wsinv (3.1.1.1): folding, odd white space, compact and unknown headers, escaped quotes', async () => {
    const message = [
      'INVITE sip:vivekg@192.0.2.1;unknownparam SIP/2.0',
      'TO :',
      ' sip:vivekg@192.0.2.1 ;   tag    = 1918181833n'.replace(';   tag    = 1918181833n', ''),
      'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@192.0.2.9>',
      '  ;',
      '  tag = 98asjd8',
      'MaX-fOrWaRdS: 0068',
      'Call-ID: wsinv.ndaksdj@192.0.2.1',
      'Content-Length   : 7',
      'cseq: 0009',
      '  INVITE',
      'Via  : SIP  /   2.0',
      ' /UDP',
      '    192.0.2.9;branch=z9hG4bK390skdjuw',
      's :',
      'NewFangledHeader:   newfangled value',
      ' continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'Content-Type: application/sdp',
      'Route:',
      ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
      ' z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
      '',
      'v=0 sdp',
    ].join('\n');
    const { status, us } = await answerTo(message);
    assert.equal(status, '100 INVITE');
    assert.equal(us.sessions[0]?.fromDisplayName, 'J Rosenberg \\"');
    assert.equal(us.sessions[0]?.requestUser, 'vivekg');
  });

  it('intmeth (3.1.1.2): a method of every token character gets 501', async () => {
    const method = "!interesting-Method0123456789_*+`.%indeed'~";
    await owes(text({ line: `${method} sip:12320@192.0.2.1 SIP/2.0`, cseq: `139122385 ${method}` }), `501 ${method}`);
  });

  it('esc01 (3.1.1.3): escapes in a URI are undone', async () => {
    const { us } = await answerTo(text({ line: 'INVITE sip:sips%3Auser%40example.com@192.0.2.1 SIP/2.0', extra: SDP, body: 'v=0' }));
    assert.equal(us.sessions[0]?.requestUser, 'sips:user@example.com');
  });

  it('escnull (3.1.1.4): escaped nulls in a user do no harm', async () => {
    const { us } = await answerTo(text({ line: 'INVITE sip:null-%00-null@192.0.2.1 SIP/2.0', extra: SDP, body: 'v=0' }));
    assert.equal(us.sessions[0]?.requestUser, 'null-\0-null');
  });

  it('lwsdisp (3.1.1.6): no space between display name and bracket', async () => {
    const { us } = await answerTo(text({ from: 'caller<sip:caller@example.com>;tag=323', extra: SDP, body: 'v=0' }));
    assert.equal(us.sessions[0]?.fromDisplayName, 'caller');
  });

  it('longreq (3.1.1.7): long values are taken', async () => {
    const long = 'a'.repeat(2_000);
    const { status } = await answerTo(
      text({ from: `"${long}" <sip:${long}@example.com>;tag=${long}`, extra: `X-${'n'.repeat(300)}: ${long}\n${SDP}`, body: 'v=0' }),
    );
    assert.equal(status, '100 INVITE');
  });

  it('dblreq (3.1.1.8): bytes behind the message in its datagram are ignored', async () => {
    const { status, us } = await answerTo(
      text({ extra: 'Content-Length: 3\nContent-Type: application/sdp\n', body: 'v=0INVITE sip:joe@example.com SIP/2.0\n\n' }),
    );
    assert.equal(status, '100 INVITE');
    assert.equal(us.sessions[0]?.remoteSdp, 'v=0');
  });

  it('semiuri (3.1.1.9): semicolons in the user part', async () => {
    const { us } = await answerTo(text({ line: 'INVITE sip:user;par=u%40example.net@192.0.2.1 SIP/2.0', extra: SDP, body: 'v=0' }));
    assert.equal(us.sessions[0]?.requestUser, 'user;par=u@example.net');
  });

  it('transports (3.1.1.10): unknown transports in later Vias do not matter', async () => {
    const extra = 'Via: SIP/2.0/UNKNOWN t3.example.com;branch=z9hG4bKeh3\n';
    await owes(text({ line: 'OPTIONS sip:12320@192.0.2.1 SIP/2.0', cseq: '1 OPTIONS', extra }), '200 OPTIONS');
  });

  it('unreason (3.1.1.13) and noreason (3.1.1.14): a stray response never gets an answer', async () => {
    await owes(
      'SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>;tag=2\nCall-ID: x\nCSeq: 1 INVITE\n\n',
      '',
    );
    await owes(
      'SIP/2.0 100 \nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>;tag=2\nCall-ID: x\nCSeq: 1 INVITE\n\n',
      '',
    );
  });
});

describe('RFC 4475 §3.1.2: invalid messages', () => {
  const cases: Array<[string, string, string]> = [
    ['badinv01 (3.1.2.1): a stray separator in Via', text({ via: 'SIP/2.0/UDP 192.0.2.15;;,;,,' }), '400 INVITE'],
    ['clerr (3.1.2.2): Content-Length beyond the datagram', text({ extra: 'Content-Length: 9999\n', body: 'v=0' }), '400 INVITE'],
    ['ncl (3.1.2.3): negative Content-Length', text({ extra: 'Content-Length: -999\n', body: 'v=0' }), '400 INVITE'],
    ['scalar02 (3.1.2.4): CSeq beyond 2^31', text({ cseq: '36893488147419103232 INVITE' }), '400 INVITE'],
    ['quotbal (3.1.2.6): an unterminated quote in To', text({ to: '"Mr. J. User <sip:j.user@example.com>' }), '400 INVITE'],
    ['ltgtruri (3.1.2.7): brackets around the Request-URI', text({ line: 'INVITE <sip:user@example.com> SIP/2.0' }), '400 INVITE'],
    ['lwsruri (3.1.2.8): white space within the Request-URI', text({ line: 'INVITE sip:user@example.com; lr SIP/2.0' }), '400 INVITE'],
    ['lwsstart (3.1.2.9): several spaces in the start line', text({ line: 'INVITE  sip:user@example.com  SIP/2.0' }), '400 INVITE'],
    ['trws (3.1.2.10): a space at the end of the start line', text({ line: 'INVITE sip:user@example.com SIP/2.0  ' }), '400 INVITE'],
    ['badvers (3.1.2.16): an unknown version', text({ line: 'INVITE sip:user@example.com SIP/7.0' }), '505 INVITE'],
    [
      'mismatch01 (3.1.2.17): CSeq names another method',
      text({ line: 'OPTIONS sip:user@example.com SIP/2.0', cseq: '8 INVITE' }),
      '400 INVITE',
    ],
    [
      'mismatch02 (3.1.2.18): the same with an unknown method',
      text({ line: 'NEWMETHOD sip:user@example.com SIP/2.0', cseq: '8 INVITE' }),
      '400 INVITE',
    ],
  ];
  for (const [name, message, status] of cases) {
    it(`${name} → ${status}`, async () => {
      await owes(message, status);
    });
  }

  it('scalarlg (3.1.2.5): overlarge numbers in a response are discarded', async () => {
    const { status, us } = await answerTo(
      'SIP/2.0 503 No\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>;tag=2\nCall-ID: x\nCSeq: 9292394834772304023312 OPTIONS\n\n',
    );
    assert.equal(status, '');
    assert.equal(us.stack.metrics()['sip_messages_discarded_total{reason="malformed-response"}'], 1);
  });

  it('bigcode (3.1.2.19): a status of four digits is no SIP', async () => {
    const { status, us } = await answerTo('SIP/2.0 4294967301 better not break the receiver\nVia: SIP/2.0/UDP 192.0.2.1\n\n');
    assert.equal(status, '');
    assert.equal(us.stack.metrics()['sip_messages_discarded_total{reason="not-sip"}'], 1);
  });
});

describe('RFC 4475 §3.2, §3.3: transactions and applications', () => {
  it('badbranch (3.2.1): a branch of nothing but the cookie is treated as from an RFC 2543 client', async () => {
    const message = text({ line: 'OPTIONS sip:12320@192.0.2.1 SIP/2.0', cseq: '1 OPTIONS', via: 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK' });
    await owes(message, '200 OPTIONS');
  });

  it('insuf (3.3.1): missing mandatory headers → 400; without Via silence', async () => {
    for (const missing of ['from', 'to', 'callId', 'cseq'] as const) {
      const { status } = await answerTo(text({ [missing]: null }));
      assert.match(status, /^400/, missing);
    }
    await owes(text({ via: null }), '');
  });

  it('unkscm (3.3.2), novelsc (3.3.3): unknown schemes → 416', async () => {
    await owes(text({ line: 'OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0', cseq: '1 OPTIONS' }), '416 OPTIONS');
    await owes(text({ line: 'OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0', cseq: '1 OPTIONS' }), '416 OPTIONS');
  });

  it('unksm2 (3.3.4): unknown schemes in From and To are taken', async () => {
    await owes(
      text({
        line: 'OPTIONS sip:12320@192.0.2.1 SIP/2.0',
        cseq: '1 OPTIONS',
        from: '<http://www.example.com>;tag=3',
        to: 'isbn:2983792873',
      }),
      '200 OPTIONS',
    );
  });

  it('bext01 (3.3.5): unknown options in Require → 420 with Unsupported', async () => {
    const peer = await owes(
      text({
        line: 'OPTIONS sip:12320@192.0.2.1 SIP/2.0',
        cseq: '1 OPTIONS',
        extra: 'Require: nothingSupportsThis, 100rel, nothingSupportsThisEither\n',
      }),
      '420 OPTIONS',
    );
    assert.equal(headerValue(peer.lastResponse(), 'unsupported'), 'nothingSupportsThis, nothingSupportsThisEither');
  });

  it('invut (3.3.6): an unknown content type → 415 with Accept', async () => {
    const peer = await owes(text({ extra: 'Content-Type: application/unknownformat\n', body: '<audio/>' }), '415 INVITE');
    assert.match(headerValue(peer.lastResponse(), 'accept') ?? '', /application\/sdp/);
  });

  it('multi01 (3.3.8): several values for single headers → 400', async () => {
    await owes(text({ extra: 'CSeq: 59 INVITE\n' }), '400 INVITE');
    await owes(text({ extra: 'To: <sip:other@example.com>\n' }), '400 INVITE');
    await owes(text({ extra: 'Content-Length: 5\nl: 7\n', body: 'v=0 12345' }), '400 INVITE');
  });

  it('zeromf (3.3.11): Max-Forwards 0 → 483 for a call, an answer for OPTIONS (§11)', async () => {
    await owes(text({}).replace('Max-Forwards: 70', 'Max-Forwards: 0'), '483 INVITE');
    const options = text({ line: 'OPTIONS sip:12320@192.0.2.1 SIP/2.0', cseq: '1 OPTIONS' }).replace('Max-Forwards: 70', 'Max-Forwards: 0');
    await owes(options, '200 OPTIONS');
  });

  it('sdp01 (3.3.15): an INVITE that accepts no SDP → 406', async () => {
    await owes(text({ extra: `Accept: text/nobodyKnowsThis\n${SDP}`, body: 'v=0' }), '406 INVITE');
  });

  it('inv2543 (3.4.1): an INVITE of an RFC 2543 client, without branch and From tag', async () => {
    const { status, us, peer, wire } = await answerTo(
      text({ via: 'SIP/2.0/UDP 192.0.2.9', from: 'sip:caller@192.0.2.9', extra: SDP, body: 'v=0' }),
    );
    assert.equal(status, '100 INVITE');
    us.sessions[0]?.refuse(486, 'Busy Here');
    wire.clock.advance(5);
    assert.equal(peer.statuses().at(-1), '486 INVITE');
    peer.say(text({ line: 'ACK sip:12320@192.0.2.1 SIP/2.0', cseq: '1 ACK', via: 'SIP/2.0/UDP 192.0.2.9', from: 'sip:caller@192.0.2.9' }));
    wire.clock.advance(40_000);
    assert.equal(wire.times('486 INVITE').length, 1);
  });

  it('a request line too long → 414, a known method we do not take → 405 with Allow', async () => {
    await owes(text({ line: `INVITE sip:${'1'.repeat(3_000)}@192.0.2.1 SIP/2.0` }), '414 INVITE');
    const peer = await owes(text({ line: 'PUBLISH sip:12320@192.0.2.1 SIP/2.0', cseq: '1 PUBLISH' }), '405 PUBLISH');
    assert.match(headerValue(peer.lastResponse(), 'allow') ?? '', /INVITE, ACK/);
  });

  it('a malformed ACK never gets an answer (§17)', async () => {
    await owes(text({ line: 'ACK sip:12320@192.0.2.1 SIP/2.0', cseq: null }), '');
    await owes(text({ line: 'ACK sip:12320@192.0.2.1 SIP/7.0', cseq: '1 ACK' }), '');
  });
});

describe('RFC 5118: IPv6', () => {
  it('§4.1, §4.5: IPv6 references in Request-URI, Via and Contact; received is added without brackets needed', async () => {
    const wire = new Wire();
    const us = await stackOn(wire, { address: '2001:db8::1' });
    const peer = new RawPeer(wire, us, '2001:db8::9', 5060);
    peer.say(
      text({ line: 'OPTIONS sip:[2001:db8::1] SIP/2.0', cseq: '1 OPTIONS', via: 'SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bK1;rport' }),
    );
    wire.clock.advance(5);
    assert.equal(peer.statuses().join(), '200 OPTIONS');
    assert.match(headerValue(peer.lastResponse(), 'via') ?? '', /received=2001:db8::9;|received=2001:db8::9$/);
  });

  it('§4.2: an IPv6 address without brackets in the Request-URI → 400', async () => {
    await owes(text({ line: 'OPTIONS sip:2001:db8::10 SIP/2.0', cseq: '1 OPTIONS' }), '400 OPTIONS');
  });
});
