import type { Logger } from '@yixian/contracts';

/** A session the media thread has opened. */
export interface Opened {
  readonly id: number;
  readonly rtpPort: number;
}

export interface SpareOptions {
  /** How many are kept for each address; 0 keeps none. */
  count: number;
  open(address: string): Promise<Opened>;
  logger: Logger;
}

interface Kept {
  free: Opened[];
  ordered: number;
}

/**
 * Sessions that are open before anybody needs them: the port for an offer is there at once, and the INVITE waits neither for the media
 * thread nor for its answer. What is taken is opened anew behind the one who took it.
 */
export class SpareSessions {
  readonly #options: SpareOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #due = new Set<string>();

  constructor(options: SpareOptions) {
    this.#options = options;
  }

  /** How many are ready, on all addresses. */
  get size(): number {
    return [...this.#kept.values()].reduce((sum, { free }) => sum + free.length, 0);
  }

  /** One for this address; undefined when none is ready yet. From now on some are kept for it. */
  take(address: string): Opened | undefined {
    const spare = this.#kept.get(address)?.free.shift();
    this.keep(address);
    return spare;
  }

  /** Sees to it that some are kept for this address, in a later turn: first comes what they are for. */
  keep(address: string): void {
    if (this.#options.count === 0 || this.#due.has(address)) return;
    if (!this.#kept.has(address)) this.#kept.set(address, { free: [], ordered: 0 });
    this.#due.add(address);
    setImmediate(() => {
      this.#due.delete(address);
      this.#order(address);
    });
  }

  /** The media thread has ended, and with it all that was kept or ordered. */
  lost(): void {
    for (const address of this.#kept.keys()) this.#kept.set(address, { free: [], ordered: 0 });
  }

  /** A new media thread is there. */
  renew(): void {
    for (const address of this.#kept.keys()) this.keep(address);
  }

  #order(address: string): void {
    const kept = this.#kept.get(address);
    if (!kept) return;
    while (kept.free.length + kept.ordered < this.#options.count) {
      kept.ordered++;
      this.#options.open(address).then(
        (opened) => {
          kept.ordered--;
          kept.free.push(opened);
        },
        (error: unknown) => {
          // Not again until somebody takes one: the range may be used up, or the address not ours.
          kept.ordered--;
          this.#options.logger.debug({ address, error: String(error) }, 'no spare RTP port');
        },
      );
    }
  }
}
