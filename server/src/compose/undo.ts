import type { Logger } from '@yixian/contracts';

/** What has been started, to be stopped in the opposite order; each step once. */
export class Undo {
  readonly #logger: Logger;
  #steps: Array<{ name: string; run: () => Promise<unknown> | unknown }> = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, run: () => Promise<unknown> | unknown): void {
    this.#steps.push({ name, run });
  }

  /** A step that fails is logged and does not keep the others from running. */
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.run();
      } catch (error) {
        this.#logger.error({ err: error, step: step.name }, 'could not be stopped cleanly');
      }
    }
  }
}
