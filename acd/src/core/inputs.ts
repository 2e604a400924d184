import type {
  AgentConfig,
  AgentId,
  AgentStateName,
  CallbackConfig,
  CallId,
  EpochMs,
  EventDraft,
  QueueConfig,
  QueueDoor,
  QueueDoorState,
  QueueId,
  QueueResult,
  Seat,
  Termination,
} from '@yixian/contracts';
import type { AcdState, HeldLine, LiveCall, Offer, OfferId, Wish, WishedState } from './types.js';

// What is told to the core, what it wants done, and what it wants kept.

export type Input =
  /** The directory's agents and queues as they stand now. */
  | { type: 'configured'; agents: readonly AgentConfig[]; queues: readonly QueueConfig[] }
  /**
   * What the store kept; once, after the first `configured`. With `live`, what the processes know of their calls when another
   * leader takes over: then nobody is matched before `resumed`, so that everything that came meanwhile can be told first.
   */
  | ({
      type: 'restored';
      live?: readonly LiveCall[];
      lines?: readonly HeldLine[];
      /** How the doors stood when they were last seen; without, open. */
      stood?: readonly Pick<QueueDoorState, 'queueId' | 'open' | 'because'>[];
    } & Kept)
  /** Everything that came between two leaders has been told. */
  | { type: 'resumed' }
  /** A process that was not heard before `resumed` tells of its calls. */
  | { type: 'announced'; live: readonly LiveCall[]; lines: readonly HeldLine[] }
  /** The process these calls lived in has died. */
  | { type: 'calls-lost'; callIds: readonly CallId[] }
  /** A day of the hotline's time zone has begun, e.g. `2026-10-01`: the counters of the day begin at nothing. */
  | { type: 'day-began'; day: string }
  /** Set by hand (`by`), or by the schedule (`by` is null). */
  | { type: 'door-changed'; queueId: QueueId; door: QueueDoor; open: boolean; because: string; by: string | null }
  | { type: 'state-wished'; agentId: AgentId; state: WishedState; reason: string | null; by: string }
  | { type: 'seat-chosen'; agentId: AgentId; seat: Seat; reachable: boolean }
  | { type: 'reachability-changed'; agentId: AgentId; reachable: boolean }
  | { type: 'line-occupied'; agentId: AgentId; callId: CallId }
  | { type: 'line-released'; agentId: AgentId; callId: CallId }
  | ({ type: 'call-arrived'; callId: CallId; queueId: QueueId; caller: string; priority: number } & Partial<Asked>)
  | { type: 'call-moved'; callId: CallId; queueId: QueueId; priority: number; by: string }
  /** The caller hung up, or the flow took the call out of the queue. */
  | { type: 'caller-left'; callId: CallId; termination: Termination }
  | { type: 'seat-answered'; offerId: OfferId; callId: CallId }
  | { type: 'seat-ended'; offerId: OfferId; callId: CallId; termination: Termination }
  | { type: 'bridged'; offerId: OfferId; callId: CallId }
  | { type: 'bridge-failed'; offerId: OfferId; callId: CallId; message: string }
  /** The agent has left the conversation that began with this offer. */
  | { type: 'talk-ended'; offerId: OfferId; callId: CallId }
  | { type: 'offer-expired'; offerId: OfferId; callId: CallId }
  /** The longest wait, an overflow rule or the wait for one agent may have fallen due. */
  | { type: 'wait-due'; callId: CallId; order: number }
  /** Calls may have relaxed; `at` is the core's own count. */
  | { type: 'relax-due'; at: number }
  /** The longest wait of a queue may have reached what a rule says, or a rule is to be tried again. */
  | { type: 'measure-due'; queueId: QueueId; at: EpochMs }
  | { type: 'wrap-up-expired'; agentId: AgentId; until: EpochMs }
  | { type: 'rest-expired'; agentId: AgentId; until: EpochMs }
  | ({
      type: 'callback-requested';
      callbackId: string;
      queueId: QueueId;
      number: string;
      /** The call that waits and whose place is kept. */
      callId: CallId | null;
      since: EpochMs | null;
      notBefore: EpochMs | null;
      by: string;
    } & Partial<Pick<Asked, 'agentId' | 'group' | 'minLevels'>>)
  | { type: 'callback-cancelled'; callbackId: string; by: string }
  | { type: 'callback-due'; callbackId: string; attempts: number }
  /** The number has answered; from here it is the call `callId`. */
  | { type: 'callback-answered'; callbackId: string; callId: CallId }
  | { type: 'callback-failed'; callbackId: string; termination: Termination }
  /**
   * The process is going down: every waiting call goes on, every ringing seat is told. Callbacks stay in the store. With `only`
   * it is one of several processes, and these are its calls; callbacks are nothing of theirs.
   */
  | { type: 'stopped'; only?: readonly CallId[] };

/** What a call asks for beside what its queue asks for. */
export interface Asked {
  agentId: AgentId;
  group: string;
  minLevels: Readonly<Record<string, number>>;
  since: EpochMs;
}

