import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { AgentCredentials, Hotline } from '../hotline.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const START_LIMIT_MS = 80_000;
/** A browser that does not end when asked is ended. */
const CLOSE_LIMIT_MS = 15_000;

/** Quiet towards the outside; a microphone that plays a tone, granted without a question. */
const ARGUMENTS = [
  '--no-sandbox',
  // /dev/shm is small in containers, and a page that fills it ends
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

export interface BrowserOptions {
  language?: 'zh' | 'en';
  /** A WAV the microphone plays instead of Chromium's beep. */
  microphone?: string;
  viewport?: { width: number; height: number };
  dark?: boolean;
  /** Another program than Chromium itself, e.g. one that runs it elsewhere. */
  executable?: string;
  /** An `http://` origin that is to have a microphone like a secure one. */
  trustedOrigin?: string;
  /** Takes whatever certificate a server has. */
  anyCertificate?: boolean;
  /** Another name that leads to 127.0.0.1. */
  nameOfThisMachine?: string;
}

/** One Chromium with a profile of its own; `close` ends it and removes the profile. */
export class TestBrowser {
  readonly context: BrowserContext;
  readonly #profile: string;
  /** Whatever a page wrote as an error, for tests that must not have any. */
  readonly errors: string[] = [];

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  static async start(options: BrowserOptions = {}): Promise<TestBrowser> {
    const profile = mkdtempSync(path.join(tmpdir(), 'yixian-chromium-'));
    const microphone = options.microphone === undefined ? [] : [`--use-file-for-fake-audio-capture=${options.microphone}`];
    const trusted = options.trustedOrigin === undefined ? [] : [`--unsafely-treat-insecure-origin-as-secure=${options.trustedOrigin}`];
    const { nameOfThisMachine: name } = options;
    const named = name === undefined ? [] : [`--host-resolver-rules=MAP ${name} 127.0.0.1`];
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: options.executable ?? CHROMIUM,
      headless: true,
      timeout: START_LIMIT_MS,
      args: [...ARGUMENTS, ...microphone, ...trusted, ...named],
      viewport: options.viewport ?? { width: 1366, height: 768 },
      colorScheme: options.dark ? 'dark' : 'light',
      // What is moving cannot be clicked for certain on a busy machine; pages are to honour this anyway.
      reducedMotion: 'reduce',
      locale: options.language === 'en' ? 'en-US' : 'zh-CN',
      timezoneId: 'Asia/Shanghai',
      permissions: ['microphone'],
      ignoreHTTPSErrors: options.anyCertificate ?? false,
    });
    context.setDefaultTimeout(20_000);
    const browser = new TestBrowser(context, profile);
    const language = options.language ?? 'zh';
    await context.addInitScript(`if (!localStorage.getItem('yixian.language')) localStorage.setItem('yixian.language', '${language}')`);
    context.on('console', (message) => {
      if (message.type() === 'error') browser.errors.push(message.text());
    });
    context.on('weberror', (error) => browser.errors.push(String(error.error())));
    return browser;
  }

  async page(): Promise<Page> {
    return this.context.pages()[0] ?? this.context.newPage();
  }

  /** Signs in by the form, as a person would. */
  async signIn(hotline: Pick<Hotline, 'http'>, who: Pick<AgentCredentials, 'username' | 'password'>, where = '/'): Promise<Page> {
    const page = await this.page();
    await page.goto(hotline.http + where);
    await page.locator('input[autocomplete="username"]').fill(who.username);
    await page.locator('input[autocomplete="current-password"]').fill(who.password);
    await page.locator('button[type="submit"]').click();
    await page.locator('#header-slot').waitFor({ state: 'attached' });
    return page;
  }

  /** Stops every process of the browser, as a closed lid does: nothing is said to anybody. `wake` goes on. */
  sleep(): void {
    this.#signal('SIGSTOP');
  }

  wake(): void {
    this.#signal('SIGCONT');
  }

  #signal(signal: NodeJS.Signals): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.#profile)) process.kill(Number(pid), signal);
      } catch {
        // that one has ended meanwhile
      }
    }
  }

  async close(): Promise<void> {
    this.wake();
    const late = new AbortController();
    const limit = setTimeout(CLOSE_LIMIT_MS, undefined, { signal: late.signal }).then(
      () => this.#signal('SIGKILL'),
      () => undefined,
    );
    await Promise.race([this.context.close(), limit]);
    late.abort();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical faults of accessibility on the page as it is now: rule, and where. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  // A colour on its way to another is no fault, and no colour: transitions end by themselves.
  await page.evaluate(async () => {
    const running = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(running.map((one) => one.finished));
  });
  return page.evaluate(async () => {
    interface Found {
      violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
    }
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<Found> } };
    // what passes is only counted: to say where each of it stands costs more than to judge it
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.target.join(' ')} — ${node.failureSummary}`));
  });
}
