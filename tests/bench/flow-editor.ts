import { parseArgs } from 'node:util';
import type { CDPSession, Page } from 'playwright-core';
import { TestBrowser } from '../src/browser/browser.js';
import { Scenario } from '../src/scenario.js';

const HELP = `node tests/dist/bench/flow-editor.js [--nodes N]

Opens a flow of N nodes (default 400) in the editor of a hotline of its own, in Chromium, and prints for dragging a node, moving the
canvas, zooming, and typing into the panel: frames, and the processor time of the page's thread for each step. The latter does not
count what else runs on the machine. Needs web/dist (vite build). Bounded in time; everything is stopped at the end.`;

const { values } = parseArgs({ options: { nodes: { type: 'string', default: '400' }, help: { type: 'boolean' } } });
if (values.help) {
  process.stdout.write(`${HELP}\n`);
  process.exit(0);
}
const NODES = Number(values.nodes);
const TEXT = 'the quick brown fox jumps over a lazy dog';
const SETTLE_MS = 1_500;

/** A tree of menus: each leads to two others, and back to the first. */
function tree(): Record<string, object> {
  const nodes: Record<string, object> = {};
  for (let i = 0; i < NODES; i++) {
    const choices = [2 * i + 1, 2 * i + 2].filter((n) => n < NODES).map((n, key) => ({ key: String(key + 1), next: `n${n}` }));
    const ways = choices.length > 0 ? choices : [{ key: '1', next: 'n0' }];
    nodes[`n${i}`] = { type: 'menu', prompts: ['greeting'], choices: ways, otherwise: 'n0' };
  }
  return nodes;
}

interface Frames {
  count: number;
  median: number;
  p95: number;
  longest: number;
}

/** Counts frames on the page while something is done with it. */
async function framesOf(page: Page, deed: () => Promise<void>): Promise<Frames> {
  await page.evaluate(() => {
    const own = globalThis as unknown as { frames: number[]; counting: boolean };
    own.frames = [];
    own.counting = true;
    let last = performance.now();
    const tick = (): void => {
      const now = performance.now();
      own.frames.push(now - last);
      last = now;
      if (own.counting) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await deed();
  return page.evaluate(() => {
    const own = globalThis as unknown as { frames: number[]; counting: boolean };
    own.counting = false;
    const sorted = [...own.frames].sort((a, b) => a - b);
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return { count: sorted.length, median: at(0.5), p95: at(0.95), longest: at(1) };
  });
}

async function processorMs(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return (metrics.find((one) => one.name === 'TaskDuration')?.value ?? 0) * 1000;
}

async function measure(page: Page, cdp: CDPSession, name: string, steps: number, deed: () => Promise<void>): Promise<void> {
  await page.waitForTimeout(SETTLE_MS);
  const before = await processorMs(cdp);
  const frames = await framesOf(page, deed);
  const each = ((await processorMs(cdp)) - before) / steps;
  const shown = [frames.median, frames.p95, frames.longest].map((ms) => ms.toFixed(0)).join(' / ');
  process.stdout.write(`| ${name} | ${steps} | ${each.toFixed(1)} | ${frames.count} | ${shown} |\n`);
}

const s = await Scenario.start();
const browser = await TestBrowser.start();
try {
  await s.admin.post('/flows', { document: { id: 'large', name: 'large', language: 'zh-CN', start: 'n0', nodes: tree() } });
  const page = await browser.signIn(s.hotline, s.hotline.firstRun().admin, '/flows/large');
  await page.getByTestId('node-n0').waitFor();
  const cdp = await browser.context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  process.stdout.write('| | steps | processor ms a step | frames | frame ms, p50 / p95 / longest |\n| --- | --- | --- | --- | --- |\n');
  const drag = async (id: string): Promise<void> => {
    const box = await page.getByTestId(`node-${id}`).locator('.flow-node-head').boundingBox();
    if (!box) throw new Error(`node ${id} is not seen`);
    await page.mouse.move(box.x + 60, box.y + 10);
    await page.mouse.down();
    for (let i = 1; i <= 60; i++) await page.mouse.move(box.x + 60 - i, box.y + 10 + i * 2);
    await page.mouse.up();
  };
  await measure(page, cdp, 'a node with four lines is dragged', 60, () => drag('n1'));
  await measure(page, cdp, 'a node with all the lines is dragged', 60, () => drag('n0'));
  await measure(page, cdp, 'the canvas is moved', 60, async () => {
    await page.mouse.move(800, 640);
    await page.mouse.down();
    for (let i = 1; i <= 60; i++) await page.mouse.move(800 - i * 5, 640 - i * 4);
    await page.mouse.up();
  });
  await measure(page, cdp, 'zoomed out and in', 20, async () => {
    for (let i = 0; i < 20; i++) await page.mouse.wheel(0, i < 10 ? 60 : -60);
  });
  await page.getByRole('combobox', { name: '查找节点' }).fill('n0');
  await page.keyboard.press('Enter');
  await page.locator('#node-label').click();
  await measure(page, cdp, 'a letter is typed into the panel', TEXT.length, () => page.keyboard.type(TEXT));
} finally {
  await browser.close();
  await s.close();
}
