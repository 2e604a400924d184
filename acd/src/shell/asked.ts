import type {
  AgentId,
  Call,
  CallId,
  CallLeg,
  Clock,
  Conversations,
  Directory,
  EventBus,
  FlowId,
  FlowRunner,
  IdSource,
  Logger,
  Prompts,
  QueueId,
  QueuePort,
  QueueRequest,
  QueueResult,
  SeatRing,
  Termination,
} from '@yixian/contracts';
import type { Input } from '../core/inputs.js';
import type { Offer } from '../core/types.js';
import { AskedRing, type Taker } from './asked-ring.js';
import { LentLeg } from './lent-leg.js';
import { playMusic, RINGBACK } from './treatment.js';

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

export interface AskedDeps {
  events: EventBus;
  ids: IdSource;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  flows: FlowRunner;
  prompts: Prompts;
  directory: Pick<Directory, 'queue'>;
  dispatch(input: Input): void;
  /** Takes the ask under care; the core is told next. */
  expect(ask: QueueAsk): void;
  occupy(agentId: AgentId, callId: CallId): void;
  release(agentId: AgentId, callId: CallId): void;
  /** Whoever took the question is on this call; null: no more. */
  joinedTo(callId: CallId, on: CallId | null): void;
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

export interface AskFlow {
  flowId: FlowId;
  /** Who asks. */
  by: AgentId;
  /** The call for which is asked. */
  callId: CallId;
  /** Of who asks: the flow speaks with it. */
  leg: CallLeg;
}

/**
 * An agent asks a queue, or a flow. The question is a call of its own, internal, from the extension to the queue or flow, with its
 * record: it waits, counts and can be moved as others. It ends when an agent has taken it; what is said is in the call for which
 * was asked.
 */
export interface Asked {
  /** Rings the next free agent of a queue. */
  queue(request: AskQueue): SeatRing;
  /** The flow speaks with who asks, from `begin` on, as long as it is not given up; an agent of a queue it leads to has then come. */
  flow(request: AskFlow): { ring: SeatRing; begin(): void };
  /** A call of a flow that is asked waits without a leg of its own; undefined for any other. */
  enqueue(request: QueueRequest): ReturnType<QueuePort['enqueue']> | undefined;
  /** A flow that is asked puts through to somebody who is rung; see `Conversations.bring`. */
  bring: Conversations['bring'];
  /** Whether a flow that is asked runs this call. */
  asks(callId: CallId): boolean;
  /** The call an agent is on who has taken a question: that for which was asked. */
  callOf(callId: CallId | null): CallId | null;
  /** Questions that were taken, and the calls they were for. */
  joined(): ReadonlyMap<CallId, CallId>;
}

const GIVEN_UP: Termination = { by: 'agent', reason: 'cancelled' };

export function createAsked(deps: AskedDeps): Asked {
  const joined = new Map<CallId, CallId>();
  const inFlow = new Map<CallId, FlowQuestion>();

  function arrived(callId: CallId, by: AgentId, called: string): void {
    deps.events.publish({ type: 'call.arrived', callId, data: { direction: 'internal', caller: by, called, extension: by } });
  }
  function ended(callId: CallId, termination: Termination): void {
    deps.events.publish({ type: 'call.ended', callId, data: { termination } });
  }
  const left = (callId: CallId, termination: Termination): void => deps.dispatch({ type: 'caller-left', callId, termination });

  /** What is said from here on is in the other call's record, once. */
  function join(
    callId: CallId,
    asked: { by: AgentId; callId: CallId },
    come: { ring: AskedRing; seat: SeatRing; taker: Taker; gone(): void },
  ): void {
    const { ring, seat, taker, gone } = come;
    joined.set(callId, asked.callId);
    deps.joinedTo(callId, asked.callId);
    deps.events.publish({
      type: 'call.transferred',
      callId,
      ...(taker.extension === undefined ? {} : { agentId: taker.extension }),
      data: { by: asked.by, kind: 'attended', to: `call:${asked.callId}` },
    });
    ended(callId, { by: 'agent', reason: 'transferred' });
    ring.accept(seat, taker, () => {
      joined.delete(callId);
      deps.joinedTo(callId, null);
      gone();
    });
  }
  /** The agent of a queue is on the call for which was asked, until the seat has gone. */
  function joinAgent(
    callId: CallId,
    asked: { by: AgentId; callId: CallId },
    come: { ring: AskedRing; seat: SeatRing; agentId: AgentId; gone(): void },
  ): void {
    const { agentId, gone } = come;
    deps.occupy(agentId, asked.callId);
    const away = (): void => {
      gone();
      deps.release(agentId, asked.callId);
    };
    join(callId, asked, { ...come, taker: { extension: agentId }, gone: away });
  }
  /** Rings for a flow that is asked; who asks hears it ring. */
  function ringFor({ request, ring, lent }: FlowQuestion, callId: CallId, to: string, seat: SeatRing): Promise<Termination | null> {
    const tone = lent.play([RINGBACK], { loop: true });
    return new Promise((resolve) => {
      const come = (): void => {
        tone.stop();
        const taker: Taker = seat.takenBy === undefined ? { number: to } : { extension: seat.takenBy };
        const agent = taker.extension === undefined ? {} : { agentId: taker.extension };
        deps.events.publish({ type: 'call.connected', callId, ...agent, data: { to: taker.extension ?? to } });
        join(callId, request, { ring, seat, taker, gone: () => undefined });
        lent.takeBack({ by: 'agent', reason: 'transferred' });
        resolve(null);
      };
      const nobody = (termination: Termination): void => {
        tone.stop();
        resolve(termination);
      };
      if (seat.termination) return nobody(seat.termination);
      if (seat.state === 'accepted') return come();
      const quit = seat.subscribe((event) => {
        if (event.type === 'ringing') return;
        quit();
        event.type === 'accepted' ? come() : nobody(event.termination);
      });
      void lent.ended.then((termination) => {
        if (seat.state === 'ringing') seat.end(termination);
      });
    });
  }

  return {
    joined: () => joined,
    callOf: (callId) => (callId === null ? null : (joined.get(callId) ?? callId)),
    queue(request) {
      const { queueId, by, priority = 0 } = request;
      const callId = deps.ids.next('call');
      const ring = new AskedRing(request.standIn, (termination) => left(callId, termination));
      arrived(callId, by, queueId);
      deps.expect({
        callId,
        called: queueId,
        taken: (seat, { agentId }, gone) => joinAgent(callId, request, { ring, seat, agentId, gone }),
        settle(result) {
          const termination = terminationOf(queueId, result);
          ended(callId, termination);
          ring.over(termination);
        },
        close: (termination) => ring.end(termination),
      });
      deps.dispatch({ type: 'call-arrived', callId, queueId, caller: by, priority });
      return ring;
    },
    flow(request) {
      const { flowId, by, leg } = request;
      const callId = deps.ids.next('call');
      const lent = new LentLeg(leg);
      const ring = new AskedRing(leg, () => lent.takeBack(GIVEN_UP));
      return {
        ring,
        begin() {
          if (ring.state !== 'ringing') return;
          arrived(callId, by, flowId);
          inFlow.set(callId, { request, ring, lent });
          const call: Call = { id: callId, direction: 'internal', caller: by, called: flowId, startedAt: deps.clock.now(), leg: lent };
          const over = (termination: Termination): void => {
            inFlow.delete(callId);
            lent.takeBack(termination);
            if (ring.state === 'accepted' || joined.has(callId)) return;
            ended(callId, termination);
            ring.over(termination);
          };
          deps.flows.run(call, flowId).then(
            ({ termination }) => over(termination),
            (error: unknown) => {
              deps.logger.error({ err: error, callId, flowId }, 'a flow that was asked failed');
              over({ by: 'system', reason: 'flow-failure' });
            },
          );
        },
      };
    },
    asks: (callId) => inFlow.has(callId),
    bring(call, to, ring) {
      const question = inFlow.get(call.id);
      return question && ringFor(question, call.id, to, ring(question.request.callId));
    },
    enqueue({ call, queueId, priority = 0, agentId, group, minLevels, since }) {
      const question = inFlow.get(call.id);
      if (!question) return undefined;
      const { request, ring, lent } = question;
      const music = playMusic(lent, deps.prompts, deps.directory.queue(queueId)?.music ?? 'queue-music');
      let settle: (result: QueueResult) => void = () => {};
      const result = new Promise<QueueResult>((resolve) => {
        settle = resolve;
      });
      deps.expect({
        callId: call.id,
        called: queueId,
        taken(seat, offer, gone) {
          music.stop();
          joinAgent(call.id, request, { ring, seat, agentId: offer.agentId, gone });
          lent.takeBack({ by: 'agent', reason: 'transferred' });
          settle({ outcome: 'served', agentId: offer.agentId, callerStillUp: false });
        },
        settle(outcome) {
          music.stop();
          settle(outcome);
        },
        close: (termination) => ring.end(termination),
      });
      deps.dispatch({
        type: 'call-arrived',
        callId: call.id,
        queueId,
        caller: call.caller,
        priority,
        ...(agentId === undefined ? {} : { agentId }),
        ...(group === undefined ? {} : { group }),
        ...(minLevels === undefined ? {} : { minLevels }),
        ...(since === undefined ? {} : { since }),
      });
      void lent.ended.then((termination) => left(call.id, termination));
      return { result, leave: () => left(call.id, { by: 'system', reason: 'withdrawn', text: 'taken out of the queue' }) };
    },
  };
}

interface FlowQuestion {
  request: AskFlow;
  ring: AskedRing;
  lent: LentLeg;
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
