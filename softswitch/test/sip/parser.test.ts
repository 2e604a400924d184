import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sdpOf } from '../../src/sip/parser/body.js';
import { formatNameAddr, formatVia, listValues, parseCSeq, parseNameAddr, parseRAck, parseVia } from '../../src/sip/parser/fields.js';
import { header, headerValue, makeRequest, makeResponse, type SipMessage } from '../../src/sip/parser/message.js';
import { MAX_HEADERS, parseMessage } from '../../src/sip/parser/parse.js';
import { quote, splitList, unquote } from '../../src/sip/parser/scan.js';
import { serialize } from '../../src/sip/parser/serialize.js';
import { formatUri, parseUri, sameUri } from '../../src/sip/parser/uri.js';
import { readCore } from '../../src/sip/parser/validate.js';

function parse(text: string): SipMessage {
  const result = parseMessage(Buffer.from(text.replaceAll('\n', '\r\n')));
  if (!result.ok) throw new Error(result.error);
  return result.message;
}

describe('message framing (RFC 3261 §7)', () => {
  it('compact forms are the same headers (§7.3.3)', () => {
    const m = parse(
      'OPTIONS sip:a@b SIP/2.0\nv: SIP/2.0/UDP h;branch=z9hG4bK1\nf: <sip:a@b>;tag=1\nt: <sip:c@d>\ni: x@y\nm: <sip:a@b>\nl: 0\n\n',
    );
    for (const key of ['via', 'from', 'to', 'call-id', 'contact', 'content-length']) assert.ok(headerValue(m, key), key);
  });

  it('folded lines are one value (§7.3.1)', () => {
    const m = parse('OPTIONS sip:a@b SIP/2.0\nSubject: I know\n you are there,\n\tpick up\nCall-ID: 1\n\n');
    assert.equal(headerValue(m, 'subject'), 'I know you are there, pick up');
    assert.equal(headerValue(m, 'call-id'), '1');
  });

  it('unknown headers and methods are kept, in order', () => {
    const m = parse('NEWMETHOD sip:a@b SIP/2.0\nX-One: 1\nZ: 2\nX-One: 3\n\n');
    assert.equal(m.kind === 'request' && m.method, 'NEWMETHOD');
    assert.deepEqual(
      m.headers.map((h) => `${h.name}=${h.value}`),
      ['X-One=1', 'Z=2', 'X-One=3'],
    );
  });

  it('bytes beyond Content-Length are dropped, too few are a fault (§18.3)', () => {
    assert.equal(parse('OPTIONS sip:a@b SIP/2.0\nContent-Length: 2\n\nabcd').body.toString(), 'ab');
    assert.equal(parse('OPTIONS sip:a@b SIP/2.0\nContent-Length: 9\n\nabcd').faults.length, 1);
  });

  it('what cannot be framed is named: empty, not SIP, too many headers, too long a line', () => {
    const error = (text: string) => {
      const r = parseMessage(Buffer.from(text));
      return r.ok ? 'framed' : r.error;
    };
    assert.equal(error('\r\n\r\n'), 'empty');
    assert.equal(error('GET / HTTP/1.1\r\n\r\n'), 'not-sip');
    assert.equal(error('hello'), 'not-sip');
    assert.equal(error(`OPTIONS sip:a@b SIP/2.0\r\n${'X: y\r\n'.repeat(MAX_HEADERS + 1)}\r\n`), 'too-many-headers');
    assert.equal(error(`OPTIONS sip:a@b SIP/2.0\r\nX: ${'y'.repeat(9_000)}\r\n\r\n`), 'line-too-long');
    assert.equal(error(`OPTIONS sip:a@b SIP/2.0\r\nX: y\r\n${' y\r\n'.repeat(4_000)}\r\n`), 'line-too-long');
    assert.equal(error(`OPTIONS sip:a@b SIP/2.0\r\n${'x'.repeat(66_000)}`), 'too-large');
  });

  it('a line break in a value never makes a second header', () => {
    const bytes = serialize(makeRequest('OPTIONS', 'sip:a@b', [header('Subject', 'one\r\nX-Evil: 1')]));
    assert.equal(bytes.toString().includes('\r\nX-Evil'), false);
  });
});

