import type { ClusterMessage, Logger } from '@yixian/contracts';

/** Who listens to what. Until the process is composed, what nobody listens to yet is kept. */
export class Topics {
  readonly #logger: Logger;
  readonly #listeners = new Map<string, Set<(message: ClusterMessage) => void>>();
  #early: Map<string, ClusterMessage[]> | undefined = new Map();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  receive(topic: string, listener: (message: ClusterMessage) => void): () => void {
    const all = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, all.add(listener));
    const early = this.#early?.get(topic);
    this.#early?.delete(topic);
    for (const message of early ?? []) this.deliver(topic, message);
    return () => all.delete(listener);
  }

  deliver(topic: string, message: ClusterMessage): void {
    const listeners = this.#listeners.get(topic);
    if (!listeners?.size) {
      if (this.#early) this.#early.set(topic, [...(this.#early.get(topic) ?? []), message]);
      else this.#logger.debug({ topic, from: message.from }, 'nobody listens to this message of another process');
      return;
    }
    for (const listener of listeners) {
      try {
        listener(message);
      } catch (error) {
        this.#logger.error({ err: error, topic, from: message.from }, 'a message of another process could not be taken');
      }
    }
  }

  composed(): void {
    this.#early = undefined;
  }
}
