import type { Clock, Timer } from '@yixian/contracts';
import { type AgreedTimer, expireAfter, refreshAfter } from '../dialog/session-timer.js';

/** Runs the agreed session timer of one dialog (RFC 4028 §7.2, §10). Every refresh sets it anew. */
export class SessionRefresh {
  readonly #clock: Clock;
  readonly #refresh: () => void;
  readonly #expired: () => void;
  #refreshTimer: Timer | undefined;
  #expiryTimer: Timer | undefined;
  #agreed: AgreedTimer | undefined;

  constructor(clock: Clock, refresh: () => void, expired: () => void) {
    this.#clock = clock;
    this.#refresh = refresh;
    this.#expired = expired;
  }

  get agreed(): AgreedTimer | undefined {
    return this.#agreed;
  }

  arm(agreed: AgreedTimer | undefined): void {
    this.stop();
    this.#agreed = agreed;
    if (!agreed) return;
    this.#expiryTimer = this.#clock.setTimer(expireAfter(agreed), this.#expired);
    if (agreed.refresher === 'local') this.#refreshTimer = this.#clock.setTimer(refreshAfter(agreed), this.#refresh);
  }

  stop(): void {
    this.#refreshTimer?.cancel();
    this.#expiryTimer?.cancel();
    this.#refreshTimer = undefined;
    this.#expiryTimer = undefined;
  }
}
