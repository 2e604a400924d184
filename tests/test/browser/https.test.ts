import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as talkFor } from 'node:timers/promises';
import { connect, type PeerCertificate } from 'node:tls';
import { after, afterEach, before, describe, it } from 'mocha';
import { TestBrowser } from '../../src/browser/browser.js';
import { eventually, requirePeers, toneDurationMs, writeToneWav } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;

describe('HTTPS', function () {
  this.timeout(120_000);
  let s: Scenario;
  let folder: string;
  let files: { cert: string; key: string };
  const trusting = process.env.NODE_TLS_REJECT_UNAUTHORIZED;

  /** A certificate of its own making, as an office without a certificate authority has one. */
  function makeCertificate(commonName: string): void {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const names = ['-subj', `/CN=${commonName}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const into = ['-keyout', files.key, '-out', files.cert];
    execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '90', ...curve, ...names, ...into], { stdio: 'ignore' });
  }

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'redis');
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-https-'));
    files = { cert: path.join(folder, 'hotline.pem'), key: path.join(folder, 'hotline.key') };
    makeCertificate('first');
    // This process alone: what clients check is looked at by the first test.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    s = await Scenario.start({ env: { TLS_CERT: files.cert, TLS_KEY: files.key } });
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await s?.close();
    if (trusting === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = trusting;
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** What a client that trusts the file's certificate sees. */
  function presented(): Promise<PeerCertificate> {
    return new Promise((resolve, reject) => {
      const { port } = new URL(s.hotline.http);
      const socket = connect({ host: '127.0.0.1', port: Number(port), ca: readFileSync(files.cert), rejectUnauthorized: true }, () => {
        resolve(socket.getPeerCertificate());
        socket.end();
      });
      socket.on('error', reject);
    });
  }

  it('the one port speaks HTTPS with the certificate that was given, and says so wherever its address is told', async () => {
    assert.equal((await presented()).subject.CN, 'first');
    assert.match(s.hotline.log, /https:\/\/127\.0\.0\.1:\d+/);
    assert.equal(s.hotline.firstRun().http, s.hotline.http);
    const page = await fetch(`${s.hotline.http}/`);
    assert.match(page.headers.get('strict-transport-security') ?? '', /^max-age=\d{6,}/);
    const plain = new Promise((resolve, reject) => {
      get(s.hotline.http.replace('https:', 'http:'), resolve).on('error', reject);
    });
    await assert.rejects(plain, 'a password sent in the clear would be one too many');
  });

  it('a page that came by HTTPS is a telephone over a secure WebSocket: both hear each other', async () => {
    const microphone = await writeToneWav(path.join(folder, 'mic.wav'), AGENT_HZ, 60);
    const browser = await TestBrowser.start({ microphone, anyCertificate: true });
    try {
      const api = await s.api('1001');
      await api.put('/agents/1001/seat', { kind: 'softphone' });
      const page = await browser.page();
      const sockets: string[] = [];
      page.on('websocket', (socket) => sockets.push(socket.url()));
      await browser.signIn(s.hotline, s.hotline.agent('1001'));
      await page.getByTestId('phone-status').getByText('电话已就绪').waitFor();
      await api.put('/agents/1001/state', { state: 'ready' });
      assert.ok(sockets.length > 0 && sockets.every((url) => url.startsWith('wss:')), sockets.join(' '));
      const { caller, callId } = await s.consults('13800000071', { toneHz: CALLER_HZ });
      await page.getByRole('button', { name: /^接听/ }).and(page.locator('[aria-keyshortcuts="F2"]')).click();
      await s.events.wait('call.connected', (e) => e.callId === callId);
      await talkFor(3_000);
      await page.getByRole('button', { name: '挂断' }).click();
      await s.events.wait('call.disconnected', (e) => e.callId === callId);
      await caller.hangUp();
      const { channels } = await s.recording(callId);
      assert.ok(toneDurationMs(channels[0] ?? new Int16Array(), CALLER_HZ) > 2_000, 'the caller');
      assert.ok(toneDurationMs(channels[1] ?? new Int16Array(), AGENT_HZ) > 2_000, 'the browser');
    } finally {
      await browser.close();
    }
  });

  it('a renewed certificate is used without a restart; what stays open stays open', async () => {
    makeCertificate('renewed');
    await eventually('the renewed one', async () => (await presented().catch(() => undefined))?.subject.CN === 'renewed', 40_000);
    const { items } = await s.admin.get<{ items: unknown[] }>('/agents');
    assert.ok(items.length > 0);
    await eventually('a line of the log', () => s.hotline.log.includes('the renewed certificate is used'));
  });

  it('a state of the system that names the day the certificate ends', async () => {
    const { checks } = await s.admin.get<{ checks: { name: string; state: string; values: { until: string } }[] }>('/system');
    const one = checks.find((check) => check.name === 'certificate');
    assert.equal(one?.state, 'ok');
    assert.match(one?.values.until ?? '', /^\d{4}-\d{2}-\d{2}$/);
  });
});
