import type { Bridge, CallLeg, Logger, MediaItem, Playback, Switch } from '@yixian/contracts';
import type { DirectInput } from '../core/direct-call.js';
import { messageOf } from './deadline.js';

export interface DirectMediaDeps {
  switch: Pick<Switch, 'bridge'>;
  logger: Logger;
  caller: CallLeg;
  callee: () => CallLeg | undefined;
  /** Whether the call is over: what is still waiting its turn is then not begun. */
  over: () => boolean;
  /** Tells the call what came of it. */
  input: (input: DirectInput) => void;
}

const RINGBACK: MediaItem[] = [{ kind: 'tone', tone: 'ringback' }];

/** What the two parties of a direct call hear until they talk. Owns the bridge and what is played; `close` puts both in order. */
export class DirectMedia {
  readonly #deps: DirectMediaDeps;
  #bridge: Bridge | undefined;
  #ringback: Playback | undefined;
  /** Answering, bridging and unbridging happen one after the other, in the order in which they were asked for. */
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: DirectMediaDeps) {
    this.#deps = deps;
  }

  /** Resolves when everything asked for so far is done. */
  settled(): Promise<void> {
    return this.#turn;
  }

  openEarlyMedia(): void {
    const { caller, logger, input } = this.#deps;
    this.#then('opening early media', async () => {
      try {
        if (caller.state !== 'answered') await caller.early();
        await this.#join();
        input({ type: 'bridged' });
      } catch (error) {
        logger.warn({ legId: caller.id, problem: messageOf(error) }, 'early media not passed on');
        input({ type: 'earlyFailed' });
      }
    });
  }

  answerCaller(): void {
    this.#then('answering the caller', async () => {
      await this.#deps.caller.answer();
      this.#deps.input({ type: 'callerAnswered' });
    });
  }

  bridge(): void {
    this.#then('bridging two legs', async () => {
      await this.#join();
      this.#deps.input({ type: 'bridged' });
    });
  }

  /** The bridge belongs to who asks for it from here on. */
  handOver(): Bridge | undefined {
    const bridge = this.#bridge;
    this.#bridge = undefined;
    return bridge;
  }

  playRingback(): void {
    const leg = this.#deps.caller;
    if (leg.state !== 'ended') this.#ringback = leg.play(RINGBACK, { loop: true });
  }

  stopRingback(): void {
    this.#ringback?.stop();
    this.#ringback = undefined;
  }

  /** Parts the two and ends what is played. Rejects when the switch cannot part them. */
  async close(): Promise<void> {
    this.stopRingback();
    await this.#turn;
    await this.#bridge?.unbridge();
  }

  async #join(): Promise<void> {
    const callee = this.#deps.callee();
    if (!callee) throw new Error('there is nobody to join');
    this.#bridge = await this.#deps.switch.bridge(this.#deps.caller, callee);
  }

  #then(what: string, task: () => Promise<void>): void {
    const { caller, callee, logger, over, input } = this.#deps;
    this.#turn = this.#turn
      .then(() => (over() ? undefined : task()))
      .catch((error: unknown) => {
        // When a leg has ended that is the reason, and the leg tells it.
        if (caller.state === 'ended' || callee()?.state === 'ended') return;
        logger.error({ legId: caller.id, problem: messageOf(error) }, `${what} failed`);
        input({ type: 'release', termination: { by: 'system', reason: 'switch-failure', text: `${what}: ${messageOf(error)}` } });
      });
  }
}
