import type { CallLeg, Conference } from '@yixian/contracts';
import type { Hearing } from './core/hearing.js';
import { Leg } from './leg.js';

/** What a conference asks of whoever keeps the routes. */
export interface ConferenceRoutes {
  legs(id: string): readonly Leg[];
  set(id: string, hearing: Hearing<Leg>): Promise<void>;
  release(id: string): void;
}

/** Any number of legs and who hears whom. */
export class LegConference implements Conference {
  readonly id: string;
  readonly #routes: ConferenceRoutes;
  #closed = false;

  constructor(id: string, routes: ConferenceRoutes) {
    this.id = id;
    this.#routes = routes;
  }

  legs(): readonly Leg[] {
    return this.#routes.legs(this.id);
  }

  /** @throws Error when it is closed, when a leg is to hear itself, or when a leg is of another switch */
  async set(hearing: ReadonlyMap<CallLeg, readonly CallLeg[]>): Promise<void> {
    if (this.#closed) throw new Error(`conference ${this.id} is closed`);
    await this.#routes.set(this.id, livingLegs(this.id, hearing));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#routes.release(this.id);
  }
}

/** Those of the legs that have not ended. */
function livingLegs(id: string, hearing: ReadonlyMap<CallLeg, readonly CallLeg[]>): Hearing<Leg> {
  const living = new Map<Leg, readonly Leg[]>();
  for (const [listener, heard] of hearing) {
    if (heard.includes(listener)) throw new Error(`conference ${id}: leg ${listener.id} cannot hear itself`);
    const own = [listener, ...heard].map((leg) => {
      if (!(leg instanceof Leg)) throw new Error(`conference ${id}: leg ${leg.id} belongs to another switch`);
      return leg;
    });
    const [first, ...others] = own;
    if (first && first.state !== 'ended')
      living.set(
        first,
        others.filter((leg) => leg.state !== 'ended'),
      );
  }
  return living;
}
