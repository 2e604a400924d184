import type { Call, CallId, QueueResult } from '@yixian/contracts';
import type { AcdState, Effect, Input, Offer } from '../core/types.js';
import { standingOf } from '../core/views.js';
import { type Caller, createCaller } from './callers.js';
import type { AcdDeps } from './deps.js';
import { createEngagement } from './engagement.js';
import type { Figures } from './figures.js';
import { createSeats, type RungSeat } from './seats.js';
import { createTimers, type Timers } from './timers.js';
import { createTreatment } from './treatment.js';

export interface EffectsDeps extends AcdDeps {
  dispatch(input: Input): void;
  state(): AcdState;
  figures: Figures;
}

/** The hands of the ACD: runs what the core decided, and tells the core what came of it. */
export interface Effects {
  run(effect: Effect): void;
  /** Takes a caller under watch. */
  admit(call: Call): Promise<QueueResult>;
  /** Whether the call is under watch already. */
  holds(callId: CallId): boolean;
  stop(): void;
  readonly timers: Timers;
}

export function createEffects(deps: EffectsDeps): Effects {
  const { dispatch, logger } = deps;
  const callers = new Map<CallId, Caller>();
  const controls = new Map<string, () => void>();
  const timers = createTimers(deps.clock);
  const seats = createSeats({ dialer: deps.seats, events: deps.events, logger, dispatch });

  /** The bridge comes first: what the caller hears of the agent is counted from here. */
  function bridge(offer: Offer): void {
    const caller = callers.get(offer.callId);
    const seat = seats.get(offer.id);
    if (!caller || !seat) {
      failBridge(offer, 'a leg is gone');
      return;
    }
    caller.treatment?.pause();
    deps.switch.bridge(caller.call.leg, seat.leg).then(
      (made) => {
        seat.bridge = made;
        dispatch({ type: 'bridged', offerId: offer.id, callId: offer.callId });
        if (seat.engagement) return;
        made.unbridge().catch((error: unknown) => logger.warn({ err: error, offerId: offer.id }, 'acd: late bridge not undone'));
      },
      (error: unknown) => bridgeFailed(offer, caller, seat, error),
    );
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

  function openEngagement({ offer, record, music }: Extract<Effect, { type: 'open-engagement' }>): void {
    const caller = callers.get(offer.callId);
    const seat = seats.get(offer.id);
    if (!caller || !seat?.bridge) throw new Error(`acd: engagement ${offer.id} has no bridge`);
    const request = { call: caller.call, agentLeg: seat.leg, bridge: seat.bridge, offer, record, music };
    seat.engagement = createEngagement(deps, request);
    controls.set(offer.id, deps.calls.control(seat.engagement.control));
    if (seat.heldEarly) seat.engagement.remote('remote-held');
  }

  function closeEngagement(offerId: string): void {
    controls.get(offerId)?.();
    controls.delete(offerId);
    seats.get(offerId)?.engagement?.close();
  }

  function startTreatment(callId: CallId, queueId: string): void {
    const caller = callers.get(callId);
    const queue = deps.directory.queue(queueId);
    if (!caller || !queue) return;
    caller.treatment = createTreatment({
      leg: caller.call.leg,
      prompts: deps.prompts,
      clock: deps.clock,
      music: queue.music,
      announceEveryMs: queue.announceEveryMs,
      standing: () => standingOf(deps.state(), callId),
    });
    caller.treatment.start();
  }

  function perform(effect: Effect): void {
    switch (effect.type) {
      case 'ring':
        seats.ring(effect);
        return;
      case 'bridge':
        bridge(effect.offer);
        return;
      case 'end-seat':
        closeEngagement(effect.offerId);
        seats.end(effect.offerId, effect.termination);
        return;
      case 'forget-seat':
        seats.forget(effect.offerId);
        return;
      case 'open-engagement':
        openEngagement(effect);
        return;
      case 'close-engagement':
        closeEngagement(effect.offerId);
        seats.forget(effect.offerId);
        return;
      case 'start-treatment':
        startTreatment(effect.callId, effect.queueId);
        return;
      case 'resume-treatment':
        callers.get(effect.callId)?.treatment?.resume();
        return;
      case 'stop-treatment':
        callers.get(effect.callId)?.treatment?.stop();
        return;
      case 'finish':
        callers.get(effect.callId)?.finish(effect.result);
        callers.delete(effect.callId);
        return;
      case 'set-timer':
        timers.set(`${effect.timer}:${effect.id}`, effect.delayMs, () => dispatch(effect.input));
        return;
      case 'cancel-timer':
        timers.cancel(`${effect.timer}:${effect.id}`);
        return;
      case 'save':
        deps.store.write(effect.changes);
        return;
      default:
        effect satisfies never;
    }
  }

  /** What a failed effect means to the decision that asked for it. */
  function failed(effect: Effect, error: unknown): void {
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
    admit(call) {
      const caller = createCaller(call, (callId, termination) => dispatch({ type: 'caller-left', callId, termination }));
      callers.set(call.id, caller);
      return caller.result;
    },
    holds: (callId) => callers.has(callId),
    stop: () => timers.cancelAll(),
    timers,
  };
}
