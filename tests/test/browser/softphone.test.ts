import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as talkFor } from 'node:timers/promises';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { TestBrowser } from '../../src/browser/browser.js';
import { frequenciesHeard } from '../../src/browser/desk.js';
import { byInfoAlone, carried, watchSip } from '../../src/browser/sip-watch.js';
import { encodeAlaw } from '../../src/peers/g711-encode.js';
import {
  type BaresipPhone,
  eventually,
  phoneHears,
  requirePeers,
  scenario,
  startSipp,
  steps,
  succeeded,
  toneDurationMs,
  writeToneWav,
} from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const STRANGER_HZ = 1900;
/** A name that browsers do not take for the machine’s own. */
const PLAIN_NAME = 'hotline.test';

describe('the browser as a telephone', function () {
  this.timeout(120_000);
  let s: Scenario;
  let browser: TestBrowser;
  let folder: string;

  before(async function () {
    await requirePeers(this, 'chromium', 'sipp', 'baresip', 'redis');
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-mic-'));
    s = await Scenario.start();
    browser = await TestBrowser.start({
      microphone: await writeToneWav(path.join(folder, 'mic.wav'), AGENT_HZ, 60),
      nameOfThisMachine: PLAIN_NAME,
    });
    const api = await s.api('1001');
    await api.put('/agents/1001/seat', { kind: 'softphone' });
    await watchSip(browser.context);
    const page = await browser.signIn(s.hotline, s.hotline.agent('1001'));
    await page.getByTestId('phone-status').getByText('电话已就绪').waitFor();
    await api.put('/agents/1001/state', { state: 'ready' });
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await browser?.close();
    await s?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function callIn(number: string) {
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    return { caller, callId };
  }

  it('a queued call rings the page, is answered there, and both hear each other; recorded in stereo', async () => {
    const page = await browser.page();
    const { caller, callId } = await callIn('13800000021');
    await page.getByText('13800000021').first().waitFor();
    await page.getByRole('button', { name: /^接听/ }).and(page.locator('[aria-keyshortcuts="F2"]')).click();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await talkFor(3_000);
    await page.getByRole('button', { name: '挂断' }).click();
    await s.events.wait('call.disconnected', (e) => e.callId === callId);
    await caller.hangUp();
    const record = await s.record(callId);
    assert.equal(record.outcome, 'answered');
    const { channels } = await s.recording(callId);
    const [left, right] = [channels[0] ?? new Int16Array(), channels[1] ?? new Int16Array()];
    assert.ok(toneDurationMs(left, CALLER_HZ) > 2_000, 'the caller stands left');
    assert.ok(toneDurationMs(right, AGENT_HZ) > 2_000, 'the browser stands right');
    assert.ok(toneDurationMs((await caller.lastHeard()).channels[0] ?? new Int16Array(), AGENT_HZ) > 2_000, 'the caller heard the browser');
  });

  it('a page that came over plain HTTP by another name than this machine’s own has no microphone: it says so and is rung for nothing', async () => {
    const api = await s.api('1002');
    await api.put('/agents/1002/seat', { kind: 'softphone' });
    const page = await browser.context.newPage();
    try {
      await page.goto(s.hotline.http.replace('127.0.0.1', PLAIN_NAME));
      await page.locator('input[autocomplete="username"]').fill(s.hotline.agent('1002').username);
      await page.locator('input[autocomplete="current-password"]').fill(s.hotline.agent('1002').password);
      await page.locator('button[type="submit"]').click();
      await page.getByTestId('phone-status').getByText('请以 https 打开本页').waitFor();
      assert.equal((await api.get<{ reachable: boolean }>('/agents/1002')).reachable, false);
    } finally {
      await page.close();
      await api.put('/agents/1002/seat', { kind: 'sip' });
    }
  });

  it('the page hears the caller', async () => {
    const page = await browser.page();
    await s.agentState('1001', 'ready');
    const { caller, callId } = await callIn('13800000022');
    await page.getByRole('button', { name: '接听' }).click();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    // what the page plays: the strongest frequency of what came in
    const heard = await eventually('the tone in the browser', async () => {
      const hz = await page.evaluate(async () => {
        const found = (globalThis as unknown as { yixianPhone?: { heard(): MediaStream | null } }).yixianPhone?.heard();
        if (!found) return 0;
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        analyser.fftSize = 8192;
        context.createMediaStreamSource(found).connect(analyser);
        await new Promise((resolve) => setTimeout(resolve, 400));
        const bins = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(bins);
        let best = 0;
        for (let i = 1; i < bins.length; i++) if ((bins[i] ?? -999) > (bins[best] ?? -999)) best = i;
        const hertz = (best * context.sampleRate) / analyser.fftSize;
        const loud = (bins[best] ?? -999) > -60;
        await context.close();
        return loud ? hertz : 0;
      });
      return Math.abs(hz - CALLER_HZ) < 20 ? hz : undefined;
    });
    assert.ok(heard);
    await caller.hangUp();
    await s.record(callId);
  });

  it('a colleague’s lamp shows it ring and talk (RFC 4235), and its messages over the WebSocket are among those of the call', async () => {
    const auth = { username: '1002', password: s.hotline.agent('1002').sipPassword };
    const subscribe = (cseq: number, authenticate: boolean) =>
      steps.request('SUBSCRIBE', { from: '1002', cseq, authenticate, outside: true, headers: ['Event: dialog', 'Expires: 600'] });
    const told = (regexp: string) =>
      [steps.recvRequest('NOTIFY', { timeoutMs: 60_000, check: steps.mustMatch(regexp) }), steps.replyInDialog()].join('\n');
    const idle = told('state="full" entity="sip:1001@[^>]*>[[:space:]]*</dialog-info>');
    const shows = (state: string) => told(`direction="recipient"><state>${state}</state>`);
    const page = await browser.page();
    await s.agentState('1001', 'ready');
    const watcher = await startSipp({
      scenario: scenario([
        subscribe(1, false),
        steps.recvResponse(407, { auth: true }),
        subscribe(2, true),
        steps.recvResponse(200),
        ...[idle, shows('trying'), shows('early'), shows('confirmed'), idle],
      ]),
      service: '1001',
      auth,
      remote: { address: '127.0.0.1', port: s.hotline.sipPort },
    });
    const { caller, callId } = await callIn('13800000023');
    await page.getByText('13800000023').first().waitFor();
    await talkFor(800); // seen to ring before it talks
    await page.getByRole('button', { name: '接听' }).click();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await talkFor(800);
    await caller.hangUp();
    await s.record(callId);
    succeeded(await watcher.finished);
    const { messages } = await s.admin.get<{ messages: { transport: string; method: string; text: string }[] }>(`/calls/${callId}/sip`);
    const page1001 = messages.filter((m) => m.transport === 'ws');
    for (const method of ['INVITE', 'ACK', 'BYE'])
      assert.ok(
        page1001.some((m) => m.method === method),
        `${method} over the WebSocket`,
      );
    assert.ok(
      page1001.some((m) => /a=ice-pwd:\*\*\*/.test(m.text)) && !page1001.some((m) => /a=ice-pwd:[^*]/.test(m.text)),
      'no ICE password',
    );
  });

  /** Both ends of the talk, by frequency. */
  async function bothHear(page: Page, caller: BaresipPhone) {
    await phoneHears(caller, AGENT_HZ);
    await eventually('the page hears the caller', async () =>
      (await frequenciesHeard(page)).some((hz) => Math.abs(hz - CALLER_HZ) < 20) ? true : undefined,
    );
  }

  it('the answer goes out while the page still gathers its candidates, and the end of them by INFO (RFC 8840)', async () => {
    const page = await browser.page();
    await s.agentState('1001', 'ready');
    const { caller, callId } = await callIn('13800000025');
    await page.getByRole('button', { name: '接听' }).click();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await bothHear(page, caller);
    const messages = (await carried(page)).slice(-40);
    const invite = messages.findLast(({ way, text }) => way === 'received' && text.startsWith('INVITE '));
    assert.match(invite?.text ?? '', /^Recv-Info: trickle-ice\r$/m);
    assert.match(invite?.text ?? '', /^a=ice-options:trickle ice2\r$/m);
    const answer = messages.findLast(({ way, text }) => way === 'sent' && /^SIP\/2.0 200 /.test(text) && / INVITE\r$/m.test(text));
    assert.equal(answer?.gathering, 'gathering', answer?.text);
    assert.match(answer?.text ?? '', /^Recv-Info: trickle-ice\r$/m);
    const info = messages.findLast(({ way, text }) => way === 'sent' && text.startsWith('INFO '));
    assert.match(info?.text ?? '', /^Info-Package: trickle-ice\r$/m);
    assert.match(info?.text ?? '', /^a=end-of-candidates\r$/m);
    const cseq = /^CSeq: (\d+ INFO)\r$/m.exec(info?.text ?? '')?.[1] ?? '-';
    assert.ok(
      messages.some(({ way, text }) => way === 'received' && /^SIP\/2.0 200 /.test(text) && text.includes(cseq)),
      'it was taken',
    );
    await page.getByRole('button', { name: '挂断' }).click();
    await caller.hangUp();
    await s.record(callId);
  });

  it('with candidates that come by INFO alone the call has its audio', async () => {
    const page = await browser.page();
    await s.agentState('1001', 'ready');
    await byInfoAlone(page, true);
    try {
      const { caller, callId } = await callIn('13800000026');
      await page.getByRole('button', { name: '接听' }).click();
      await s.events.wait('call.connected', (e) => e.callId === callId);
      await bothHear(page, caller);
      const messages = (await carried(page)).slice(-40);
      const withSdp = messages.filter(({ text }) => /^Content-Type: application\/sdp/im.test(text));
      assert.ok(withSdp.length >= 2 && withSdp.every(({ text }) => !text.includes('a=candidate:')), 'none in any SDP');
      assert.ok(messages.some(({ way, text }) => way === 'sent' && text.startsWith('INFO ') && text.includes('a=candidate:')));
      await page.getByRole('button', { name: '挂断' }).click();
      await caller.hangUp();
      await s.record(callId);
    } finally {
      await byInfoAlone(page, false);
    }
  });

  it('packets of an address that ICE has not validated never reach the call', async () => {
    const page = await browser.page();
    await s.agentState('1001', 'ready');
    const { caller, callId } = await callIn('13800000024');
    await page.getByRole('button', { name: '接听' }).click();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    const said = async (hertz: number) => toneDurationMs((await caller.lastHeard()).channels[0] ?? new Int16Array(), hertz);
    await eventually('the caller hears the page', async () => ((await said(AGENT_HZ)) > 500 ? true : undefined));
    const sdp = await page.evaluate(() => {
      const { connections } = (globalThis as unknown as { sipWatch: { connections: RTCPeerConnection[] } }).sipWatch;
      return connections.at(-1)?.remoteDescription?.sdp ?? '';
    });
    const [, address, port] = /^a=candidate:\S+ 1 UDP \d+ (127\.\S+) (\d+) typ host/im.exec(sdp) ?? [];
    assert.ok(address && port, sdp);
    const refused: Error[] = [];
    const stranger = createSocket('udp4').on('error', (error) => refused.push(error));
    try {
      await new Promise<void>((resolve) => stranger.connect(Number(port), address, resolve));
      const before = await said(AGENT_HZ);
      for (let n = 0; n < 100; n++) {
        const packet = Buffer.alloc(172, 0);
        packet.writeUInt16BE(0x8008, 0);
        packet.writeUInt16BE(n, 2);
        packet.writeUInt32BE(n * 160, 4);
        packet.writeUInt32BE(0x5eed, 8);
        for (let i = 0; i < 160; i++) packet[12 + i] = encodeAlaw(20_000 * Math.sin((2 * Math.PI * STRANGER_HZ * (n * 160 + i)) / 8_000));
        await new Promise<void>((resolve) => stranger.send(packet, () => resolve()));
      }
      await eventually('the page is heard on', async () => ((await said(AGENT_HZ)) > before + 2_000 ? true : undefined));
    } finally {
      stranger.close();
    }
    assert.deepEqual(refused, [], 'the port is open: what came there was left alone');
    assert.ok((await said(STRANGER_HZ)) < 50, 'nobody hears the stranger');
    await caller.hangUp();
    await s.record(callId);
    const { channels } = await s.recording(callId);
    assert.ok(channels.every((channel) => toneDurationMs(channel, STRANGER_HZ) < 50));
  });

  it('a page that sends nothing but answers keeps its call: its microphone was pulled out', async () => {
    const page = await browser.page();
    await s.agentState('1001', 'ready');
    const { caller, callId } = await callIn('13800000023');
    await page.getByRole('button', { name: '接听' }).click();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    const metric = async (name: string) => {
      const text = await (await fetch(`${s.hotline.http}/metrics`)).text();
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.slice(name.length) ?? Number.NaN,
      );
    };
    const caughtIn = (answer: 'there' | 'none') => metric(`switch_silent_parties_total{answer="${answer}"}`);
    const sent = await metric('webrtc_packets_from_browsers_total');
    await eventually('the page sends', async () => ((await metric('webrtc_packets_from_browsers_total')) > sent + 50 ? true : undefined));
    // pages of earlier calls may have been asked while they were away
    const [before, unanswered] = [await caughtIn('there'), await caughtIn('none')];
    await page.evaluate(async () => {
      const { connections } = (globalThis as unknown as { sipWatch: { connections: RTCPeerConnection[] } }).sipWatch;
      await connections.at(-1)?.getSenders()[0]?.replaceTrack(null);
    });
    await eventually('it was asked twice and answered', async () => ((await caughtIn('there')) >= before + 2 ? true : undefined), 60_000);
    assert.equal(await caughtIn('none'), unanswered);
    assert.equal(s.events.seen.filter((e) => e.type === 'call.party-lost' && e.callId === callId).length, 0);
    await page.getByRole('button', { name: '挂断' }).click();
    await s.events.wait('call.disconnected', (e) => e.callId === callId);
    await caller.hangUp();
    await s.record(callId);
  });

  it('credentials die with the session: signed out, the page is no telephone any more and the seat cannot be reached', async () => {
    const page = await browser.page();
    await page.getByRole('button', { name: /1001/ }).click();
    await page.getByText('退出登录').click();
    await page.locator('input[autocomplete="username"]').waitFor();
    await eventually('the seat is gone', async () => {
      const agent = await s.admin.get<{ reachable: boolean }>('/agents/1001');
      return agent.reachable ? undefined : true;
    });
  });

  it('a page of another origin gets no telephone line (RFC 7118 over HTTP, origin check)', async () => {
    const { request } = await import('node:http');
    const statusOf = (origin: string) =>
      new Promise<number>((resolve, reject) => {
        const asked = request({
          host: '127.0.0.1',
          port: s.hotline.httpPort,
          path: '/sip',
          headers: {
            connection: 'Upgrade',
            upgrade: 'websocket',
            origin,
            'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
            'sec-websocket-version': '13',
            'sec-websocket-protocol': 'sip',
          },
        });
        asked.on('upgrade', (response, socket) => {
          socket.destroy();
          resolve(response.statusCode ?? 0);
        });
        asked.on('response', (response) => resolve(response.statusCode ?? 0));
        asked.on('error', reject);
        asked.end();
      });
    assert.equal(await statusOf('https://evil.example'), 403);
    assert.equal(await statusOf(s.hotline.http), 101);
  });
});
