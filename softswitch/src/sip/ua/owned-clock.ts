import type { Clock, Timer } from '@yixian/contracts';

/** A clock that knows every timer it gave out, so that stopping the stack leaves none behind. */
export class OwnedClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  readonly #failed: ((error: unknown) => void) | undefined;
  #stopped = false;

  /** `failed` takes what a timer throws; without it the error goes on to the clock. */
  constructor(clock: Clock, failed?: (error: unknown) => void) {
    this.#clock = clock;
    this.#failed = failed;
  }

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    if (this.#stopped) return { cancel: () => undefined };
    const inner = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      this.#fire(fire);
    });
    const timer: Timer = {
      cancel: () => {
        this.#timers.delete(timer);
        inner.cancel();
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  #fire(fire: () => void): void {
    if (!this.#failed) {
      fire();
      return;
    }
    try {
      fire();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Cancels every timer and gives out no more. */
  stop(): void {
    this.#stopped = true;
    for (const timer of [...this.#timers]) timer.cancel();
  }
}
