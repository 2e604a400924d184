import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { after, before, describe, it } from 'mocha';
import { createWeb } from '../src/shell/web.js';

describe('the browser application as files', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'yixian-web-'));
  let server: Server;
  let base: string;

  before(async () => {
    mkdirSync(path.join(folder, 'assets'));
    writeFileSync(path.join(folder, 'index.html'), '<!doctype html>page');
    writeFileSync(path.join(folder, 'assets', 'a-1.js'), 'let a = 1;');
    writeFileSync(path.join(folder, 'assets', 'a-1.js.gz'), gzipSync('let a = 1;'));
    writeFileSync(path.join(folder, 'assets', 'b-2.css'), 'b {}');
    server = createServer(express().use(createWeb(folder)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(folder, { recursive: true, force: true });
  });

  const get = (where: string, encoding = 'gzip') => fetch(base + where, { headers: { 'accept-encoding': encoding } });

  it('script goes compressed to whoever takes it, and is kept for a year', async () => {
    const reply = await get('/assets/a-1.js');
    assert.equal(reply.headers.get('content-encoding'), 'gzip');
    assert.match(reply.headers.get('content-type') ?? '', /^text\/javascript/);
    assert.match(reply.headers.get('cache-control') ?? '', /max-age=31536000, immutable/);
    assert.equal(await reply.text(), 'let a = 1;');
  });

  it('others get it as it is, also what was never compressed', async () => {
    const plain = await get('/assets/a-1.js', 'identity');
    assert.equal(plain.headers.get('content-encoding'), null);
    assert.equal(await plain.text(), 'let a = 1;');
    const style = await get('/assets/b-2.css');
    assert.match(style.headers.get('content-type') ?? '', /^text\/css/);
    assert.equal(await style.text(), 'b {}');
  });

  it('every path of the application is the page, what is no file is not', async () => {
    assert.match(await (await get('/flows/main')).text(), /page/);
    assert.equal((await get('/assets/gone.js')).status, 404);
    assert.equal((await get('/assets/..%2f..%2fetc%2fpasswd.js')).status, 404);
  });
});
