import type { Logger, Registration, RegistrationStore } from '@yixian/contracts';

/** Writes registrations to the store in the order they changed, one write per extension at a time, the last state wins. */
export class RegistrationKeeper {
  readonly #store: RegistrationStore;
  readonly #logger: Logger;
  readonly #wanted = new Map<string, readonly Registration[]>();
  readonly #writing = new Map<string, Promise<void>>();
  #failures = 0;

  constructor(store: RegistrationStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Writes that failed since the start. */
  get failures(): number {
    return this.#failures;
  }

  save(extension: string, registrations: readonly Registration[]): void {
    this.#wanted.set(extension, registrations);
    if (!this.#writing.has(extension)) this.#writing.set(extension, this.#write(extension));
  }

  async #write(extension: string): Promise<void> {
    for (let next = this.#wanted.get(extension); next; next = this.#wanted.get(extension)) {
      this.#wanted.delete(extension);
      try {
        await this.#store.save(extension, next);
      } catch (error) {
        this.#failures++;
        this.#logger.error({ extension, error: String(error) }, 'registrations not stored: they will be missing after a restart');
      }
    }
    this.#writing.delete(extension);
  }

  /** Resolves when all is written. */
  async flush(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing.values());
  }
}
