import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { accessibilityFaults, TestBrowser } from '../../src/browser/browser.js';
import type { WireEvent } from '../../src/hotline.js';
import { requirePeers } from '../../src/peers/available.js';
import { Scenario } from '../../src/scenario.js';

describe('the browser application: sign-in and call records', () => {
  let scenario: Scenario;
  let browser: TestBrowser;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip');
    scenario = await Scenario.start();
    browser = await TestBrowser.start();
  });
  after(async () => {
    await browser?.close();
    await scenario?.close();
  });

  it('a wrong password is said so, in words, and nothing else is shown', async () => {
    const page = await browser.page();
    await page.goto(`${scenario.hotline.http}/calls`);
    await page.locator('input[autocomplete="username"]').fill('admin');
    await page.locator('input[autocomplete="current-password"]').fill('wrong');
    await page.locator('button[type="submit"]').click();
    await page.getByText('用户名或密码不正确').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  it('missed calls, states and sign-ins: who, why, by whom, and whether the caller was reached afterwards', async () => {
    const { admin } = scenario.hotline.firstRun();
    const page = await browser.signIn(scenario.hotline, admin, '/reports');
    await scenario.phone('1001', { answer: 'auto' });
    const agent = await scenario.api('1001');
    await agent.put('/agents/1001/seat', { kind: 'sip' });
    await agent.put('/agents/1001/state', { state: 'not-ready', reason: 'coffee' });
    const caller = await scenario.caller('13800000002');
    const calls: string[] = [];
    const asks = async (until: string): Promise<void> => {
      await caller.dial(scenario.uri('12320'));
      const isNew = (e: WireEvent) => e.data.caller === '13800000002' && !calls.includes(e.callId ?? '');
      const { callId = '' } = await scenario.events.wait('call.arrived', isNew);
      calls.push(callId);
      await scenario.events.wait('call.entered-flow', (e) => e.callId === callId);
      await caller.sendDigits('1');
      await scenario.events.wait(until, (e) => e.callId === callId);
      await caller.hangUp();
      await scenario.record(callId);
    };
    /** Cells of the rows of a log that have this text, newest first. */
    const rows = async (log: string, text: string): Promise<string[][]> => {
      await page.reload();
      await page.getByRole('tab', { name: log }).click();
      const found = page.getByRole('tabpanel').getByRole('row').filter({ hasText: text });
      await found.first().waitFor();
      return Promise.all((await found.all()).map((row) => row.getByRole('cell').allInnerTexts()));
    };
    await asks('call.queued');
    const [missed = []] = await rows('未接来电', '13800000002');
    assert.deepEqual([...missed.slice(1, 4), ...missed.slice(5, 8)], ['13800000002', '12320', '咨询', '排队中放弃', '–', calls[0]]);
    await agent.put('/agents/1001/state', { state: 'ready' });
    await asks('call.connected');
    const later = await rows('未接来电', '13800000002');
    assert.equal(later.length, 1, 'the answered call is not among the missed ones');
    assert.match(later[0]?.[6] ?? '', /^\d\d-\d\d \d\d:\d\d:\d\d$/, 'reached afterwards');
    await scenario.agentState('1001', 'ready');
    await scenario.admin.put('/agents/1001/state', { state: 'offline' });
    // state, reason, by whom: newest first
    assert.deepEqual(
      (await rows('坐席状态流水', '1001')).map((cells) => cells.slice(2, 5)),
      [
        ['未签入', '–', 'admin'],
        ['示闲', '–', '系统'],
        ['通话', '–', '系统'],
        ['振铃', '–', '系统'],
        ['示闲', '–', '1001'],
        ['示忙', 'coffee', '1001'],
      ],
    );
    const [signedIn = []] = await rows('签入签出', '1001');
    assert.deepEqual([signedIn[1], signedIn[2], signedIn[4]], ['1001', '1001', 'admin']);
    assert.match(signedIn[5] ?? '', /^\d+:\d\d$/, 'how long');
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  it('a call is in the list with its outcome, and its timeline opens; English at a click', async () => {
    const caller = await scenario.caller('13800000001');
    await caller.dial(scenario.uri('12320'));
    const callId = await scenario.callOf('13800000001');
    await caller.hangUp();
    await scenario.record(callId);
    const page = await browser.page();
    await page.goto(`${scenario.hotline.http}/calls`);
    const row = page.getByRole('row').filter({ hasText: '13800000001' });
    await row.getByText('菜单中放弃').waitFor();
    // of one queue alone: who never came to a queue is not there
    await page.getByRole('combobox', { name: '队列' }).click();
    await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)').getByText('咨询', { exact: true }).click();
    await page.getByRole('button', { name: /^搜\s?索$/ }).click();
    await row.waitFor({ state: 'detached' });
    await page.getByRole('row').filter({ hasText: '13800000002' }).first().waitFor();
    const [asked, sheet] = await Promise.all([
      page.waitForRequest((one) => one.url().includes('/calls/export')),
      page.waitForEvent('download'),
      page.getByRole('button', { name: '导出 Excel' }).click(),
    ]);
    assert.equal(new URL(asked.url()).searchParams.get('queue'), 'consult');
    assert.equal(readFileSync(await sheet.path()).toString('latin1', 0, 2), 'PK');
    await page.goto(`${scenario.hotline.http}/calls`);
    await row.click();
    const timeline = page.getByRole('dialog').getByRole('listitem');
    await timeline.filter({ hasText: '进入流程' }).getByText('一线服务热线').waitFor();
    await timeline.filter({ hasText: '呼叫结束' }).getByText('主叫 · 正常挂机').waitFor();
    const told = await timeline.allInnerTexts();
    assert.ok(told.length > 4, `${told.length} events`);
    assert.deepEqual(
      told.filter((text) => /\b(call|offer|agent|leg|recording)\.[a-z]/.test(text)),
      [],
      'no event by its bare name',
    );
    // the way it took, by the flow's own names
    await page.getByTitle('flow:main').getByText('一线服务热线').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '管理员' }).click();
    await page.getByText('English').click();
    await page.getByText('Abandoned in the menu').first().waitFor();
  });

  it('the SIP ladder of a call: lanes, dialogs to choose, the text of a message, a capture to take along; the events beside it', async () => {
    const agent = await scenario.phone('1002', { answer: 'auto' });
    await scenario.ready('1002');
    const caller = await scenario.caller('13800000009');
    await caller.dial(scenario.uri('12320'));
    const callId = await scenario.callOf('13800000009');
    await scenario.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await scenario.events.wait('call.connected', (e) => e.callId === callId);
    await caller.hangUp();
    await agent.waitFor('CALL_CLOSED');
    await scenario.record(callId);
    const page = await browser.page();
    await page.goto(`${scenario.hotline.http}/calls?call=${callId}`);
    const drawer = page.getByRole('dialog');
    const ladder = drawer.getByRole('region', { name: 'SIP ladder' });
    await ladder.waitFor();
    // the lanes: the caller, the hotline, the agent's telephone
    for (const lane of ['13800000009', 'Hotline', '1002']) await ladder.getByText(lane, { exact: true }).waitFor();
    const rungs = ladder.getByRole('button');
    const all = await rungs.count();
    await rungs.filter({ hasText: '180 Ringing' }).first().waitFor();
    await rungs.filter({ hasText: 'BYE' }).first().waitFor();
    await rungs
      .filter({ hasText: /INVITE.*SDP/ })
      .first()
      .click();
    const text = drawer.getByRole('region', { name: 'Text of the message' });
    await text.getByText(/^INVITE sip:12320@/).waitFor();
    await text.getByText(/m=audio/).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    // the keys go from message to message
    await page.keyboard.press('ArrowDown');
    await text.getByText(/^SIP\/2\.0 100 Trying/).waitFor();
    // one dialog alone: the agent's
    const { messages } = await scenario.admin.get<{ messages: { to: string; sipCallId: string }[] }>(`/calls/${callId}/sip`);
    const own = messages.filter((m) => m.to === '1002').length;
    await drawer.getByRole('button', { name: `13800000009 → 1002 (${own})` }).click();
    await rungs.nth(own).waitFor({ state: 'detached' });
    assert.ok(own > 0 && own < all, `${own} of ${all}`);
    assert.equal(await rungs.count(), own);
    await rungs.filter({ hasText: 'INVITE' }).first().click();
    await text.getByText(new RegExp(`X-Yixian-Call: ${callId}`)).waitFor();
    const [file] = await Promise.all([page.waitForEvent('download'), drawer.getByRole('button', { name: /Wireshark/ }).click()]);
    assert.match(file.suggestedFilename(), /\.pcap$/);
    assert.equal(readFileSync(await file.path()).readUInt32LE(0), 0xa1b2c3d4);
    await drawer.getByText('Call events').click();
    await drawer.getByRole('img', { name: 'Ladder of the call' }).getByText('Offered to agent').waitFor();
    await page.keyboard.press('Escape');
  });

  it('a reload keeps the session, another path comes back to where one was', async () => {
    const page = await browser.page();
    await page.reload();
    await page.getByText('Abandoned in the menu').first().waitFor();
    assert.equal(new URL(page.url()).pathname, '/calls');
  });

  it('a log of states goes on, page by page, back to the sign-in', async () => {
    const agent = await scenario.api('1003');
    const changes = 60;
    await agent.put('/agents/1003/seat', { kind: 'sip' });
    for (let i = 0; i < changes; i++) {
      for (const state of ['ready', 'not-ready']) await agent.put('/agents/1003/state', { state });
    }
    const page = await browser.page();
    await page.goto(`${scenario.hotline.http}/reports`);
    await page.getByRole('tab', { name: 'States of agents' }).click();
    const rows = page.getByRole('tabpanel').getByRole('row').filter({ hasText: '1003' });
    await rows.nth(99).waitFor();
    assert.equal(await rows.count(), 100);
    await page.getByRole('button', { name: 'Load more' }).click();
    await rows.nth(2 * changes - 1).waitFor();
    await page.getByRole('button', { name: 'Load more' }).waitFor({ state: 'detached' });
    const seen = await scenario.admin.get<{ items: unknown[] }>('/logs/agent-states?agent=1003&limit=1000');
    assert.equal(await rows.count(), seen.items.length);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  it('the day’s report is saved as an Excel sheet', async () => {
    const page = await browser.page();
    await page.goto(`${scenario.hotline.http}/reports`);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download Excel' }).first().click()]);
    assert.match(file.suggestedFilename(), /\.xlsx$/);
    // an archive, as every workbook is
    assert.equal(
      readFileSync(await file.path())
        .subarray(0, 4)
        .toString('latin1'),
      'PK\x03\x04',
    );
  });
});
