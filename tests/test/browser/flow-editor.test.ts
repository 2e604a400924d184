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
    for (const id of ['kept', 'shared', 'source', 'target', 'steps', 'keys']) await make(id, GREETING);
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

  const json = (): Locator => page.locator('#flow-json');
  const tab = (name: string): Promise<void> => page.locator('.flow-side').getByText(name, { exact: true }).first().click();
  const paste = (text: string): Promise<void> =>
    page.evaluate((words) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', words);
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }, text);

  it('goes from flow to flow and from tab to tab by the clipboard; what is no text of nodes is refused with the reason', async () => {
    await s.admin.put('/flows/target', { document: { id: 'target', name: 'target', language: 'zh-CN', start: '', nodes: {} } });
    await open('source');
    await page.locator('.react-flow__pane').click({ position: { x: 20, y: 20 } });
    await page.keyboard.press('Control+a');
    await page.getByText('已选中 3 个节点').waitFor();
    await page.keyboard.press('Control+c');

    const other = await browser.context.newPage();
    await other.goto(`${s.hotline.http}/flows/target`);
    await other.locator('.react-flow__pane').click({ position: { x: 20, y: 20 } });
    await other.keyboard.press('Control+v');
    await node('end', other).waitFor();
    await node('ask', other).locator('.flow-node-head').click();
    await other.keyboard.press('Control+x');
    await node('ask', other).waitFor({ state: 'detached' });
    await other.keyboard.press('Control+v');
    await node('ask', other).waitFor();
    await other.keyboard.press('Control+s');
    await state('已保存', other);
    const { nodes } = (await flow('target')).document;
    assert.deepEqual(Object.keys(nodes).sort(), ['ask', 'end', 'greeting']);
    assert.deepEqual(nodes.ask?.choices, [{ key: '1', next: 'end' }], 'ways among them stay among them');
    await other.close();

    await paste(JSON.stringify({ yixianFlowNodes: { bad: { type: 'format-disk' } } }));
    await page.getByText('不能粘贴：bad.type 不是已知的节点类型').waitFor();
    await paste('a line of text');
    assert.equal(await page.locator('.flow-node').count(), 3);
  });

  it('a node is found by its label, its kind, the words of a prompt, a variable', async () => {
    const find = page.getByRole('combobox', { name: '查找节点' });
    const found = async (typed: string, id: string): Promise<void> => {
      await find.fill(typed);
      await page.locator('.ant-select-item-option-active').getByText(`· ${id} ·`).waitFor();
      await page.keyboard.press('Enter');
      await page.locator(`#node-id[value="${id}"]`).waitFor();
    };
    await found('问候', 'greeting');
    await found('按键菜单', 'ask');
    const prompts = await s.admin.get<{ items: { id: string; text: string | null }[] }>('/prompts?limit=200');
    const words = prompts.items.find((one) => one.id === 'main-menu')?.text?.slice(0, 4);
    assert.ok(words, 'the shipped prompt has its words');
    await found(words, 'ask');
    await find.fill('没有的');
    await page.getByText('没有找到').waitFor();
    await page.keyboard.press('Escape');
  });

  it('is edited as JSON: a slip of the pen and a wrong value are told with their line, and what is right is drawn', async () => {
    await tab('JSON');
    const right = await json().inputValue();
    await json().fill(right.replace('"问候",', '"问候"'));
    const after = right.slice(0, right.indexOf('"问候",')).split('\n').length + 1;
    await page
      .getByTestId('json-fault')
      .getByRole('button', { name: `第 ${after} 行第 7 列` })
      .waitFor();
    await page.getByText('不是有效的 JSON').waitFor();
    await node('greeting').getByText('问候').waitFor();
    await json().fill(right.replace('"next": "end"', '"next": "nowhere"').replace('"问候"', '"早上好"'));
    await node('greeting').getByText('早上好').waitFor();
    const fault = page.getByRole('listitem').filter({ hasText: 'nodes.ask.choices.0.next：没有节点 nowhere' });
    await fault.getByRole('button', { name: /^第 \d+ 行$/ }).click();
    const marked = await json().evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionStart + 17));
    assert.equal(marked, '"next": "nowhere"');
    assert.deepEqual(await accessibilityFaults(page), []);
    await json().fill(right.replace(/"nodes": \{/, '"nodes": null, "was": {'));
    await page.getByText('不能作为流程：nodes 不对或缺少').waitFor();
    await page.getByRole('button', { name: '撤销' }).click();
    await eventually('the text follows what is undone', async () => ((await json().inputValue()) === right ? true : undefined));
  });

  it('every kind of change is a step that is undone and done again, the layout too', async () => {
    await open('steps');
    const side = page.locator('.flow-side');
    const now = async (): Promise<string> => {
      await tab('JSON');
      const text = await json().inputValue();
      await tab('属性');
      return text;
    };
    const deeds: [string, () => Promise<unknown>][] = [
      ['a field', () => select('greeting').then(() => side.getByRole('button', { name: '添加一段' }).click())],
      ['a label', () => select('ask').then(() => label().fill('菜单'))],
      [
        'a new id',
        () =>
          page
            .locator('#node-id')
            .fill('menu')
            .then(() => page.keyboard.press('Enter')),
      ],
      [
        'a way',
        () =>
          page
            .locator('#way-otherwise')
            .fill('greeting')
            .then(() => page.keyboard.press('Enter')),
      ],
      ['the start', () => side.getByRole('button', { name: '设为起点' }).click()],
      ['a copy', () => side.getByRole('button', { name: '再制' }).click()],
      ['a new node', () => page.getByTestId('add-queue').click()],
      [
        'a node moved by keys',
        () =>
          node('queue')
            .locator('xpath=..')
            .focus()
            .then(() => page.keyboard.press('ArrowDown')),
      ],
      ['a deletion', () => select('end').then(() => side.getByRole('button', { name: '删除', exact: true }).click())],
      ['the layout', () => page.getByRole('button', { name: '自动布局' }).click()],
      [
        'the name of the flow',
        () =>
          page
            .locator('.react-flow__pane')
            .click({ position: { x: 10, y: 10 } })
            .then(() => page.locator('#flow-name').fill('新名字')),
      ],
    ];
    const states = [await now()];
    for (const [name, deed] of deeds) {
      await deed();
      states.push(await eventually(`${name} is a change`, async () => now().then((text) => (text === states.at(-1) ? undefined : text))));
    }
    await tab('JSON');
    const shows = (text: string | undefined, what: string): Promise<true> =>
      eventually(what, async () => ((await json().inputValue()) === text ? true : undefined));
    for (let i = deeds.length - 1; i >= 0; i--) {
      await page.getByRole('button', { name: '撤销' }).click();
      await shows(states[i], `${deeds[i]?.[0]} is undone`);
    }
    for (let i = 1; i <= deeds.length; i++) {
      await page.getByRole('button', { name: '重做' }).click();
      await shows(states[i], `${deeds[i - 1]?.[0]} is done again`);
    }
  });

  it('is done without a mouse: found, connected, added, moved and deleted by keys, each with its name', async () => {
    await open('keys');
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const at = document.activeElement;
        return [at?.id, at?.getAttribute('data-testid'), at?.getAttribute('data-id')].filter(Boolean).join(' ');
      });
    /** By the tab key alone. */
    async function tabTo(what: string, key = 'Tab'): Promise<void> {
      for (let i = 0; i < 150; i++) {
        await page.keyboard.press(key);
        if ((await focused()).split(' ').includes(what)) return;
      }
      assert.fail(`${what} is not reached by ${key}; the last was ${await focused()}`);
    }
    await page.keyboard.press('Control+f');
    assert.equal(await focused(), 'find-node');
    await page.keyboard.type('greeting');
    await page.keyboard.press('Enter');
    await page.locator('#node-id[value="greeting"]').waitFor();
    await tabTo('way-next');
    await page.keyboard.type('end');
    await page.keyboard.press('Enter');
    const line = page.locator('.react-flow__edge[data-id="greeting>next"]');
    await eventually('the line leads to the end', async () =>
      (await line.getAttribute('aria-label')) === '然后: 问候 greeting → end' ? true : undefined,
    );
    await tabTo('add-play', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await node('play').waitFor();
    await tabTo('ask');
    const ask = page.locator('.react-flow__node[data-id="ask"]');
    assert.equal(await ask.getAttribute('aria-label'), '按键菜单 ask');
    const described = page.locator(`#${await ask.getAttribute('aria-describedby')}`);
    assert.match((await described.textContent()) ?? '', /按回车选中节点/);
    await page.keyboard.press('Enter');
    await page.locator('#node-id[value="ask"]').waitFor();
    await page.keyboard.press('Delete');
    await node('ask').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: '快捷键' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('到下一个节点').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.keyboard.press('Escape');
    await page.getByText('到下一个节点').waitFor({ state: 'hidden' });
    await tab('版本');
    await page.getByTestId('version-1').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  it('a prompt is uploaded from any sound file, heard, kept and heard again in place', async () => {
    await tab('属性');
    await select('greeting');
    await page.locator('.flow-side').getByRole('button', { name: '新建提示音…' }).first().click();
    const box = page.getByRole('dialog');
    await box.locator('#prompt-id').fill('from-file');
    const file = box.locator('input[type="file"]');
    await file.setInputFiles({ name: 'words.wav', mimeType: 'audio/wav', buffer: Buffer.from('no sound at all') });
    await box.getByText('无法读取这个音频文件').waitFor();
    await file.setInputFiles({ name: 'tone.wav', mimeType: 'audio/wav', buffer: studioTone(2) });
    await box.getByRole('button', { name: '试听 from-file' }).click();
    await box.getByRole('button', { name: '停止 from-file' }).waitFor();
    await box.getByRole('button', { name: '保存提示音' }).click();
    await page.getByText('提示音 from-file 已保存').waitFor();
    await box.waitFor({ state: 'hidden' });
    const kept = await s.admin.get<{ format: string; durationSeconds: number }>('/prompts/from-file');
    assert.equal(kept.format, 'pcm16');
    assert.ok(Math.abs(kept.durationSeconds - 2) < 0.1, `${kept.durationSeconds} s`);
    const speech = page.waitForResponse((response) => response.url().includes('prompt=from-file'));
    await page.locator('.flow-side').getByRole('button', { name: '试听 from-file' }).click();
    assert.equal((await speech).headers()['content-type'], 'audio/wav');
    await page.locator('.flow-side').getByRole('button', { name: '停止 from-file' }).click();
    await page.locator('.flow-side').getByRole('button', { name: '试听 from-file' }).waitFor();
  });
});

/** A tone as a studio delivers it: 44.1 kHz, two channels, 16 bits. */
function studioTone(seconds: number): Buffer {
  const frames = 44_100 * seconds;
  const wav = Buffer.alloc(44 + frames * 4);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + frames * 4, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(2, 22);
  wav.writeUInt32LE(44_100, 24);
  wav.writeUInt32LE(44_100 * 4, 28);
  wav.writeUInt16LE(4, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(frames * 4, 40);
  for (let i = 0; i < frames; i++) {
    const sample = Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / 44_100));
    wav.writeInt16LE(sample, 44 + i * 4);
    wav.writeInt16LE(sample, 46 + i * 4);
  }
  return wav;
}
