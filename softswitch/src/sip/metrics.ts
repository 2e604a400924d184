import type { Clock, Logger } from '@yixian/contracts';
import type { Hop } from './transport/types.js';

/** Counters by Prometheus name. Labels come from fixed sets only, so that a peer cannot make new series. */
export class Counters {
  readonly #values = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + by);
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.#values);
  }
}

const WINDOW_MS = 60_000;
const LINES_PER_WINDOW = 5;
const MAX_SOURCES = 1_024;

interface Window {
  since: number;
  lines: number;
  suppressed: number;
}

/** One counter per kind of refused or discarded message, and a log line each until a source has had its share. */
export class Discards {
  readonly #counters: Counters;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #sources = new Map<string, Window>();

  constructor(counters: Counters, logger: Logger, clock: Clock) {
    this.#counters = counters;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** `reason` is one of our own fixed words. */
  note(reason: string, source: Hop, facts: object = {}): void {
    this.#counters.add(`sip_messages_discarded_total{reason="${reason}"}`);
    this.#log(source, { reason, ...facts }, 'SIP message discarded');
  }

  refused(status: number, source: Hop, facts: object = {}): void {
    this.#counters.add(`sip_requests_refused_total{status="${status}"}`);
    this.#log(source, { status, ...facts }, 'SIP request refused');
  }

  #log(source: Hop, facts: object, message: string): void {
    const window = this.#windowOf(source.address);
    window.lines++;
    if (window.lines > LINES_PER_WINDOW) {
      window.suppressed++;
      return;
    }
    const from = `${source.transport}:${source.address}:${source.port}`;
    this.#logger.warn({ ...facts, source: from }, message);
  }

  #windowOf(address: string): Window {
    const now = this.#clock.monotonic();
    const known = this.#sources.get(address);
    if (known && now - known.since < WINDOW_MS) return known;
    if (known && known.suppressed > 0) {
      this.#logger.warn({ source: address, lines: known.suppressed }, 'SIP log lines of this source were suppressed');
    }
    this.#sources.delete(address);
    if (this.#sources.size >= MAX_SOURCES) for (const oldest of [...this.#sources.keys()].slice(0, 64)) this.#sources.delete(oldest);
    const fresh: Window = { since: now, lines: 0, suppressed: 0 };
    this.#sources.set(address, fresh);
    return fresh;
  }
}