/**
 * Deadlines: of an offer, of a call's wait, of an agent's wrap-up and rest after a missed offer, of a callback, of a rule
 * about a queue's longest wait, of the next relaxation; `id` is the offer's, the call's, the agent's, the callback's, the
 * queue's, and `LEVELS` of the relaxation, which is one for all.
 */
export type TimerKind = 'offer' | 'wait' | 'wrap-up' | 'rest' | 'callback' | 'measure' | 'relax';

export type Effect =
  | { type: 'ring'; offer: Offer; seat: Seat; caller: string; timeoutMs: number }
  | { type: 'bridge'; offer: Offer }
  | { type: 'end-seat'; offerId: OfferId; callId: CallId; termination: Termination }
  /** The seat's leg has ended by itself. */
  | { type: 'forget-seat'; offerId: OfferId; callId: CallId }
  /** The bridge stands: caller and seat belong to the conversation from here on; it tells `talk-ended` when the agent has left. */
  | { type: 'open-conversation'; offer: Offer; music: string }
  /** Everybody has to go. */
  | { type: 'close-conversation'; offerId: OfferId; callId: CallId; termination: Termination }
  /** Replaces what the caller hears, when it is there already. */
  | { type: 'start-treatment'; callId: CallId; queueId: QueueId }
  | { type: 'resume-treatment'; callId: CallId; queueId: QueueId }
  | { type: 'stop-treatment'; callId: CallId }
  | { type: 'finish'; callId: CallId; result: QueueResult }
  /** Calls the number of a callback; the agent of the offer, if there is one yet, hears ringback. */
  | { type: 'dial-callback'; callbackId: string; number: string; queueId: QueueId; offer: Offer | null; ringMs: number }
  | { type: 'cancel-callback'; callbackId: string; termination: Termination }
  /** Replaces a timer of the same kind and id. */
  | { type: 'set-timer'; timer: TimerKind; id: string; delayMs: number; input: Input }
  | { type: 'cancel-timer'; timer: TimerKind; id: string }
  | { type: 'save'; changes: readonly StoreChange[] };

/** What is left to the process of the call; timers and what is kept are whoever's who decides. */
export type Act = Exclude<Effect, { type: 'set-timer' | 'cancel-timer' | 'save' }>;

export interface StepResult {
  state: AcdState;
  effects: readonly Effect[];
  events: readonly EventDraft[];
  /** Why nothing happened, when a lawful race made the input too late. */
  ignored?: string;
}

/** An agent as the store keeps it. */
export interface StoredAgent {
  agentId: AgentId;
  state: AgentStateName;
  since: EpochMs;
  reason: string | null;
  seat: Seat;
  wish: Wish;
  wrapUpUntil: EpochMs | null;
  restUntil: EpochMs | null;
  awaitsRegistration: boolean;
  /** The day the two counters are of. */
  day: string;
  calls: number;
  talkMs: number;
}

/** A waiting call as the store keeps it: enough to know the place. */
export interface StoredCall {
  callId: CallId;
  queueId: QueueId;
  caller: string;
  priority: number;
  order: number;
  since: EpochMs;
  /** When it came into this queue; earlier versions do not say. */
  entered?: EpochMs;
}

export interface StoredCallback {
  callbackId: string;
  queueId: QueueId;
  number: string;
  /** What the call that asked for it asked for beside its queue. */
  ask: { agentId: AgentId | null; group: string | null; minLevels: Readonly<Record<string, number>> };
  /** Added to the queue's own. */
  priority: number;
  since: EpochMs;
  order: number;
  attempts: number;
  notBefore: EpochMs | null;
  /** The call that asked for it. */
  callId: CallId | null;
  by: string;
}

/** A door set by hand. */
export interface StoredDoor {
  queueId: QueueId;
  door: QueueDoor;
  by: string;
}

/** Who last talked with a number, and when it ended. */
export interface StoredTalk {
  number: string;
  agentId: AgentId;
  at: EpochMs;
}

export interface StoreTables {
  agents: StoredAgent;
  calls: StoredCall;
  callbacks: StoredCallback;
  doors: StoredDoor;
  talks: StoredTalk;
}

/** Everything the store keeps, each entry once. */
export type Kept = { [T in keyof StoreTables]: StoreTables[T][] };

/** The newest value of an entry; null: it is gone. */
export type StoreChange = { [T in keyof StoreTables]: { table: T; key: string; value: StoreTables[T] | null } }[keyof StoreTables];

/** The one timer of kind `relax`. */
export const LEVELS = 'levels';

/** How callbacks are made in a queue that says nothing of it. */
export const CALLBACK_DEFAULTS: CallbackConfig = {
  offerAfterMs: 0,
  key: '1',
  prompt: 'callback-offer',
  order: 'agent-first',
  attempts: 3,
  retryEveryMs: 300_000,
  ringMs: 30_000,
};
