import type {
  AgentConfig,
  AgentId,
  AgentStateName,
  CallId,
  EpochMs,
  EventDraft,
  QueueConfig,
  QueueId,
  QueueResult,
  Seat,
  Termination,
} from '@yixian/contracts';
import type { OrderedSet } from './ordered-set.js';

export type OfferId = string;
export type WishedState = 'ready' | 'not-ready' | 'offline';

/** The state an agent takes when the call, and its wrap-up, are over. */
export interface Wish {
  readonly state: WishedState;
  readonly reason: string | null;
  readonly by: string;
}

/** A place among the idle: the smaller number became ready earlier. */
export interface IdlePlace {
  readonly order: number;
  readonly agentId: AgentId;
}

/** A place in a queue: larger priority first, then first come. Kept by a call until an agent talks with it. */
export interface Place {
  readonly priority: number;
  readonly order: number;
  readonly callId: CallId;
}

/** One agent. Never changed, only replaced. */
export interface AgentEntry {
  readonly id: AgentId;
  readonly config: AgentConfig;
  readonly pool: Pool;
  readonly state: AgentStateName;
  readonly since: EpochMs;
  readonly reason: string | null;
  readonly seat: Seat;
  /** Whether the seat can ring. A ready agent who cannot be reached keeps the state and is not offered calls. */
  readonly reachable: boolean;
  readonly wish: Wish;
  /** The offer that rings, or that led to the call of a queue this agent is on. */
  readonly offer: Offer | null;
  /** Calls outside the queues that take the line. */
  readonly lines: readonly CallId[];
  readonly wrapUpUntil: EpochMs | null;
  readonly idle: IdlePlace;
  /** Set aside because the seat could not be reached; a new registration makes the agent ready again. */
  readonly awaitsRegistration: boolean;
  /** No longer in the directory: forgotten as soon as offline. */
  readonly removed: boolean;
}

/**
 * A call in a queue. A test compares this picture with the table in `call-state.ts`.
 *
 *   waiting ──offer──▶ offered ──answer──▶ connecting ──bridge──▶ talking ──end──▶ gone
 *   waiting ──end──▶ gone
 *   offered ──lapse──▶ waiting          refused, timed out or taken back: the place is kept
 *   offered ──end──▶ gone               the caller left or waited too long: the seat stops ringing
 *   connecting ──lapse──▶ waiting       the agent's leg or the bridge failed: the place is kept
 *   connecting ──end──▶ gone
 *
 *  waiting     no seat rings for it
 *  offered     one seat rings for it; the offer's deadline runs
 *  connecting  the agent has answered, the bridge does not stand yet; a deadline runs
 *  talking     out of the queue, with the agent
 */
export type CallPhase = 'waiting' | 'offered' | 'connecting' | 'talking';

/** One call. Never changed, only replaced. */
export interface CallEntry {
  readonly id: CallId;
  readonly queue: QueueEntry;
  readonly caller: string;
  readonly place: Place;
  readonly since: EpochMs;
  readonly phase: CallPhase;
  readonly offer: Offer | null;
  /** How often the bridge could not be made; a call that cannot be connected must not use up every agent. */
  readonly failures: number;
  /** The longest wait passed while the bridge was being made. */
  readonly overdue: boolean;
  readonly talkingSince: EpochMs | null;
}

/** The lease by which one agent may have one call until `expiresAt`. */
export interface Offer {
  readonly id: OfferId;
  readonly callId: CallId;
  readonly agentId: AgentId;
  readonly queueId: QueueId;
  readonly expiresAt: EpochMs;
}

/** Agents with one and the same set of skills. */
export interface Pool {
  readonly key: string;
  readonly skills: ReadonlySet<string>;
  readonly ready: OrderedSet<IdlePlace>;
  queues: QueueEntry[];
  signedIn: number;
  /** Signed in and not `not-ready`. */
  working: number;
}

export interface QueueEntry {
  readonly id: QueueId;
  config: QueueConfig;
  /** Every call that has a place: waiting, offered, connecting. */
  readonly places: OrderedSet<Place>;
  /** Those of them that no agent is asked for now. */
  readonly open: OrderedSet<Place>;
  pools: Pool[];
  serving: number;
  handled: number;
  /** Mean time a call takes an agent (talk and wrap-up), milliseconds, the recent ones weighing more. */
  handlingMs: number;
}

