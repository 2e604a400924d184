import type { Clock } from '@yixian/contracts';

const KEEP_MS = 32_000;

/**
 * Answers given without a transaction (RFC 3261 §8.2.7, §26.3.2.4), so that a retransmission gets the same one and costs no second
 * decision. Bounded: under a flood the oldest are forgotten, and their retransmissions are judged anew.
 */
export class RecentAnswers {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #entries = new Map<string, { at: number; bytes: Buffer | undefined }>();

  constructor(clock: Clock, size = 4_096) {
    this.#clock = clock;
    this.#size = size;
  }

  /** `bytes` undefined: the request is to be ignored. */
  keep(key: string, bytes: Buffer | undefined): void {
    if (this.#entries.size >= this.#size) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, { at: this.#clock.monotonic(), bytes });
  }

  find(key: string): { bytes: Buffer | undefined } | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (this.#clock.monotonic() - entry.at <= KEEP_MS) return entry;
    this.#entries.delete(key);
    return undefined;
  }
}
