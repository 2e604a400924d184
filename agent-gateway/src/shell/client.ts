import type { Clock, Principal, Timer, Viewer } from '@yixian/contracts';
import type { Socket } from 'socket.io';
import { type Outbox, type OutboxLimits, watchOutbox } from './outbox.js';

/**
 * ```
 *  joining ──goLive()──▶ live ──leave()──▶ leaving ──gone──▶ (forgotten)
 *     └───────────────leave()─────────────────▲
 * ```
 * joining: missed events are being told, newer ones wait in the ring; live: told of events as they happen; leaving: told
 * nothing more, `closing` is on its way.
 */
export type ClientState = 'joining' | 'live' | 'leaving';

export type LeaveReason = 'signed-out' | 'too-slow' | 'shutting-down' | 'failed';

const WORDS: Record<LeaveReason, string> = {
  'signed-out': 'the session is over; sign in again',
  'too-slow': 'this connection does not take events as fast as they come; connect again with `since`',
  'shutting-down': 'the hotline is stopping; connect again with `since`',
  failed: 'the missed events could not be told; connect again',
};

export interface ClientDeps {
  clock: Clock;
  limits: OutboxLimits;
  /** How long a connection may take to hear why it is closed, or to catch up, milliseconds. */
  patienceMs: number;
  joinMs: number;
  syncSpacingMs: number;
  tooSlow(client: Client): void;
}

/** One connected user. */
export class Client {
  readonly socket: Socket;
  readonly token: string;
  readonly outbox: Outbox;
  principal: Principal;
  viewer: Viewer;
  /** Events up to this number have been told, or lie before the client's time. */
  toldTo = 0;
  /** Commands under way. */
  busy = 0;
  readonly #deps: ClientDeps;
  #state: ClientState = 'joining';
  #lastSyncAt = Number.NEGATIVE_INFINITY;
  #sync: Timer | undefined;
  readonly #joining: Timer;

  constructor(socket: Socket, who: { token: string; principal: Principal; viewer: Viewer }, deps: ClientDeps) {
    this.socket = socket;
    this.token = who.token;
    this.principal = who.principal;
    this.viewer = who.viewer;
    this.#deps = deps;
    this.outbox = watchOutbox(socket, deps.limits, () => deps.tooSlow(this));
    this.#joining = deps.clock.setTimer(deps.joinMs, () => deps.tooSlow(this));
  }

  get state(): ClientState {
    return this.#state;
  }

  goLive(): void {
    this.#joining.cancel();
    if (this.#state === 'joining') this.#state = 'live';
  }

  /** Says why, then closes; a connection that takes neither is cut. */
  leave(reason: LeaveReason): void {
    if (this.#state === 'leaving') return;
    this.free();
    const { conn } = this.socket;
    const cut = this.#deps.clock.setTimer(this.#deps.patienceMs, () => conn.close(true));
    conn.once('close', () => cut.cancel());
    this.socket.emit('closing', { reason, message: WORDS[reason] });
    this.socket.disconnect(true);
  }

  /** Runs `sync` now, or when enough time has passed since the last one; asking more often changes nothing. */
  spaced(sync: () => void): void {
    if (this.#sync || this.#state !== 'live') return;
    const { clock, syncSpacingMs } = this.#deps;
    const run = () => {
      this.#sync = undefined;
      this.#lastSyncAt = clock.monotonic();
      sync();
    };
    const wait = this.#lastSyncAt + syncSpacingMs - clock.monotonic();
    if (wait > 0) this.#sync = clock.setTimer(wait, run);
    else run();
  }

  /** The connection is gone: no timer of it is left. */
  free(): void {
    this.#state = 'leaving';
    this.#joining.cancel();
    this.#sync?.cancel();
  }
}
