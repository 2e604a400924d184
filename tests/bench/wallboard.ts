import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGateway } from '@yixian/agent-gateway';
import {
  type AgentSnapshot,
  type AgentStateName,
  applyCallEvent,
  type CallRecord,
  DEFAULT_SETTINGS,
  type DomainEvent,
  type EventDraft,
  QUEUE_DEFAULTS,
  type QueueSnapshot,
  silentLogger,
  systemClock,
} from '@yixian/contracts';
import type { CDPSession, Page } from 'playwright-core';
import { TestBrowser } from '../src/browser/browser.js';

const HELP = `node tests/dist/bench/wallboard.js [options]

Feeds the supervisor's desk and a wallboard in Chromium with events of a made-up hotline through a real gateway, and prints
frames a second and how the JavaScript heap grew. Needs web/dist (vite build). Bounded in time; everything is stopped at the end.

  --seconds N  measured on each page, after 10 s to get warm (default 60; the aim speaks of 600)
  --pages A,B  which of wall, supervise (default both)
  --agents N   (default 200)   --queues N  (default 50)   --rate N  events a second (default 50)
  --screens FOLDER  a picture of each page   --profile FOLDER  ten seconds more of each page, with its processor profile written there`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    agents: { type: 'string', default: '200' },
    queues: { type: 'string', default: '50' },
    rate: { type: 'string', default: '50' },
    pages: { type: 'string', default: 'supervise,wall' },
    screens: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  process.stdout.write(`${HELP}\n`);
  process.exit(0);
}
const [SECONDS, AGENTS, QUEUES, RATE] = [values.seconds, values.agents, values.queues, values.rate].map(Number) as [
  number,
  number,
  number,
  number,
];
const WARM_MS = 10_000;
const WEB = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../web/dist');

/** A hotline that only happens: agents go round their states with calls through queues. Kept as the real ones keep it. */
class MadeUpHotline {
  readonly agents = new Map<string, AgentSnapshot>();
  readonly queues = new Map<string, QueueSnapshot>();
  readonly records = new Map<string, CallRecord>();
  readonly listeners = new Set<(event: DomainEvent) => void>();
  #seq = 0;
  #calls = 0;
  /** Steps each agent has still to go with its call. */
  readonly #scripts: (() => void)[] = [];

  constructor() {
    const now = Date.now();
    for (let i = 0; i < AGENTS; i++) {
      const agentId = String(2001 + i);
      this.agents.set(agentId, {
        ...{ agentId, name: `坐席 ${agentId}`, state: 'ready', since: now, reason: null, seat: { kind: 'sip' }, reachable: true },
        ...{ callId: null, skills: [], skillLevels: {}, groups: [`组${i % 8}`], next: null, wrapUpUntil: null },
      });
    }
    for (let i = 0; i < QUEUES; i++) {
      const queueId = `q${i}`;
      this.queues.set(queueId, {
        ...{
          queueId,
          name: `队列 ${i + 1}`,
          waiting: [],
          longestWaitMs: 0,
          estimatedWaitMs: 30_000,
          ready: 0,
          serving: 0,
          signedIn: AGENTS,
        },
        ...{ door: { queueId, door: 'schedule', open: true, because: 'always' }, callbacks: 0, estimateErrorMs: null },
      });
    }
  }

  publish(draft: EventDraft): void {
    this.#seq += 1;
    const event = { ...draft, id: `e${this.#seq}`, seq: this.#seq, at: Date.now() } as DomainEvent;
    if (event.callId !== undefined) {
      const next = applyCallEvent(this.records.get(event.callId), event);
      if (next) this.records.set(next.id, next);
      if (event.type === 'call.ended') this.records.delete(event.callId);
    }
    for (const listener of this.listeners) listener(event);
  }

  #state(agentId: string, to: AgentStateName, callId: string | null): void {
    const agent = this.agents.get(agentId) as AgentSnapshot;
    const data = { from: agent.state, to, reason: to === 'not-ready' ? '小休' : null, by: agentId };
    Object.assign(agent, { state: to, since: Date.now(), callId, reason: data.reason });
    const states = [...this.agents.values()];
    for (const queue of this.queues.values()) queue.ready = states.filter((a) => a.state === 'ready').length;
    this.publish({ type: 'agent.state-changed', agentId, data });
  }

