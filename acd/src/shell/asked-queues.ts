import type {
  AgentId,
  CallId,
  CallLeg,
  EventBus,
  IdSource,
  QueueId,
  QueueResult,
  SeatRing,
  SeatRingEvent,
  Termination,
} from '@yixian/contracts';
import type { Input } from '../core/inputs.js';
import type { Offer } from '../core/types.js';

/** Somebody of ours who waits in a queue for a colleague: no leg, no treatment; whoever takes the call is handed over as a seat that rings. */
export interface QueueAsk {
  readonly callId: CallId;
  /** What the seat is told of the call: the queue was called. */
  readonly called: string;
  /** An agent has taken the call. `gone` is to be called when the agent has left. */
  taken(seat: SeatRing, offer: Offer, gone: () => void): void;
  /** Nobody will. */
  settle(result: QueueResult): void;
  /** Whoever took it has to go. */
  close(termination: Termination): void;
}

export interface AskedQueuesDeps {
  events: EventBus;
  ids: IdSource;
  dispatch(input: Input): void;
  /** Takes the ask under care; the core is told next. */
  expect(ask: QueueAsk): void;
  occupy(agentId: AgentId, callId: CallId): void;
  release(agentId: AgentId, callId: CallId): void;
}

export interface AskQueue {
  queueId: QueueId;
  /** Added to the queue's own. */
  priority?: number;
  /** Who asks. */
  by: AgentId;
  /** The call for which is asked; whoever takes the call is on it from then on. */
  callId: CallId;
  /** Stands for the party's leg until somebody has come. */
  standIn: CallLeg;
}

export interface AskedQueues {
  /**
   * Rings the next free agent of a queue. The question is a call of its own, internal, from the extension to the queue, with its
   * record: it waits, counts and can be moved as others. It ends when an agent has taken it; what is said is in the call for
   * which was asked.
   */
  ring(request: AskQueue): SeatRing;
  /** The call an agent is on who has taken a question: that for which was asked. */
  callOf(callId: CallId | null): CallId | null;
}

export function createAskedQueues(deps: AskedQueuesDeps): AskedQueues {
  const joined = new Map<CallId, CallId>();

  return {
    callOf: (callId) => (callId === null ? null : (joined.get(callId) ?? callId)),
    ring(request) {
      const { queueId, by, priority = 0 } = request;
      const callId = deps.ids.next('call');
      const ring = new QueueRing(request.standIn, (termination) => deps.dispatch({ type: 'caller-left', callId, termination }));
      const ended = (termination: Termination) => deps.events.publish({ type: 'call.ended', callId, data: { termination } });
      deps.events.publish({
        type: 'call.arrived',
        callId,
        data: { direction: 'internal', caller: by, called: queueId, extension: by },
      });
      deps.expect({
        callId,
        called: queueId,
        taken(seat, { agentId }, gone) {
          joined.set(callId, request.callId);
          deps.occupy(agentId, request.callId);
          // What is said from here on is in the other call's record, once.
          deps.events.publish({ type: 'call.transferred', callId, agentId, data: { by, kind: 'attended', to: `call:${request.callId}` } });
          ended({ by: 'agent', reason: 'transferred' });
          ring.accept(seat, agentId, () => {
            joined.delete(callId);
            gone();
            deps.release(agentId, request.callId);
          });
        },
        settle(result) {
          const termination = terminationOf(queueId, result);
          ended(termination);
          ring.over(termination);
        },
        close: (termination) => ring.end(termination),
      });
      deps.dispatch({ type: 'call-arrived', callId, queueId, caller: by, priority });
      return ring;
    },
  };
}

/** Why nobody of the queue came, in words for the one who asked. */
function terminationOf(queueId: QueueId, result: QueueResult): Termination {
  switch (result.outcome) {
    case 'no-agents':
      return { by: 'system', reason: 'not-registered', text: `nobody is signed in to queue ${queueId}` };
    case 'full':
      return { by: 'system', reason: 'busy', text: `queue ${queueId} is full` };
    case 'closed':
      return { by: 'system', reason: 'declined', text: `queue ${queueId} is closed` };
    case 'overflow':
      return { by: 'system', reason: 'no-answer', text: `a rule of queue ${queueId} leads elsewhere` };
    case 'failed':
      return { by: 'system', reason: 'switch-failure', text: result.message };
    case 'timeout':
      return { by: 'system', reason: 'no-answer', text: `nobody of queue ${queueId} came in time` };
    default:
      return { by: 'agent', reason: 'cancelled' };
  }
}

/** The ring of a queue: it rings as long as the question waits, then it is the seat of whoever has come. */
class QueueRing implements SeatRing {
  readonly #listeners = new Set<(event: SeatRingEvent) => void>();
  readonly #standIn: CallLeg;
  readonly #giveUp: (termination: Termination) => void;
  #seat: SeatRing | undefined;
  #gone: () => void = () => {};
  takenBy: AgentId | undefined;
  termination: Termination | undefined;

  constructor(standIn: CallLeg, giveUp: (termination: Termination) => void) {
    this.#standIn = standIn;
    this.#giveUp = giveUp;
  }

  get leg(): CallLeg {
    return this.#seat?.leg ?? this.#standIn;
  }

  get state(): SeatRing['state'] {
    if (this.termination) return 'ended';
    return this.#seat ? 'accepted' : 'ringing';
  }

  subscribe(listener: (event: SeatRingEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  end(termination: Termination): void {
    if (this.state === 'ended') return;
    if (this.#seat) this.#seat.end(termination);
    else this.#giveUp(termination);
    this.over(termination);
  }

  /** @param gone called once, when whoever came has left */
  accept(seat: SeatRing, agentId: AgentId, gone: () => void): void {
    this.#gone = gone;
    if (this.state === 'ended' || seat.state === 'ended') {
      const termination = this.termination ?? seat.termination ?? { by: 'called', reason: 'normal' };
      seat.end(termination);
      gone();
      this.over(termination);
      return;
    }
    this.#seat = seat;
    this.takenBy = agentId;
    seat.subscribe((event) => {
      if (event.type === 'ended') this.over(event.termination);
    });
    this.#emit({ type: 'accepted' });
  }

  /** The first reason counts. */
  over(termination: Termination): void {
    if (this.termination) return;
    this.termination = termination;
    this.#emit({ type: 'ended', termination });
    this.#listeners.clear();
    if (this.#seat) this.#gone();
  }

  #emit(event: SeatRingEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
