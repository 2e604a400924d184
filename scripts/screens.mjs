// Writes a picture of every page to docs/screens: a hotline of its own in a temporary folder, a few calls, then page by page.
// node scripts/screens.mjs [--out <folder>] [--only path,path] [--dark] [--en] [--narrow] [--empty]
// Needs a build (npm run build) and the test peers: chromium, baresip.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { TestBrowser } = await import(path.join(root, 'tests/dist/src/browser/browser.js'));
const { Scenario } = await import(path.join(root, 'tests/dist/src/scenario.js'));

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: path.join(root, 'docs/screens') },
    only: { type: 'string' },
    dark: { type: 'boolean', default: false },
    en: { type: 'boolean', default: false },
    narrow: { type: 'boolean', default: false },
    empty: { type: 'boolean', default: false },
  },
});

/** Pages and who looks at them, as `web/src/app/pages.tsx` lists them. */
function pagesOf() {
  const text = readFileSync(path.join(root, 'web/src/app/pages.tsx'), 'utf8');
  const specs = [...text.matchAll(/path: '([^']+)'[\s\S]*?roles: \[([^\]]*)\]/g)];
  const wanted = values.only?.split(',');
  return specs
    .map(([, page, roles]) => ({
      page,
      role: page === 'desk' ? 'agent' : (['admin', 'supervisor', 'agent'].find((role) => roles.includes(`'${role}'`)) ?? 'admin'),
    }))
    .filter(({ page }) => wanted === undefined || wanted.includes(page));
}

/** A greeting left, a call in a queue given up, a message. */
async function someCalls(scenario) {
  await scenario.phone('1001', { answer: 'auto' });
  await scenario.ready('1001');
  const talk = async (number, digits, then) => {
    const caller = await scenario.caller(number, { toneHz: 440 });
    await caller.dial(scenario.uri('12320'));
    const callId = await scenario.callOf(number);
    await scenario.events.wait('call.entered-flow', (event) => event.callId === callId);
    if (digits) await caller.sendDigits(digits);
    await then(callId);
    await caller.hangUp();
    await scenario.record(callId);
  };
  const connected = async (callId) => {
    await scenario.events.wait('call.connected', (event) => event.callId === callId);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
  };
  await talk('13800000101', '1', connected);
  await talk('13900000102', '2', (callId) => scenario.events.wait('call.queued', (event) => event.callId === callId));
  await talk('02188880103', '', async () => undefined);
}

const scenario = await Scenario.start();
let browser;
try {
  if (!values.empty) await someCalls(scenario);
  const firstRun = scenario.hotline.firstRun();
  const who = { admin: firstRun.admin, supervisor: firstRun.supervisor, agent: scenario.hotline.agent('1001') };
  const viewport = values.narrow ? { width: 390, height: 844 } : { width: 1366, height: 768 };
  browser = await TestBrowser.start({ language: values.en ? 'en' : 'zh', dark: values.dark, viewport });
  mkdirSync(values.out, { recursive: true });
  const page = await browser.page();
  const shoot = (name) => page.screenshot({ path: path.join(values.out, `${name}.png`), animations: 'disabled' });
  await page.goto(`${scenario.hotline.http}/`);
  await page.locator('input[autocomplete="username"]').waitFor();
  if (values.only === undefined) {
    await shoot('sign-in');
    await page.goto(`${scenario.hotline.http}/welcome`);
    await page.locator('h3').waitFor();
    await shoot('welcome');
  }
  let signedIn;
  for (const { page: where, role } of pagesOf()) {
    if (signedIn !== role) {
      await page.goto(`${scenario.hotline.http}/`);
      await page.evaluate(() => localStorage.removeItem('yixian.session'));
      await browser.signIn(scenario.hotline, who[role], `/${where}`);
      signedIn = role;
    }
    await page.goto(`${scenario.hotline.http}/${where}`);
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await page.waitForTimeout(1_200); // charts draw themselves, spinners go
    await shoot(where.replaceAll('/', '-'));
    // what opens beside these lists is a page of its own
    const row = page.locator('tr.kit-row').first();
    if (['queues', 'recordings', 'schedules'].includes(where) && (await row.count()) > 0) {
      await row.click();
      await page.waitForTimeout(1_500);
      await shoot(`${where}-one`);
    }
    process.stdout.write(`${where}\n`);
  }
  if (browser.errors.length > 0) process.stdout.write(`errors on the pages:\n${[...new Set(browser.errors)].join('\n')}\n`);
} finally {
  await browser?.close();
  await scenario.close();
}
