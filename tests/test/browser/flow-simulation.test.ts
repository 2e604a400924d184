import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import type { Locator, Page } from 'playwright-core';
import { accessibilityFaults, TestBrowser } from '../../src/browser/browser.js';
import { eventually, requirePeers } from '../../src/peers/index.js';
import { Scenario } from '../../src/scenario.js';

/** One node of every kind there is, in the order a caller meets them. */
const KINDS: Record<string, { type: string } & Record<string, unknown>> = {
  'in-mandarin': { type: 'language', language: 'zh-CN', next: 'greet' },
  greet: { type: 'set-variable', set: { words: '来电 {{caller}}' }, next: 'hello' },
  hello: { type: 'play', prompts: ['greeting', { say: '{{words}}' }], next: 'late' },
  late: {
    ...{ type: 'expression', set: [{ variable: 'hour', value: 'number(substring(now, 12, 2))' }] },
    ...{ cases: [{ when: 'hour >= 20', next: 'closed' }], otherwise: 'hours', failed: 'closed' },
  },
  hours: { type: 'schedule', schedule: 'weekdays', open: 'known', closed: 'closed' },
  known: { type: 'caller-list', list: 'vip', listed: 'first', notListed: 'closed', set: { level: 'gold' } },
  first: { type: 'priority', change: { set: 50 }, next: 'english' },
  english: { type: 'skill-requirement', minLevels: { english: 5 }, next: 'balance' },
  balance: {
    ...{ type: 'http-request', method: 'GET', url: 'https://crm.example/{{caller}}', result: { owed: '$.owed' } },
    ...{ next: 'owes', otherwise: 'closed' },
  },
  owes: { type: 'say', items: [{ as: 'amount', variable: 'owed' }], next: 'name' },
  name: { type: 'record-message', prompts: ['greeting'], saveAs: 'spoken-name', next: 'thrice' },
  thrice: { type: 'loop', times: 2, saveAs: 'round', body: 'badge', next: 'identify' },
  badge: { type: 'collect', prompts: ['greeting'], saveAs: 'badge', minDigits: 2, maxDigits: 4, next: 'thrice', otherwise: 'closed' },
  identify: { type: 'sub-flow', flow: 'identify', ways: [{ result: 'known', next: 'which' }], next: 'closed', otherwise: 'closed' },
  which: { type: 'branch', cases: [{ when: { variable: 'badge', equals: '34' }, next: 'ask' }], otherwise: 'closed' },
  ask: { type: 'menu', prompts: ['main-menu'], choices: [{ key: '7', next: 'later' }], otherwise: 'closed' },
  later: { type: 'callback', queue: 'consult', confirm: true, next: 'wait', otherwise: 'closed' },
  wait: { type: 'park', slot: '701', next: 'onward', otherwise: 'closed' },
  onward: { type: 'transfer', to: { extension: '1001' }, next: 'box', otherwise: 'closed' },
  box: { type: 'voicemail', box: 'main', prompts: ['greeting'], next: 'people' },
  people: { type: 'queue', queue: 'consult', next: 'happy', otherwise: 'closed' },
  happy: { type: 'survey', prompts: ['survey'], next: 'end', otherwise: 'closed' },
  end: { type: 'hangup' },
  closed: { type: 'play', prompts: ['closed'], next: 'end' },
};
const IDENTIFY = { check: { type: 'set-variable', set: { who: '张三' }, next: 'back' }, back: { type: 'return', result: 'known' } };

