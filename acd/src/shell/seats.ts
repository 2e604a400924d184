import type { Bridge, Call, CallId, CallLeg, EventBus, LegStats, Logger, SeatDialer, SeatRing, Termination } from '@yixian/contracts';
import type { Effect, Input } from '../core/inputs.js';
import type { Offer, OfferId } from '../core/types.js';

/** A seat that rings or talks for an offer. */
export interface RungSeat {
  /** Of a callback the call's id comes later. */
  offer: Offer;
  readonly ring: SeatRing;
  readonly leg: CallLeg;
  bridge: Bridge | undefined;
  handedOver: boolean;
  /** The phone was on hold before the conversation began. */
  heldEarly: boolean;
  unsubscribe(): void;
}

export interface SeatsDeps {
  dialer: SeatDialer;
  events: EventBus;
  logger: Logger;
  dispatch(input: Input): void;
  /** The call of this id, while somebody waits with it. */
  callOf(callId: CallId): Pick<Call, 'called' | 'trunkId'> | undefined;
}

type Ring = Extract<Effect, { type: 'ring' }>;

export interface Seats {
  ring(effect: Ring): void;
  /** Rings once more, so that the phone answers by itself. @returns false when no seat rings for the offer */
  ringAgain(offerId: OfferId): boolean;
  get(offerId: OfferId): RungSeat | undefined;
  all(): RungSeat[];
  /** Ends the seat's leg whatever its state; what the leg still says is not listened to. */
  end(offerId: OfferId, termination: Termination): void;
  /** A conversation has the seat from here on. */
  handOver(offerId: OfferId): void;
  /** The leg has ended by itself or nobody needs it here any more. */
  forget(offerId: OfferId): void;
  readonly size: number;
}

/** The legs to agents' seats, by offer. */
export function createSeats(deps: SeatsDeps): Seats {
  const seats = new Map<OfferId, RungSeat & { readonly rung: Ring }>();

  function ended(offer: Offer, termination: Termination): void {
    if (seats.has(offer.id)) deps.dispatch({ type: 'seat-ended', offerId: offer.id, callId: offer.callId, termination });
  }

  function listen(seat: RungSeat): () => void {
    const { ring, leg } = seat;
    const ofRing = ring.subscribe((event) => {
      if (event.type === 'accepted') deps.dispatch({ type: 'seat-answered', offerId: seat.offer.id, callId: seat.offer.callId });
      if (event.type === 'ended') ended(seat.offer, event.termination);
    });
    const ofLeg = leg.subscribe((event) => {
      switch (event.type) {
        case 'remote-held':
        case 'remote-resumed':
          seat.heldEarly = event.type === 'remote-held';
          return;
        default:
          return;
      }
    });
    return () => {
      ofRing();
      ofLeg();
    };
  }

  function dial(rung: Ring, autoAnswer: boolean): void {
    const { offer, seat: kind, caller, timeoutMs } = rung;
    const call = deps.callOf(offer.callId);
    const ring = deps.dialer.ring({
      agentId: offer.agentId,
      seat: kind,
      caller: { number: caller },
      callId: offer.callId,
      // The lease ends first; the switch's own limit is there for the case that nobody takes the seat back.
      timeoutMs: timeoutMs + 2_000,
      ...(call ? { called: call.called } : {}),
      ...(call?.trunkId === undefined ? {} : { trunkId: call.trunkId }),
      ...(autoAnswer ? { autoAnswer } : {}),
    });
    const { leg } = ring;
    const seat = {
      rung,
      offer,
      ring,
      /** A virtual seat may be reached over another trunk than was tried first. */
      get leg() {
        return ring.leg;
      },
      bridge: undefined,
      handedOver: false,
      heldEarly: false,
      unsubscribe() {},
    };
    seats.set(offer.id, seat);
    if (ring.state === 'ended') {
      ended(offer, ring.termination ?? { by: 'system', reason: 'not-registered' });
      return;
    }
    seat.unsubscribe = listen(seat);
    // A nailed-up line goes on when the call is over: its end is not the call's.
    if (!kind.persistent) void report(deps, offer, leg);
    if (ring.state === 'accepted') deps.dispatch({ type: 'seat-answered', offerId: offer.id, callId: offer.callId });
  }

  return {
    ring: (effect) => dial(effect, false),
    ringAgain(offerId) {
      const seat = seats.get(offerId);
      if (seat?.ring.state !== 'ringing') return false;
      if (seat.ring.answer) return seat.ring.answer();
      seat.unsubscribe();
      seats.delete(offerId);
      seat.ring.end({ by: 'system', reason: 'withdrawn', text: 'rings again to answer by itself' });
      dial(seat.rung, true);
      return true;
    },
    get: (offerId) => seats.get(offerId),
    all: () => [...seats.values()],
    end(offerId, termination) {
      const seat = seats.get(offerId);
      if (!seat) return;
      seat.unsubscribe();
      seats.delete(offerId);
      seat.ring.end(termination);
    },
    handOver(offerId) {
      const seat = seats.get(offerId);
      if (seat) seat.handedOver = true;
      seat?.unsubscribe();
      seats.delete(offerId);
    },
    forget(offerId) {
      seats.get(offerId)?.unsubscribe();
      seats.delete(offerId);
    },
    get size() {
      return seats.size;
    },
  };
}

/** Tells `leg.ended` with the media figures of the agent's leg. Never rejects. */
async function report(deps: SeatsDeps, offer: Offer, leg: CallLeg): Promise<void> {
  const termination = await leg.ended;
  let stats: LegStats | undefined;
  try {
    stats = await leg.stats();
  } catch (error) {
    deps.logger.debug({ err: error, callId: offer.callId, legId: leg.id }, 'a leg without media figures');
  }
  const data = { legId: leg.id, party: 'agent', termination, ...(stats ? { stats } : {}) };
  deps.events.publish({ type: 'leg.ended', callId: offer.callId, agentId: offer.agentId, data });
}
