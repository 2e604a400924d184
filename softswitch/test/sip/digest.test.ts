import assert from 'node:assert/strict';
import { answerChallenge } from '../../src/sip/digest/client.js';
import { digestResponse, parseDigest } from '../../src/sip/digest/digest.js';
import { Nonces } from '../../src/sip/digest/nonces.js';
import { DigestServer } from '../../src/sip/digest/server.js';
import { header, headerValue, makeRequest, makeResponse } from '../../src/sip/parser/message.js';
import { repeatableBytes } from './wire.js';

const VECTOR = {
  username: 'Mufasa',
  realm: 'http-auth@example.org',
  password: 'Circle of Life',
  method: 'GET',
  uri: '/dir/index.html',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  qop: { value: 'auth', nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
};

describe('digest arithmetic (RFC 7616)', () => {
  it('§3.9.1: the MD5 and SHA-256 examples', () => {
    assert.equal(digestResponse({ ...VECTOR, algorithm: 'MD5' }), '8ca523f5e9506fed4657c9700eebdbec');
    assert.equal(digestResponse({ ...VECTOR, algorithm: 'SHA-256' }), '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
  });

  it('without qop as in RFC 2069 (RFC 2617 §3.2.2.1)', () => {
    const { qop: _qop, ...rest } = VECTOR;
    const text = digestResponse({ ...rest, algorithm: 'MD5' });
    assert.equal(text.length, 32);
    assert.notEqual(text, digestResponse({ ...VECTOR, algorithm: 'MD5' }));
  });

  it('commas and escaped quotes within values do not split them', () => {
    const params = parseDigest('Digest username="a,\\"b", realm="r", nc=00000001, qop=auth');
    assert.equal(params?.get('username'), 'a,"b');
    assert.equal(params?.get('nc'), '00000001');
    assert.equal(parseDigest('Basic abc'), undefined);
  });
});

describe('nonces (RFC 7616 §5.4, §5.12)', () => {
  const random = repeatableBytes(5);
  const fresh = () => new Nonces(random(32), 300_000);

  it('prove by themselves who issued them and when', () => {
    const nonces = fresh();
    const nonce = nonces.issue(1_000, random(8));
    assert.equal(nonces.check(nonce, 1_000), 'good');
    assert.equal(nonces.check(nonce, 301_000), 'good');
    assert.equal(nonces.check(nonce, 301_001), 'stale');
    assert.equal(fresh().check(nonce, 1_000), 'foreign');
    assert.equal(nonces.check(`${nonce.slice(0, -1)}${nonce.endsWith('A') ? 'B' : 'A'}`, 1_000), 'foreign');
    assert.equal(nonces.check('', 1_000), 'foreign');
  });

  it('a count is good once; a little out of order is allowed, far behind is not', () => {
    const nonces = fresh();
    const nonce = nonces.issue(0, random(8));
    assert.deepEqual(
      [1, 3, 2, 3, 2, 100, 99, 60].map((n) => nonces.use(nonce, n, 1)),
      ['good', 'good', 'good', 'replayed', 'replayed', 'good', 'good', 'replayed'],
    );
  });

  it('memory is bounded, and what was forgotten is stale, never new', () => {
    const nonces = fresh();
    const first = nonces.issue(0, random(8));
    assert.equal(nonces.use(first, 1, 0), 'good');
    for (let i = 1; i <= 66_000; i++) nonces.use(nonces.issue(i, random(8)), 1, i);
    assert.equal(nonces.use(first, 1, 66_000), 'stale');
  }).timeout(20_000);
});

describe('digest, server and client together (RFC 3261 §22, RFC 8760)', () => {
  const auth = { username: '1001', password: 'secret' };

  function setUp(algorithms: Array<'SHA-256' | 'MD5'> = ['SHA-256', 'MD5']) {
    const server = new DigestServer({ realm: 'yixian', algorithms, nonceLifetimeMs: 300_000, randomBytes: repeatableBytes(9) });
    const challenge = (now = 0) => makeResponse(407, 'x', server.challenges('Proxy-Authenticate', now, false));
    const credentials = (over: Partial<typeof auth> = {}, uri = 'sip:12320@h', now = 0) => {
      const h = answerChallenge(challenge(now), { method: 'INVITE', uri }, { ...auth, ...over }, 'cnonce');
      if (!h) throw new Error('the challenge was not answered');
      return h;
    };
    const verify = (h: ReturnType<typeof credentials>, now = 0, uri = 'sip:12320@h') =>
      server.verify(makeRequest('INVITE', uri, [h]), 'proxy-authorization', now, (u) => (u === '1001' ? 'secret' : undefined));
    return { server, challenge, credentials, verify };
  }

  it('one challenge per algorithm, in the order of preference (RFC 8760 §2.3)', () => {
    const { challenge } = setUp();
    assert.deepEqual(
      challenge().headers.map((h) => parseDigest(h.value)?.get('algorithm')),
      ['SHA-256', 'MD5'],
    );
  });

  for (const algorithm of ['SHA-256', 'MD5'] as const) {
    it(`${algorithm} credentials are accepted once; the same count again is stale`, () => {
      const s = setUp([algorithm]);
      const credentials = s.credentials();
      assert.equal(parseDigest(credentials.value)?.get('algorithm'), algorithm);
      assert.deepEqual(s.verify(credentials), { kind: 'ok', username: '1001' });
      assert.deepEqual(s.verify(credentials), { kind: 'stale' });
    });
  }

  it('the challenge of one process is answered at another that has the same key, its clock a little behind; not at one with its own', () => {
    const make = (seed: number, nonceKey?: Buffer) =>
      new DigestServer({
        ...{ realm: 'yixian', algorithms: ['MD5'], nonceLifetimeMs: 300_000, randomBytes: repeatableBytes(seed) },
        ...(nonceKey ? { nonceKey } : {}),
      });
    const key = Buffer.alloc(32, 7);
    const credentials = answerChallenge(
      makeResponse(407, 'x', make(1, key).challenges('Proxy-Authenticate', 10_000, false)),
      { method: 'INVITE', uri: 'sip:12320@h' },
      auth,
      'cnonce',
    );
    assert.ok(credentials);
    const at = (server: DigestServer, now: number) =>
      server.verify(makeRequest('INVITE', 'sip:12320@h', [credentials]), 'proxy-authorization', now, () => 'secret').kind;
    assert.equal(at(make(2, key), 8_000), 'ok');
    assert.equal(at(make(3, key), 4_000), 'stale');
    assert.equal(at(make(4), 10_000), 'stale');
  });

  it('a right digest over an old nonce is stale, a wrong one is bad whatever the nonce', () => {
    const s = setUp();
    assert.equal(s.verify(s.credentials(), 400_000).kind, 'stale');
    assert.equal(s.verify(s.credentials({ password: 'wrong' }), 400_000).kind, 'bad');
  });

  it('a wrong password, an unknown user, another method or number: all bad, alike', () => {
    const s = setUp();
    assert.deepEqual(s.verify(s.credentials({ password: 'wrong' })), { kind: 'bad', reason: 'response' });
    assert.deepEqual(s.verify(s.credentials({ username: '9999' })), { kind: 'bad', reason: 'response' });
    assert.deepEqual(s.verify(s.credentials(), 0, 'sip:0085212345@h'), { kind: 'bad', reason: 'uri' });
    assert.deepEqual(s.verify(header('Proxy-Authorization', 'Digest realm="yixian", algorithm=SHA-512')), {
      kind: 'bad',
      reason: 'algorithm',
    });
  });

  it('a REGISTER signed for the address of record is taken, as sipp sends it; for another host it is not', () => {
    const s = setUp();
    const signed = (uri: string, requestUri: string) => {
      const challenge = makeResponse(401, 'x', s.server.challenges('WWW-Authenticate', 0, false));
      const h = answerChallenge(challenge, { method: 'REGISTER', uri }, auth, 'c');
      return s.server.verify(makeRequest('REGISTER', requestUri, h ? [h] : []), 'authorization', 0, () => 'secret').kind;
    };
    assert.equal(signed('sip:1001@127.0.0.1:5060', 'sip:127.0.0.1:5060'), 'ok');
    assert.equal(signed('sip:1001@other', 'sip:127.0.0.1:5060'), 'bad');
  });

  it('credentials for another realm are none', () => {
    const s = setUp();
    assert.deepEqual(s.verify(header('Proxy-Authorization', 'Digest realm="elsewhere", username="1001"')), { kind: 'none' });
  });

  it('the client passes over algorithms it does not know (RFC 8760 §2.4)', () => {
    const challenge = makeResponse(401, 'x', [
      header('WWW-Authenticate', 'Digest realm="r", nonce="1", algorithm=SHA-512-256, qop="auth"'),
      header('WWW-Authenticate', 'Digest realm="r", nonce="2", algorithm=MD5, qop="auth,auth-int", opaque="o"'),
    ]);
    const h = answerChallenge(challenge, { method: 'REGISTER', uri: 'sip:h' }, auth, 'c');
    assert.equal(h?.name, 'Authorization');
    const params = parseDigest(h?.value ?? '');
    assert.deepEqual([params?.get('nonce'), params?.get('qop'), params?.get('opaque')], ['2', 'auth', 'o']);
    assert.match(headerValue(makeRequest('X', 'sip:a', h ? [h] : []), 'authorization') ?? '', /qop=auth, nc=00000001/);
  });
});
