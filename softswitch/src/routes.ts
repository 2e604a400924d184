import type { Bridge, Conference } from '@yixian/contracts';
import { LegBridge } from './bridge.js';
import { LegConference } from './conference.js';
import {
  type Hearing,
  type HearingInput,
  type HearingState,
  heardBy,
  hearingStep,
  legsOf,
  listenersOf,
  nobodyHears,
} from './core/hearing.js';
import type { Leg } from './leg.js';
import type { MediaEngine, MediaSession } from './media/port.js';

/** Keeps who hears whom and tells the media engine of each change, all of a change at once. */
export class Routes {
  readonly #engine: Pick<MediaEngine, 'route'>;
  readonly #bridges = new Map<string, LegBridge>();
  /** Legs whose media is still on its way. */
  readonly #awaited = new Set<Leg>();
  #state: HearingState<Leg> = nobodyHears();

  constructor(engine: Pick<MediaEngine, 'route'>) {
    this.#engine = engine;
  }

  get bridges(): number {
    return this.#bridges.size;
  }

  get conferences(): number {
    return this.#state.circles.size - this.#bridges.size;
  }

  /** Legs in conferences. */
  get members(): number {
    return this.#state.where.size - 2 * this.#bridges.size;
  }

  /** @throws Error naming the leg that has ended or has no media */
  async bridge(id: string, a: Leg, b: Leg): Promise<Bridge> {
    if (a === b) throw new Error(`leg ${a.id} cannot be bridged to itself`);
    for (const leg of [a, b]) if (!leg.media?.session) await mediaOf(leg);
    for (const leg of [a, b]) if (leg.state === 'ended') throw new Error(`leg ${leg.id} has ended and cannot be bridged`);
    const bridge = new LegBridge(id, [a, b], (over) => this.#step({ type: 'released', id: over }));
    this.#step({ type: 'bridged', id, a, b });
    this.#bridges.set(id, bridge);
    return bridge;
  }

  conference(id: string): Conference {
    return new LegConference(id, {
      legs: () => legsOf(this.#state, id),
      set: (_, hearing) => this.#set(id, hearing),
      release: () => this.#step({ type: 'released', id }),
    });
  }

  /** In force at once; resolves when those whose media was still on its way are in it too. */
  async #set(id: string, hearing: Hearing<Leg>): Promise<void> {
    this.#step({ type: 'set', id, hearing });
    await Promise.allSettled(legsOf(this.#state, id).map((leg) => leg.media?.opened));
  }

  /** The leg's media is another session now. */
  mediaChanged(leg: Leg): void {
    this.#send(new Map([leg, ...listenersOf(this.#state, leg)].map((listener) => [listener, heardBy(this.#state, listener)])));
  }

  legEnded(leg: Leg): void {
    this.#step({ type: 'ended', leg });
  }

  #step(input: HearingInput<Leg>): void {
    const { state, changes, over } = hearingStep(this.#state, input);
    this.#state = state;
    this.#send(changes);
    for (const id of over) {
      const bridge = this.#bridges.get(id);
      this.#bridges.delete(id);
      bridge?.over();
    }
  }

  #send(changes: Hearing<Leg>): void {
    const sessions = new Map<MediaSession, readonly MediaSession[]>();
    for (const [listener, heard] of changes) {
      const own = this.#sessionOf(listener);
      const others = heard.flatMap((leg) => this.#sessionOf(leg) ?? []);
      if (own) sessions.set(own, others);
    }
    if (sessions.size > 0) this.#engine.route(sessions);
  }

  #sessionOf(leg: Leg): MediaSession | undefined {
    const session = leg.media?.session;
    if (session || !leg.media || leg.state === 'ended' || this.#awaited.has(leg)) return session;
    this.#awaited.add(leg);
    const settled = (): void => {
      this.#awaited.delete(leg);
      this.mediaChanged(leg);
    };
    // A leg without ports ends by itself; here it is only not heard.
    leg.media.opened.then(settled, () => this.#awaited.delete(leg));
    return undefined;
  }
}

async function mediaOf(leg: Leg): Promise<MediaSession> {
  if (leg.state === 'ended' || !leg.media) throw new Error(`leg ${leg.id} has ended and cannot be bridged`);
  return await leg.media.opened;
}
