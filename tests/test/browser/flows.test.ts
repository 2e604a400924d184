import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Locator, Page } from 'playwright-core';
import { accessibilityFaults, TestBrowser } from '../../src/browser/browser.js';
import { callerScenario, eventually, requirePeers, startSipp, steps, succeeded } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

interface FlowView {
  published: { version: number } | null;
  document: { nodes: Record<string, Record<string, unknown>> };
}

describe('the flow editor', function () {
  this.timeout(120_000);
  let s: Scenario;
  let browser: TestBrowser;
  let page: Page;

  before(async function () {
    await requirePeers(this, 'chromium', 'baresip', 'sipp', 'redis');
    s = await Scenario.start();
    browser = await TestBrowser.start();
    page = await browser.signIn(s.hotline, s.hotline.firstRun().admin, '/flows');
  });
  afterEach(async () => {
    await s?.hangUpAllPhones();
  });
  after(async () => {
    await browser?.close();
    await s?.close();
  });

  const node = (id: string): Locator => page.getByTestId(`node-${id}`);
  /** A kind of node taken from the palette and let go over the canvas, its head under the pointer. */
  async function drop(type: string, at: { x: number; y: number }): Promise<void> {
    const canvas = page.locator('.flow-canvas');
    await page.getByTestId(`add-${type}`).dragTo(canvas, { targetPosition: at });
    const [head, box] = [await node(type).locator('.flow-node-head').boundingBox(), await canvas.boundingBox()];
    assert.ok(head && box, 'both can be seen');
    const [dx, dy] = [box.x + at.x - head.x, box.y + at.y - head.y];
    assert.ok(dx >= 0 && dx <= head.width && dy >= 0 && dy <= head.height, `${type} lies under the pointer: ${dx} ${dy}`);
  }
  const add = (type: string): Promise<void> => page.getByTestId(`add-${type}`).click();
  const side = (): Locator => page.locator('.flow-side');
  const flow = (id: string): Promise<FlowView> => s.admin.get<FlowView>(`/flows/${id}`);
  const noProblems = (): Promise<void> => page.getByTestId('problems').getByText('没有问题').waitFor();

  /** As a hand does it: from the handle of a way to the handle where the other node begins. */
  async function drag(from: Locator, to: Locator): Promise<void> {
    const [a, b] = [await from.boundingBox(), await to.boundingBox()];
    assert.ok(a && b, 'both can be seen');
    await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
    await page.mouse.down();
    await page.mouse.move(b.x + b.width / 2 - 30, b.y + b.height / 2, { steps: 4 });
    await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 3 });
    await page.mouse.up();
  }
  const way = (id: string, field: string): Locator => node(id).locator(`.react-flow__handle[data-handleid="${field}"]`);
  /** A hand tries again when the canvas was still gliding. */
  async function connect(from: string, field: string, to: string): Promise<void> {
    await eventually(`${from} leads to ${to}`, async () => {
      const line = page.locator(`.react-flow__edge[data-id^="${from}>"][aria-label$=" ${to}"]`);
      if ((await line.count()) > 0) return true;
      await drag(way(from, field), entry(to));
      return (await line.count()) > 0 ? true : undefined;
    });
  }
  const entry = (id: string): Locator => node(id).locator('.react-flow__handle-left');

  /** Picks where a way goes, in the side panel: the road without a mouse. */
  async function leads(field: string, to: string): Promise<void> {
    await page.locator(`#way-${field}`).fill(to);
    await page.keyboard.press('Enter');
  }

  /** By its name, wherever it stands: the canvas goes there. */
  async function select(id: string): Promise<void> {
    await page.getByRole('combobox', { name: '查找节点' }).fill(`· ${id} ·`);
    await page.keyboard.press('Enter');
    await page.locator(`#node-id[value="${id}"]`).waitFor();
  }

  async function arrange(): Promise<void> {
    await page.getByRole('button', { name: '自动布局' }).click();
    // the view glides to where everything can be seen
    await eventually('the view stands still', async () => {
      const before = await page.locator('.react-flow__viewport').getAttribute('style');
      await page.waitForTimeout(150);
      return (await page.locator('.react-flow__viewport').getAttribute('style')) === before ? true : undefined;
    });
  }

  it('an admin makes a flow, adds nodes, sees each fault at its node and field, mends it, and connects by hand', async () => {
    await page.getByRole('link', { name: '一线服务热线' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByRole('button', { name: '新建流程' }).click();
    await page.getByRole('dialog').getByLabel('名称').fill('夜间流程');
    await page.getByRole('dialog').getByLabel('编号').fill('night');
    await page.getByRole('dialog').getByRole('button', { name: '新建流程' }).click();
    await node('hangup').waitFor();
    await drop('play', { x: 160, y: 120 });
    await side().getByRole('button', { name: '设为起点' }).click();
    await side().getByRole('button', { name: '添加一段' }).click();
    await side().getByText('出口没有连接').waitFor();
    await connect('play', 'next', 'hangup');
    await side().getByRole('combobox', { name: '提示音 1' }).last().fill('nowhere');
    await side().getByText('没有提示音 nowhere').waitFor();
    await node('play')
      .getByRole('img', { name: /没有提示音 nowhere/ })
      .waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await side().getByRole('combobox', { name: '提示音 1' }).last().fill('greeting');
    await side().getByText('没有提示音 nowhere').waitFor({ state: 'detached' });

    await drop('menu', { x: 160, y: 330 });
    await connect('menu', 'otherwise', 'hangup');
    await drop('queue', { x: 480, y: 420 });
    await side().getByLabel('队列', { exact: true }).fill('consult');
    await leads('otherwise', 'hangup');
    await connect('play', 'next', 'menu');
    await connect('menu', 'choices.+', 'queue');
    await noProblems();
  });

  it('undo and redo take every step back and forth; copies and deletions too', async () => {
    await node('queue').locator('.flow-node-head').click();
    const count = () => page.locator('.flow-node').count();
    assert.equal(await count(), 4);
    await side().getByRole('button', { name: '再制' }).click();
    await node('queue-2').waitFor();
    await page.locator('.react-flow__pane').click({ position: { x: 20, y: 20 } });
    await page.keyboard.press('Control+z');
    await node('queue-2').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+y');
    await node('queue-2').waitFor();
    await node('queue-2').locator('.flow-node-head').click();
    await page.keyboard.press('Delete');
    await node('queue-2').waitFor({ state: 'detached' });
    await page.locator('.react-flow__pane').click({ position: { x: 20, y: 20 } });
    await page.keyboard.press('Control+a');
    await page.getByText('已选中 4 个节点').waitFor();
    await page.locator('.react-flow__pane').click({ position: { x: 20, y: 20 } });
    await noProblems();
  });

  it('unsaved work is not left without a question', async () => {
    await page.getByTestId('draft-state').getByText('有未保存的修改').waitFor();
    await page.getByRole('button', { name: '返回流程列表' }).click();
    await page.getByRole('dialog', { name: '离开此页？' }).waitFor();
    await page.getByRole('button', { name: '留在此页' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('Control+s');
    await page.getByTestId('draft-state').getByText('已保存').waitFor();
    assert.equal((await flow('night')).document.nodes.play?.next, 'menu');
  });

  it('simulated by keys: the path lights up, what is said and the variables are shown', async () => {
    await side().getByText('模拟', { exact: true }).click();
    await side().getByRole('button', { name: '开始模拟' }).click();
    await side().getByText('等待按键').waitFor();
    await side().getByRole('button', { name: '1', exact: true }).click();
    await side().getByText('在队列「咨询」中等待').first().waitFor();
    assert.equal(await node('queue').getAttribute('data-lit'), 'here');
    assert.equal(await node('menu').getAttribute('data-lit'), 'passed');
    assert.equal(await node('hangup').getAttribute('data-lit'), null);
    assert.equal(await page.locator('.react-flow__edge.flow-lit').count(), 2);
    assert.match((await side().locator('.flow-variables').textContent()) ?? '', /digits1/);
    assert.deepEqual(await accessibilityFaults(page), []);
    await side().getByRole('button', { name: '等待超时' }).click();
    await side().getByText('通话结束').first().waitFor();
    assert.equal(await node('hangup').getAttribute('data-lit'), 'passed');
    await side().getByText('属性', { exact: true }).click();
    assert.equal(await node('hangup').getAttribute('data-lit'), null, 'the light goes out with the simulation');
  });

  it('the draft rings an extension before anybody else can hear it', async () => {
    const phone = await s.phone('1001');
    await page.getByRole('button', { name: '用分机试听草稿' }).click();
    await page.locator('#call-extension').fill('1001');
    await page.getByRole('dialog').getByRole('button', { name: '确 定' }).click();
    await phone.waitFor('CALL_INCOMING');
    const callId = await s.callOf('1001');
    await phone.accept();
    const entered = await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    assert.equal(entered.data.flowId, 'night');
    await s.events.wait('call.reached-node', (e) => e.callId === callId && e.data.nodeId === 'menu');
    assert.equal((await flow('night')).published, null);
    await phone.hangUp();
    await s.record(callId);
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  it('published, the next call takes the new path', async () => {
    await s.admin.post('/numbers', { number: '12399', target: { kind: 'toFlow', flowId: 'main' } });
    await page.getByRole('button', { name: '发布' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /发\s?布/ })
      .click();
    await page.getByText('第 1 版已发布，').waitFor();
    await s.admin.put('/numbers/12399', { target: { kind: 'toFlow', flowId: 'night' } });
    const agent = await s.phone('1001', { answer: 'auto' });
    await s.ready('1001');
    const caller = await startSipp({
      scenario: callerScenario({ from: '13800000071', during: [steps.pause(300), steps.key('1', 0)], hangUp: 'them' }),
      remote: { address: '127.0.0.1', port: s.hotline.sipPort },
      service: '12399',
    });
    const callId = await s.callOf('13800000071');
    await s.events.wait('call.connected', (e) => e.callId === callId);
    await agent.hangUp();
    succeeded(await caller.finished);
    const record = await s.record(callId);
    assert.deepEqual(record.path.slice(0, 5), ['flow:night', 'node:play', 'node:menu', 'key:1', 'node:queue'], record.path.join(' '));
    assert.deepEqual([record.outcome, record.queue, record.agent], ['answered', 'consult', '1001']);
    await s.signOut('1001');
  });

  it('the difference to a version is drawn and named; rolled back, that version is in force again', async () => {
    await select('play');
    await page.locator('#node-label').fill('夜间问候');
    await add('voicemail');
    await side().getByLabel('语音信箱', { exact: true }).fill('main');
    await leads('next', 'hangup');
    await select('menu');
    await leads('otherwise', 'voicemail');
    await noProblems();
    await arrange();
    await side().getByText('版本', { exact: true }).click();
    await page.getByTestId('version-1').getByRole('button', { name: '与当前比较' }).click();
    await page.getByTestId('difference').getByText('新增 1').waitFor();
    await page.getByTestId('difference').getByText('修改 2').waitFor();
    assert.equal(await node('voicemail').getAttribute('data-change'), 'added');
    assert.equal(await node('play').getAttribute('data-change'), 'changed');
    assert.match((await side().textContent()) ?? '', /夜间问候/);
    assert.deepEqual(await accessibilityFaults(page), []);
    await side().getByRole('button', { name: '结束比较' }).click();
    await page.getByRole('button', { name: '发布' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /发\s?布/ })
      .click();
    await page.getByText('第 2 版已发布，').waitFor();
    await page.getByTestId('version-1').getByRole('button', { name: '恢复此版' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '恢复此版' }).click();
    await page.getByText('第 1 版已生效').first().waitFor();
    assert.equal((await flow('night')).published?.version, 1);
  });

  it('somebody else’s change is not overwritten unasked', async () => {
    const { document } = await flow('night');
    await s.admin.put('/flows/night', { document: { ...document, name: '别人的名字' } });
    await side().getByText('属性', { exact: true }).click();
    await select('play');
    await page.locator('#node-label').fill('我的问候');
    await page.keyboard.press('Control+s');
    await page.getByRole('dialog', { name: '此流程已被他人修改' }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: '重新载入' }).click();
    await page.locator('.flow-bar').getByText('别人的名字').waitFor();
  });

  it('a prompt is recorded from the microphone as a telephone WAV, another is spoken from a text', async () => {
    await select('play');
    const { audio, text } = { audio: 'own-voice', text: 'spoken-words' };
    await side().getByRole('button', { name: '新建提示音…' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('#prompt-id').fill(audio);
    await dialog.getByText('录音', { exact: true }).click();
    await dialog.getByRole('button', { name: '开始录音' }).click();
    await dialog.getByText(/录音中 0:01/).waitFor();
    await dialog.getByRole('button', { name: /停止/ }).click();
    await dialog.getByRole('button', { name: '保存提示音' }).click();
    await page.getByText(`提示音 ${audio} 已保存`).waitFor();
    const made = await s.admin.get<{ format: string; durationSeconds: number }>(`/prompts/${audio}`);
    assert.equal(made.format, 'pcm16');
    assert.ok(made.durationSeconds > 0.4, `${made.durationSeconds} s`);
    await dialog.waitFor({ state: 'hidden' });
    await side().getByRole('button', { name: '新建提示音…' }).first().click();
    await dialog.locator('#prompt-id').fill(text);
    await dialog.getByText('合成', { exact: true }).click();
    await dialog.locator('#prompt-text').fill('夜间无人值守');
    await dialog.getByRole('button', { name: '保存提示音' }).click();
    await page.getByText(`提示音 ${text} 已保存`).waitFor();
    assert.ok((await s.admin.get<{ durationSeconds: number }>(`/prompts/${text}`)).durationSeconds > 0.5);
  });

  it('what is in use is not deleted, and what uses it is named', async () => {
    await page.keyboard.press('Control+s');
    await page.getByTestId('draft-state').getByText('已保存').waitFor();
    await page.getByRole('button', { name: '返回流程列表' }).click();
    await page.getByRole('button', { name: '删除 别人的名字' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '删 除' }).click();
    await page.getByText('接入码 12399').waitFor();
    await page
      .getByRole('button', { name: /知道了|确 定|OK/ })
      .last()
      .click();
  });

  it('four hundred nodes are opened, and one is dragged', async () => {
    const nodes: Record<string, object> = {};
    for (let i = 0; i < 400; i++) {
      const choices = [2 * i + 1, 2 * i + 2].filter((n) => n < 400).map((n, key) => ({ key: String(key + 1), next: `n${n}` }));
      nodes[`n${i}`] = {
        type: 'menu',
        prompts: ['greeting'],
        choices: choices.length > 0 ? choices : [{ key: '1', next: 'n0' }],
        otherwise: 'n0',
      };
    }
    await s.admin.post('/flows', { document: { id: 'large', name: 'large', language: 'zh-CN', start: 'n0', nodes } });
    await page.goto(`${s.hotline.http}/flows/large`);
    await node('n0').waitFor({ timeout: 60_000 });
    const box = await node('n0').locator('.flow-node-head').boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + 60, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + 160, box.y + 100, { steps: 30 });
    // hundreds of lines go along as one, and each is there again at the end
    const [alone, together] = [page.locator('.react-flow__edge'), page.locator('.flow-bundle path')];
    const path = await together.getAttribute('d');
    assert.ok(Number(path?.split('M').length) > 100, 'its lines are in it');
    const beside = await alone.count();
    await page.mouse.move(box.x + 260, box.y + 160, { steps: 30 });
    assert.notEqual(await together.getAttribute('d'), path, 'they follow');
    await page.mouse.up();
    await together.waitFor({ state: 'detached' });
    await alone.nth(beside + 100).waitFor({ state: 'attached' });
    const moved = await node('n0').locator('.flow-node-head').boundingBox();
    assert.ok(moved && Math.abs(moved.x - box.x - 200) < 12, 'the node went along');
    // refusals that were asked for are told by the browser as well
    assert.deepEqual(
      browser.errors.filter((one) => !one.startsWith('Failed to load resource')),
      [],
    );
  });
});