describe('URIs (RFC 3261 §19.1)', () => {
  it('user, password, host, port, parameters and headers', () => {
    const uri = parseUri('sip:j%40s0n:p%20w@example.com:5070;transport=tcp;lr?Subject=x');
    assert.equal(uri?.user, 'j@s0n');
    assert.equal(uri?.password, 'p%20w');
    assert.equal(uri?.port, 5070);
    assert.equal(uri?.params.get('transport'), 'tcp');
    assert.equal(uri?.params.has('lr'), true);
    assert.equal(uri?.headers, 'Subject=x');
  });

  it('IPv6 references need their brackets (RFC 5118 §4.1, §4.2)', () => {
    assert.equal(parseUri('sip:user@[2001:db8::10]:5070')?.host, '2001:db8::10');
    assert.equal(parseUri('sip:user@[2001:db8::10]:5070')?.port, 5070);
    assert.equal(parseUri('sip:[2001:db8::10]')?.user, undefined);
    assert.equal(parseUri('sip:user@2001:db8::10'), undefined);
  });

  it('a port inside the brackets belongs to the address (RFC 5118 §4.3)', () => {
    const uri = parseUri('sip:[2001:db8::10:5070]');
    assert.equal(uri?.host, '2001:db8::10:5070');
    assert.equal(uri?.port, undefined);
  });

  it('tel URIs give the number as user (RFC 3966)', () => {
    assert.equal(parseUri('tel:+86-10-12345678;phone-context=cn')?.user, '+86-10-12345678');
  });

  it('broken ones are refused', () => {
    for (const bad of [
      '',
      'sip:',
      'sip:@host',
      'sip:a b@host',
      'sip:a@ho st',
      'sip:a%4@host',
      'sip:a@host:99999',
      'sip:a@[1::2',
      'mailto:a@b',
      'sip:a@b@c',
    ]) {
      assert.equal(parseUri(bad), undefined, bad);
    }
  });

  it('comparison follows §19.1.4', () => {
    const same = (a: string, b: string) => {
      const [x, y] = [parseUri(a), parseUri(b)];
      assert.ok(x && y);
      return sameUri(x, y);
    };
    assert.equal(same('sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'), true);
    assert.equal(same('sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'), true);
    assert.equal(same('sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;newparam=6'), false);
    assert.equal(same('SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'), false);
    assert.equal(same('sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'), false);
    assert.equal(same('sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'), false);
  });
});

describe('header values (RFC 3261 §20)', () => {
  it('commas inside quotes and brackets do not split a list (§7.3.1)', () => {
    assert.deepEqual(splitList('"Bell, A" <sip:a@b;x=1,2>;q=0.7, <sip:c@d>, '), ['"Bell, A" <sip:a@b;x=1,2>;q=0.7', '<sip:c@d>']);
  });

  it('parameters after a bare URI belong to the header (§20.10)', () => {
    const bare = parseNameAddr('sip:a@b;tag=1');
    assert.equal(bare?.uri, 'sip:a@b');
    assert.equal(bare?.params.get('tag'), '1');
    assert.equal(parseNameAddr('"quo\\"ted" <sip:a@b;x=1>;tag=2')?.displayName, 'quo"ted');
    assert.equal(parseNameAddr('"unterminated <sip:a@b>'), undefined);
    assert.equal(parseNameAddr('<sip:a@b'), undefined);
  });

  it('Via with white space around its slashes and an IPv6 received (§20.42, RFC 5118 §4.5)', () => {
    const via = parseVia('SIP  / 2.0\t/ UDP  [2001:db8::9:1]:5061 ;branch=z9hG4bK77 ; received=[2001:db8::9:255]');
    assert.equal(via?.host, '2001:db8::9:1');
    assert.equal(via?.port, 5061);
    assert.equal(via?.params.get('branch'), 'z9hG4bK77');
    assert.equal(parseVia('SIP/7.0/UDP host'), undefined);
  });

  it('CSeq is below 2^31 (§8.1.1.5); RAck has three parts (RFC 3262 §7.2)', () => {
    assert.deepEqual(parseCSeq('0009  INVITE'), { number: 9, method: 'INVITE' });
    assert.equal(parseCSeq('2147483648 INVITE'), undefined);
    assert.equal(parseCSeq('-1 INVITE'), undefined);
    assert.deepEqual(parseRAck('776656 1 INVITE'), { rseq: 776656, cseq: 1, method: 'INVITE' });
    assert.equal(parseRAck('1 INVITE'), undefined);
  });

  it('the SDP part of a multipart body is found (RFC 5621 §3)', () => {
    const body = '--b1\nContent-Type: application/isup\n\nxx\n--b1\nContent-Type: application/sdp\n\nv=0\n--b1--\n';
    const m = parse(`INVITE sip:a@b SIP/2.0\nContent-Type: multipart/mixed;boundary="b1"\n\n${body}`);
    assert.equal(sdpOf(m), 'v=0\r\n');
  });
});

