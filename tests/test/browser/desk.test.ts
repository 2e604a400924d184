import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { accessibilityFaults, TestBrowser } from '../../src/browser/browser.js';
import { type BaresipPhone, eventually, requirePeers, startBaresip, toneDurationMs, writeToneWav } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const SECOND_HZ = 1500;
const MOBILE = '13811110009';
const LANDLINE = '02162345678';

describe('the agent desk', function () {
  this.timeout(120_000);
  let s: Scenario;
  let browser: TestBrowser;
  let page: Page;
  let folder: string;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'redis');
    folder = mkdtempSync(path.join(tmpdir(), 'yixian-mic-'));
    const microphone = await writeToneWav(path.join(folder, 'mic.wav'), AGENT_HZ, 60);
    [s, browser] = await Promise.all([Scenario.start(), TestBrowser.start({ microphone })]);
    const { revision } = await s.admin.get<{ revision: number }>('/queues/consult');
    await s.admin.put('/queues/consult', { wrapUp: 'open', revision });
    await browser.context.addInitScript(() => {
      const slowBy = Number(sessionStorage.getItem('slow-by'));
      const { now } = Date;
      if (slowBy > 0) Date.now = () => now() - slowBy;
    });
    page = await browser.signIn(s.hotline, s.hotline.agent('1001'));
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await browser?.close();
    await s?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function callIn(number: string): Promise<{ caller: BaresipPhone; callId: string }> {
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    return { caller, callId };
  }

  /** What the phone hears at this moment: the last second has the tone, or has it not. */
  async function hears(phone: BaresipPhone, hertz: number, is = true): Promise<void> {
    await eventually(`${phone.user} ${is ? 'hears' : 'does not hear'} ${hertz} Hz`, async () => {
      const { channels } = await phone.lastHeard();
      const last = (channels[0] ?? new Int16Array()).slice(-8_000);
      const ms = toneDurationMs(last, hertz);
      return (is ? ms > 600 : ms < 50) ? true : undefined;
    });
  }

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const phase = () => page.getByTestId('call-phase');

  /** What the timer beside the phase shows. */
  async function talkSeconds(): Promise<number> {
    const [, minutes, seconds] = /(\d+):(\d\d)$/.exec((await phase().textContent()) ?? '') ?? [];
    assert.ok(minutes && seconds, 'the phase has a timer');
    return 60 * Number(minutes) + Number(seconds);
  }

  async function choose(next: string): Promise<void> {
    await button(/^状态：/).click();
    await page.getByRole('menuitem', { name: next, exact: true }).click();
  }

  async function pick(how: RegExp, search: string): Promise<void> {
    await page.getByRole('textbox', { name: '姓名、分机、队列或号码' }).fill(search);
    await button(how).click();
  }

  it('the browser is chosen as the seat, signing in shows the state and its timer; nothing is wrong for a screen reader', async () => {
    await button(/^话机：/).click();
    await page.getByText('本浏览器（软电话）').click();
    await page.getByRole('meter', { name: '麦克风音量' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /使\s?用/ })
      .click();
    await page.getByTestId('phone-status').getByText('电话已就绪').waitFor();
    await button(/^签\s?入/).click();
    await s.agentState('1001', 'ready');
    await page.getByText('示闲中，等待来电。').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  it('a call pops up while it rings: number, place, menu path, queue; answered by key; tones both ways; hold gives music; a summary as one types', async () => {
    const { caller, callId } = await callIn(LANDLINE);
    await page.getByTestId('pop').getByText(LANDLINE).waitFor();
    assert.equal(await page.getByTestId('place').textContent(), '上海');
    await page.getByTestId('pop-path').getByText('一线服务热线 › 主菜单 按 1「咨询」 › 队列 咨询').waitFor();
    const fact = (name: string) => page.locator('.facts > div').filter({ hasText: name }).locator('dd');
    assert.equal(await fact('队列').textContent(), '咨询');
    assert.match((await fact('排队').textContent()) ?? '', /^\d+:\d\d$/);
    assert.equal(await fact('拨打号码').textContent(), '12320');
    await page.getByTestId('history').or(page.getByText('此号码没有更早的通话。')).first().waitFor();
    await phase().getByText('振铃').waitFor();
    // my queues: waiting, longest wait, serving, free
    const queue = page.getByTestId('queue-consult');
    await queue.filter({ hasText: /^咨询1\d+:\d\d00$/ }).waitFor();
    await page.keyboard.press('F2');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await hears(caller, AGENT_HZ);
    assert.ok(await pageHears(CALLER_HZ), 'the page hears the caller');
    await queue.filter({ hasText: /^咨询0–10$/ }).waitFor();

    await page.keyboard.press('F8');
    await phase().getByText('保持').waitFor();
    await hears(caller, AGENT_HZ, false);
    await page.keyboard.press('F8');
    await phase().getByText('通话').waitFor();
    await hears(caller, AGENT_HZ);

    await page.keyboard.press('F9');
    await s.events.wait('call.muted', (e) => e.callId === callId);
    await hears(caller, AGENT_HZ, false);
    await page.keyboard.press('F9');
    await hears(caller, AGENT_HZ);

    await page.getByTestId('recording').getByText('录音中').waitFor();
    await button('更多操作').click();
    await page.getByRole('menuitem', { name: '暂停录音' }).click();
    await s.events.wait('recording.paused', (e) => e.callId === callId);
    await page.getByTestId('recording').getByText('录音已暂停').waitFor();

    await page.getByRole('radio', { name: '咨询' }).check();
    await page.getByLabel('主题').fill('医保报销');
    await page.getByLabel('备注').fill('已告知材料清单');
    await page.locator('[data-testid="summary-status"][data-status="saved"]').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await caller.hangUp();
    const record = await s.record(callId);
    const { summary } = record as unknown as { summary: { disposition: string; subject: string; notes: string; updatedBy: string } };
    assert.deepEqual(
      [summary.disposition, summary.subject, summary.notes, summary.updatedBy],
      ['consult', '医保报销', '已告知材料清单', 'agent1001'],
    );
  });

  it('wrap-up: the summary stays and is still written; a key ends it', async () => {
    await page.getByText('上一通电话').waitFor();
    await s.agentState('1001', 'wrap-up');
    // somebody else was faster: nothing is lost, who writes decides
    const [call] = (await s.admin.get<{ items: { id: string; summary: { revision: number } }[] }>('/calls?limit=1')).items;
    assert.ok(call);
    const { revision } = call.summary;
    await s.admin.put(`/calls/${call.id}/summary`, { disposition: 'help', subject: '班长', notes: '', revision });
    await page.getByLabel('备注').fill('已告知材料清单，回访');
    await page.getByText('admin 刚刚改过这份小结。').waitFor();
    await button('用我的').click();
    await page.locator('[data-testid="summary-status"][data-status="saved"]').waitFor();
    const { notes } = await s.admin.get<{ notes: string }>(`/calls/${call.id}/summary`);
    assert.equal(notes, '已告知材料清单，回访');
    await button(/结束话后/).click();
    await s.agentState('1001', 'ready');
    await page.getByTestId('my-day').getByText('1', { exact: true }).first().waitFor();
  });

  it('a reload in a call: music, then the agent’s tone again by itself; earlier call with its summary is shown; the record tells it', async () => {
    const { caller, callId } = await callIn(LANDLINE);
    await page.getByTestId('history').getByText('医保报销').waitFor();
    await button(/^接听/).and(page.locator('[aria-keyshortcuts="F2"]')).click();
    await hears(caller, AGENT_HZ);
    // a timer that begins anew, or by a clock that is an hour slow, shows less afterwards
    const before = await eventually('five seconds of talk', async () => {
      const seconds = await talkSeconds();
      return seconds >= 5 ? seconds : undefined;
    });
    await page.evaluate(() => sessionStorage.setItem('slow-by', '3600000'));
    const { dispositions } = await s.admin.get<{ dispositions: object[] }>('/settings');
    await s.admin.put('/settings', { dispositions: [...dispositions, { code: 'heating', label: '供暖' }] });
    await page.reload();
    await s.events.wait('call.party-lost', (e) => e.callId === callId);
    await s.events.wait('call.party-returned', (e) => e.callId === callId);
    await hears(caller, AGENT_HZ);
    await phase().getByText('通话').waitFor();
    const after = await talkSeconds();
    assert.ok(after >= before && after < 3600, `${before} s of talk before the reload, ${after} s after it`);
    await page.evaluate(() => sessionStorage.removeItem('slow-by'));
    // what the administrator has defined meanwhile can be chosen
    await page.getByRole('radio', { name: '供暖' }).waitFor();
    assert.equal(await page.getByTestId('call-number').textContent(), LANDLINE);
    await page.getByTestId('pop').getByText(LANDLINE).waitFor();
    await choose('示忙 · 会议');
    await page.getByTestId('next-state').getByText('示忙 · 会议').waitFor();
    await page.keyboard.press('F4');
    await s.events.wait('call.disconnected', (e) => e.callId === callId);
    await caller.hangUp();
    const record = await s.record(callId);
    assert.equal(record.agent, '1001');
    assert.deepEqual(
      record.segments.filter((one) => one.kind === 'talk' || one.kind === 'hold').map((one) => one.kind),
      ['talk', 'hold', 'talk'],
    );
    await button(/结束话后/).click();
    await s.agentState('1001', 'not-ready');
    await choose('示闲');
  });

  it('a reload in a call the agent has made: music for the other, then the agent’s tone again by itself', async () => {
    const other = await s.phone('1002', { toneHz: 900, answer: 'auto' });
    // the browser answers its own dialling by itself
    await page.getByRole('textbox', { name: '输入号码拨号' }).fill('1002');
    await page.getByRole('button', { name: '拨号', exact: true }).click();
    const callId = await s.callOf('1001');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await hears(other, AGENT_HZ);
    await page.reload();
    await s.events.wait('call.party-lost', (e) => e.callId === callId);
    assert.equal((await s.admin.get<{ state: string }>('/agents/1001')).state, 'on-call', 'the line stays taken');
    await s.events.wait('call.party-returned', (e) => e.callId === callId);
    await hears(other, AGENT_HZ);
    await phase().getByText('通话').waitFor();
    await page.keyboard.press('F4');
    await other.waitFor('CALL_CLOSED');
    const record = await s.record(callId);
    assert.deepEqual([record.direction, record.outcome, record.termination?.reason], ['internal', 'answered', 'normal']);
    await s.agentState('1001', 'ready');
    await s.stopPhone(other);
  });

  it('a laptop that sleeps in a call: music for the caller, and at waking the agent’s tone again', async () => {
    const { caller, callId } = await callIn('13800000035');
    await page.getByTestId('pop').getByText('13800000035').waitFor();
    await page.keyboard.press('F2');
    await hears(caller, AGENT_HZ);
    const before = s.events.seen.length;
    browser.sleep();
    try {
      await s.events.wait('call.party-lost', (e) => e.callId === callId, 60_000);
      const unregistered = s.events.seen.slice(before).filter((e) => e.type === 'agent.unregistered');
      assert.deepEqual(unregistered, [], 'the missing audio tells it, long before the connection of the signalling does');
      await hears(caller, AGENT_HZ, false);
      await eventually('music for the caller', async () => {
        const { channels } = await caller.lastHeard();
        const last = (channels[0] ?? new Int16Array()).slice(-8_000);
        const energy = last.reduce((sum, sample) => sum + sample * sample, 0);
        return last.length > 0 && Math.sqrt(energy / last.length) > 100 ? true : undefined;
      });
    } finally {
      browser.wake();
    }
    await s.events.wait('call.party-returned', (e) => e.callId === callId);
    await hears(caller, AGENT_HZ);
    await phase().getByText('通话').waitFor();
    await caller.hangUp();
    await s.record(callId);
    await button(/结束话后/).click();
    await s.agentState('1001', 'ready');
  });

  it('transfer: the picker shows who is free, the second agent talks with the caller', async () => {
    const second = await s.phone('1002', { toneHz: SECOND_HZ });
    const { caller, callId } = await callIn('13800000033');
    await page.getByTestId('pop').getByText('13800000033').waitFor();
    assert.equal(await page.getByTestId('place').count(), 0, 'nothing is invented of a mobile');
    await page.keyboard.press('F2');
    await hears(caller, AGENT_HZ);
    await page.keyboard.press('F7');
    await page.getByRole('dialog').getByText('未签入').first().waitFor();
    assert.ok(await button(/^转\s?接 .* 1002$/).isDisabled(), 'who is signed out cannot be rung');
    await s.ready('1002');
    await pick(/^转\s?接 .* 1002$/, '1002');
    await second.waitFor('CALL_INCOMING');
    await second.accept();
    await hears(caller, SECOND_HZ);
    assert.equal((await s.events.wait('call.transferred', (e) => e.callId === callId)).agentId, '1001');
    await caller.hangUp();
    await s.record(callId);
    // whoever has put it through still finds it, and its summary
    await page.locator('.recent').getByText('13800000033').waitFor();
    await s.signOut('1002');
    await button(/结束话后/).click();
  });

  it('a second tab shows that the telephone is elsewhere, and takes a call over', async () => {
    const { caller, callId } = await callIn('13800000034');
    await page.getByTestId('pop').getByText('13800000034').waitFor();
    await page.keyboard.press('F2');
    await hears(caller, AGENT_HZ);
    const other = await browser.context.newPage();
    await other.goto(`${s.hotline.http}/desk`);
    await other.getByRole('button', { name: '改在本页接听' }).click();
    await s.events.wait('call.party-returned', (e) => e.callId === callId);
    await page.getByRole('button', { name: '改在本页接听' }).waitFor();
    await hears(caller, AGENT_HZ);
    await other.close();
    await s.events.wait('call.party-lost', (e) => e.callId === callId);
    await eventually('the first tab is the telephone again', async () =>
      s.events.seen.filter((e) => e.type === 'call.party-returned' && e.callId === callId).length === 2 ? true : undefined,
    );
    await hears(caller, AGENT_HZ);
    await caller.hangUp();
    await s.record(callId);
    await button(/结束话后/).click();
    await s.agentState('1001', 'ready');
  });

  it('a mobile as the seat: the same desk holds and ends the call', async () => {
    const mobile = await startBaresip({ user: MOBILE, toneHz: SECOND_HZ });
    try {
      const { revision } = await s.admin.get<{ revision: number }>('/trunks/demo');
      await s.admin.put('/trunks/demo', { outboundUri: `sip:127.0.0.1:${mobile.sipPort}`, revision });
      await button(/^话机：/).click();
      await page.getByText('固话或手机（虚拟坐席）').click();
      await page.getByRole('textbox', { name: '接听来电的号码' }).fill(MOBILE);
      await page.getByText(/接听后按 1/).click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /使\s?用/ })
        .click();
      await button(new RegExp(`^话机：\\s*${MOBILE}`)).waitFor();
      const { caller, callId } = await callIn('13800000035');
      await mobile.waitFor('CALL_INCOMING');
      await page.getByTestId('pop').getByText('13800000035').waitFor();
      await mobile.accept();
      await hears(caller, SECOND_HZ);
      await button(/保\s?持/).click();
      await phase().getByText('保持').waitFor();
      await hears(caller, SECOND_HZ, false);
      await button(/取\s?回/).click();
      await hears(caller, SECOND_HZ);
      await button(/挂\s?断/).click();
      await mobile.waitFor('CALL_CLOSED');
      await caller.hangUp();
      await s.record(callId);
      await button(/结束话后/).click();
    } finally {
      await mobile.stop();
    }
  });

  it('English at a click, on a narrow screen too, without a fault', async () => {
    await page.getByRole('button', { name: /1001/ }).click();
    await page.getByText('English').click();
    await page.getByText('My queues').first().waitFor();
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByRole('button', { name: /^State:\s*Ready/ }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
  });

  /** The strongest frequency of what the page plays. */
  async function pageHears(hertz: number): Promise<boolean> {
    return eventually(`the page hears ${hertz} Hz`, async () => {
      const heard = await page.evaluate(async () => {
        const found = (globalThis as unknown as { yixianPhone?: { heard(): MediaStream | null } }).yixianPhone?.heard();
        if (!found) return 0;
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        analyser.fftSize = 8192;
        context.createMediaStreamSource(found).connect(analyser);
        await new Promise((resolve) => setTimeout(resolve, 400));
        const bins = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(bins);
        const best = bins.indexOf(Math.max(...bins));
        const hz = (best * context.sampleRate) / analyser.fftSize;
        await context.close();
        return hz;
      });
      return Math.abs(heard - hertz) < 20 ? true : undefined;
    });
  }
});
