import type { Bridge, Call, Callbacks, CallId, QueueConfig, QueueResult, Termination } from '@yixian/contracts';
import type { Act, Effect, Input } from '../core/inputs.js';
import type { Offer } from '../core/types.js';
import type { QueueAsk } from './asked.js';
import { createCallbackCalls, mayBeCalled } from './callback-calls.js';
import { type Caller, createCaller } from './callers.js';
import type { LiveConversation } from './conversation-live.js';
import type { ConversationsService } from './conversations.js';
import type { AcdDeps } from './deps.js';
import type { Figures } from './figures.js';
import type { Standing } from './replica.js';
import { createSeats, type RungSeat } from './seats.js';
import { type CallbackOffer, createTreatment } from './treatment.js';

export interface EffectsDeps extends AcdDeps {
  /** Tells whoever decides what came of it. */
  dispatch(input: Input): void;
  /** Where a call stands in its queue. */
  standing(callId: CallId): Standing | undefined;
  /** Asks for a callback in place of waiting. */
  requestCallback: Callbacks['request'];
  figures: Figures;
  conversations(): ConversationsService;
}

/** The hands of the ACD: runs what was decided about the calls of this process, and tells what came of it. */
export interface Effects {
  run(effect: Act): void;
  /** Takes a caller under watch. */
  admit(call: Call): Promise<QueueResult>;
  /** Takes under care whoever of ours waits in a queue for a colleague. */
  expect(ask: QueueAsk): void;
  /** Whether the call is under watch already. */
  holds(callId: CallId): boolean;
  /** Nobody decides any more what becomes of those who wait here: each goes on with this result. */
  finishAll(result: QueueResult): void;
  /** Somebody else makes the calls back from here on: what rings for them stops. */
  dropCallbacks(termination: Termination): void;
  /** Rings the seat of an offer again so that the phone answers by itself; false when none rings. */
  ringAgain(offerId: string): boolean;
  /** Ends the seat of an offer; nothing it still says is listened to. */
  endSeat(offerId: string, termination: Termination): void;
}