  /** One event happens: of a call in progress, or the beginning of another. */
  step(): void {
    if (this.#scripts.length < AGENTS / 2 || Math.random() < 0.1) this.#begin();
    const at = Math.floor(Math.random() * this.#scripts.length);
    this.#scripts[at]?.();
  }

  #begin(): void {
    const free = [...this.agents.values()].filter((a) => a.state === 'ready' || a.state === 'not-ready');
    const agent = free[Math.floor(Math.random() * free.length)];
    if (!agent) return;
    const { agentId } = agent;
    const queue = [...this.queues.values()][Math.floor(Math.random() * QUEUES)] as QueueSnapshot;
    const { queueId } = queue;
    const callId = `call-${++this.#calls}`;
    const caller = `138${String(this.#calls).padStart(8, '0')}`;
    const drop = () => {
      queue.waiting = queue.waiting.filter((one) => one.callId !== callId);
    };
    const steps = [
      () => this.publish({ type: 'call.arrived', callId, data: { direction: 'inbound', caller, called: '12320' } }),
      () => {
        queue.waiting = [
          ...queue.waiting,
          { callId, caller, position: queue.waiting.length + 1, priority: 0, since: Date.now(), offeredTo: null },
        ];
        this.publish({ type: 'call.queued', callId, queueId, data: { position: queue.waiting.length, priority: 0 } });
      },
      () => this.#state(agentId, 'ringing', callId),
      () => this.publish({ type: 'offer.made', callId, queueId, agentId, data: { offerId: callId, expiresAt: Date.now() + 15_000 } }),
      () => {
        drop();
        queue.serving += 1;
        this.publish({ type: 'call.left-queue', callId, queueId, data: { result: 'served', waitMs: 1000 } });
      },
      () => this.publish({ type: 'call.connected', callId, queueId, agentId, data: { to: agentId } }),
      () => this.#state(agentId, 'on-call', callId),
      () => {
        queue.serving -= 1;
        this.publish({
          type: 'call.disconnected',
          callId,
          queueId,
          data: { by: 'caller', termination: { by: 'caller', reason: 'normal' } },
        });
      },
      () => this.publish({ type: 'call.ended', callId, data: { termination: { by: 'caller', reason: 'normal' } } }),
      () => this.#state(agentId, 'wrap-up', null),
      () => this.#state(agentId, Math.random() < 0.2 ? 'not-ready' : 'ready', null),
    ];
    // taken from now on, so that no other call takes this agent
    agent.state = 'ringing';
    const script = () => {
      steps.shift()?.();
      if (steps.length === 0) this.#scripts.splice(this.#scripts.indexOf(script), 1);
    };
    this.#scripts.push(script);
  }
}

const USER = { id: 'u', username: 'admin', displayName: 'admin', roles: ['admin' as const], extension: null, groups: [], enabled: true };

/** Tiles of every kind. */
const BOARD = {
  ...{ id: 'wall-bench', name: 'bench', owner: 'admin', theme: 'dark', revision: 1 },
  tiles: [
    { id: 'a', title: '', x: 0, y: 0, w: 6, h: 4, kind: 'number', figure: 'waiting', queue: null },
    { id: 'b', title: '', x: 6, y: 0, w: 6, h: 4, kind: 'number', figure: 'longestWait', queue: null },
    { id: 'c', title: '', x: 12, y: 0, w: 6, h: 4, kind: 'number', figure: 'ready', queue: null },
    { id: 'd', title: '', x: 18, y: 0, w: 6, h: 4, kind: 'clock' },
    { id: 'e', title: '', x: 0, y: 4, w: 12, h: 10, kind: 'queues', queues: [] },
    { id: 'f', title: '', x: 12, y: 4, w: 5, h: 10, kind: 'agents', group: null },
    { id: 'g', title: '', x: 17, y: 4, w: 7, h: 5, kind: 'trend', measure: 'inbound' },
    { id: 'h', title: '', x: 17, y: 9, w: 7, h: 5, kind: 'alarms' },
  ],
};

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html' };

/** As they were first read: a page must not meet a newer build, which it would load. */
const files = new Map<string, Buffer>();

/** The few answers the pages ask for, and the pages. */
async function answer({ url = '/' }: IncomingMessage, res: ServerResponse): Promise<void> {
  const { pathname } = new URL(url, 'http://x');
  if (pathname.startsWith('/socket.io/')) return;
  if (pathname.startsWith('/api/')) {
    const known: Record<string, unknown> = {
      '/api/v1/wallboards/wall-bench': BOARD,
      '/api/v1/settings': DEFAULT_SETTINGS,
    };
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(known[pathname] ?? { items: [], next: null }));
    return;
  }
  const file = path.join(WEB, path.extname(pathname) === '' ? 'index.html' : path.normalize(pathname));
  const content = files.get(file) ?? (await readFile(file).catch(() => undefined));
  if (content) files.set(file, content);
  res.writeHead(content ? 200 : 404, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
  res.end(content);
}

function gatewayOn(server: ReturnType<typeof createServer>, hotline: MadeUpHotline) {
  const principal = { user: USER, roles: USER.roles, sessionId: 's' };
  const refuse = async (): Promise<never> => {
    throw new Error('nothing is commanded here');
  };
  const queueConfigs = [...hotline.queues.values()].map(({ queueId, name }) => ({
    ...QUEUE_DEFAULTS,
    ...{ id: queueId, name, requiredSkills: [], priority: 0, ringTimeoutMs: 15_000, wrapUpMs: 0, maxWaitMs: 60_000, maxLength: 10 },
    ...{ music: 'queue-music', announceEveryMs: 0, serviceLevelSeconds: 20, record: true },
  }));
  return createGateway({
    httpServer: server,
    auth: { signIn: refuse, authenticate: async () => principal, signOut: async () => {}, onSignOut: () => () => {} },
    events: {
      publish: () => {
        throw new Error('events are made by the hotline');
      },
      subscribe(listener) {
        hotline.listeners.add(listener);
        return () => hotline.listeners.delete(listener);
      },
    },
    records: { eventsSince: async () => [], call: async () => undefined },
    acd: {
      agents: () => [...hotline.agents.values()],
      agent: (id) => hotline.agents.get(id),
      queues: () => [...hotline.queues.values()],
      queue: (id) => hotline.queues.get(id),
      ...{
        setState: refuse,
        setSeat: refuse,
        moveCall: refuse,
        setDoor: refuse,
        answer: refuse,
        reject: refuse,
        occupy() {},
        release() {},
      },
    },
    calls: {
      record: (id) => hotline.records.get(id),
      records: () => [...hotline.records.values()],
      control: () => () => {},
      controlOf: () => undefined,
    },
    directory: {
      agents: () => [],
      queues: () => queueConfigs,
      settings: () => DEFAULT_SETTINGS,
      ...{
        extension: () => undefined,
        accessCode: () => undefined,
        extensionGroup: () => undefined,
        trunks: () => [],
        onChange: () => () => {},
      },
    },
    commands: { run: refuse },
    clock: systemClock(),
    logger: silentLogger,
  });
}

/** Milliseconds from the event to the page, shortest first; and how many changes there were, some of which others overtook. */
interface Delays {
  delays: number[];
  changes: number;
}

interface Figures {
  framesPerSecond: number;
  /** Milliseconds of each second in which the page's thread did each of `WORK`: what else runs on the machine does not count. */
  busyMs: number[];
  longestFrameMs: number;
  heapMb: number[];
  delays: Delays;
}

const heapOf = async (page: Page): Promise<number> => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  await cdp.detach();
  return usedSize / 1024 / 1024;
};

