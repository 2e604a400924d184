import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import type { Locator, Page } from 'playwright-core';
import { accessibilityFaults, TestBrowser } from '../../src/browser/browser.js';
import { eventually, requirePeers } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

type Nodes = Record<string, Record<string, unknown>>;

interface FlowView {
  revision: number;
  document: { name: string; nodes: Nodes };
}

const GREETING: Nodes = {
  greeting: { type: 'play', label: '问候', prompts: ['greeting'], next: 'ask', position: { x: 0, y: 0 } },
  ask: { type: 'menu', prompts: ['main-menu'], choices: [{ key: '1', next: 'end' }], otherwise: 'end', position: { x: 320, y: 0 } },
  end: { type: 'hangup', position: { x: 640, y: 0 } },
};

describe('the work in the flow editor', function () {
  this.timeout(120_000);
  let s: Scenario;
  let browser: TestBrowser;
  let page: Page;

  before(async function () {
    await requirePeers(this, 'chromium', 'redis');
    s = await Scenario.start();
    browser = await TestBrowser.start();
    page = await browser.signIn(s.hotline, s.hotline.firstRun().admin, '/flows');
    for (const id of ['kept', 'shared', 'source', 'target']) await make(id, GREETING);
  });
  after(async () => {
    await browser?.close();
    await s?.close();
  });

  const make = (id: string, nodes: Nodes, start = Object.keys(nodes)[0]): Promise<unknown> =>
    s.admin.post('/flows', { document: { id, name: id, language: 'zh-CN', start, nodes } });
  const flow = (id: string): Promise<FlowView> => s.admin.get<FlowView>(`/flows/${id}`);
  const node = (id: string, on = page): Locator => on.getByTestId(`node-${id}`);
  const label = (on = page): Locator => on.locator('#node-label');
  const state = (words: string, on = page): Promise<void> => on.getByTestId('draft-state').getByText(words).waitFor();
  const dialog = (name: string | RegExp, on = page): Locator => on.getByRole('dialog', { name });

  async function open(id: string, on = page): Promise<void> {
    await on.goto(`${s.hotline.http}/flows`);
    await on.getByRole('link', { name: id, exact: true }).click();
    await on.locator('.flow-node').first().waitFor();
  }
  async function select(id: string, on = page): Promise<void> {
    await on.getByRole('combobox', { name: '查找节点' }).fill(id);
    await on.keyboard.press('Enter');
    await on.locator(`#node-id[value="${id}"]`).waitFor();
  }

  it('is not left by the back button or by closing the tab without a question', async () => {
    await open('kept');
    await select('greeting');
    await label().fill('早安');
    await state('有未保存的修改');
    await page.evaluate(() => history.back());
    await dialog('离开此页？').getByRole('button', { name: '留在此页' }).click();
    await dialog('离开此页？').waitFor({ state: 'hidden' });
    assert.match(page.url(), /\/flows\/kept$/);
    assert.equal(await label().inputValue(), '早安');

    const asked = new Promise<string>((resolve) => {
      page.once('dialog', (box) => {
        resolve(box.type());
        void box.dismiss();
      });
    });
    await page.close({ runBeforeUnload: true });
    assert.equal(await asked, 'beforeunload');
    assert.equal(await label().inputValue(), '早安', 'the tab is still there');

    await page.evaluate(() => history.back());
    await dialog('离开此页？').getByRole('button', { name: '离 开' }).click();
    await page.getByRole('link', { name: 'kept', exact: true }).waitFor();
    assert.match(page.url(), /\/flows$/);
  });

  it('is offered again after it was left, and after the tab was gone; once saved it is not', async () => {
    await open('kept');
    await page.getByText(/没有保存的修改/).waitFor();
    await page.getByRole('button', { name: '丢 弃' }).click();
    await select('greeting');
    assert.equal(await label().inputValue(), '问候');
    await label().fill('一闪而过');
    await eventually('it is kept', () => page.evaluate(() => JSON.stringify(localStorage).includes('一闪而过') || undefined));

    // gone at once, as a browser that ends: nobody is asked
    await page.close();
    page = await browser.context.newPage();
    await open('kept');
    await page.getByRole('button', { name: '恢 复' }).click();
    await select('greeting');
    assert.equal(await label().inputValue(), '一闪而过');
    await page.reload();
    await page.getByRole('button', { name: '恢 复' }).click();
    await state('有未保存的修改');
    await page.keyboard.press('Control+s');
    await state('已保存');
    assert.equal((await flow('kept')).document.nodes.greeting?.label, '一闪而过');
    await page.reload();
    await node('greeting').waitFor();
    assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('yixian.flow.')).length), 0);
  });

  it('of a second editor is not saved over the first one’s: both are told, both can see the difference', async () => {
    await open('shared');
    const second = await browser.context.newPage();
    await open('shared', second);
    await second.getByText('此流程也在本浏览器的另一个标签页中打开').waitFor();
    await page.getByText('此流程也在本浏览器的另一个标签页中打开').waitFor();
    await select('greeting', second);
    await label(second).fill('第二人');
    await second.keyboard.press('Control+s');
    await state('已保存', second);

    await page.bringToFront();
    await page.getByText(/admin 于 .* 保存了此流程/).waitFor();
    await select('ask');
    await label().fill('第一人');
    await page.keyboard.press('Control+s');
    await dialog('此流程已被他人修改').waitFor();
    await page.keyboard.press('Escape');
    await dialog('此流程已被他人修改').waitFor({ state: 'hidden' });
    assert.equal((await flow('shared')).document.nodes.ask?.label, undefined, 'Escape saves nothing');
    await state('有未保存的修改');

    await page.getByRole('button', { name: '查看差异' }).click();
    await page.getByTestId('difference').getByText('修改 2').waitFor();
    assert.equal(await node('greeting').getAttribute('data-change'), 'changed');
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: '结束比较' }).click();
    await page.getByRole('button', { name: '重新载入' }).click();
    await state('已保存');
    await node('greeting').getByText('第二人').waitFor();
    await page.getByRole('button', { name: '撤销' }).click();
    await node('ask').getByText('第一人').waitFor();
    await page.keyboard.press('Control+s');
    await state('已保存');
    const { nodes } = (await flow('shared')).document;
    assert.deepEqual([nodes.greeting?.label, nodes.ask?.label], ['问候', '第一人'], 'decided, not by accident');
    await second.close();
  });
});