export function createEffects(deps: EffectsDeps): Effects {
  const { dispatch, logger } = deps;
  const callers = new Map<CallId, Caller>();
  /** By the offer they began with, until the agent of the offer has left. */
  const conversations = new Map<string, Pick<LiveConversation, 'fact'>>();
  const asks = new Map<CallId, QueueAsk>();
  const callOf = (callId: CallId): Pick<Call, 'called' | 'trunkId'> | undefined => callers.get(callId)?.call ?? asks.get(callId);
  const seats = createSeats({ dialer: deps.seats, events: deps.events, logger, dispatch, callOf });
  const callbacks = createCallbackCalls({ ...deps, seats, admit });

  function admit(call: Call): Promise<QueueResult> {
    const caller = createCaller(call, (callId, termination) => dispatch({ type: 'caller-left', callId, termination }));
    callers.set(call.id, caller);
    return caller.result;
  }

  /** The bridge comes first: what the caller hears of the agent is counted from here. */
  function bridge(offer: Offer): void {
    const caller = callers.get(offer.callId);
    const seat = seats.get(offer.id);
    if (seat && asks.has(offer.callId)) {
      dispatch({ type: 'bridged', offerId: offer.id, callId: offer.callId });
      return;
    }
    if (!caller || !seat) {
      failBridge(offer, 'a leg is gone');
      return;
    }
    seat.offer = offer;
    caller.treatment?.pause();
    deps.switch.bridge(caller.call.leg, seat.leg).then(
      (made) => {
        // The offer may have ended meanwhile.
        if (seats.get(offer.id) !== seat) {
          undo(made, offer.id);
          return;
        }
        seat.bridge = made;
        dispatch({ type: 'bridged', offerId: offer.id, callId: offer.callId });
      },
      (error: unknown) => bridgeFailed(offer, caller, seat, error),
    );
  }

  function undo(bridge: Bridge, offerId: string): void {
    bridge.unbridge().catch((error: unknown) => logger.warn({ err: error, offerId }, 'acd: late bridge not undone'));
  }

  /** The offer is over; a bridge that nobody has taken over is undone. */
  function letGo(offerId: string, seat: RungSeat | undefined): void {
    if (seat?.bridge && !seat.handedOver) undo(seat.bridge, offerId);
  }

  /** A bridge fails because of a leg more often than of itself; then the leg's own end is what happened. */
  function bridgeFailed(offer: Offer, caller: Caller, seat: RungSeat, error: unknown): void {
    const { leg } = caller.call;
    if (leg.state === 'ended' && leg.termination) {
      dispatch({ type: 'caller-left', callId: offer.callId, termination: leg.termination });
      return;
    }
    if (seat.leg.state === 'ended' && seat.leg.termination) {
      dispatch({ type: 'seat-ended', offerId: offer.id, callId: offer.callId, termination: seat.leg.termination });
      return;
    }
    logger.error({ err: error, callId: offer.callId, agentId: offer.agentId }, 'acd: bridge failed');
    failBridge(offer, error instanceof Error ? error.message : String(error));
  }

  function failBridge(offer: Offer, message: string): void {
    dispatch({ type: 'bridge-failed', offerId: offer.id, callId: offer.callId, message });
  }

  /** Caller and seat are handed over whole; the queue hears when its agent has left, and the caller's result when all is over. */
  function openConversation({ offer, music }: Extract<Effect, { type: 'open-conversation' }>): void {
    const ask = asks.get(offer.callId);
    if (ask) {
      answerAsk(ask, offer);
      return;
    }
    const caller = callers.get(offer.callId);
    const seat = seats.get(offer.id);
    if (!caller || !seat?.bridge) throw new Error(`acd: conversation ${offer.id} has no bridge`);
    callers.delete(offer.callId);
    caller.handOver();
    seats.handOver(offer.id);
    const { call } = caller;
    const { agentId, callId } = offer;
    const conversation = deps.conversations().open({
      call,
      caller: { leg: call.leg, party: call.caller, role: 'caller', ...(call.direction === 'internal' ? { extension: call.caller } : {}) },
      other: { leg: seat.leg, ring: seat.ring, party: agentId, extension: agentId, role: 'agent', phoneHeld: seat.heldEarly },
      bridge: seat.bridge,
      queueId: offer.queueId,
      music,
      connectedTold: true,
      otherGone() {
        conversations.delete(offer.id);
        dispatch({ type: 'talk-ended', offerId: offer.id, callId });
      },
    });
    conversations.set(offer.id, conversation);
    void conversation.end.then(({ callerStillUp, last }) => {
      caller.finish({ outcome: 'served', agentId: last ?? agentId, callerStillUp });
    });
  }

  /** Once everybody has been told that the call is taken; what comes of it is a conversation's already. */
  function answerAsk(ask: QueueAsk, offer: Offer): void {
    const seat = seats.get(offer.id);
    if (!seat) throw new Error(`acd: nobody has taken ${offer.id}`);
    const { callId } = offer;
    asks.delete(callId);
    seats.handOver(offer.id);
    conversations.set(offer.id, {
      fact: (fact) => {
        if (fact.type === 'closed') ask.close(fact.termination);
      },
    });
    queueMicrotask(() =>
      ask.taken(seat.ring, offer, () => {
        conversations.delete(offer.id);
        dispatch({ type: 'talk-ended', offerId: offer.id, callId });
      }),
    );
  }

  function startTreatment(callId: CallId, queueId: string): void {
    const caller = callers.get(callId);
    const queue = deps.directory.queue(queueId);
    if (!caller || !queue) return;
    const { call } = caller;
    caller.treatment?.stop();
    caller.treatment = createTreatment({
      leg: call.leg,
      language: call.language,
      callback: callbackOffer(call, queue),
      prompts: deps.prompts,
      clock: deps.clock,
      music: queue.music,
      announceEveryMs: queue.announceEveryMs,
      standing: () => deps.standing(callId),
    });
    caller.treatment.start();
  }

  /** A call of ours to a number is a callback already; a number that cannot be called back is offered nothing. */
  function callbackOffer(
    { id: callId, caller: number, direction }: Call,
    { id: queueId, callback }: QueueConfig,
  ): CallbackOffer | undefined {
    if (!callback || direction === 'outbound' || !mayBeCalled(number)) return undefined;
    const accept = (): void => {
      deps.requestCallback({ queueId, number, callId, by: 'caller' }).catch((error: unknown) => {
        logger.info({ err: error, callId }, 'acd: a callback was asked for and not given');
      });
    };
    return { afterMs: callback.offerAfterMs, key: callback.key, prompt: callback.prompt, accept };
  }

  function resumeTreatment(callId: CallId, queueId: string): void {
    const treatment = callers.get(callId)?.treatment;
    if (treatment) treatment.resume();
    else startTreatment(callId, queueId);
  }

  function finish(callId: CallId, result: QueueResult): void {
    const caller = callers.get(callId);
    callers.delete(callId);
    const ask = asks.get(callId);
    asks.delete(callId);
    ask?.settle(result);
    if (!caller) return;
    const thanks = result.outcome === 'callback' ? deps.prompts.item('callback-thanks', caller.call.language) : undefined;
    if (thanks) caller.finishAfter([thanks], result);
    else caller.finish(result);
  }

  function endSeat(offerId: string, termination: Termination): void {
    letGo(offerId, seats.get(offerId));
    seats.end(offerId, termination);
  }

  function perform(effect: Act): void {
    switch (effect.type) {
      case 'ring':
        seats.ring(effect);
        return;
      case 'bridge':
        bridge(effect.offer);
        return;
      case 'end-seat':
        endSeat(effect.offerId, effect.termination);
        return;
      case 'forget-seat':
        letGo(effect.offerId, seats.get(effect.offerId));
        seats.forget(effect.offerId);
        return;
      case 'open-conversation':
        openConversation(effect);
        return;
      case 'close-conversation':
        conversations.get(effect.offerId)?.fact({ type: 'closed', termination: effect.termination });
        return;
      case 'start-treatment':
        startTreatment(effect.callId, effect.queueId);
        return;
      case 'resume-treatment':
        resumeTreatment(effect.callId, effect.queueId);
        return;
      case 'stop-treatment':
        callers.get(effect.callId)?.treatment?.stop();
        return;
      case 'finish':
        finish(effect.callId, effect.result);
        return;
      case 'dial-callback':
        callbacks.dial(effect);
        return;
      case 'cancel-callback':
        callbacks.cancel(effect.callbackId, effect.termination);
        return;
      default:
        effect satisfies never;
    }
  }

  /** What a failed effect means to the decision that asked for it. */
  function failed(effect: Act, error: unknown): void {
    deps.figures.effectFailed();
    logger.error({ err: error, effect: effect.type }, 'acd: effect failed');
    const text = error instanceof Error ? error.message : String(error);
    if (effect.type === 'ring') {
      const { id: offerId, callId } = effect.offer;
      // The dialler refuses what cannot be rung at all: an extension that is gone or disabled.
      dispatch({ type: 'seat-ended', offerId, callId, termination: { by: 'system', reason: 'not-registered', text } });
    }
    if (effect.type === 'bridge') failBridge(effect.offer, text);
  }

  return {
    run(effect) {
      try {
        perform(effect);
      } catch (error) {
        failed(effect, error);
      }
    },
    admit,
    ringAgain: (offerId) => seats.ringAgain(offerId),
    endSeat,
    expect: (ask) => void asks.set(ask.callId, ask),
    holds: (callId) => callers.has(callId),
    finishAll(result) {
      for (const callId of [...callers.keys(), ...asks.keys()]) finish(callId, result);
    },
    dropCallbacks(termination) {
      callbacks.cancelAll(termination);
      for (const { offer } of seats.all()) if (!callers.has(offer.callId) && !asks.has(offer.callId)) endSeat(offer.id, termination);
    },
  };
}