describe('the simulation in the flow editor', function () {
  this.timeout(120_000);
  let s: Scenario;
  let browser: TestBrowser;
  let page: Page;

  before(async function () {
    await requirePeers(this, 'chromium', 'redis');
    s = await Scenario.start();
    const workdays = [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }];
    await s.admin.post('/schedules', { id: 'weekdays', weekly: workdays, holidays: 'closed', special: [] });
    await s.admin.post('/lists', { id: 'vip', kind: 'vip' });
    await s.admin.post('/lists/vip/entries', { entries: [{ number: '13800000001' }] });
    const document = (id: string, nodes: object) => ({ id, name: id, language: 'zh-CN', start: Object.keys(nodes)[0], nodes });
    await s.admin.post('/flows', { document: document('identify', IDENTIFY) });
    await s.admin.post('/flows/identify/publish', {});
    await s.admin.post('/flows', { document: document('kinds', KINDS) });
    browser = await TestBrowser.start();
    page = await browser.signIn(s.hotline, s.hotline.firstRun().admin, '/flows/kinds');
    await side().getByText('模拟', { exact: true }).click();
  });
  after(async () => {
    await browser?.close();
    await s?.close();
  });

  const side = (): Locator => page.locator('.flow-side');
  const events = (): Locator => page.getByTestId('simulation-events');
  const waits = (words: string | RegExp): Promise<void> => side().getByTestId('simulation-now').getByText(words).waitFor();
  const press = (name: string): Promise<void> => side().getByRole('button', { name, exact: true }).click();
  const variables = async (): Promise<Record<string, string>> =>
    page.locator('.flow-variables').evaluate((list) => {
      const texts = (tag: string): string[] => [...list.querySelectorAll(tag)].map((one) => one.textContent ?? '');
      const values = texts('dd');
      return Object.fromEntries(texts('dt').map((name, i) => [name, values[i] ?? '']));
    });
  async function begin(caller: string, at: string): Promise<void> {
    await page.locator('#sim-caller').fill(caller);
    await page.locator('#sim-at').fill(at);
    await side()
      .getByRole('button', { name: /开始模拟|重新开始/ })
      .click();
  }
  /** What of the flow is lit, once the call stands at the node. */
  async function litWhen(here: string | undefined): Promise<string[]> {
    return eventually(`the call is at ${here}`, async () => {
      const lit = await page.locator('.flow-node[data-lit]').evaluateAll((all) => all.map((one) => one.getAttribute('data-lit')));
      return here === undefined || lit.includes('here') ? lit.filter((one) => one !== null) : undefined;
    });
  }

  it('knows every kind of node the hotline has', async () => {
    const { nodes } = await s.admin.get<{ nodes: { type: string }[] }>('/flow-nodes');
    const drawn = new Set([...Object.values(KINDS), ...Object.values(IDENTIFY)].map((one) => one.type));
    assert.deepEqual(
      nodes.map((one) => one.type).filter((type) => !drawn.has(type)),
      [],
      'kinds this test has no node of',
    );
  });

  it('goes through every one of them: what the caller does and what the world answers is chosen, the path lights up', async () => {
    await begin('13800000001', '2026-03-02T10:00');
    await waits(/请求 GET https:\/\/crm.example\/13800000001/);
    await events().getByText('时间表 weekdays：开放').waitFor();
    await events().getByText('名单 vip：在名单内').waitFor();
    await events().getByText('来电 13800000001').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await side().getByLabel('返回的 JSON').fill('{"owed": "12.50"}');
    await press('回 应');
    await waits('正在录音');
    await events().getByText('十二元五角').waitFor();
    await press('留言 10 秒');
    for (const badge of ['12', '34']) {
      await waits('等待按键（最多 4 位）');
      await side().getByRole('searchbox', { name: '拨号键盘' }).fill(badge);
      await page.keyboard.press('Enter');
      await events().getByText(`按键 ${badge}`).waitFor();
    }
    await events().getByText('back').waitFor();
    await waits('等待按键（最多 1 位）');
    assert.equal((await litWhen('ask')).filter((one) => one === 'here').length, 1);
    const now = await variables();
    assert.deepEqual(
      [now.level, now.owed, now.round, now.badge, now.who, now.subFlowResult, now.priority, now.hour],
      ['gold', '12.50', '2', '34', '张三', 'known', '50', '10'],
    );
    // pressed on the keyboard, as on a telephone
    await side().getByRole('button', { name: '1', exact: true }).focus();
    await page.keyboard.press('7');
    await waits('等待按键（最多 1 位）');
    await press('1');
    await waits('预约回呼 13800000001');
    await press('成 功');
    await waits('驻留中');
    await press('被取回');
    await waits('转接到 1001');
    await press('接 通');
    await waits('在信箱「留言」中留言');
    await press('留言 10 秒');
    await waits('在队列「咨询」中等待');
    await press('坐席接听后挂机');
    await waits('等待按键（最多 1 位）');
    await press('5');
    await events().getByText('评分 5').waitFor();
    await side().getByText('通话结束').first().waitFor();
    await page.getByRole('button', { name: '显示全部' }).click();
    const passed = await eventually('all but one are drawn', async () => {
      const ids = await page
        .locator('.flow-node[data-lit="passed"]')
        .evaluateAll((all) => all.map((one) => (one.getAttribute('data-testid') ?? '').slice('node-'.length)));
      return ids.length >= Object.keys(KINDS).length - 1 ? ids : undefined;
    });
    assert.deepEqual(
      passed.sort(),
      Object.keys(KINDS)
        .filter((id) => id !== 'closed')
        .sort(),
    );
  });

  it('another time, another caller, another answer: another path', async () => {
    const path = async (): Promise<string> => (await events().locator('b').allTextContents()).join(' ');
    const ended = (words: string): Promise<string> => eventually(words, async () => ((await path()).endsWith(words) ? path() : undefined));
    await begin('13800000001', '2026-03-02T21:00');
    assert.match(await ended('late closed end'), /hello/);
    await begin('13800000001', '2026-03-01T10:00');
    await ended('hours closed end');
    await begin('13800000002', '2026-03-02T10:00');
    await ended('known closed end');
    await begin('13800000001', '2026-03-02T10:00');
    await press('连接不上');
    await ended('balance closed end');
    await begin('13800000001', '2026-03-02T10:00');
    await press('回 应');
    await side().getByRole('button', { name: /挂断$/ }).click();
    await side().getByText('通话结束').first().waitFor();
    assert.match(await path(), /owes name$/);
  });

  /** These cards stand within the canvas; undefined while one does not. */
  async function seenWhole(ids: readonly string[]): Promise<true | undefined> {
    const canvas = await page.locator('.flow-canvas').boundingBox();
    const boxes = await Promise.all(ids.map((id) => page.locator(`[data-testid=node-${id}]`).boundingBox()));
    const within = (box: typeof canvas): boolean =>
      box !== null &&
      canvas !== null &&
      box.x >= canvas.x &&
      box.y >= canvas.y &&
      box.x + box.width <= canvas.x + canvas.width &&
      box.y + box.height <= canvas.y + canvas.height;
    return boxes.every(within) ? true : undefined;
  }

  it('on a phone the canvas shows the whole way to where the call is, above the panel', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    try {
      await page.goto(`${s.hotline.http}/flows/main`);
      await page.locator('.flow-node').first().waitFor();
      await eventually('the beginning and what follows are seen whole', () => seenWhole(['greeting', 'menu']));
      await page
        .locator('.flow-bar')
        .getByRole('button', { name: /^属性$/ })
        .click();
      const panel = page.locator('.ant-drawer-body');
      await panel.getByText('模拟', { exact: true }).click();
      await panel.getByRole('button', { name: /开始模拟$/ }).click();
      for (const [key, way] of [
        [undefined, ['menu']],
        ['1', ['menu', 'consult']],
      ] as const) {
        if (key) await panel.getByRole('button', { name: key, exact: true }).click();
        await eventually(`${way.join(' and ')} are seen whole`, async () => {
          const here = await page.locator(`[data-testid=node-${way.at(-1)}][data-lit=here]`).count();
          return here === 1 ? seenWhole(way) : undefined;
        });
      }
    } finally {
      await page.setViewportSize({ width: 1366, height: 768 });
      await page.goto(`${s.hotline.http}/flows/kinds`);
      await side().getByText('模拟', { exact: true }).click();
    }
  });

  it('what is said is heard, and the call goes on by itself when it was', async () => {
    await begin('13800000001', '2026-03-02T21:00');
    await side().getByText('通话结束').first().waitFor();
    await side().getByRole('switch', { name: '播放声音' }).click();
    const speech: string[] = [];
    page.on('response', (response) => {
      if (response.url().includes('/speech?')) speech.push(`${response.status()} ${response.headers()['content-type']}`);
    });
    await begin('13800000001', '2026-03-02T21:00');
    await waits('正在播放');
    await side().getByText('通话结束').first().waitFor();
    assert.ok(speech.length >= 3 && speech.every((one) => one === '200 audio/wav'), speech.join(', '));
    assert.deepEqual(browser.errors, []);
  });
});
