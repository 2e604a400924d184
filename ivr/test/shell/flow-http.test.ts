import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@yixian/contracts';
import { createFlowHttp, type HttpRequest } from '../../src/index.js';
import { closedAddress } from '../../src/shell/closed-address.js';
import { recordingLogger } from '../support/hotline.js';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

describe('requests of flows', () => {
  let server: Server;
  let handler: Handler = (_q, r) => r.end('{}');
  let host = '';
  const lines: string[] = [];
  const seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];

  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
        handler(request, response, body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    lines.length = 0;
    seen.length = 0;
    handler = (_q, r) => r.end('{"ok":true}');
  });

  const http = (more: string[] = []) =>
    createFlowHttp({
      allowedHosts: [host, ...more],
      secret: (name) => (name === 'crm' ? 's3cr"et\r\nx: y' : undefined),
      clock: systemClock(),
      logger: recordingLogger(lines),
    });
  const request = (change: Partial<HttpRequest> = {}): HttpRequest => ({
    ...{ method: 'GET', url: `http://${host}/orders/7?caller=138`, headers: {}, timeoutMs: 300, retries: 0, backoffMs: 50 },
    ...change,
  });
  const send = (change: Partial<HttpRequest> = {}, more: string[] = []) => http(more).send(request(change), { callId: 'call-1' });

  it('bring back JSON', async () => {
    assert.deepEqual(await send(), { outcome: 'ok', status: 200, body: { ok: true } });
    assert.deepEqual([seen[0]?.method, seen[0]?.url, seen[0]?.headers.accept], ['GET', '/orders/7?caller=138', 'application/json']);
    assert.deepEqual(lines, []);
  });

  it('put secrets into headers and body when they leave, escaped for each; no log has them', async () => {
    handler = (_q, r) => {
      r.statusCode = 400;
      r.end('no');
    };
    const outcome = await send({
      method: 'POST',
      headers: { 'X-Key': ['a ', { secret: 'crm' }] },
      body: ['{"key":"', { secret: 'crm' }, '"}'],
    });
    assert.deepEqual(outcome, { outcome: 'status', status: 400 });
    assert.equal(seen[0]?.headers['x-key'], 'a s3cr"etx: y');
    assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { key: 's3cr"et\r\nx: y' });
    assert.equal(seen[0]?.headers['content-type'], 'application/json; charset=utf-8');
    assert.deepEqual(lines, ['warn request of a flow: status']);
    assert.doesNotMatch(JSON.stringify(lines), /s3cr/);
  });

  it('a secret there is not: nothing is sent', async () => {
    assert.deepEqual(await send({ headers: { key: [{ secret: 'other' }] } }), { outcome: 'not-allowed' });
    assert.equal(seen.length, 0);
    assert.deepEqual(lines, ['warn request of a flow is not made: there is no secret other']);
  });

  it('end at their deadline, and are tried again after a pause that doubles', async () => {
    const at: number[] = [];
    handler = () => void at.push(Date.now());
    assert.deepEqual(await send({ timeoutMs: 100, retries: 2, backoffMs: 60 }), { outcome: 'timeout' });
    assert.equal(at.length, 3);
    assert.ok((at[1] ?? 0) - (at[0] ?? 0) >= 150 && (at[2] ?? 0) - (at[1] ?? 0) >= 210, String(at));
  });

  it('are tried again after 503, 429 and a broken connection, not after 404; the last answer counts', async () => {
    let n = 0;
    handler = (q, r) => {
      n += 1;
      if (n === 1) r.writeHead(503).end();
      else if (n === 2) q.socket.destroy();
      else if (n === 3) r.writeHead(429).end();
      else r.end('[1]');
    };
    assert.deepEqual(await send({ retries: 3, backoffMs: 50 }), { outcome: 'ok', status: 200, body: [1] });
    handler = (_q, r) => void r.writeHead(404).end();
    seen.length = 0;
    assert.deepEqual(await send({ retries: 3 }), { outcome: 'status', status: 404 });
    assert.equal(seen.length, 1);
  });

  it('a body that drips beyond the deadline, is too large, or is no JSON', async () => {
    handler = (_q, r) => void r.write('{"a":');
    assert.deepEqual(await send(), { outcome: 'timeout' });
    handler = (_q, r) => r.end(`"${'x'.repeat(70_000)}"`);
    assert.deepEqual(await send(), { outcome: 'too-large', status: 200 });
    handler = (_q, r) => r.end('<html>');
    assert.deepEqual(await send(), { outcome: 'no-json', status: 200 });
    handler = (_q, r) => void r.writeHead(204).end();
    assert.deepEqual(await send(), { outcome: 'ok', status: 204, body: null });
  });

  it('follow no redirect', async () => {
    handler = (_q, r) => void r.writeHead(302, { location: `http://${host}/elsewhere` }).end();
    assert.deepEqual(await send(), { outcome: 'status', status: 302 });
    assert.equal(seen.length, 1);
  });

  for (const url of [
    'http://127.0.0.1:1/',
    'http://localhost/',
    'http://example.com@127.0.0.1/',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'http://[::1]/',
    'nonsense',
  ]) {
    it(`do not go to ${url}, which is not allowed`, async () => assert.deepEqual(await send({ url }), { outcome: 'not-allowed' }));
  }

  it('go to no link-local or multicast address even where it is allowed, however it is written', async () => {
    for (const [url, allowed] of [
      ['http://169.254.169.254/latest/meta-data', '169.254.169.254'],
      ['http://0xa9fea9fe/', '169.254.169.254'],
      ['http://2852039166/', '169.254.169.254'],
      ['http://[fe80::1]/', '[fe80::1]'],
      ['http://[::ffff:169.254.169.254]/', '[::ffff:a9fe:a9fe]'],
      ['http://0.0.0.0/', '0.0.0.0'],
    ] as const) {
      assert.deepEqual(await send({ url }, [allowed]), { outcome: 'not-allowed' }, url);
    }
    assert.ok(
      lines.every((line) => /is closed to flows/.test(line)),
      lines.join('\n'),
    );
  });

  it('addresses that are closed', () => {
    for (const address of [
      '169.254.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      'fe80::1',
      'ff02::1',
      '::',
      'fd00:ec2::254',
      '::ffff:169.254.1.1',
    ])
      assert.equal(closedAddress(address), true, address);
    for (const address of ['127.0.0.1', '10.0.0.1', '192.168.1.1', '8.8.8.8', '::1', '2001:db8::1', '::ffff:10.0.0.1'])
      assert.equal(closedAddress(address), false, address);
  });
});
