// Writes a picture of every page to docs/screens: a hotline of its own in a temporary folder, a few calls, then page by page.
// node scripts/screens.mjs [--out <folder>] [--only path,path] [--dark] [--en] [--narrow] [--empty]
// --crowd: 200 agents in every state, callers who wait, and names as long as they may be; pictures end in -crowd.
// --none: nobody works here: no agents, no calls; pictures end in -none.
// --looks zh,en-dark,zh-narrow,…: one after another in the same hotline, in place of --dark, --en, --narrow; each in its pictures' names.
// Needs a build (npm run build) and the test peers: chromium, baresip.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { TestBrowser } = await import(path.join(root, 'tests/dist/src/browser/browser.js'));
const { yixian } = await import(path.join(root, 'tests/dist/src/command.js'));
const { Scenario } = await import(path.join(root, 'tests/dist/src/scenario.js'));

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: path.join(root, 'docs/screens') },
    only: { type: 'string' },
    dark: { type: 'boolean', default: false },
    en: { type: 'boolean', default: false },
    narrow: { type: 'boolean', default: false },
    empty: { type: 'boolean', default: false },
    crowd: { type: 'boolean', default: false },
    none: { type: 'boolean', default: false },
    looks: { type: 'string' },
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

/** Names as long as they may be, in both languages. */
const LONG_ZH = '市民服务热线医疗保障与社会保险政策咨询及异地就医备案受理专席';
const LONG_EN = 'Municipal hotline for health insurance and emergency support';

/** 200 agents in every state a supervisor meets, long names, and callers who wait. */
async function aCrowd(scenario) {
  const { admin, hotline } = scenario;
  const made = await yixian(['demo', 'agents', '--count', '195', '--from', '2001'], { ...hotline.env, DATA_DIR: hotline.dataDir });
  if (made.code !== 0) throw new Error(made.stderr);
  const rename = async (where, change) => {
    const { revision } = await admin.get(where);
    await admin.put(where, { ...change, revision });
  };
  await rename('/users/agent1002', { displayName: LONG_EN });
  await rename('/users/agent1003', { displayName: LONG_ZH });
  await rename('/queues/complaint', { name: LONG_ZH });
  await rename('/queues/operator', { name: LONG_EN });
  const { items } = await admin.get('/agents');
  for (const [i, { extension }] of items.entries()) {
    if (extension === '1001' || i % 5 === 4) continue;
    const away = { state: 'not-ready', reason: i % 3 === 0 ? '会议' : '午餐' };
    await admin.put(`/agents/${extension}/state`, i % 5 < 3 ? { state: 'ready' } : away);
  }
  await scenario.ready('1001');
  for (const number of ['13900000201', '13900000202', '02188880203']) {
    const caller = await scenario.caller(number, { toneHz: 440 });
    await caller.dial(scenario.uri('12320'));
    const callId = await scenario.callOf(number);
    await scenario.events.wait('call.entered-flow', (event) => event.callId === callId);
    await caller.sendDigits(number.startsWith('0') ? '1' : '2');
    await scenario.events.wait('call.queued', (event) => event.callId === callId);
  }
}

const looks = values.looks?.split(',') ?? [
  [values.en ? 'en' : 'zh', ...(values.dark ? ['dark'] : []), ...(values.narrow ? ['narrow'] : [])].join('-'),
];

/** The demo's flow in the editor: a node in the side panel, a simulated call, its versions. */
async function theEditor(scenario, page, shoot) {
  await page.goto(`${scenario.hotline.http}/flows/main`);
  await page.locator('.flow-node').first().waitFor();
  // beside the canvas, or over its lower part on a phone
  const gear = page.locator('.flow-bar').getByRole('button', { name: /^(属性|Edit)$/ });
  const side = (await gear.isVisible()) ? page.locator('.ant-drawer-body') : page.locator('.flow-side');
  await page.locator('[data-testid=node-menu]').click();
  if (await gear.isVisible()) await gear.click();
  await page.waitForTimeout(1_500);
  await shoot('flows-one');
  const open = (tab) => side.getByText(tab).first().click();
  await open(/^(模拟|Simulate)$/);
  await side.getByRole('button', { name: /(开始模拟|Simulate)$/ }).click();
  await side.getByRole('button', { name: '1', exact: true }).click();
  await side.locator('.flow-events li').nth(3).waitFor();
  await page.waitForTimeout(1_500);
  await shoot('flows-simulation');
  await open(/^(版本|Versions)$/);
  await side.locator('.flow-item').first().waitFor();
  await page.waitForTimeout(1_500);
  await shoot('flows-versions');
}

