import { type AgentConfig, type CallId, QUEUE_DEFAULTS, type QueueConfig, type Termination } from '@yixian/contracts';
import type { Input, StepResult } from '../core/inputs.js';
import { step } from '../core/step.js';
import { emptyState } from '../core/tables.js';
import type { AcdState, Offer } from '../core/types.js';
import { type Appointment, Calendar } from './calendar.js';
import type { DrawnCaller } from './draws.js';

const QUEUE = 'simulated';
const HANGS_UP: Termination = { by: 'caller', reason: 'normal' };

/** Deadlines of the core lie beyond any run: a caller's patience is the caller's own, and an agent answers at once. */
const NEVER_MS = Number.MAX_SAFE_INTEGER;

/** Who counts what happens. */
export interface Counter {
  /** Whether a call that arrives now is one of those counted. */
  counts(at: number): boolean;
  /** A call has arrived, counted or not. */
  arrived(at: number, caller: DrawnCaller): void;
  /** A call of those counted has left the queue. */
  left(arrivedAt: number, waitMs: number, answered: boolean): void;
  /** An agent is busy from one time to another. */
  busy(from: number, to: number): void;
}

interface Caller {
  readonly arrivedAt: number;
  readonly handlingMs: number;
  /** Giving up while waiting, hanging up while talking: the core is told the same. */
  leaving: Appointment<CallId> | undefined;
}

/**
 * One queue, its agents and its callers on a virtual clock. Every decision is the core's: who is offered to whom, who
 * waits, who leaves; this only lets callers come and go, answers every seat that rings, at once, and counts what the
 * core's events say. Holds what is in the hotline now and nothing of what was.
 */
export class SimulatedHotline {
  readonly #nextCaller: () => DrawnCaller;
  readonly #counter: Counter;
  /** Callers who will leave: give up, or hang up. */
  readonly #leaving = new Calendar<CallId>();
  readonly #callers = new Map<CallId, Caller>();
  readonly #ringing: Offer[] = [];
  #state: AcdState = emptyState();
  #now = 0;
  #arrivals = 0;
  /** Counted calls that have not left the queue yet. */
  #pending = 0;

  constructor(agents: number, nextCaller: () => DrawnCaller, counter: Counter) {
    this.#nextCaller = nextCaller;
    this.#counter = counter;
    const staff = Array.from({ length: agents }, (_, n) => agentConfig(`agent-${n + 1}`));
    this.#input({ type: 'configured', agents: staff, queues: [queueConfig()] });
    for (const { id } of staff) {
      this.#input({ type: 'reachability-changed', agentId: id, reachable: true });
      this.#input({ type: 'state-wished', agentId: id, state: 'ready', reason: null, by: id });
    }
  }

  /** Lets callers come until `end`, milliseconds on the clock that began at 0; those counted are followed until they have left the queue. */
  run(end: number): void {
    for (let next = this.#nextCaller(), at = next.afterMs; at < end; next = this.#nextCaller(), at += next.afterMs) {
      for (let first = this.#leaving.first; first && first.at <= at; first = this.#leaving.first) this.#leave(first);
      this.#now = at;
      this.#arrive(next);
    }
    for (let first = this.#leaving.first; first && this.#pending > 0; first = this.#leaving.first) this.#leave(first);
  }

  /** What is kept at the moment: callers who will leave, callers, calls in the core's tables. */
  get held(): { leaving: number; callers: number; calls: number } {
    return { leaving: this.#leaving.size, callers: this.#callers.size, calls: this.#state.tables.calls.size };
  }

  #arrive(drawn: DrawnCaller): void {
    const callId = `call-${this.#arrivals++}`;
    const caller: Caller = { arrivedAt: this.#now, handlingMs: drawn.handlingMs, leaving: undefined };
    this.#callers.set(callId, caller);
    if (this.#counter.counts(this.#now)) this.#pending += 1;
    this.#counter.arrived(this.#now, drawn);
    this.#input({ type: 'call-arrived', callId, queueId: QUEUE, caller: callId, priority: 0 });
    this.#answer();
    if (!caller.leaving && drawn.patienceMs < Number.POSITIVE_INFINITY) {
      caller.leaving = this.#leaving.add(this.#now + drawn.patienceMs, callId);
    }
  }

  #leave(appointment: Appointment<CallId>): void {
    const callId = appointment.what;
    this.#leaving.cancel(appointment);
    this.#now = appointment.at;
    this.#input({ type: 'caller-left', callId, termination: HANGS_UP });
    this.#callers.delete(callId);
    this.#answer();
  }

  /** Every seat that rings is answered and bridged in the same instant. */
  #answer(): void {
    for (let offer = this.#ringing.pop(); offer; offer = this.#ringing.pop()) {
      const { id: offerId, callId } = offer;
      this.#input({ type: 'seat-answered', offerId, callId });
      this.#input({ type: 'bridged', offerId, callId });
    }
  }

  #input(input: Input): void {
    const result = step(this.#state, input, this.#now);
    this.#state = result.state;
    if (result.ignored !== undefined) throw new Error(`the simulated hotline is wrong: ${input.type} was ignored: ${result.ignored}`);
    this.#note(result);
  }

  #note({ effects, events }: StepResult): void {
    for (const effect of effects) if (effect.type === 'ring') this.#ringing.push(effect.offer);
    for (const event of events) if (event.type === 'call.left-queue') this.#leftQueue(event.callId ?? '', event.data);
  }

  #leftQueue(callId: CallId, { result, waitMs }: { result: string; waitMs: number }): void {
    const caller = this.#callers.get(callId);
    if (!caller || (result !== 'served' && result !== 'abandoned')) {
      throw new Error(`the simulated hotline is wrong: ${callId} left the queue as ${result}`);
    }
    if (result === 'served') this.#talk(callId, caller);
    if (!this.#counter.counts(caller.arrivedAt)) return;
    this.#pending -= 1;
    this.#counter.left(caller.arrivedAt, waitMs, result === 'served');
  }

  #talk(callId: CallId, caller: Caller): void {
    if (caller.leaving) this.#leaving.cancel(caller.leaving);
    const until = this.#now + caller.handlingMs;
    caller.leaving = this.#leaving.add(until, callId);
    this.#counter.busy(this.#now, until);
  }
}

function agentConfig(id: string): AgentConfig {
  return { id, userId: id, name: id, skills: [QUEUE], skillLevels: {}, groups: [], recording: null, enabled: true };
}

function queueConfig(): QueueConfig {
  return {
    ...QUEUE_DEFAULTS,
    id: QUEUE,
    name: QUEUE,
    requiredSkills: [QUEUE],
    priority: 0,
    ringTimeoutMs: NEVER_MS,
    wrapUpMs: 0,
    maxWaitMs: NEVER_MS,
    maxLength: NEVER_MS,
    music: '',
    announceEveryMs: 0,
    serviceLevelSeconds: 0,
    record: false,
  };
}
