import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as talkFor } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { type AdminPages, openAdministration } from '../../src/browser/admin-pages.js';
import { accessibilityFaults, type TestBrowser } from '../../src/browser/browser.js';
import { eventually, startBaresip } from '../../src/peers/index.js';
import type { Scenario } from '../../src/scenario.js';

describe('administration and records in the browser', function () {
  this.timeout(300_000);
  let s: Scenario;
  let browser: TestBrowser;
  let page: Page;
  let pages: AdminPages;

  before(async function () {
    ({ s, browser, page, pages } = await openAdministration(this, '/users', 'baresip'));
  });
  after(async () => {
    await browser?.close();
    await s?.close();
  });

  const go = (where: string) => pages.go(where);
  const drawer = () => pages.drawer();
  const fill = (field: string, text: string) => pages.fill(field, text);
  const choose = (field: string, text: string) => pages.choose(field, text);
  const save = () => pages.save();

  it('what is not saved is not left without a question: by a link, signing out, the back button, closing a drawer or the tab', async () => {
    const asked = (title: string) => page.getByRole('dialog', { name: title });
    const answer = async (title: string, button: RegExp): Promise<void> => {
      await asked(title).getByRole('button', { name: button }).click();
      await asked(title).waitFor({ state: 'detached' });
    };
    const toSettings = page.getByRole('link', { name: '系统设置' });
    const short = page.getByRole('spinbutton', { name: '短时放弃' });
    const openFigures = () => page.getByRole('tab', { name: '统计口径' }).click();
    await toSettings.click();
    await openFigures();
    const stored = await short.inputValue();
    await short.fill('77');
    await page.getByRole('link', { name: '队列' }).click();
    await answer('离开此页？', /^留在此页$/);
    await page.evaluate(() => history.back());
    await answer('离开此页？', /^留在此页$/);
    await page.getByRole('button', { name: '管理员' }).click();
    await page.getByText('退出登录', { exact: true }).click();
    await answer('离开此页？', /^留在此页$/);
    assert.equal(await short.inputValue(), '77');
    assert.match(page.url(), /\/settings$/);
    const closing = new Promise<string>((resolve) => {
      page.once('dialog', (box) => {
        resolve(box.type());
        void box.dismiss();
      });
    });
    await page.close({ runBeforeUnload: true });
    assert.equal(await closing, 'beforeunload');
    // as it was is nothing to be lost
    await short.fill(stored);
    await page.getByRole('link', { name: '队列' }).click();
    await page.getByRole('button', { name: '新建队列' }).click();
    await fill('name', '夜间');
    await page.keyboard.press('Escape');
    await answer('放弃未保存的修改？', /^继续编辑$/);
    assert.equal(await drawer().locator('#field-name').inputValue(), '夜间');
    await page.evaluate(() => history.back());
    await answer('离开此页？', /^离\s?开$/);
    await openFigures();
    assert.equal(await short.inputValue(), stored);
    // saved is left without a word
    await short.fill('6');
    await page.getByRole('button', { name: /^保\s?存$/ }).click();
    await page.getByText('已保存').waitFor();
    await page.getByRole('link', { name: '技能' }).click();
    await page.getByRole('spinbutton', { name: '1001 咨询' }).fill('4');
    await toSettings.click();
    await answer('离开此页？', /^离\s?开$/);
    await page.getByRole('tab', { name: '统计口径' }).waitFor();
  });

  it('a skill, an agent with a level, a schedule, a queue with overflow, a number: the next call obeys', async () => {
    await go('settings');
    const code = page.locator('#field-dispositions-0-code');
    await code.fill('咨 询');
    await page.getByRole('tab', { name: '统计口径' }).click();
    await page.getByRole('button', { name: /^保\s?存$/ }).click();
    await page.getByRole('alert').getByText('小结分类：只能用字母').waitFor();
    await page.locator('#field-dispositions-0-code:focus').waitFor();
    assert.equal(await code.inputValue(), '咨 询');
    await go('skills');
    await page.getByRole('tab', { name: '技能列表' }).click();
    await page.getByRole('button', { name: '新建技能' }).click();
    await fill('id', 'gold');
    await fill('name', '金牌');
    await save();

    await go('users');
    await page.getByRole('button', { name: '新建用户' }).click();
    await fill('username', 'gold1201');
    await fill('extension', '1201');
    await choose('skills', 'gold');
    await fill('skillLevels-gold', '8');
    await pages.submit();
    const password = (await page.getByTestId('secret-password').textContent()) ?? '';
    const sipPassword = (await page.getByTestId('secret-sipPassword').textContent()) ?? '';
    await page.getByRole('button', { name: '已记下' }).click();
    assert.deepEqual((await s.admin.get<{ skillLevels: object }>('/users/gold1201')).skillLevels, { gold: 8 });

    await go('schedules');
    await page.getByRole('button', { name: '新建日程' }).first().click();
    await fill('id', 'never');
    await drawer().getByRole('button', { name: '移除' }).first().click();
    await save();

    await go('queues');
    await page.getByRole('button', { name: '新建队列' }).click();
    await fill('id', 'gold');
    await fill('name', '金牌客户');
    await choose('requiredSkills', 'gold');
    await choose('scheduleId', 'never');
    await drawer().getByRole('tab', { name: '溢出' }).click();
    await drawer().getByRole('button', { name: '添加一项' }).click();
    await choose('overflow-0-when-kind', '队列关闭');
    await choose('overflow-0-to-kind', '外部号码或分机');
    await drawer().locator('#field-overflow-0-to-number').fill('1201');
    await drawer().getByTestId('queue-effect').getByText('只在日程“never”之内开放').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await save();

    // the flow is drawn elsewhere
    const nodes = { wait: { type: 'queue', queue: 'gold', next: 'end', otherwise: 'end' }, end: { type: 'hangup' } };
    await s.admin.post('/flows', { document: { id: 'gold', name: 'gold', language: 'zh-CN', start: 'wait', nodes } });
    await s.admin.post('/flows/gold/publish', {});
    await go('numbers');
    await page.getByRole('button', { name: '新建接入码' }).click();
    await fill('number', '95598');
    await choose('target-flowId', 'gold');
    await save();

    const phone = await startBaresip({
      user: '1201',
      password: sipPassword,
      registrar: { address: '127.0.0.1', port: s.hotline.sipPort },
      answer: 'auto',
    });
    try {
      await phone.waitFor('REGISTER_OK');
      const agent = await s.hotline.signIn({ username: 'gold1201', password });
      await agent.put('/agents/1201/seat', { kind: 'sip' });
      await agent.put('/agents/1201/state', { state: 'ready' });
      // closed: the overflow takes it
      const first = await s.caller('13800000301');
      await first.dial(s.uri('95598'));
      const closed = await s.callOf('13800000301');
      const overflowed = await s.events.wait('call.overflowed', (e) => e.callId === closed);
      assert.equal(overflowed.data.to, 'number:1201');
      await first.hangUp();
      await s.record(closed);
      // opened by taking the schedule away: the agent is rung by the queue
      await go('queues');
      await page.getByRole('row').filter({ hasText: '金牌客户' }).click();
      await drawer().locator('.ant-form-item').filter({ hasText: '营业日程' }).locator('.ant-select').hover();
      await drawer().locator('.ant-form-item').filter({ hasText: '营业日程' }).locator('.ant-select-clear').click();
      await drawer().getByTestId('queue-effect').getByText('全天开放').waitFor();
      await save();
      await s.agentState('1201', 'ready');
      const second = await s.caller('13800000302', { toneHz: 700 });
      await second.dial(s.uri('95598'));
      const open = await s.callOf('13800000302');
      const connected = await s.events.wait('call.connected', (e) => e.callId === open);
      assert.deepEqual([connected.agentId, connected.queueId], ['1201', 'gold']);
      await talkFor(2_500);
      await second.hangUp();
      const record = await s.record(open);
      assert.deepEqual([record.outcome, record.queue, record.agent], ['answered', 'gold', '1201']);
      await s.events.wait('recording.stopped', (e) => e.callId === open);
    } finally {
      await phone.stop();
    }
  });

  it('the skill matrix is edited in place and saved at once', async () => {
    await go('skills');
    await page.getByRole('spinbutton', { name: '1001 金牌' }).fill('3');
    await page.getByRole('spinbutton', { name: '1002 金牌' }).fill('9');
    await page.getByRole('button', { name: '保存 2 人的修改' }).click();
    await page.getByText('已保存').waitFor();
    const levels = async (user: string) => (await s.admin.get<{ skillLevels: Record<string, number> }>(`/users/${user}`)).skillLevels.gold;
    assert.deepEqual([await levels('agent1001'), await levels('agent1002')], [3, 9]);
    // whom a name of a skill finds, in a list that has ids
    await go('users');
    await page.getByLabel('搜索', { exact: true }).first().fill('金牌');
    await page.getByText('金牌 9').waitFor();
    assert.equal(await page.getByRole('row').filter({ hasText: 'agent1003' }).count(), 0);
  });

  it('what another administrator has changed meanwhile is told, and taken over; the audit shows who changed what', async () => {
    await go('queues');
    await page.getByRole('row').filter({ hasText: 'complaint' }).click();
    await fill('name', '我的名字');
    await s.admin.put('/queues/complaint', { name: '别人的名字' });
    await pages.submit();
    await page.getByText('已被他人修改').waitFor();
    await page.getByRole('button', { name: '载入最新内容' }).click();
    assert.equal(await drawer().locator('#field-name').inputValue(), '别人的名字');
    await fill('name', '投诉');
    await save();
    // by words, not by codes
    await go('audit');
    const choose = async (field: string, word: string): Promise<void> => {
      await page.getByRole('combobox', { name: field }).click();
      await page.getByRole('combobox', { name: field }).fill(word);
      await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)').getByText(word, { exact: true }).click();
    };
    const rows = page.locator('tbody tr.kit-row');
    await choose('类别', '登录');
    await page.getByRole('button', { name: /查\s?询|搜\s?索/ }).click();
    await rows.filter({ hasText: 'signed-in' }).first().waitFor();
    await rows.filter({ hasText: 'queue.changed' }).first().waitFor({ state: 'detached' });
    await choose('类别', '队列');
    await choose('动作', '修改');
    await page.getByRole('button', { name: /查\s?询|搜\s?索/ }).click();
    await rows.filter({ hasText: '队列 · 修改' }).first().waitFor();
    assert.equal(await rows.filter({ hasNotText: 'queue.changed' }).count(), 0);
    await go('audit?subject=complaint');
    await page.getByRole('row').filter({ hasText: 'queue.changed' }).filter({ hasText: '队列 · 修改' }).first().click();
    await drawer().getByText('别人的名字').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  it('a fault stands at its field in words, and a thing in use says by what', async () => {
    await go('numbers');
    await page.getByRole('button', { name: '新建接入码' }).click();
    await fill('number', '12a');
    await pages.submit();
    await drawer().locator('.ant-form-item').filter({ hasText: '号码' }).first().getByText('应为号码').waitFor();
    // from wherever in a long form it was saved, the field at fault is named, brought into sight, and what was typed is there
    await go('queues');
    await page.getByRole('button', { name: '新建队列' }).click();
    await fill('name', '夜间');
    await drawer().getByRole('tab', { name: '溢出' }).click();
    await pages.submit();
    await drawer().getByRole('alert').getByText('编号：不能为空').waitFor();
    assert.doesNotMatch((await drawer().getByRole('alert').first().textContent()) ?? '', /must/, 'no English beside it');
    await drawer().getByRole('tab', { name: '基本', selected: true }).waitFor();
    await page.locator('#field-id:focus').waitFor();
    assert.equal(await drawer().locator('#field-name').inputValue(), '夜间');
    await go('skills');
    await page.getByRole('tab', { name: '技能列表' }).click();
    await page.getByRole('row').filter({ hasText: '金牌' }).click();
    await drawer()
      .getByRole('button', { name: /删\s?除/ })
      .click();
    await page
      .locator('.ant-modal-confirm')
      .getByRole('button', { name: /删\s?除/ })
      .click();
    await drawer()
      .getByText(/正在被使用，不能删除：队列 gold/)
      .waitFor();
  });

  /** Page, its button for a new one, field and id that names it, a bad id, a field that is changed, what else is needed. */
  const THINGS: [string, string, string, string, string, string, () => Promise<void>][] = [
    ['groups', '新建分机组', 'number', '8800', '88a', 'name', () => choose('members', '1001')],
    ['extensions', '新建分机', 'number', '1301', '13a', 'displayName', () => fill('sipPassword', 'a-long-secret-1301')],
    ['queues', '新建队列', 'id', 'silver', 'sil ver', 'name', () => fill('name', '银牌客户')],
    ['users', '新建用户', 'username', 'seat1302', 'seat 1302', 'displayName', () => seatOf('1302')],
    ['skills', '新建技能', 'id', 'silver', 'sil ver', 'name', async () => undefined],
  ];
  async function seatOf(extension: string): Promise<void> {
    await fill('extension', extension);
    await fill('password', `a-long-secret-${extension}`);
    await fill('sipPassword', `a-long-secret-${extension}`);
  }

  for (const [what, add, key, id, bad, field, others] of THINGS) {
    it(`${what}: one is made, its fault told at the field, changed against another’s change, and deleted`, async () => {
      const row = () => page.getByRole('row').filter({ hasText: id });
      const stored = () => s.admin.get<Record<string, unknown>>(`/${what}/${id}`);
      await go(what);
      if (what === 'skills') await page.getByRole('tab', { name: '技能列表' }).click();
      await page.getByRole('button', { name: add }).first().click();
      await fill(key, bad);
      await others();
      await pages.submit();
      await pages.fault(key).waitFor();
      await fill(key, id);
      await save();
      await row().click();
      await fill(field, '我的名字');
      await s.admin.put(`/${what}/${id}`, { [field]: '别人的名字' });
      await pages.submit();
      await page.getByText('已被他人修改').waitFor();
      assert.equal((await stored())[field], '别人的名字', 'nothing is written over unasked');
      await page.getByRole('button', { name: '用我的覆盖' }).click();
      await row().getByText('我的名字').waitFor();
      assert.equal((await stored())[field], '我的名字');
      await row().click();

      await pages.remove();
      await row().waitFor({ state: 'detached' });
      assert.equal((await s.admin.raw('GET', `/${what}/${id}`)).status, 404);
    });
  }

  it('a recording is found, drawn, played and exported; legal hold keeps it', async () => {
    await go('recordings');
    await page.getByRole('row').filter({ hasText: '13800000302' }).click();
    await drawer().locator('svg path').first().waitFor();
    await drawer().getByRole('button', { name: '播放' }).click();
    await eventually('it plays', () => page.evaluate(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.3 || undefined));
    assert.deepEqual(await accessibilityFaults(page), []);
    const [wav] = await Promise.all([page.waitForEvent('download'), drawer().getByRole('button', { name: '下载' }).click()]);
    assert.equal(
      readFileSync(await wav.path())
        .subarray(0, 4)
        .toString(),
      'RIFF',
    );
    await drawer().getByRole('switch').click();
    await eventually('the hold', async () => {
      const { items } = await s.admin.get<{ items: { held: boolean }[] }>('/recordings?party=13800000302');
      return items[0]?.held || undefined;
    });
    await page.keyboard.press('Escape');
    const [sheet] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '导出 Excel' }).click()]);
    assert.equal(
      readFileSync(await sheet.path())
        .subarray(0, 2)
        .toString(),
      'PK',
    );
  });

  it('the call is in its record with ladder and player, and in reports and logs', async () => {
    await go('calls');
    await page.getByRole('row').filter({ hasText: '13800000302' }).click();
    // where the flow has led to, by its name
    await drawer().getByRole('cell', { name: '队列 金牌客户' }).waitFor();
    await drawer().getByText('呼叫事件').click();
    await drawer().getByRole('img', { name: '呼叫梯形图' }).waitFor();
    await drawer().getByTestId('player').waitFor();
    await go('reports');
    await page.getByRole('tab', { name: '队列' }).click();
    await page.getByRole('row').filter({ hasText: '金牌客户' }).first().waitFor();
    await page.getByRole('tab', { name: '坐席通话流水' }).click();
    await page.getByRole('row').filter({ hasText: '13800000302' }).first().waitFor();
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('button', { name: /下载 CSV/ })
        .last()
        .click(),
    ]);
    assert.match(readFileSync(await csv.path(), 'utf8'), /13800000302/);
  });
});
