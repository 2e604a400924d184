import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { type AdminPages, openAdministration } from '../../src/browser/admin-pages.js';
import { accessibilityFaults, type TestBrowser } from '../../src/browser/browser.js';
import { eventually, toneDurationMs, writeToneWav } from '../../src/peers/index.js';
import type { Scenario } from '../../src/scenario.js';

const CALENDAR = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../../server/calendars/china-2026.json');
const CHINESE_HZ = 500;
const ENGLISH_HZ = 1000;
const SPOKEN_SAMPLES = 1_000;

describe('what administrators bring in by file, in the browser', function () {
  this.timeout(120_000);
  let s: Scenario;
  let browser: TestBrowser;
  let page: Page;
  let pages: AdminPages;

  before(async function () {
    ({ s, browser, page, pages } = await openAdministration(this, '/schedules', 'baresip'));
  });
  after(async () => {
    await browser?.close();
    await s?.close();
  });

  /** A file beside the data of the hotline. */
  function file(name: string, text: string): string {
    const at = path.join(s.hotline.dataDir, name);
    writeFileSync(at, text);
    return at;
  }
  /** The button as a person presses it, and the file that is chosen then. */
  async function bring(button: RegExp, at: string): Promise<void> {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: button }).last().click()]);
    await chooser.setFiles(at);
  }
  const dialog = () => page.getByRole('dialog').last();
  /** Every fault of a refused file, as a person reads them; then the dialog is closed. */
  async function faultsTold(name: string): Promise<string[]> {
    await dialog().getByText(`${name} 未导入`).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    const told = await dialog().locator('tbody tr:not(.ant-table-measure-row)').allInnerTexts();
    await dialog().getByRole('button', { name: '知道了' }).click();
    return told.map((one) => one.replaceAll(/\s+/g, ' '));
  }

  it('statutory holidays with make-up workdays: the schedule closes and opens by them, a wrong file is told line by line', async () => {
    await s.admin.post('/schedules', { id: 'office', name: '办公时间', weekly: [{ days: [1, 2, 3, 4, 5], from: '08:30', to: '17:30' }] });
    const open = async (at: string) => s.admin.get<{ open: boolean; because: string }>(`/schedules/office/state?at=${at}`);
    // a Thursday that is a holiday, a Saturday that is worked
    assert.equal((await open('2026-10-01T02:00:00Z')).open, true);
    assert.equal((await open('2026-10-10T02:00:00Z')).open, false);
    await pages.go('schedules');
    await page.getByRole('tab', { name: '节假日' }).click();
    await page.getByText('还没有导入节假日').waitFor();
    await bring(/导\s?入$/, CALENDAR);
    await page.getByText('已导入 2026').waitFor();
    await page
      .getByRole('row')
      .filter({ hasText: '2026' })
      .getByText(/调休上班 \d 天/)
      .waitFor();
    assert.deepEqual(
      [await open('2026-10-01T02:00:00Z'), await open('2026-10-10T02:00:00Z')].map((one) => [one.open, one.because]),
      [
        [false, 'holiday:国庆节'],
        [true, 'workday:国庆节调休'],
      ],
    );
    // what stands in the calendar is seen in the month of the schedule
    await page.getByRole('tab', { name: '日程' }).click();
    await page.getByRole('row').filter({ hasText: '办公时间' }).click();
    await pages
      .drawer()
      .getByRole('img', { name: /周一 08:30–17:30; .*周日 关闭/ })
      .waitFor();
    const month = pages.drawer().getByRole('region', { name: '本月开放情况' });
    await eventually('October 2026', async () => {
      if ((await month.getByText('2026-10', { exact: true }).count()) > 0) return true;
      const shown = await month.getByText(/^\d{4}-\d\d$/).innerText();
      await month.getByRole('button', { name: shown < '2026-10' ? '下个月' : '上个月' }).click();
      return undefined;
    });
    await month.getByText('国庆节调休').waitFor();
    await page.keyboard.press('Escape');
    await pages.drawer().waitFor({ state: 'detached' });

    await page.getByRole('tab', { name: '节假日' }).click();
    await bring(
      /导\s?入$/,
      file('wrong.csv', 'date,kind,name\n2027-01-01,holiday,元旦\n2027-13-01,holiday,无\n2027-01-02,party,聚会\n2027-01-01,放假,元旦\n'),
    );
    const told = await faultsTold('wrong.csv');
    assert.deepEqual(
      told.map((one) => one.slice(0, 7)),
      ['第 3 行 d', '第 4 行 k', '第 5 行 “'],
    );
    assert.equal(await s.admin.raw('GET', '/calendars/2027').then((r) => r.status), 404, 'nothing of it is there');
    await bring(/导\s?入$/, file('right.csv', 'date,kind,name\n2027-01-01,放假,元旦\n2027-01-10,上班,元旦调休\n'));
    await page.getByText('已导入 2027').waitFor();
    assert.deepEqual(
      (await s.admin.get<{ days: { kind: string }[] }>('/calendars/2027')).days.map((day) => day.kind),
      ['holiday', 'workday'],
    );
  });

  it('a caller list: every wrong line is told and none is taken; the right file is, and replaces all when asked', async () => {
    await s.admin.post('/lists', { id: 'black', name: '骚扰电话', kind: 'black' });
    await pages.go('lists');
    await page.getByRole('row').filter({ hasText: '骚扰电话' }).click();
    const numbers = async () => (await s.admin.get<{ items: { number: string }[] }>('/lists/black/entries')).items.map((one) => one.number);
    const add = () => page.locator('.ant-modal-confirm').getByRole('button', { name: /^添\s?加$/ });
    await bring(/导入 CSV/, file('bad.csv', 'number,prefix,note\n13800000001,,\nabc,,骚扰\n0755,perhaps,\n'));
    await add().click();
    assert.deepEqual(await faultsTold('bad.csv'), [
      '第 3 行 number: 应为号码：数字、* 和 #，开头可用 +，最多 32 位',
      '第 4 行 prefix: 应为是或否',
    ]);
    assert.deepEqual(await numbers(), []);
    await bring(/导入 CSV/, file('good.csv', '\uFEFFnumber,prefix,note\n13800000001,,恶意\n0755,true,\n'));
    await add().click();
    await pages.drawer().getByText('恶意').waitFor();
    assert.deepEqual(await numbers(), ['0755', '13800000001']);
    await bring(/导入 CSV/, file('other.csv', 'number\n13900000009\n'));
    await page.locator('.ant-modal-confirm').getByRole('button', { name: '全部替换' }).click();
    await pages.drawer().getByText('13900000009').waitFor();
    assert.deepEqual(await numbers(), ['13900000009']);
  });

  it('a list of a hundred thousand: found by number, by note, by the prefix that covers a number, and page by page', async () => {
    await s.admin.post('/lists', { id: 'many', name: '重点来电', kind: 'vip' });
    const entries = Array.from({ length: 100_000 }, (_, i) => ({
      number: String(13_000_000_000 + i),
      note: i === 77_777 ? '市长热线' : '',
    }));
    const put = await s.admin.raw('PUT', '/lists/many/entries', { entries: [...entries, { number: '0755', prefix: true }] });
    assert.equal(put.status, 200);
    await pages.go('lists');
    await page.getByRole('row').filter({ hasText: '重点来电' }).click();
    await pages.drawer().getByText('共 100001 个').waitFor();
    const numbers = pages.drawer().locator('tbody tr:not(.ant-table-measure-row) td:first-child');
    await numbers.filter({ hasText: '13000000098' }).waitFor();
    await pages.drawer().getByRole('button', { name: '加载更多' }).click();
    await numbers.filter({ hasText: '13000000198' }).waitFor();
    const find = async (text: string, found: string): Promise<string[]> => {
      await pages.drawer().getByRole('searchbox').fill(text);
      await page.keyboard.press('Enter');
      await eventually(`only what fits ${text}`, async () => ((await numbers.allInnerTexts()).at(0) === found ? true : undefined));
      return numbers.allInnerTexts();
    };
    assert.deepEqual(await find('市长', '13000077777'), ['13000077777']);
    assert.deepEqual(await find('07551234567', '0755…'), ['0755…']);
    assert.equal((await find('130000999', '13000099900')).length, 100);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  it('users: wrong lines are told, the right file makes them, and their passwords are saved once', async () => {
    await pages.go('users');
    const choose = (at: string) => bring(/选择文件/, at);
    await page.getByRole('button', { name: '导入 CSV' }).click();
    assert.deepEqual(await accessibilityFaults(page), []);
    const head = 'username,displayName,roles,extension,skills\n';
    await choose(file('staff.csv', `${head}li.na,李娜,agent,1301,consult:12\nzhao,赵,chief,,\n`));
    assert.deepEqual(
      (await faultsTold('staff.csv')).map((one) => one.slice(0, 12)),
      ['第 2 行 skills', '第 3 行 roles.'],
    );
    await choose(file('staff2.csv', `${head}li.na,李娜,agent,1301,consult:9\nagent1001,旧人,agent,,\n`));
    assert.match((await faultsTold('staff2.csv')).join(), /^第 3 行 “agent1001”已被占用$/);
    await choose(file('staff3.csv', `${head}li.na,李娜,agent,1301,consult:9\nsun.wei,孙伟,agent;supervisor,1302,\n`));
    await dialog().getByText('已导入 2 位用户').waitFor();
    const [saved] = await Promise.all([page.waitForEvent('download'), dialog().getByRole('button', { name: '保存账号文件' }).click()]);
    const [, first] = readFileSync(await saved.path(), 'utf8')
      .trim()
      .split('\r\n');
    const [username = '', name, extension, password = ''] = first?.split(',') ?? [];
    assert.deepEqual([username, name, extension], ['li.na', '李娜', '1301']);
    const agent = await s.hotline.signIn({ username, password });
    await agent.put('/agents/1301/seat', { kind: 'sip' });
    await dialog().getByRole('button', { name: '已保存，关闭' }).click();
    await page.getByRole('row').filter({ hasText: '孙伟' }).waitFor();
  });

  /** The dialog of a prompt, filled with a tone and saved. */
  async function upload(id: string, hertz: number): Promise<void> {
    const wav = await writeToneWav(path.join(s.hotline.dataDir, `${hertz}.wav`), hertz, 2);
    if (await dialog().getByLabel('编号').isEditable()) await dialog().getByLabel('编号').fill(id);
    await bring(/选择文件/, wav);
    await dialog().getByRole('button', { name: /^试听/ }).waitFor();
    await dialog().getByRole('button', { name: '保存提示音' }).click();
    // what was said of the one before may stand there still
    await page.getByText(`提示音 ${id} 已保存`).last().waitFor();
    await dialog().waitFor({ state: 'hidden' });
  }
  const heardInPlace = () =>
    eventually('it is heard', () =>
      page.evaluate(() => ([...document.querySelectorAll('audio')].at(-1)?.currentTime ?? 0) > 0.3 || undefined),
    );

  it('a prompt in both languages: uploaded, heard in place, and heard by a caller who changes the language', async () => {
    await pages.go('prompts');
    await page.getByRole('button', { name: '新建提示音' }).click();
    assert.deepEqual(await accessibilityFaults(page), []);
    await upload('opening', CHINESE_HZ);
    await page.getByText('English', { exact: true }).click();
    await page.getByText('Welcome to the Yixian service hotline').waitFor();
    assert.equal(await page.getByRole('row').filter({ hasText: 'opening' }).count(), 0, 'not yet in English');
    await page.getByRole('button', { name: '新建提示音' }).click();
    await upload('opening', ENGLISH_HZ);
    await page
      .getByRole('textbox', { name: '搜索' })
      .or(page.getByRole('searchbox', { name: '搜索' }))
      .fill('opening');
    await page.getByRole('row').filter({ hasText: 'opening' }).click();
    await pages
      .drawer()
      .locator('audio[src]')
      .evaluate((audio) => (audio as HTMLAudioElement).play());
    await heardInPlace();
    assert.deepEqual(await accessibilityFaults(page), []);

    const nodes = {
      zh: { type: 'play', prompts: ['opening'], next: 'en' },
      en: { type: 'language', language: 'en-US', next: 'again' },
      again: { type: 'play', prompts: ['opening'], next: 'end' },
      end: { type: 'hangup' },
    };
    await s.admin.post('/flows', { document: { id: 'both', name: 'both', language: 'zh-CN', start: 'zh', nodes } });
    await s.admin.post('/flows/both/publish', {});
    await s.admin.post('/numbers', { number: '95595', target: { kind: 'toFlow', flowId: 'both' } });
    const caller = await s.caller('13800000401');
    await caller.dial(s.uri('95595'));
    await s.record(await s.callOf('13800000401'));
    await caller.waitFor('CALL_CLOSED');
    const heard = (await caller.lastHeard()).channels[0] ?? new Int16Array();
    assert.ok(toneDurationMs(heard, CHINESE_HZ) > 1_000, 'Chinese first');
    assert.ok(toneDurationMs(heard, ENGLISH_HZ) > 1_000, 'English after');

    // taken away again, the Chinese one is heard in its place
    await pages
      .drawer()
      .getByRole('button', { name: /删\s?除/ })
      .click();
    await page
      .locator('.ant-modal-confirm')
      .getByRole('button', { name: /删\s?除/ })
      .click();
    await page.getByText('已删除').waitFor();
    assert.deepEqual(
      [
        await s.admin.raw('GET', '/prompts/opening?language=en').then((r) => r.status),
        await s.admin.raw('GET', '/prompts/opening').then((r) => r.status),
      ],
      [404, 200],
    );
  });

  it('a prompt out of a text, spoken in the voice of its language, heard before it is kept and in its place', async () => {
    await pages.go('prompts');
    await page.getByText('English', { exact: true }).click();
    await page.getByRole('row').filter({ hasText: 'greeting' }).first().click();
    await pages.drawer().getByRole('button', { name: '替换' }).click();
    await dialog().getByText('合成', { exact: true }).click();
    await dialog().getByLabel('要朗读的文字').fill('Good evening, the office is closed.');
    await dialog().getByText('English').waitFor();
    await dialog().getByRole('button', { name: /^试听/ }).click();
    await dialog().getByRole('button', { name: /^停止/ }).waitFor();
    await dialog().getByRole('button', { name: '保存提示音' }).click();
    await page.getByText('提示音 greeting 已保存').waitFor();
    await dialog().getByText('要朗读的文字').waitFor({ state: 'hidden' });
    await pages.drawer().getByText('上传', { exact: true }).waitFor();
    await pages
      .drawer()
      .locator('audio[src]')
      .evaluate((audio) => (audio as HTMLAudioElement).play());
    await heardInPlace();
    const spoken = await s.admin.get<{ origin: string; durationSeconds: number }>('/prompts/greeting?language=en');
    assert.equal(spoken.origin, 'uploaded');
    assert.ok(8000 * spoken.durationSeconds > SPOKEN_SAMPLES);
    assert.equal((await s.admin.get<{ origin: string }>('/prompts/greeting')).origin, 'shipped');
  });
});
