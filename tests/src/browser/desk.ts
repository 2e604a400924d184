import type { Locator, Page } from 'playwright-core';
import type { AgentCredentials, Hotline } from '../hotline.js';
import { eventually } from '../peers/index.js';
import { type BrowserOptions, TestBrowser } from './browser.js';

/** What an agent reads on the desk, in both languages. */
const WORDS = {
  zh: {
    state: /^状态：/,
    seat: /^话机：/,
    use: /使\s?用/,
    more: '更多操作',
    keypad: '键盘',
    dialField: '输入号码拨号',
    dial: '拨号',
    target: '姓名、分机、队列或号码',
    phoneReady: '电话已就绪',
  },
  en: {
    state: /^State:/,
    seat: /^Calls ring at:/,
    use: /^Use$/,
    more: 'More actions',
    keypad: 'Keypad',
    dialField: 'Number to call',
    dial: 'Dial',
    target: 'Name, extension, queue or number',
    phoneReady: 'Telephone is ready',
  },
};

/** Peaks further below the strongest than this are not heard beside it. */
const BESIDE_DB = 35;
const SILENCE_DB = -80;

/** A machine that is busy with other tests is slow, not wrong. */
const HEARD_WITHIN_MS = 30_000;

/** The frequencies in what the page plays at this moment, strongest first, Hz. */
export async function frequenciesHeard(page: Page): Promise<number[]> {
  return page.evaluate(
    async ([beside, silence]) => {
      const stream = (globalThis as unknown as { yixianPhone?: { heard(): MediaStream | null } }).yixianPhone?.heard();
      if (!stream) return [];
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 8192;
      analyser.smoothingTimeConstant = 0;
      context.createMediaStreamSource(stream).connect(analyser);
      await new Promise((resolve) => setTimeout(resolve, 400));
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const { sampleRate } = context;
      await context.close();
      const floor = Math.max(Math.max(...bins) - beside, silence);
      return [...bins.keys()]
        .filter((i) => (bins[i] ?? 0) > floor && (bins[i] ?? 0) >= (bins[i - 1] ?? 0) && (bins[i] ?? 0) > (bins[i + 1] ?? 0))
        .sort((a, b) => (bins[b] ?? 0) - (bins[a] ?? 0))
        .map((i) => (i * sampleRate) / analyser.fftSize);
    },
    [BESIDE_DB, SILENCE_DB] as const,
  );
}

/** An agent's desk in a browser of its own: what a person does there, by the words that are read. */
export class Desk {
  readonly browser: TestBrowser;
  readonly page: Page;
  readonly words: (typeof WORDS)['zh' | 'en'];

  private constructor(browser: TestBrowser, page: Page, language: 'zh' | 'en') {
    this.browser = browser;
    this.page = page;
    this.words = WORDS[language];
  }

  /** Signs in by the form. The seat stays what it is. */
  static async open(
    hotline: Pick<Hotline, 'http'>,
    agent: Pick<AgentCredentials, 'username' | 'password'>,
    options: BrowserOptions & { where?: string } = {},
  ): Promise<Desk> {
    const browser = await TestBrowser.start(options);
    try {
      const page = await browser.signIn(hotline, agent, options.where ?? '/desk');
      return new Desk(browser, page, options.language ?? 'zh');
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  /** Waits until the page is a telephone. */
  async telephone(): Promise<void> {
    await this.page.getByTestId('phone-status').getByText(this.words.phoneReady).waitFor();
  }

  /** Waits until the call is in this phase, by the word on the bar. */
  async phase(word: string): Promise<void> {
    await this.page.getByTestId('call-phase').getByText(word).waitFor();
  }

  /** Waits until this is said of the other party while somebody is asked aside. */
  async otherHears(words: string): Promise<void> {
    await this.page.getByTestId('other-hears').getByText(words).waitFor();
  }

  async state(choice: string): Promise<void> {
    await this.button(this.words.state).click();
    await this.page.getByRole('menuitem', { name: choice, exact: true }).click();
  }

  async more(item: string): Promise<void> {
    await this.button(this.words.more).click();
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }

  /** The row of an agent in the picker, with the state. */
  async agentRow(search: string): Promise<Locator> {
    await this.page.getByRole('textbox', { name: this.words.target }).fill(search);
    return this.page
      .getByRole('dialog')
      .getByRole('listitem')
      .filter({ hasText: search, has: this.page.locator('.dot') });
  }

  async dial(number: string): Promise<void> {
    await this.page.getByRole('textbox', { name: this.words.dialField }).fill(number);
    await this.page.getByRole('button', { name: this.words.dial, exact: true }).click();
  }

  async keys(keys: string): Promise<void> {
    await this.button(this.words.keypad).click();
    for (const key of keys) await this.page.locator('.keypad').getByRole('button', { name: key, exact: true }).click();
    await this.page.keyboard.press('Escape');
  }

  /** Waits until the page plays this tone, or does so no longer. */
  async hears(hertz: number, is = true): Promise<void> {
    let heard: number[] = [];
    const fits = async (): Promise<boolean> => {
      heard = await frequenciesHeard(this.page);
      return heard.some((one) => Math.abs(one - hertz) < 20) === is;
    };
    await eventually(`the page ${is ? 'hears' : 'does not hear'} ${hertz} Hz`, fits, HEARD_WITHIN_MS).catch((error: Error) => {
      throw new Error(`${error.message}; it hears ${heard.slice(0, 8).map(Math.round).join(', ') || 'nothing'} Hz`);
    });
  }
}
