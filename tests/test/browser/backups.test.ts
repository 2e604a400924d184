import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { type AdminPages, openAdministration } from '../../src/browser/admin-pages.js';
import { accessibilityFaults, type TestBrowser } from '../../src/browser/browser.js';
import { yixian } from '../../src/command.js';
import type { Scenario } from '../../src/scenario.js';

/** Making and checking are processes of their own. */
const PROCESS_LIMIT_MS = 120_000;

describe('backups in the browser', function () {
  this.timeout(400_000);
  let s: Scenario;
  let browser: TestBrowser;
  let page: Page;
  let pages: AdminPages;

  before(async function () {
    ({ s, browser, page, pages } = await openAdministration(this, '/backups'));
  });
  after(async () => {
    await browser?.close();
    await s?.close();
  });

  const folder = () => path.join(s.hotline.dataDir, 'backups');
  const rows = () => page.getByRole('row').filter({ has: page.getByRole('button', { name: '下载' }) });

  it('one is made while the hotline runs, checked, downloaded as the command would have made it, and the page says how to restore', async () => {
    await page.getByText('还没有备份').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: '立即备份' }).click();
    await rows().getByText('未校验').waitFor({ timeout: PROCESS_LIMIT_MS });
    await rows()
      .getByText(/\d+ 行数据、\d+ 个文件/)
      .waitFor();
    await rows().getByRole('button', { name: '校验' }).click();
    await rows().getByText(/^完好/).waitFor({ timeout: PROCESS_LIMIT_MS });
    assert.deepEqual(await accessibilityFaults(page), []);
    const [name = ''] = readdirSync(folder()).filter((one) => one.endsWith('.tar.gz'));
    assert.equal(statSync(path.join(folder(), name)).mode & 0o077, 0, 'for us alone');
    const [saved] = await Promise.all([page.waitForEvent('download'), rows().getByRole('button', { name: '下载' }).click()]);
    assert.equal(saved.suggestedFilename(), name);
    const bytes = readFileSync(await saved.path());
    assert.ok(bytes.equals(readFileSync(path.join(folder(), name))));
    const mine = path.join(s.hotline.dataDir, 'downloaded.tar.gz');
    writeFileSync(mine, bytes);
    const checked = await yixian(['verify-backup', mine], { ...s.hotline.env });
    assert.equal(checked.code, 0, checked.stderr);
    assert.match(checked.stdout, /whole, made at .* rows, \d+ files, without recordings/);
    await page.getByText('npx yixian restore FILE').waitFor();
    const { items } = await s.admin.get<{ items: { action: string }[] }>(`/audit?subject=${name}`);
    assert.deepEqual(items.map((one) => one.action).toSorted(), ['backup.downloaded', 'backup.made']);
  });

  it('the link of a download is taken without a session, for its own file only, and not when it is made up', async () => {
    const [name = ''] = readdirSync(folder()).filter((one) => one.endsWith('.tar.gz'));
    const link = await s.admin.post<{ path: string; expiresAt: string }>(`/backups/${name}/link`);
    assert.ok(Date.parse(link.expiresAt) > Date.now());
    const fetched = (at: string, range?: string) => fetch(s.hotline.http + at, range === undefined ? {} : { headers: { range } });
    const whole = await fetched(link.path);
    assert.deepEqual([whole.status, whole.headers.get('content-type')], [200, 'application/gzip']);
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(readFileSync(path.join(folder(), name))));
    const part = await fetched(link.path, 'bytes=10-19');
    assert.deepEqual([part.status, (await part.arrayBuffer()).byteLength], [206, 10], 'a broken download goes on');
    const made = link.path.replace(/.{4}$/, (end) => (end === 'AAAA' ? 'BBBB' : 'AAAA'));
    for (const wrong of [made, link.path.replace(name, `x${name}`), `/api/v1/backups/${name}/file/short`]) {
      assert.ok([400, 404].includes((await fetched(wrong)).status), wrong);
    }
    assert.equal((await fetched(`/api/v1/backups/${name}/file`)).status, 401, 'the file itself is for the session');
    const agent = await s.api('1001');
    await assert.rejects(agent.post(`/backups/${name}/link`), /403/);
  });

  it('one that was changed on the disk is found out, and deleted by hand', async () => {
    const [name = ''] = readdirSync(folder()).filter((one) => one.endsWith('.tar.gz'));
    const file = path.join(folder(), name);
    const bytes = readFileSync(file);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    writeFileSync(file, bytes);
    await pages.go('backups');
    await rows().getByRole('button', { name: '校验' }).click();
    await rows()
      .getByText(/^已损坏/)
      .waitFor({ timeout: PROCESS_LIMIT_MS });
    await page.getByRole('button', { name: `删除 ${name}` }).click();
    await page
      .locator('.ant-modal-confirm')
      .getByRole('button', { name: /^删\s?除$/ })
      .click();
    await page.getByText('还没有备份').waitFor();
    assert.deepEqual(readdirSync(folder()), []);
  });
});