/** Every page, as one reader sees it. */
async function picture(scenario, look, ending) {
  const firstRun = scenario.hotline.firstRun();
  const who = { admin: firstRun.admin, supervisor: firstRun.supervisor, agent: values.none ? undefined : scenario.hotline.agent('1001') };
  const viewport = look.includes('narrow') ? { width: 390, height: 844 } : { width: 1366, height: 768 };
  const browser = await TestBrowser.start({ language: look.startsWith('en') ? 'en' : 'zh', dark: look.includes('dark'), viewport });
  try {
    const page = await browser.page();
    const shoot = (name) => page.screenshot({ path: path.join(values.out, `${name}${ending}.png`), animations: 'disabled' });
    await page.goto(`${scenario.hotline.http}/`);
    await page.locator('input[autocomplete="username"]').waitFor();
    if (values.only === undefined || values.only.split(',').includes('welcome')) {
      await shoot('sign-in');
      await page.goto(`${scenario.hotline.http}/welcome`);
      await page.locator('h3').waitFor();
      await shoot('welcome');
    }
    let signedIn;
    for (const { page: where, role } of pagesOf()) {
      if (!who[role]) continue;
      if (signedIn !== role) {
        await page.goto(`${scenario.hotline.http}/`);
        await page.evaluate(() => localStorage.removeItem('yixian.session'));
        await browser.signIn(scenario.hotline, who[role], `/${where}`);
        signedIn = role;
      }
      await page.goto(`${scenario.hotline.http}/${where}`);
      await page.waitForLoadState('networkidle').catch(() => undefined);
      // spinners go; a page that has none of them any more has what it asked for
      await page.waitForFunction(() => !document.querySelector('.spinner, .ant-spin-spinning'), undefined, { timeout: 30_000 });
      await page.waitForTimeout(1_200); // charts draw themselves
      await shoot(where.replaceAll('/', '-'));
      // what opens beside these lists is a page of its own
      const row = page.locator('tr.kit-row').first();
      if (['queues', 'recordings', 'schedules'].includes(where) && (await row.count()) > 0) {
        await row.click();
        await page.waitForTimeout(1_500);
        await shoot(`${where}-one`);
      }
      const talked = page.locator('tr.kit-row', { hasText: '13800000101' });
      if (where === 'calls' && (await talked.count()) > 0) {
        await talked.click();
        const ladder = page.locator('.sip-ladder');
        await ladder
          .getByRole('button', { name: /INVITE/ })
          .first()
          .click();
        await ladder.evaluate((element) => element.scrollIntoView({ block: 'center' }));
        await page.waitForTimeout(1_500);
        await shoot('calls-one');
      }
      if (where === 'flows') await theEditor(scenario, page, shoot);
      process.stdout.write(`${where}${ending}\n`);
    }
    if (browser.errors.length > 0) process.stdout.write(`errors on the pages:\n${[...new Set(browser.errors)].join('\n')}\n`);
  } finally {
    await browser.close();
  }
}

const scenario = await Scenario.start();
const ending = values.crowd ? '-crowd' : values.none ? '-none' : '';
try {
  if (!values.empty && !values.none) await someCalls(scenario);
  if (values.crowd) await aCrowd(scenario);
  if (values.none) {
    for (const { username } of scenario.hotline.firstRun().agents) await scenario.admin.request('DELETE', `/users/${username}`);
  }
  mkdirSync(values.out, { recursive: true });
  for (const look of looks) await picture(scenario, look, values.looks ? `${ending}-${look}` : ending);
} finally {
  await scenario.close();
}
