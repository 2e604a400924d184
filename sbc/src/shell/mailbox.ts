import type { Call, CallLeg, Clock, Logger, Mailbox, MailboxMessage, MediaItem, Prompts, Termination } from '@yixian/contracts';
import { messageOf, within } from './deadline.js';

export interface MailboxDeps {
  clock: Clock;
  logger: Logger;
  mailbox?: Mailbox;
  prompts?: Prompts;
}

/** Longest wait for the database or the disk. */
const LIMIT_MS = 10_000;
/** How long a key is waited for after a message; then the next one is played. */
const KEY_MS = 6_000;
/** A message that is asked for again and again is not played without end. */
const MOST_PLAYS = 500;

const DONE: Termination = { by: 'system', reason: 'normal', text: 'the box was heard' };

/**
 * The messages of the own boxes, by telephone: new ones first, each followed by what can be done with it. 1 again, 2 next, 3 delete,
 * * the end. No PIN is asked for: the phone has shown by its digest whose it is. Resolves with how it ended; the leg is answered.
 */
export async function runMailbox(deps: MailboxDeps, call: Call): Promise<Termination> {
  try {
    return await new MailboxCall(deps, call).run();
  } catch (error) {
    if (call.leg.termination) return call.leg.termination;
    deps.logger.warn({ callId: call.id, extension: call.caller, problem: messageOf(error) }, 'a box could not be heard');
    await say(call.leg, prompt(deps, 'system-error', call.language));
    return call.leg.termination ?? { by: 'system', reason: 'storage-failure', text: messageOf(error) };
  }
}

class MailboxCall {
  readonly #deps: MailboxDeps;
  readonly #leg: CallLeg;
  readonly #extension: string;
  readonly #language: string | undefined;

  constructor(deps: MailboxDeps, call: Call) {
    this.#deps = deps;
    this.#leg = call.leg;
    this.#extension = call.caller;
    this.#language = call.language;
  }

  async run(): Promise<Termination> {
    const messages = await this.#within(this.#deps.mailbox?.messages(this.#extension) ?? Promise.resolve([]));
    await say(this.#leg, this.#greeting(messages));
    let next = 0;
    for (let plays = 0; next < messages.length && plays < MOST_PLAYS && this.#leg.state !== 'ended'; plays++) {
      const message = messages[next] as MailboxMessage;
      const key = await this.#hear(message);
      if (key === '*') return DONE;
      if (key === '3') await this.#remove(message);
      if (key !== '1') next++;
    }
    if (messages.length > 0) await say(this.#leg, this.#prompt('mailbox-end'));
    return this.#leg.termination ?? DONE;
  }

  #greeting(messages: readonly MailboxMessage[]): MediaItem[] {
    const fresh = messages.filter((one) => one.isNew).length;
    if (messages.length === 0) return this.#prompt('mailbox-empty');
    const number = this.#deps.prompts?.sayNumber(fresh, { counting: true, ...(this.#language ? { language: this.#language } : {}) }) ?? [];
    return [...this.#prompt('mailbox-you-have'), ...number, ...this.#prompt('mailbox-new')];
  }

  /** @returns the key that was pressed; empty when none was */
  async #hear(message: MailboxMessage): Promise<string> {
    const { mailbox } = this.#deps;
    if (!mailbox) return '*';
    const audio = await this.#within(mailbox.open(message.id));
    try {
      this.#leg.clearDigits();
      const items: MediaItem[] = [
        { kind: 'file', path: audio.path },
        { kind: 'silence', durationMs: 300 },
        ...this.#prompt('mailbox-keys'),
      ];
      const how = await this.#leg.play(items, { interruptOn: 'any' }).finished;
      if (how === 'leg-ended') return '*';
      if (message.isNew) await this.#within(mailbox.markHeard(message.id, this.#extension));
      const wait = { firstDigitTimeoutMs: KEY_MS, interDigitTimeoutMs: KEY_MS };
      return (await this.#leg.collect({ maxDigits: 1, ...wait, inBand: true })).digits;
    } finally {
      await audio.release();
    }
  }

  async #remove(message: MailboxMessage): Promise<void> {
    await this.#within(this.#deps.mailbox?.remove(message.id, this.#extension) ?? Promise.resolve());
    await say(this.#leg, this.#prompt('mailbox-deleted'));
  }

  #prompt(id: string): MediaItem[] {
    return prompt(this.#deps, id, this.#language);
  }

  async #within<T>(work: Promise<T>): Promise<T> {
    const done = await within(this.#deps.clock, LIMIT_MS, work);
    if (done === 'too-late') throw new Error(`no answer within ${LIMIT_MS} ms`);
    return done as T;
  }
}

function prompt({ prompts }: MailboxDeps, id: string, language: string | undefined): MediaItem[] {
  const item = prompts?.item(id, language);
  return item ? [item] : [];
}

/** Whoever knows the words goes on by a key. */
async function say(leg: CallLeg, items: readonly MediaItem[]): Promise<void> {
  if (items.length > 0 && leg.state !== 'ended') await leg.play(items, { interruptOn: 'any' }).finished;
}