const WORK = ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration'] as const;

async function workOf(cdp: CDPSession): Promise<number[]> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return WORK.map((wanted) => (metrics.find(({ name }) => name === wanted)?.value ?? 0) * 1000);
}

/**
 * Counts frames on the page itself; the heap after a collection at the beginning, the middle and the end. Frames and delays are those
 * between the first two: a collection that is asked for stops the page for some tenths of a second.
 */
async function measured(page: Page, where: string): Promise<Figures> {
  await page.waitForTimeout(WARM_MS);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await workOf(cdp);
  const heapMb = [await heapOf(page)];
  const changes = watchChanges(page, where);
  await changes.watching;
  await page.evaluate(`(() => {
    const f = (globalThis.frames_ = { n: 0, longest: 0, from: performance.now(), last: performance.now() });
    const look = (at) => { f.n += 1; f.longest = Math.max(f.longest, at - f.last); f.last = at; requestAnimationFrame(look); };
    requestAnimationFrame(look);
  })()`);
  await page.waitForTimeout((SECONDS * 1000) / 2);
  const half = await page.evaluate('({ n: frames_.n, ms: performance.now() - frames_.from, longest: frames_.longest })');
  const delays = await changes.delays();
  heapMb.push(await heapOf(page));
  await page.waitForTimeout((SECONDS * 1000) / 2);
  heapMb.push(await heapOf(page));
  const after = await workOf(cdp);
  const busyMs = WORK.map((_, i) => ((after[i] ?? 0) - (before[i] ?? 0)) / SECONDS);
  const { n, ms, longest } = half as { n: number; ms: number; longest: number };
  return { framesPerSecond: n / (ms / 1000), busyMs, longestFrameMs: longest, heapMb, delays };
}

