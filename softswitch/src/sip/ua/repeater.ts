import type { Clock, Timer } from '@yixian/contracts';
import { T1, T1_64, T2 } from '../transaction/timers.js';

/** The next interval: doubled, up to T2 for a 2xx (RFC 3261 §13.3.1.4), without bound for a reliable 1xx (RFC 3262 §3). */
export function nextInterval(previous: number, capped: boolean): number {
  return capped ? Math.min(previous * 2, T2) : previous * 2;
}

/** Repeats a response from the transaction user until it is acknowledged or 64·T1 have passed, on any transport. */
export class Repeater {
  readonly #clock: Clock;
  readonly #capped: boolean;
  readonly #send: () => void;
  #next: Timer | undefined;
  #deadline: Timer | undefined;

  constructor(clock: Clock, capped: boolean, send: () => void, overdue: () => void) {
    this.#clock = clock;
    this.#capped = capped;
    this.#send = send;
    this.#deadline = clock.setTimer(T1_64, () => {
      this.stop();
      overdue();
    });
    this.#arm(T1);
  }

  get running(): boolean {
    return this.#deadline !== undefined;
  }

  stop(): void {
    this.#next?.cancel();
    this.#deadline?.cancel();
    this.#next = undefined;
    this.#deadline = undefined;
  }

  #arm(ms: number): void {
    this.#next = this.#clock.setTimer(ms, () => {
      this.#send();
      if (this.running) this.#arm(nextInterval(ms, this.#capped));
    });
  }
}
