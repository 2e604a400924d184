import type { Locator, Page, Request } from 'playwright-core';
import { eventually, type PeersAvailability, requirePeers } from '../peers/index.js';
import { Scenario } from '../scenario.js';
import { TestBrowser } from './browser.js';

/** What every test of the pages of administration and records does. */
export interface AdminPages {
  /** Loads the whole program, as an address typed into the browser does. */
  go(where: string): Promise<unknown>;
  /** To another page as by the menu, the program stays: a fifth of the work of `go`. What was read a moment ago is not asked for again. */
  turnTo(where: string): Promise<void>;
  /** The drawer on top. */
  drawer(): Locator;
  fill(field: string, text: string): Promise<void>;
  /** Chooses in a select of the drawer, by typing. */
  choose(field: string, text: string): Promise<void>;
  /** Saves what stands in the drawer, and waits until it is closed. */
  save(): Promise<void>;
  /** Asks for what stands in the drawer to be saved, whatever comes of it. */
  submit(): Promise<void>;
  /** What is said to be wrong beside a field of the drawer. */
  fault(field: string): Locator;
  /** Deletes what stands in the drawer, says yes to the question, and waits until it is gone. */
  remove(): Promise<void>;
  /** Whatever the page loads is there. */
  settled(): Promise<void>;
}

/** So long without a request the page has what it wants: that of Playwright's `networkidle`, which knows whole loads only. */
const QUIET_MS = 500;

/** Waits until the page has asked for nothing for a while; where that never comes it goes on. */
function quietly(page: Page): () => Promise<unknown> {
  const open = new Set<Request>();
  let last = performance.now();
  const done = (request: Request): void => {
    open.delete(request);
    last = performance.now();
  };
  page.on('request', (request) => open.add(request));
  page.on('requestfinished', done);
  page.on('requestfailed', done);
  // requests of a page that was left may never be told as ended
  page.on('domcontentloaded', () => open.clear());
  return () => eventually('quiet', () => open.size === 0 && performance.now() - last >= QUIET_MS).catch(() => undefined);
}

/** Marks the page that is shown and asks the router for another; runs in the page. */
function leaveFor(path: string): void {
  for (const element of document.querySelectorAll('main *')) element.setAttribute('data-left', '');
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate', { state: null }));
}

export function adminPages(page: Page, http: string): AdminPages {
  const quiet = quietly(page);
  const drawer = (): Locator => page.locator('.ant-drawer-open').last();
  const open = '.ant-select-dropdown:not(.ant-select-dropdown-hidden)';
  const submit = (): Promise<void> =>
    drawer()
      .getByRole('button', { name: /^保\s?存$/ })
      .click();
  return {
    go: (where) => page.goto(`${http}/${where}`),
    async turnTo(where) {
      await page.evaluate(leaveFor, `/${where}`);
      // what wraps every page may stay
      await page.locator('main [data-left]:not(:has(*))').first().waitFor({ state: 'detached' });
      await page.locator('main .spinner').waitFor({ state: 'detached' });
    },
    drawer,
    fill: (field, text) => drawer().locator(`#field-${field}`).fill(text),
    async choose(field, text) {
      const select = drawer().locator(`#field-${field}`);
      const options = page.locator(`${open} .ant-select-item-option`);
      await select.click();
      if (await select.isEditable()) {
        await select.fill(text);
        // what was typed is found, and the first is the one that Enter takes
        await options.filter({ hasText: text }).first().waitFor();
        await page.keyboard.press('Enter');
      } else {
        await options.filter({ hasText: text }).first().click();
      }
      // a select of several stays open
      await drawer().locator('.ant-drawer-title').click();
      await page.locator(open).waitFor({ state: 'hidden' });
    },
    submit,
    fault: (field) => drawer().locator(`.ant-form-item:has(#field-${field}) .ant-form-item-explain-error`),
    async remove() {
      await drawer()
        .getByRole('button', { name: /删\s?除$/ })
        .click();
      await page
        .locator('.ant-modal-confirm')
        .getByRole('button', { name: /删\s?除$/ })
        .click();
      await page.getByText('已删除').first().waitFor();
      await page.locator('.ant-drawer-open').waitFor({ state: 'detached' });
    },
    async save() {
      await submit();
      await page.getByText('已保存').first().waitFor();
      await page
        .locator('.ant-drawer-open')
        .waitFor({ state: 'detached' })
        .catch(() => undefined);
    },
    async settled() {
      await page.locator('main').first().waitFor();
      await page.waitForLoadState('networkidle').catch(() => undefined);
      await quiet();
      await page.locator('.ant-spin-spinning, .ant-skeleton').first().waitFor({ state: 'detached' });
    },
  };
}

export interface Administration {
  s: Scenario;
  browser: TestBrowser;
  page: Page;
  pages: AdminPages;
}

/** A hotline of its own with the administrator signed in at a page; skips where a peer is missing. */
export async function openAdministration(
  context: Mocha.Context,
  where: string,
  ...peers: (keyof PeersAvailability)[]
): Promise<Administration> {
  await requirePeers(context, 'chromium', 'redis', ...peers);
  const s = await Scenario.start();
  let browser: TestBrowser | undefined;
  try {
    browser = await TestBrowser.start();
    const page = await browser.signIn(s.hotline, s.hotline.firstRun().admin, where);
    return { s, browser, page, pages: adminPages(page, s.hotline.http) };
  } catch (error) {
    await browser?.close();
    await s.close();
    throw error;
  }
}

/** What reaches over the right edge of the window and makes the page scroll; runs in the page. */
export function tooWide(): string[] {
  if (document.documentElement.scrollWidth <= window.innerWidth) return [];
  const over = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1);
  return over.slice(0, 5).map((element) => `${element.tagName} ${element.className}`);
}
