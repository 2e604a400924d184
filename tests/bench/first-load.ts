import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { CDPSession, Page } from 'playwright-core';
import { TestBrowser } from '../src/browser/browser.js';
import { Scenario } from '../src/scenario.js';

const HELP = `node tests/dist/bench/first-load.js [options]

Loads pages of a hotline of its own in Chromium, each time in a new browser that has nothing cached, and prints when what was there:
medians of N loads in milliseconds from the address on, by the page's own clock, then every load. Needs web/dist (vite build). Bounded in
time; everything is stopped at the end.

  --loads N        (default 7)
  --pages A,B      which of sign-in, desk (default both): interactive is a form whose button can be pressed, a state button that can be pressed
  --latency MS     a network with this round trip and 10 Mbit/s in place of the machine's own (default: none)
  --profile FOLDER one more load of each page whose processor profile is written there`;

const { values } = parseArgs({
  options: {
    loads: { type: 'string', default: '7' },
    pages: { type: 'string', default: 'sign-in,desk' },
    latency: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  process.stdout.write(`${HELP}\n`);
  process.exit(0);
}

/** Bytes a second of 10 Mbit/s. */
const SLOW_BYTES = 1_250_000;
const EXTENSION = '1001';

interface Kind {
  path: string;
  /** Finds the element whose presence means that the page can be used. */
  usable: string;
}

const KINDS: Record<string, Kind> = {
  'sign-in': { path: '/', usable: 'button[type="submit"]:enabled' },
  desk: { path: '/', usable: '.desk-state button:enabled' },
};

/** When what was there, in milliseconds after the address was given; counts and sizes of what was loaded until then. */
type Stages = Record<string, number>;

const s = await Scenario.start();

async function session(): Promise<object> {
  const { username, password } = s.hotline.agent(EXTENSION);
  const response = await fetch(`${s.hotline.http}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  return (await response.json()) as object;
}

/** What the page's clock says once it can be used. */
async function stagesOf(page: Page, usable: string): Promise<Stages> {
  const handle = await page.waitForFunction(
    (selector) => {
      if (!document.querySelector(selector)) return undefined;
      const interactive = performance.now();
      const [html] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      const loaded = (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).filter(
        (one) => one.responseEnd <= interactive,
      );
      const files = loaded.filter((one) => /\.(js|css)$/.test(one.name));
      const asked = loaded.filter((one) => one.name.includes('/api/'));
      const last = (list: PerformanceResourceTiming[]): number => Math.max(0, ...list.map((one) => one.responseEnd));
      return {
        'page read': html?.responseEnd ?? 0,
        'first paint': performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
        'last script read': last(files),
        'first request': Math.min(...asked.map((one) => one.startTime), interactive),
        'last answer': last(asked),
        interactive,
        files: files.length,
        kB: files.reduce((sum, one) => sum + one.encodedBodySize, 0) / 1000,
      };
    },
    usable,
    { polling: 'raf' },
  );
  return (await handle.jsonValue()) as Stages;
}

async function prepared(page: Page): Promise<CDPSession> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  if (values.latency !== undefined) {
    await cdp.send('Network.enable');
    const slow = { latency: Number(values.latency), downloadThroughput: SLOW_BYTES, uploadThroughput: SLOW_BYTES };
    await cdp.send('Network.emulateNetworkConditions', { offline: false, ...slow });
  }
  return cdp;
}

/** Milliseconds of the page's thread: all of it, and the part that ran script. */
async function processor(cdp: CDPSession): Promise<Stages> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name: string): number => (metrics.find((one) => one.name === name)?.value ?? 0) * 1000;
  return {
    'processor, page thread': of('TaskDuration'),
    'of it script': of('ScriptDuration'),
    'of it style and layout': of('RecalcStyleDuration') + of('LayoutDuration'),
  };
}

async function load(name: string, kind: Kind, profile?: string): Promise<Stages> {
  const browser = await TestBrowser.start();
  try {
    if (name !== 'sign-in') {
      const kept = JSON.stringify(JSON.stringify(await session()));
      await browser.context.addInitScript(`localStorage.setItem('yixian.session', ${kept})`);
    }
    const page = await browser.page();
    const cdp = await prepared(page);
    if (profile !== undefined) {
      await cdp.send('Profiler.enable');
      await cdp.send('Profiler.setSamplingInterval', { interval: 200 });
      await cdp.send('Profiler.start');
    }
    await page.goto(s.hotline.http + kind.path, { waitUntil: 'commit' });
    const stages = await stagesOf(page, kind.usable);
    const used = await processor(cdp);
    if (profile !== undefined) {
      await mkdir(profile, { recursive: true });
      const { profile: taken } = await cdp.send('Profiler.stop');
      await writeFile(path.join(profile, `${name}.cpuprofile`), JSON.stringify(taken));
    }
    if (browser.errors.length > 0) throw new Error(`errors on the page: ${browser.errors.slice(0, 3).join('; ')}`);
    return { ...stages, ...used };
  } finally {
    await browser.close();
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

try {
  for (const name of values.pages.split(',')) {
    const kind = KINDS[name];
    if (!kind) throw new Error(`--pages: there is no ${name}`);
    const loads: Stages[] = [];
    for (let i = 0; i < Number(values.loads); i++) loads.push(await load(name, kind));
    say(
      `${name}: ${loads.length} first loads${values.latency ? `, round trip ${values.latency} ms` : ''}; load average ${loadavg()[0]?.toFixed(1)}`,
    );
    for (const stage of Object.keys(loads[0] ?? {}))
      say(
        `  ${stage.padEnd(24)} ${median(loads.map((one) => one[stage] ?? 0))
          .toFixed(0)
          .padStart(6)}`,
      );
    say(`  interactive, each: ${loads.map((one) => one.interactive?.toFixed(0)).join(', ')}`);
    if (values.profile !== undefined) await load(name, kind, values.profile);
  }
} finally {
  await s.close();
}