const PROFILE_MS = 10_000;

async function profiled(page: Page, file: string): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Profiler.enable');
  await cdp.send('Profiler.start');
  await page.waitForTimeout(PROFILE_MS);
  const { profile } = await cdp.send('Profiler.stop');
  await writeFile(file, JSON.stringify(profile));
  await cdp.detach();
}

const hotline = new MadeUpHotline();
const server = createServer((req, res) => void answer(req, res));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const gateway = gatewayOn(server, hotline);
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const begun = performance.now();
let made = 0;
const feed = setInterval(() => {
  // by the clock, so that a late timer loses no event
  for (const due = ((performance.now() - begun) / 1000) * RATE; made < due; made++) hotline.step();
}, 10);

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const load = (): string =>
  loadavg()
    .map((one) => one.toFixed(1))
    .join(', ');

async function opened(user: object): Promise<TestBrowser> {
  const browser = await TestBrowser.start({ viewport: { width: 1920, height: 1080 } });
  const session = JSON.stringify(JSON.stringify({ token: 'bench', user }));
  await browser.context.addInitScript(`localStorage.setItem('yixian.session', ${session})`);
  return browser;
}

interface Change {
  /** What changed: an agent, a queue. */
  of: string;
  to: string;
  /** Epoch milliseconds, by this machine's clock on both sides. */
  at: number;
}

/** What of an event a page shows, and how its elements tell that it is shown. */
const WATCHED: Record<string, { happens(event: DomainEvent): Omit<Change, 'at'> | undefined; shows: string }> = {
  '/supervise': {
    happens: (event) => (event.type === 'agent.state-changed' ? { of: `agent-${event.agentId}`, to: event.data.to } : undefined),
    shows: `(target) => ({ of: target.dataset?.testid, to: target.dataset?.state })`,
  },
  '/wall/wall-bench': {
    happens(event) {
      const queue = event.type === 'call.queued' || event.type === 'call.left-queue' ? hotline.queues.get(event.queueId ?? '') : undefined;
      return queue && { of: queue.name, to: String(queue.waiting.length) };
    },
    shows: `(target) => {
      const row = target.parentElement?.closest('.wl-table tr');
      return { of: row?.cells[0]?.textContent, to: row && target.parentElement === row.cells[1] ? target.textContent : undefined };
    }`,
  },
};

