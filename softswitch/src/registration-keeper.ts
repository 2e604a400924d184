import type { Logger, NodeId, Registration, RegistrationStore } from '@yixian/contracts';

/** Writes registrations to the store in the order they changed, one write per extension at a time, the last state wins. */
export class RegistrationKeeper {
  readonly #store: RegistrationStore;
  readonly #logger: Logger;
  readonly #wanted = new Map<string, readonly Registration[]>();
  readonly #writing = new Map<string, Promise<void>>();
  readonly #forgetting = new Set<Promise<void>>();
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

  /** Another process's are taken over: kept by this one from now on, so written first. */
  forget(node: NodeId): void {
    if (!this.#store.forget) return;
    const done = this.flush()
      .then(() => this.#store.forget?.(node))
      .catch((error: unknown) => {
        this.#failures++;
        this.#logger.error({ node, error: String(error) }, 'registrations of a process that is gone could not be taken over');
      });
    this.#forgetting.add(done);
    void done.finally(() => this.#forgetting.delete(done));
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

  /** Also what was of other processes is forgotten. */
  async close(): Promise<void> {
    await this.flush();
    await Promise.all(this.#forgetting);
  }
}
