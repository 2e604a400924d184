import type { AgentId, CallLeg, ConversationParty, LegStats, ReferRequest, SeatRing, Termination } from '@yixian/contracts';
import { type Arrival, CALLER, type ConversationFact, type PartyId } from '../core/conversation.js';
import type { ConversationDeps } from './conversation-deps.js';
import { messageOf } from './conversation-media.js';

/** A party's leg, however it came. */
interface Held {
  leg: CallLeg;
  end(termination: Termination): void;
  /** Ends the listening to the leg it has now. */
  readonly listening: Array<() => void>;
  /** What is to be done when the party is out of the books, last first. */
  readonly undo: Array<() => void>;
}

export interface LivePartiesDeps extends Pick<ConversationDeps, 'events' | 'logger' | 'directory'> {
  callId: string;
  fact(fact: ConversationFact): void;
  refer(party: PartyId, refer: ReferRequest): void;
  ringing(party: PartyId): void;
}

/** The legs of a conversation: listened to from the first moment, let go of exactly once. */
export class LiveParties {
  readonly #deps: LivePartiesDeps;
  readonly #held = new Map<PartyId, Held>();

  constructor(deps: LivePartiesDeps) {
    this.#deps = deps;
  }

  leg(party: PartyId): CallLeg | undefined {
    return this.#held.get(party)?.leg;
  }

  partyOf(leg: CallLeg): PartyId | undefined {
    for (const [id, held] of this.#held) if (held.leg === leg) return id;
    return undefined;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Somebody whose leg is there already. `whenGone` runs when the party is out of the books. */
  attach(id: PartyId, party: ConversationParty, whenGone?: () => void): void {
    const { leg, ring } = party;
    const end = party.end ?? (ring ? (t: Termination) => ring.end(t) : (t: Termination) => leg.hangUp(t));
    const held: Held = { leg, end, listening: [], undo: whenGone ? [whenGone] : [] };
    this.#held.set(id, held);
    this.#listenToLeg(id, held);
    if (!ring) {
      this.#listenToEnd(id, held);
      return;
    }
    this.#listenToRing(id, held, ring);
    if (ring.state === 'ended')
      this.#fact({ type: 'ended', party: id, termination: ring.termination ?? { by: 'called', reason: 'normal' } });
  }

  /** Its leg is lost and its place is kept: nothing the old leg still says is listened to. `give` ends the waiting. */
  detach(id: PartyId, give: (termination: Termination) => void, whenGone: () => void): void {
    const held = this.#held.get(id);
    if (!held) return;
    for (const quit of held.listening.splice(0).reverse()) quit();
    held.end = give;
    held.undo.push(whenGone);
  }

  /** Whoever was lost is back, on another leg. */
  reattach(id: PartyId, ring: SeatRing): void {
    const held = this.#held.get(id);
    if (!held) {
      ring.end({ by: 'system', reason: 'withdrawn' });
      return;
    }
    held.leg = ring.leg;
    held.end = (termination) => ring.end(termination);
    this.#listenToLeg(id, held);
    this.#listenToRing(id, held, ring);
  }

  /** Somebody who is rung. */
  ring(id: PartyId, ring: SeatRing, whenGone?: () => void): void {
    const held: Held = { leg: ring.leg, end: (t) => ring.end(t), listening: [], undo: whenGone ? [whenGone] : [] };
    this.#held.set(id, held);
    if (ring.state === 'ended') {
      this.#fact({ type: 'ended', party: id, termination: ring.termination ?? { by: 'system', reason: 'not-registered' } });
      return;
    }
    this.#listenToRing(id, held, ring);
    if (ring.state === 'accepted') this.#accepted(id, held, ring);
  }

  #listenToRing(id: PartyId, held: Held, ring: SeatRing): void {
    held.listening.push(
      ring.subscribe((event) => {
        if (event.type === 'ringing') this.#deps.ringing(id);
        if (event.type === 'accepted') this.#accepted(id, held, ring);
        if (event.type === 'ended') this.#fact({ type: 'ended', party: id, termination: event.termination });
      }),
    );
  }

  #accepted(id: PartyId, held: Held, ring: SeatRing): void {
    held.leg = ring.leg;
    this.#listenToLeg(id, held);
    const taken = this.#arrival(ring);
    this.#fact({ type: 'accepted', party: id, ...(taken ? { takenBy: taken } : {}) });
  }

  #arrival({ takenBy, takenByNumber }: SeatRing): Arrival | undefined {
    if (takenByNumber !== undefined) return { name: takenByNumber, extension: null, agent: false };
    if (takenBy === undefined) return undefined;
    return { name: takenBy, extension: takenBy, agent: this.#deps.directory.agent(takenBy) !== undefined };
  }

  /** The end of a leg is heard as an event and as a promise: whichever comes first. */
  #listenToEnd(id: PartyId, held: Held): void {
    const { leg } = held;
    const ended = (termination: Termination): void => {
      if (this.#held.get(id) === held && held.leg === leg)
        this.#fact({ type: 'ended', party: id, termination: saidBy(held.leg, termination, id) });
    };
    held.listening.push(
      held.leg.subscribe((event) => {
        if (event.type === 'ended') ended(event.termination);
      }),
    );
    void held.leg.ended.then(ended);
  }

  #listenToLeg(id: PartyId, held: Held): void {
    held.listening.push(
      held.leg.subscribe((event) => {
        if (event.type === 'remote-held') this.#fact({ type: 'phone-held', party: id });
        if (event.type === 'remote-resumed') this.#fact({ type: 'phone-resumed', party: id });
        if (event.type === 'refer') this.#deps.refer(id, event.refer);
      }),
    );
  }

  #fact(fact: ConversationFact): void {
    this.#deps.fact(fact);
  }

  /** Ends the leg or the ring and lets go of it. */
  end(id: PartyId, termination: Termination): void {
    const held = this.#letGo(id);
    try {
      held?.end(termination);
    } catch (error) {
      this.#deps.logger.error({ callId: this.#deps.callId, party: id, problem: messageOf(error) }, 'a party could not be ended');
    }
    this.#afterwards(held);
  }

  /** The leg lives on in other hands, or has ended by itself. */
  forget(id: PartyId): void {
    this.#afterwards(this.#letGo(id));
  }

  #letGo(id: PartyId): Held | undefined {
    const held = this.#held.get(id);
    this.#held.delete(id);
    return held;
  }

  #afterwards(held: Held | undefined): void {
    for (const quit of held?.listening.reverse() ?? []) quit();
    for (const undo of held?.undo.reverse() ?? []) undo();
  }
}

/** The switch names the far end of a leg by the leg's direction; here it is named by its part in the call. */
function saidBy(leg: CallLeg, termination: Termination, id: PartyId): Termination {
  const farEnd = leg.direction === 'inbound' ? 'caller' : 'called';
  return termination.by === farEnd ? { ...termination, by: id === CALLER ? 'caller' : 'called' } : termination;
}

/** Tells `leg.ended` with the media figures of a leg that was rung here. Never rejects. */
export async function reportLeg(
  deps: Pick<ConversationDeps, 'events' | 'logger'>,
  of: { callId: string; agentId: AgentId; party: string; leg: CallLeg },
): Promise<void> {
  const { callId, agentId, party, leg } = of;
  const termination = await leg.ended;
  let stats: LegStats | undefined;
  try {
    stats = await leg.stats();
  } catch (error) {
    deps.logger.debug({ err: error, callId, legId: leg.id }, 'a leg without media figures');
  }
  deps.events.publish({ type: 'leg.ended', callId, agentId, data: { legId: leg.id, party, termination, ...(stats ? { stats } : {}) } });
}
