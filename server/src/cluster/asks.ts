import { type Clock, DomainError, type ErrorCode, type Logger, type NodeId, type Timer } from '@yixian/contracts';

export interface Ask {
  k: 'ask';
  id: number;
  method: string;
  body?: unknown;
}

export interface Reply {
  k: 'reply';
  id: number;
  value?: unknown;
  /** `code` null: no refusal but a fault. */
  error?: { code: ErrorCode | null; message: string; details?: Record<string, unknown> };
}

type Handler = (body: unknown, from: NodeId) => Promise<unknown>;

interface Pending {
  to: NodeId | 'leader';
  method: string;
  timer: Timer;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Questions of this process to others that wait for an answer, and what this process answers. */
export class Asks {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #handlers = new Map<string, Handler>();
  readonly #pending = new Map<number, Pending>();
  #early: Map<string, (() => void)[]> | undefined = new Map();
  #next = 1;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** @param given called when the deadline passes without an answer */
  open(
    to: NodeId | 'leader',
    method: string,
    body: unknown,
    deadlineMs: number,
    given: (id: number) => void,
  ): { ask: Ask; answer: Promise<unknown> } {
    const id = this.#next;
    this.#next += 1;
    const answer = new Promise<unknown>((resolve, reject) => {
      const timer = this.#clock.setTimer(deadlineMs, () => {
        given(id);
        this.#settle(id)?.reject(new DomainError('unavailable', `${to} did not answer ${method} within ${deadlineMs} ms`, { node: to }));
      });
      this.#pending.set(id, { to, method, timer, resolve, reject });
    });
    return { ask: { k: 'ask', id, method, body }, answer };
  }

  replied({ id, value, error }: Reply): void {
    const pending = this.#settle(id);
    if (!pending) return;
    if (!error) pending.resolve(value);
    else if (error.code) pending.reject(new DomainError(error.code, error.message, error.details));
    else pending.reject(new Error(error.message));
  }

  /** A process is gone: what it was asked has no answer. */
  gone(node: NodeId): void {
    for (const [id, pending] of this.#pending) {
      if (pending.to !== node) continue;
      this.#settle(id)?.reject(new DomainError('unavailable', `the process ${node} is gone`, { node }));
    }
  }

  close(): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new DomainError('unavailable', 'this process stops'));
  }

  answer(method: string, handler: Handler): () => void {
    if (this.#handlers.has(method)) throw new Error(`${method} has a handler already`);
    this.#handlers.set(method, handler);
    const early = this.#early?.get(method);
    this.#early?.delete(method);
    for (const run of early ?? []) run();
    return () => this.#handlers.delete(method);
  }

  /** The answer of this process, as it is, for one that asks itself. */
  here(method: string, body: unknown, from: NodeId): Promise<unknown> {
    const handler = this.#handlers.get(method);
    if (handler) return handler(body, from);
    return Promise.reject(new DomainError('unavailable', `nobody answers ${method}`, { node: from }));
  }

  /** Answers another process. */
  async handle(ask: Ask, from: NodeId): Promise<Reply> {
    if (this.#early && !this.#handlers.has(ask.method)) await this.#composed(ask.method);
    try {
      return { k: 'reply', id: ask.id, value: await this.here(ask.method, ask.body, from) };
    } catch (error) {
      return { k: 'reply', id: ask.id, error: this.#described(error, ask) };
    }
  }

  composed(): void {
    const early = this.#early;
    this.#early = undefined;
    for (const waiting of early?.values() ?? []) for (const run of waiting) run();
  }

  get waiting(): number {
    return this.#pending.size;
  }

  #composed(method: string): Promise<void> {
    return new Promise((resolve) => this.#early?.set(method, [...(this.#early.get(method) ?? []), resolve]));
  }

  #described(error: unknown, ask: Ask): NonNullable<Reply['error']> {
    if (error instanceof DomainError) {
      const { code, message, details } = error;
      return { code, message, ...(details ? { details } : {}) };
    }
    this.#logger.error({ err: error, method: ask.method }, 'a question of another process could not be answered');
    return { code: null, message: error instanceof Error ? error.message : String(error) };
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.timer.cancel();
    return pending;
  }
}