const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,12}$/);
const value = fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).map((s) => s.trim());
const uriText = fc
  .record({ user: fc.string({ minLength: 1, maxLength: 12 }), host: fc.domain(), port: fc.option(fc.integer({ min: 1, max: 65_535 })) })
  .map(({ user, host, port }) => ({
    scheme: 'sip' as const,
    user,
    host,
    port: port ?? undefined,
    params: new Map<string, string | undefined>(),
  }));
const message: fc.Arbitrary<SipMessage> = fc
  .record({
    request: fc.boolean(),
    method: token,
    status: fc.integer({ min: 100, max: 699 }),
    headers: fc.array(fc.tuple(token, value), { maxLength: 20 }),
    body: fc.uint8Array({ maxLength: 200 }),
  })
  .map(({ request, method, status, headers, body }) => {
    const fields = headers.filter(([name]) => header(name, '').key !== 'content-length').map(([name, v]) => header(name, v));
    return request
      ? makeRequest(method, 'sip:a@b', fields, Buffer.from(body))
      : makeResponse(status, 'Some Reason', fields, Buffer.from(body));
  });

describe('parser properties', () => {
  it('parse(serialize(m)) is m, with Content-Length added', () => {
    fc.assert(
      fc.property(message, (m) => {
        const result = parseMessage(serialize(m));
        assert.ok(result.ok);
        const back = result.message;
        assert.deepEqual(
          back.headers.filter((h) => h.key !== 'content-length').map((h) => [h.key, h.value]),
          m.headers.map((h) => [h.key, h.value]),
        );
        assert.deepEqual(Buffer.from(back.body), Buffer.from(m.body));
        assert.deepEqual(back.faults, []);
        assert.equal(back.kind === 'request' ? back.method : back.status, m.kind === 'request' ? m.method : m.status);
      }),
    );
  });

  it('URIs, quoted strings and name-addrs survive the round trip', () => {
    fc.assert(
      fc.property(uriText, (uri) => {
        assert.equal(parseUri(formatUri(uri))?.user, uri.user);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const clean = [...text].filter((c) => c.charCodeAt(0) >= 32 && c.charCodeAt(0) !== 127).join('');
        assert.equal(unquote(quote(text)), clean);
        const back = parseNameAddr(formatNameAddr({ displayName: text, uri: 'sip:a@b', params: new Map([['tag', '1']]) }));
        assert.equal(back?.displayName, clean);
      }),
    );
  });

  it('never throws, whatever bytes come', () => {
    const start = fc.constantFrom(
      '',
      'INVITE sip:a@b SIP/2.0\r\n',
      'SIP/2.0 200 OK\r\n',
      'INVITE sip:a@b SIP/2.0\r\nVia: ',
      'ACK sip:a SIP/2.0\r\nTo: "',
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 600 }), (head, tail) => {
        const result = parseMessage(Buffer.concat([Buffer.from(head), Buffer.from(tail)]));
        if (!result.ok) return;
        readCore(result.message);
        listValues(result.message, 'contact');
        sdpOf(result.message);
        serialize(result.message);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseUri(text);
        parseUri(`sip:${text}`);
        parseNameAddr(text);
        const via = parseVia(`SIP/2.0/UDP ${text}`);
        if (via) formatVia(via);
        splitList(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is linear: largest hostile messages, a hundred times each, end within the deadline of a test', () => {
    const wide = ['"', '<', ',', ';', '\\', ' \r\n ', 'a=', '%', '[', ': ', '(', '\r\n\t'];
    for (const unit of wide) {
      const filler = unit.repeat(Math.floor(8_000 / unit.length));
      const text = `INVITE sip:a@b SIP/2.0\r\n${`Via: SIP/2.0/UDP h${filler}\r\nContact: ${filler}\r\n`.slice(0, 60_000)}\r\n\r\n`;
      const one = Buffer.from(text.slice(0, 65_000));
      for (let i = 0; i < 100; i++) {
        const result = parseMessage(one);
        if (!result.ok) continue;
        readCore(result.message);
        listValues(result.message, 'contact').forEach((v) => {
          parseNameAddr(v);
        });
      }
    }
  }).timeout(30_000);
});
