import type { Call, Logger, OutboundCalls, QueueResult, Termination } from '@yixian/contracts';
import type { Effect, Input } from '../core/inputs.js';
import type { Seats } from './seats.js';
import { RINGBACK } from './treatment.js';

export interface CallbackCallsDeps {
  outbound: OutboundCalls;
  seats: Pick<Seats, 'get'>;
  logger: Logger;
  dispatch(input: Input): void;
  /** Takes a caller under watch. */
  admit(call: Call): Promise<QueueResult>;
}

type Dial = Extract<Effect, { type: 'dial-callback' }>;

/** The calls to numbers that want to be called back. */
export interface CallbackCalls {
  dial(effect: Dial): void;
  cancel(callbackId: string, termination: Termination): void;
  /** Somebody else tries them from here on. */
  cancelAll(termination: Termination): void;
}

const NUMBER = /^\+?[0-9*#]{3,32}$/;

/** A number somebody can be called back at. */
export function mayBeCalled(number: string): boolean {
  return NUMBER.test(number);
}

export function createCallbackCalls(deps: CallbackCallsDeps): CallbackCalls {
  const { dispatch, logger } = deps;
  /** Tries under way, until the number answers or the try is over. */
  const tries = new Map<string, { cancel(termination: Termination): void; quiet(): void }>();

  function failed(callbackId: string, termination: Termination): void {
    tries.get(callbackId)?.quiet();
    if (tries.delete(callbackId)) dispatch({ type: 'callback-failed', callbackId, termination });
  }

  /** The number has answered: from here the call goes as the core has it, and ends when that is over. */
  async function answered(callbackId: string, call: Call): Promise<Termination> {
    const live = tries.get(callbackId);
    live?.quiet();
    if (!tries.delete(callbackId)) return { by: 'system', reason: 'withdrawn', text: 'the callback was over' };
    const result = deps.admit(call);
    dispatch({ type: 'callback-answered', callbackId, callId: call.id });
    return endOf(call, await result);
  }

  function dial({ callbackId, number, queueId, offer, ringMs }: Dial): void {
    const leg = offer ? deps.seats.get(offer.id)?.leg : undefined;
    const ringback = leg?.play([RINGBACK], { loop: true });
    let cancelled: Termination | undefined;
    let placed: ReturnType<OutboundCalls['place']> | undefined;
    tries.set(callbackId, {
      cancel(termination) {
        cancelled = termination;
        placed?.cancel(termination);
      },
      quiet: () => ringback?.stop(),
    });
    try {
      const agent = offer ? { agentId: offer.agentId } : {};
      placed = deps.outbound.place({ number, queueId, ...agent, ringMs, body: (call) => answered(callbackId, call) });
    } catch (error) {
      logger.error({ err: error, callbackId }, 'acd: a callback could not be placed');
      failed(callbackId, { by: 'system', reason: 'switch-failure', text: error instanceof Error ? error.message : String(error) });
      return;
    }
    if (cancelled) placed.cancel(cancelled);
    void placed.done.then(({ termination }) => failed(callbackId, termination));
  }

  return {
    dial,
    cancel(callbackId, termination) {
      const live = tries.get(callbackId);
      tries.delete(callbackId);
      live?.quiet();
      live?.cancel(termination);
    },
    cancelAll(termination) {
      for (const [callbackId, live] of [...tries]) {
        tries.delete(callbackId);
        live.quiet();
        live.cancel(termination);
      }
    },
  };
}

function endOf(call: Call, result: QueueResult): Termination {
  if (call.leg.termination) return call.leg.termination;
  if (result.outcome === 'served') return { by: 'agent', reason: 'normal' };
  if (result.outcome === 'failed') return { by: 'system', reason: 'switch-failure', text: result.message };
  return { by: 'system', reason: 'normal', text: `left the queue: ${result.outcome}` };
}
