import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as outage } from 'node:timers/promises';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { TestBrowser } from '../../src/browser/browser.js';
import { frequenciesHeard } from '../../src/browser/desk.js';
import { TwoNetworks } from '../../src/browser/two-networks.js';
import { type BaresipPhone, eventually, heardMs, phoneHears, requirePeers, writeToneWav } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;

describe('a browser whose network fails or changes in a call', function () {
  this.timeout(180_000);
  let s: Scenario;
  let browser: TestBrowser;
  let networks: TwoNetworks;
  let folder: string;
  let page: Page;
  let number = 13_800_000_050;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'redis');
    try {
      networks = TwoNetworks.create();
    } catch (error) {
      console.log(`      skipped: ${(error as Error).message}`);
      this.skip();
    }
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-mic-'));
    s = await Scenario.start({ env: { HOTLINE_HOST: `${networks.server},127.0.0.1` } });
    browser = await TestBrowser.start({
      microphone: await writeToneWav(path.join(folder, 'mic.wav'), AGENT_HZ, 60),
      executable: networks.chromium,
      trustedOrigin: s.hotline.http,
    });
    const api = await s.api('1001');
    await api.put('/agents/1001/seat', { kind: 'softphone' });
    page = await browser.signIn(s.hotline, s.hotline.agent('1001'), '/desk');
    await page.getByTestId('phone-status').getByText('电话已就绪').waitFor();
    await api.put('/agents/1001/state', { state: 'ready' });
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await browser?.close();
    await s?.close();
    networks?.remove();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function talk() {
    number += 1;
    await s.agentState('1001', 'ready');
    const caller = await s.caller(String(number), { toneHz: CALLER_HZ });
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf(String(number));
    await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await page.getByTestId('pop').getByText(String(number)).waitFor();
    await page.keyboard.press('F2');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await bothHear(caller);
    return { caller, callId };
  }

  /** Both ends of the talk, by frequency; the desk shows whom it is with. */
  async function bothHear(caller: BaresipPhone) {
    const said = () => heardMs(caller, AGENT_HZ, { minShare: 0.01, minLevel: 0.004 });
    const before = await said();
    // A phone that is sent nothing has still heard what it heard last.
    await eventually('the caller hears more of the agent', async () => ((await said()) > before + 1_000 ? true : undefined), 30_000);
    await eventually(
      'the page hears the caller',
      async () => ((await frequenciesHeard(page)).some((hz) => Math.abs(hz - CALLER_HZ) < 20) ? true : undefined),
      30_000,
    );
    await page.getByTestId('call-phase').getByText('通话').waitFor();
    await page.getByTestId('call-number').getByText(caller.user).waitFor();
  }

  /** The caller is there, waits by music, and is not left to silence. */
  async function hearsMusic(caller: BaresipPhone) {
    await phoneHears(caller, AGENT_HZ, false);
    await eventually('music for the caller', async () => {
      const { channels } = await caller.lastHeard();
      const last = (channels[0] ?? new Int16Array()).slice(-8_000);
      const energy = last.reduce((sum, sample) => sum + sample * sample, 0);
      return last.length > 0 && Math.sqrt(energy / last.length) > 100 ? true : undefined;
    });
    await page.getByTestId('call-number').getByText(caller.user).waitFor();
  }

  async function over({ caller, callId }: { caller: BaresipPhone; callId: string }) {
    await caller.hangUp();
    await s.record(callId);
  }

  const lost = (callId: string) => s.events.wait('call.party-lost', (e) => e.callId === callId, 30_000);
  const returned = (callId: string) => s.events.wait('call.party-returned', (e) => e.callId === callId, 30_000);

  it('silent for three seconds: the same talk goes on', async () => {
    const call = await talk();
    networks.silence('a');
    await outage(3_000);
    networks.mend('a');
    await bothHear(call.caller);
    await over(call);
  });

  it('silent for fifteen seconds, no connection is reset: music, then the agent is back', async () => {
    const call = await talk();
    networks.silence('a');
    const whole = outage(15_000);
    await lost(call.callId);
    await hearsMusic(call.caller);
    await whole;
    networks.mend('a');
    await returned(call.callId);
    await bothHear(call.caller);
    await over(call);
  });

  it('the cable out for three seconds: the talk goes on', async () => {
    const call = await talk();
    networks.unplug('a');
    await outage(3_000);
    networks.plug('a');
    await bothHear(call.caller);
    await over(call);
  });

  it('the cable out for fifteen seconds: music, then the agent is back', async () => {
    const call = await talk();
    networks.unplug('a');
    const whole = outage(15_000);
    await lost(call.callId);
    await hearsMusic(call.caller);
    await whole;
    networks.plug('a');
    await returned(call.callId);
    await bothHear(call.caller);
    await over(call);
  });

  it('another network, another address: the agent is back there', async () => {
    const call = await talk();
    networks.move('a', 'b');
    await returned(call.callId);
    await bothHear(call.caller);
    await over(call);
  });
});