/** From an event to the frame after the one in which the page shows it: what each change took. */
function watchChanges(page: Page, where: string) {
  const watched = WATCHED[where];
  if (!watched) throw new Error(`nothing is watched on ${where}`);
  const happened: Change[] = [];
  const listen = (event: DomainEvent): void => {
    const change = watched.happens(event);
    if (change) happened.push({ ...change, at: Date.now() });
  };
  const watching = page.evaluate(`(() => {
    globalThis.shown_ = [];
    const read = ${watched.shows};
    globalThis.watching_ = new MutationObserver((mutations) => {
      const now = mutations.map(({ target }) => read(target)).filter(({ of, to }) => of !== undefined && to !== undefined);
      requestAnimationFrame(() => { for (const one of now) shown_.push({ ...one, at: Date.now() }); });
    });
    watching_.observe(document.body, { subtree: true, characterData: true, attributeFilter: ['data-state'] });
  })()`);
  hotline.listeners.add(listen);
  return {
    watching,
    async delays(): Promise<Delays> {
      hotline.listeners.delete(listen);
      await page.evaluate('watching_.disconnect()');
      const shown = (await page.evaluate('shown_')) as Change[];
      const delays = shown.flatMap(({ of, to, at }) => {
        const cause = happened.findLast((one) => one.of === of && one.to === to && one.at <= at);
        return cause ? [at - cause.at] : [];
      });
      return { delays: delays.sort((a, b) => a - b), changes: happened.length };
    },
  };
}

function delayText({ delays, changes }: Delays): string {
  const part = (share: number): number | undefined => delays[Math.min(delays.length - 1, Math.floor(share * delays.length))];
  return `  event → page: p50 ${part(0.5)}, p95 ${part(0.95)}, p99 ${part(0.99)}, most ${delays.at(-1)} ms; ${delays.length} shown of ${changes} changes`;
}

async function pages(names: readonly string[]): Promise<void> {
  const browser = await opened(USER);
  try {
    const page = await browser.page();
    for (const where of names) {
      await page.goto(origin + where);
      await page.getByText('队列 1').first().waitFor();
      const before = load();
      const { framesPerSecond, busyMs, longestFrameMs, heapMb, delays } = await measured(page, where);
      if (values.profile) await profiled(page, path.join(values.profile, `bench${where.replaceAll('/', '-')}.cpuprofile`));
      if (values.screens) await page.screenshot({ path: path.join(values.screens, `bench${where.replaceAll('/', '-')}.png`) });
      const heap = heapMb.map((mb) => mb.toFixed(1)).join(' → ');
      say(`${where}: ${framesPerSecond.toFixed(1)} frames a second, longest ${longestFrameMs.toFixed(0)} ms, heap ${heap} MB`);
      const [all, script, style, layout] = busyMs.map((ms) => ms.toFixed(0));
      say(`  page thread, ms of each second: ${all}, of it script ${script}, style ${style}, layout ${layout}`);
      say(delayText(delays));
      say(`  load average before ${before}, after ${load()}`);
    }
    if (browser.errors.length > 0) say(`errors on the pages: ${browser.errors.slice(0, 5).join('; ')}`);
  } finally {
    await browser.close();
  }
}

try {
  const wanted = new Set(values.pages.split(','));
  say(`${AGENTS} agents, ${QUEUES} queues, ${RATE} events a second, ${SECONDS} s a page`);
  await pages([...(wanted.has('supervise') ? ['/supervise'] : []), ...(wanted.has('wall') ? ['/wall/wall-bench'] : [])]);
} finally {
  clearInterval(feed);
  await gateway.stop();
  server.closeAllConnections();
  server.close();
}
