import type { Bridge } from '@yixian/contracts';
import type { Leg } from './leg.js';
import type { MediaEngine } from './media/port.js';

type Crossing = Pick<MediaEngine, 'bridge' | 'unbridge'>;

class LegBridge implements Bridge {
  readonly id: string;
  readonly legs: readonly [Leg, Leg];
  readonly ended: Promise<void>;
  #over: () => void = () => {};
  readonly #takeDown: (bridge: LegBridge) => void;

  constructor(id: string, legs: readonly [Leg, Leg], takeDown: (bridge: LegBridge) => void) {
    this.id = id;
    this.legs = legs;
    this.#takeDown = takeDown;
    this.ended = new Promise((resolve) => {
      this.#over = resolve;
    });
  }

  async unbridge(): Promise<void> {
    this.#takeDown(this);
  }

  over(): void {
    this.#over();
  }
}

/** Which legs hear each other. A leg is in one bridge at most: a new one replaces the old. */
export class Bridges {
  readonly #engine: Crossing;
  readonly #current = new Map<Leg, LegBridge>();

  constructor(engine: Crossing) {
    this.#engine = engine;
  }

  get size(): number {
    return new Set(this.#current.values()).size;
  }

  /** @throws Error naming the leg that has ended or has no media */
  async connect(id: string, a: Leg, b: Leg): Promise<Bridge> {
    if (a === b) throw new Error(`leg ${a.id} cannot be bridged to itself`);
    for (const leg of [a, b]) if (!leg.media?.session) await this.#media(leg);
    for (const leg of [a, b]) {
      if (leg.state === 'ended') throw new Error(`leg ${leg.id} has ended and cannot be bridged`);
      const old = this.#current.get(leg);
      if (old) this.#end(old);
    }
    const bridge = new LegBridge(id, [a, b], (over) => this.#takeDown(over));
    this.#current.set(a, bridge);
    this.#current.set(b, bridge);
    this.#cross(bridge);
    return bridge;
  }

  async #media(leg: Leg): Promise<void> {
    if (leg.state === 'ended' || !leg.media) throw new Error(`leg ${leg.id} has ended and cannot be bridged`);
    await leg.media.opened;
  }

  #cross(bridge: LegBridge): void {
    const [a, b] = bridge.legs.map((leg) => leg.media?.session);
    if (a && b) this.#engine.bridge(a, b);
  }

  /** The leg's media is another session now. */
  mediaChanged(leg: Leg): void {
    const bridge = this.#current.get(leg);
    if (bridge) this.#cross(bridge);
  }

  legEnded(leg: Leg): void {
    const bridge = this.#current.get(leg);
    if (bridge) this.#end(bridge);
  }

  #takeDown(bridge: LegBridge): void {
    if (this.#current.get(bridge.legs[0]) === bridge) this.#end(bridge);
  }

  #end(bridge: LegBridge): void {
    for (const leg of bridge.legs) {
      if (this.#current.get(leg) === bridge) this.#current.delete(leg);
    }
    // One side is enough, and after a leg's end there is only one.
    const living = bridge.legs.map((leg) => leg.media?.session).find((s) => s !== undefined);
    if (living) this.#engine.unbridge(living);
    bridge.over();
  }
}
