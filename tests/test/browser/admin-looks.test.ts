import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import type { Page, Route } from 'playwright-core';
import { type AdminPages, openAdministration, tooWide } from '../../src/browser/admin-pages.js';
import { accessibilityFaults, type TestBrowser } from '../../src/browser/browser.js';
import { LOOKED_AT } from '../../src/browser/pages.js';
import type { Scenario } from '../../src/scenario.js';

describe('every page of administration and records, looked at', function () {
  this.timeout(240_000);
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
  const settled = () => pages.settled();

  it('every page, without a call yet: no serious fault of accessibility, light; nothing is asked of any other host', async () => {
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).host));
    page.on('websocket', (socket) => asked.add(new URL(socket.url()).host));
    for (const where of LOOKED_AT) {
      await go(where);
      await settled();
      assert.deepEqual(await accessibilityFaults(page), [], where);
    }
    // what a script, a sound or an icon carries within itself has no host
    assert.deepEqual([...asked].filter(Boolean), [new URL(s.hotline.http).host]);
  });

  it('says that there is nothing only once that is known', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = async (route: Route): Promise<void> => {
      await released;
      await route.continue();
    };
    await page.route('**/api/v1/lists*', hold);
    try {
      await go('lists');
      await page.getByTestId('unknown').waitFor();
      assert.equal(await page.getByText('还没有名单').count(), 0, 'nobody knows yet');
      release();
      await page.getByText('还没有名单').waitFor();
      assert.equal(await page.getByTestId('unknown').count(), 0);
      // on a phone it is in sight, not in the middle of columns that are wider than the screen
      await page.setViewportSize({ width: 390, height: 844 });
      for (const [where, says] of [
        ['schedules', '还没有日程'],
        ['groups', '还没有分机组'],
        ['recordings', '还没有录音'],
      ] as const) {
        await go(where);
        const box = await page.getByText(says).first().boundingBox();
        assert.ok(box && box.x >= 0 && box.x + box.width <= 390, `${where}: ${JSON.stringify(box)}`);
      }
    } finally {
      await page.setViewportSize({ width: 1366, height: 768 });
      release();
      await page.unroute('**/api/v1/lists*', hold);
    }
  });

  /** Something in every record. */
  async function someCalls(): Promise<void> {
    await s.phone('1001', { answer: 'auto' });
    await s.ready('1001');
    for (const [number, key] of [
      ['13800000601', '1'],
      ['13800000602', '3'],
    ] as const) {
      const caller = await s.caller(number, { toneHz: 440 });
      await caller.dial(s.uri('12320'));
      const callId = await s.callOf(number);
      await s.events.wait('call.entered-flow', (e) => e.callId === callId);
      await caller.sendDigits(key);
      await s.events.wait(key === '1' ? 'call.connected' : 'voicemail.started', (e) => e.callId === callId);
      await caller.hangUp();
      await s.record(callId);
    }
  }

  it('every page with data, dark: no serious fault of accessibility; every check of the system is fine', async () => {
    await someCalls();
    await page.emulateMedia({ colorScheme: 'dark' });
    const faults: string[] = [];
    await go('supervise');
    await settled();
    for (const where of LOOKED_AT) {
      await pages.turnTo(where);
      await settled();
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${where}: ${fault}`));
    }
    assert.deepEqual(faults, []);
    await go('system');
    await page.getByTestId('check-switch').getByRole('img', { name: '正常' }).waitFor();
    const found = await page.getByTestId(/^check-/).allTextContents();
    assert.ok(found.length >= 8, 'every check is told');
    assert.deepEqual(
      found.filter((text) => !/\p{Script=Han}.*\p{Script=Han}/u.test(text)),
      [],
      'in the words of the page',
    );
    await page.getByTestId('check-database').getByText('数据库正常').waitFor();
    await go('trunks');
    await page.getByRole('row').filter({ hasText: 'demo' }).getByText('0 / 400').waitFor();
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('English and narrow: no page scrolls sideways, no string is missing', async () => {
    await page.evaluate(() => localStorage.setItem('yixian.language', 'en'));
    await page.setViewportSize({ width: 390, height: 844 });
    try {
      await go('supervise');
      await settled();
      for (const where of LOOKED_AT) {
        await pages.turnTo(where);
        await settled();
        assert.deepEqual(await page.evaluate(tooWide), [], `${where} scrolls sideways`);
        // what the pages say themselves; names and texts of the demo stay Chinese
        const words = (
          await page.locator('main').last().locator('h4, label, th:not(:has([data-testid^=skill-])), [role=tab], button').allInnerTexts()
        ).join(' | ');
        assert.doesNotMatch(
          words,
          /[\u4e00-\u9fff]|\b(users|skills|queues|numbers|trunks|settings|system|archive|reports|column|menu|imports|backups|lists|prompts|schedules|calendars)\.[a-zA-Z]/,
          where,
        );
      }
      // the head of a call: a number is not broken over lines
      await go('calls');
      await page.getByRole('row').filter({ hasText: '13800000601' }).click();
      const number = page.getByRole('dialog').locator('.ant-descriptions').getByText('13800000601', { exact: true });
      const lines = await number.evaluate((element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return new Set([...range.getClientRects()].map((one) => one.top)).size;
      });
      assert.equal(lines, 1);
    } finally {
      await page.setViewportSize({ width: 1366, height: 768 });
      await page.evaluate(() => localStorage.setItem('yixian.language', 'zh'));
    }
  });
});