export type Input =
  /** The directory's agents and queues as they stand now. */
  | { type: 'configured'; agents: readonly AgentConfig[]; queues: readonly QueueConfig[] }
  /** What the store kept of the agents; once, after the first `configured`. */
  | { type: 'restored'; agents: readonly StoredAgent[] }
  | { type: 'state-wished'; agentId: AgentId; state: WishedState; reason: string | null; by: string }
  | { type: 'seat-chosen'; agentId: AgentId; seat: Seat; reachable: boolean }
  | { type: 'reachability-changed'; agentId: AgentId; reachable: boolean }
  | { type: 'line-occupied'; agentId: AgentId; callId: CallId }
  | { type: 'line-released'; agentId: AgentId; callId: CallId }
  | { type: 'call-arrived'; callId: CallId; queueId: QueueId; caller: string; priority: number }
  /** The caller hung up, or the flow took the call out of the queue. */
  | { type: 'caller-left'; callId: CallId; termination: Termination }
  | { type: 'seat-answered'; offerId: OfferId; callId: CallId }
  | { type: 'seat-ended'; offerId: OfferId; callId: CallId; termination: Termination }
  | { type: 'bridged'; offerId: OfferId; callId: CallId }
  | { type: 'bridge-failed'; offerId: OfferId; callId: CallId; message: string }
  /** The agent has left the conversation that began with this offer. */
  | { type: 'talk-ended'; offerId: OfferId; callId: CallId }
  | { type: 'offer-expired'; offerId: OfferId; callId: CallId }
  | { type: 'wait-expired'; callId: CallId; order: number }
  | { type: 'wrap-up-expired'; agentId: AgentId; until: EpochMs }
  /** The process is going down: every waiting call goes on, every ringing seat is told. */
  | { type: 'stopped' };

/** Deadlines: of an offer, of a call's wait, of an agent's wrap-up; `id` is the offer's, the call's, the agent's. */
export type TimerKind = 'offer' | 'wait' | 'wrap-up';

export type Effect =
  | { type: 'ring'; offer: Offer; seat: Seat; caller: string; timeoutMs: number }
  | { type: 'bridge'; offer: Offer }
  | { type: 'end-seat'; offerId: OfferId; termination: Termination }
  /** The seat's leg has ended by itself. */
  | { type: 'forget-seat'; offerId: OfferId }
  /** The bridge stands: caller and seat belong to the conversation from here on; it tells `talk-ended` when the agent has left. */
  | { type: 'open-conversation'; offer: Offer; music: string }
  /** Everybody has to go. */
  | { type: 'close-conversation'; offerId: OfferId; termination: Termination }
  | { type: 'start-treatment'; callId: CallId; queueId: QueueId }
  | { type: 'resume-treatment'; callId: CallId }
  | { type: 'stop-treatment'; callId: CallId }
  | { type: 'finish'; callId: CallId; result: QueueResult }
  /** Replaces a timer of the same kind and id. */
  | { type: 'set-timer'; timer: TimerKind; id: string; delayMs: number; input: Input }
  | { type: 'cancel-timer'; timer: TimerKind; id: string }
  | { type: 'save'; changes: readonly StoreChange[] };

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
  awaitsRegistration: boolean;
}

/** A waiting call as the store keeps it: enough to know the place. */
export interface StoredCall {
  callId: CallId;
  queueId: QueueId;
  caller: string;
  priority: number;
  order: number;
  since: EpochMs;
}

export type StoreChange =
  | { type: 'agent'; agent: StoredAgent }
  | { type: 'agent-gone'; agentId: AgentId }
  | { type: 'call'; call: StoredCall }
  | { type: 'call-gone'; callId: CallId };

/** The tables behind a state. Entries are replaced, never changed; the indexes over them are changed in place. */
export interface Tables {
  turn: number;
  /** Source of places: grows with every arrival and every return to idle. */
  order: number;
  readonly agents: Map<AgentId, AgentEntry>;
  readonly calls: Map<CallId, CallEntry>;
  readonly queues: Map<QueueId, QueueEntry>;
  readonly pools: Map<string, Pool>;
  /** Ready agents whose seat cannot ring: to be asked about again when somebody waits for them. */
  readonly cutOff: Set<AgentId>;
}

/**
 * A state of the ACD: a handle on tables that have exactly one owner.
 *
 * `step` consumes the handle and returns the next one. Copying ten thousand places for every decision would cost more
 * than the decision, so the indexes are changed in place, and a handle that was stepped once is refused with an error:
 * no holder of an old state can see it change under its hands. Given the same inputs and times the outputs are the same.
 */
export interface AcdState {
  readonly turn: number;
  readonly tables: Tables;
}
