import type { Clock, Timer } from '@yixian/contracts';

interface Pending {
  what: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
  deadline: Timer;
}

/** Questions to the media thread that wait for their answer, none without a deadline. */
export class Requests {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #pending = new Map<number, Pending>();

  constructor(clock: Clock, deadlineMs: number) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
  }

  make<T>(id: number, what: string, send: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const deadline = this.#clock.setTimer(this.#deadlineMs, () => this.fail(id, `no answer within ${this.#deadlineMs} ms`));
      this.#pending.set(id, { what, resolve: resolve as (value: unknown) => void, reject, deadline });
      send();
    });
  }

  succeed(id: number, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  fail(id: number, reason: string): void {
    const pending = this.#take(id);
    pending?.reject(new Error(`media engine cannot ${pending.what}: ${reason}`));
  }

  failAll(reason: string): void {
    for (const id of [...this.#pending.keys()]) this.fail(id, reason);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.deadline.cancel();
    return pending;
  }
}
