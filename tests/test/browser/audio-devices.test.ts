import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { Desk } from '../../src/browser/desk.js';
import { watchSip } from '../../src/browser/sip-watch.js';
import { type BaresipPhone, eventually, heardMs, requirePeers, writeToneWav } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;

interface InUse {
  /** Of the track the call sends. */
  microphone: string;
  state: string;
}

describe('microphone and speaker of the desk', function () {
  this.timeout(120_000);
  let s: Scenario;
  let desk: Desk;
  let folder: string;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'redis');
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-mic-'));
    s = await Scenario.start();
    const api = await s.api('1001');
    await api.put('/agents/1001/seat', { kind: 'softphone' });
    desk = await Desk.open(s.hotline, s.hotline.agent('1001'), {
      microphone: await writeToneWav(path.join(folder, 'mic.wav'), AGENT_HZ, 60),
    });
    await watchSip(desk.browser.context);
    await desk.page.reload();
    await desk.telephone();
  });

  beforeEach(async () => {
    await (await s.api('1001')).put('/agents/1001/state', { state: 'ready' });
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await desk?.close();
    await s?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function talk(number: string): Promise<{ caller: BaresipPhone; callId: string }> {
    await s.agentState('1001', 'ready');
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    await desk.page.getByTestId('pop').getByText(number).waitFor();
    await desk.page.keyboard.press('F2');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await bothHear(caller);
    return { caller, callId };
  }

  /** From now on: what was heard before does not count. */
  async function bothHear(caller: BaresipPhone): Promise<void> {
    const said = () => heardMs(caller, AGENT_HZ, { minShare: 0.01, minLevel: 0.004 });
    const before = await said();
    await eventually('the caller hears more of the agent', async () => ((await said()) > before + 1_000 ? true : undefined), 30_000);
    await desk.hears(CALLER_HZ);
  }

  const inUse = (): Promise<InUse> =>
    desk.page.evaluate(() => {
      const { connections } = (globalThis as unknown as { sipWatch: { connections: RTCPeerConnection[] } }).sipWatch;
      const track = connections.at(-1)?.getSenders()[0]?.track;
      return { microphone: track?.getSettings().deviceId ?? '', state: track?.readyState ?? '' };
    });

  /** Opens the choice of the seat, where the devices are, and gives the ids on offer. */
  async function devices(part: 'microphone' | 'speaker'): Promise<string[]> {
    await desk.button(desk.words.seat).click();
    await desk.page.getByRole('meter', { name: '麦克风音量' }).waitFor();
    const select = desk.page.locator(`#${part}`);
    return eventually(`several of ${part}`, async () => {
      const values = await select.locator('option').evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
      const real = values.filter((value) => value !== '' && value !== 'default' && value !== 'communications');
      return real.length >= 2 ? real : undefined;
    });
  }

  async function close(): Promise<void> {
    await desk.page.keyboard.press('Escape');
    await desk.page.getByRole('dialog').waitFor({ state: 'hidden' });
  }

  it('another microphone in a call: it goes on with that one; it is kept over a reload', async () => {
    const { caller, callId } = await talk('13800000071');
    const before = await inUse();
    const wanted = (await devices('microphone')).find((id) => id !== before.microphone) ?? '';
    await desk.page.locator('#microphone').selectOption(wanted);
    await eventually('the call sends from it', async () => ((await inUse()).microphone === wanted ? true : undefined));
    await close();
    await bothHear(caller);
    await desk.page.reload();
    await s.events.wait('call.party-returned', (e) => e.callId === callId);
    await bothHear(caller);
    assert.deepEqual(await inUse(), { microphone: wanted, state: 'live' });
    await caller.hangUp();
    await s.record(callId);
  });

  it('another speaker in a call: what is heard comes there at once, and after a reload', async () => {
    const { caller, callId } = await talk('13800000072');
    const sink = () => desk.page.evaluate(() => (globalThis as unknown as { yixianPhone: { speaker(): string } }).yixianPhone.speaker());
    const wanted = (await devices('speaker')).at(-1) ?? '';
    assert.notEqual(await sink(), wanted);
    await desk.page.locator('#speaker').selectOption(wanted);
    await eventually('it plays there', async () => ((await sink()) === wanted ? true : undefined));
    await desk.button(/^试\s?音$/).click();
    await close();
    await bothHear(caller);
    await desk.page.reload();
    await s.events.wait('call.party-returned', (e) => e.callId === callId);
    await bothHear(caller);
    assert.equal(await sink(), wanted);
    await caller.hangUp();
    await s.record(callId);
  });

  it('a microphone that is unplugged in a call: the agent is told, the call goes on with the system’s; plugged in again, the word goes', async () => {
    const { caller, callId } = await talk('13800000073');
    const { microphone } = await inUse();
    await desk.page.evaluate((gone) => {
      const { connections } = (globalThis as unknown as { sipWatch: { connections: RTCPeerConnection[] } }).sipWatch;
      const media = navigator.mediaDevices;
      const all = media.enumerateDevices.bind(media);
      const take = media.getUserMedia.bind(media);
      // what the browser does when a device is pulled out: not in the list, its track at an end, not given any more
      media.enumerateDevices = async () => (await all()).filter((one) => one.deviceId !== gone);
      media.getUserMedia = () => take({ audio: true });
      Object.assign(globalThis, { plugIn: () => Object.assign(media, { enumerateDevices: all, getUserMedia: take }) });
      const track = connections.at(-1)?.getSenders()[0]?.track;
      track?.stop();
      track?.dispatchEvent(new Event('ended'));
      media.dispatchEvent(new Event('devicechange'));
    }, microphone);
    await desk.page.getByRole('alert').getByText('麦克风已断开').waitFor();
    await eventually('another microphone', async () => {
      const now = await inUse();
      return now.state === 'live' && now.microphone !== microphone ? true : undefined;
    });
    await bothHear(caller);
    await desk.page.evaluate(() => {
      (globalThis as unknown as { plugIn(): void }).plugIn();
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    });
    await desk.page.getByText('麦克风已断开').waitFor({ state: 'detached' });
    await eventually('the chosen one again', async () => ((await inUse()).microphone === microphone ? true : undefined));
    await bothHear(caller);
    await caller.hangUp();
    await s.record(callId);
  });
});
