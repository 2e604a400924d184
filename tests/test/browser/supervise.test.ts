import assert from 'node:assert/strict';
import { setTimeout as talkFor } from 'node:timers/promises';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { accessibilityFaults, TestBrowser } from '../../src/browser/browser.js';
import { type BaresipPhone, eventually, requirePeers, startBaresip, toneDurationMs } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

const CALLER_HZ = 700;
const AGENT_HZ = 1100;
const SUPER_HZ = 1900;
const AMONG = { minShare: 0.12 };

describe('the supervisor’s desk and the wallboard', function () {
  this.timeout(120_000);
  let s: Scenario;
  let browser: TestBrowser;
  let page: Page;
  let agent: BaresipPhone;
  let supervisor: BaresipPhone;
  let callers = 0;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'redis');
    s = await Scenario.start();
    const credentials = s.hotline.firstRun().supervisor;
    const registrar = { address: '127.0.0.1', port: s.hotline.sipPort };
    [browser, agent, supervisor] = await Promise.all([
      TestBrowser.start(),
      startBaresip({ user: '1001', password: s.hotline.agent('1001').sipPassword, registrar, toneHz: AGENT_HZ }),
      startBaresip({ user: '1100', password: credentials.sipPassword, registrar, toneHz: SUPER_HZ }),
    ]);
    await Promise.all([agent.waitFor('REGISTER_OK'), supervisor.waitFor('REGISTER_OK')]);
    page = await browser.signIn(s.hotline, credentials, '/supervise');
    await page.getByTestId('queue-consult').waitFor();
    // signed in, so that callers wait
    await notReady('1001');
    await notReady('1003');
  });

  afterEach(async () => {
    await s?.hangUpAllPhones();
  });

  after(async () => {
    await browser?.close();
    await agent?.stop();
    await supervisor?.stop();
    await s?.close();
  });

  async function waitingCaller() {
    const number = `1390000${2000 + callers++}`;
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    await s.events.wait('call.queued', (e) => e.callId === callId);
    return { number, caller, callId };
  }

  async function notReady(extension: string): Promise<void> {
    const api = await s.api(extension);
    await api.put(`/agents/${extension}/seat`, { kind: 'sip' });
    await api.put(`/agents/${extension}/state`, { state: 'not-ready' });
  }

  const card = (extension: string) => page.getByTestId(`agent-${extension}`);
  const row = (queue: string) => page.getByTestId(`queue-${queue}`);
  const waiting = (queue: string, n: number) => page.getByTestId(`waiting-${queue}`).filter({ hasText: new RegExp(`^${n}$`) });
  /** Well before the page asks again by itself (30 s): what is shown by then came with the event. */
  const within = { timeout: 10_000 };

  it('shows who waits, then who talks, from the events and without a reload', async () => {
    const { number, caller, callId } = await waitingCaller();
    await waiting('consult', 1).waitFor(within);
    await row('consult').getByTitle('咨询').click();
    await page.getByTestId(`call-${number}`).waitFor(within);
    await s.ready('1001');
    await agent.waitFor('CALL_INCOMING');
    await card('1001').and(page.locator('[data-state="ringing"]')).waitFor(within);
    await agent.accept();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await card('1001').and(page.locator('[data-state="on-call"]')).waitFor(within);
    await card('1001').getByText(number).waitFor(within);
    await waiting('consult', 0).waitFor(within);
    await caller.hangUp();
    await s.record(callId);
    await notReady('1001');
    await row('consult').getByTitle('咨询').click();
  });

  it('listens, barges and stops from the page: the caller hears the supervisor only while barged in', async () => {
    await s.ready('1001');
    const { number, caller, callId } = await waitingCaller();
    await agent.waitFor('CALL_INCOMING');
    await agent.accept();
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await page.getByRole('button', { name: '监听 1001' }).click();
    await page.getByTestId('supervision').getByText('正在呼叫您的电话').waitFor();
    await supervisor.waitFor('CALL_INCOMING');
    await supervisor.accept();
    await page.getByTestId('supervision').getByText(`与 ${number}`).waitFor();
    await talkFor(1_000);
    await page.getByTestId('supervision').getByText('强插', { exact: true }).click();
    const barged = await s.events.wait('call.supervised', (e) => e.callId === callId && e.data.mode === 'barge');
    await talkFor(1_200);
    await page.reload();
    await page.getByTestId('supervision').getByText('已强插').waitFor();
    await page.getByRole('button', { name: '停止' }).click();
    const stopped = await s.events.wait('call.supervision-ended', (e) => e.callId === callId);
    await supervisor.waitFor('CALL_CLOSED');
    await page.getByTestId('supervision').waitFor({ state: 'detached' });
    await talkFor(300);
    await caller.hangUp();
    await s.record(callId);
    const { channels } = await caller.lastHeard();
    const heard = toneDurationMs(channels[0] ?? new Int16Array(), SUPER_HZ, AMONG);
    // not the second of listening before, however long the page took to come back meanwhile
    const most = Date.parse(stopped.at) - Date.parse(barged.at) + 700;
    assert.ok(heard > 600 && heard < most, `the caller heard the supervisor for ${heard} ms, barged in for ${most - 700}`);
    const own = await supervisor.lastHeard();
    assert.ok(toneDurationMs(own.channels[0] ?? new Int16Array(), CALLER_HZ, AMONG) > 1_000, 'the supervisor heard the caller');
  });

  it('forces an agent not ready with a reason, and ready again', async () => {
    await s.ready('1001');
    await page.getByRole('button', { name: '更多操作 1001' }).click();
    // what the agent can do, as it is called and not by its code
    await page.getByRole('dialog').getByText('咨询 · 人工').waitFor();
    await page.getByRole('button', { name: '强制示忙' }).click();
    assert.equal((await s.agentState('1001', 'not-ready')).state, 'not-ready');
    await card('1001').and(page.locator('[data-state="not-ready"]')).waitFor(within);
    await page.getByRole('button', { name: '强制示闲' }).click();
    await s.agentState('1001', 'ready');
    await page.getByRole('button', { name: '强制签出' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /确\s*定/ })
      .click();
    await s.agentState('1001', 'offline');
    await notReady('1001');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /关\s*闭|Close/ })
      .click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  it('moves a waiting call to another queue with a priority', async () => {
    const { number, caller, callId } = await waitingCaller();
    await row('consult').getByTitle('咨询').click();
    await page.getByRole('button', { name: `移动 ${number}` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox').click();
    await page.getByTitle('投诉', { exact: true }).last().click();
    await dialog.getByRole('spinbutton').fill('5');
    await dialog.getByRole('button', { name: /移\s*动/ }).click();
    await s.events.wait('call.moved', (e) => e.callId === callId && e.data.to === 'complaint');
    await waiting('complaint', 1).waitFor(within);
    await row('complaint').getByTitle('投诉').click();
    await page.getByTestId(`call-${number}`).waitFor();
    await caller.hangUp();
    await s.record(callId);
  });

  it('closes a queue: the next caller gets the closed way, until it is opened again', async () => {
    await page
      .getByTestId('queue-consult')
      .getByRole('button', { name: /点击更改/ })
      .click();
    await page.getByRole('menuitem', { name: '关闭' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^关\s*闭$/ })
      .last()
      .click();
    await s.events.wait('queue.door-changed', (e) => e.queueId === 'consult' && e.data.open === false);
    await page.getByTestId('queue-consult').getByText('关闭').waitFor(within);
    const number = '13900003000';
    const { caller, callId } = await s.consults(number, { toneHz: CALLER_HZ });
    await s.events.wait('call.left-queue', (e) => e.callId === callId && e.data.result === 'closed');
    await caller.hangUp();
    await s.record(callId);
    await page
      .getByTestId('queue-consult')
      .getByRole('button', { name: /点击更改/ })
      .click();
    await page.getByRole('menuitem', { name: '按日程' }).click();
    await s.events.wait('queue.door-changed', (e) => e.queueId === 'consult' && e.data.open === true);
  });

  it('a wallboard is composed by dragging, saved, and shown by its address; the session is prolonged', async () => {
    await page.goto(`${s.hotline.http}/wall`);
    await page.getByRole('button', { name: '新建大屏' }).click();
    await page.getByLabel('名称').fill('大厅');
    for (const kind of ['大数字', '队列表', '坐席状态', '走势', '告警', '时钟', '文字']) {
      await page.getByRole('button', { name: '添加组件' }).click();
      await page.getByRole('menuitem', { name: kind }).click();
    }
    await page.getByRole('textbox', { name: '文字' }).or(page.getByTestId('edit-text')).first().click();
    await page.getByRole('textbox', { name: '文字' }).fill('欢迎致电');
    const number = page.getByTestId('edit-number');
    const before = await number.boundingBox();
    assert.ok(before);
    await page.mouse.move(before.x + 30, before.y + 20);
    await page.mouse.down();
    await page.mouse.move(before.x + 30, before.y + 20 + before.height * 2, { steps: 5 });
    await page.mouse.up();
    const moved = await number.boundingBox();
    assert.ok(moved && moved.y > before.y + before.height, 'dragged down');
    await number.press('ArrowRight');
    await number.press('Shift+ArrowDown');
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: /保\s*存/ }).click();
    await page.waitForURL(/\/wall\/wall-[^/]+\/edit$/);
    const patient = { timeout: 60_000 };
    const prolonged = page.waitForResponse((r) => r.url().endsWith('/api/v1/session') && r.request().method() === 'PUT', patient);
    await page.goto(page.url().replace('/edit', ''), patient);
    assert.equal((await prolonged).status(), 200);
    await page.getByText('欢迎致电').waitFor();
    await page.getByText('咨询').first().waitFor();
    await page.reload();
    await page.getByText('欢迎致电').waitFor();
    await talkFor(500);
    assert.deepEqual(await accessibilityFaults(page), []);
    const { items } = await s.admin.get<{ items: { name: string; owner: string; tiles: { kind: string; y: number; h: number }[] }[] }>(
      '/wallboards',
    );
    const tile = items[0]?.tiles.find((one) => one.kind === 'number');
    assert.deepEqual([items[0]?.name, items[0]?.owner, items[0]?.tiles.length, tile?.h], ['大厅', 'super1100', 7, 5]);
    await page.goto(`${s.hotline.http}/supervise`);
    await row('consult').waitFor();
  });

  it('has no serious fault of accessibility, light and dark, and says nothing wrong in the console', async () => {
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.emulateMedia({ colorScheme: 'dark' });
    await eventually('the dark theme', async () => (await page.locator('html').getAttribute('data-theme')) === 'dark' || undefined);
    await talkFor(500);
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.emulateMedia({ colorScheme: 'light' });
    assert.deepEqual(browser.errors, []);
  });
});
