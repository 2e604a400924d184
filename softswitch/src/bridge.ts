import type { Bridge } from '@yixian/contracts';
import type { Leg } from './leg.js';

/** Two legs that hear each other. */
export class LegBridge implements Bridge {
  readonly id: string;
  readonly legs: readonly [Leg, Leg];
  readonly ended: Promise<void>;
  #over: () => void = () => {};
  readonly #release: (id: string) => void;

  constructor(id: string, legs: readonly [Leg, Leg], release: (id: string) => void) {
    this.id = id;
    this.legs = legs;
    this.#release = release;
    this.ended = new Promise((resolve) => {
      this.#over = resolve;
    });
  }

  async unbridge(): Promise<void> {
    this.#release(this.id);
  }

  /** Told that audio has stopped crossing. */
  over(): void {
    this.#over();
  }
}
