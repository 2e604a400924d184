import type {
  AgentConfig,
  AgentId,
  AgentStateName,
  CallId,
  EpochMs,
  OverflowRule,
  QueueConfig,
  QueueDoor,
  QueueId,
  Seat,
} from '@yixian/contracts';
import type { CallbackPhase } from './callback-state.js';
import type { Dues } from './dues.js';
import type { Heads, Span } from './heads.js';
import type { IdTable } from './id-table.js';
import type { Line, Open } from './line.js';
import type { OrderedSet } from './ordered-set.js';
import type { Placed } from './placed.js';
import type { Rung, Rungs, ToldLevels } from './rungs.js';

export type OfferId = string;

/**
 * Milliseconds since the tables began: of calls, of which there are many. As epoch milliseconds each would be a number on the
 * heap of its own, and a comparison two looks into cold memory; up to 24 days these are not, and beyond they are only slower.
 */
export type Ticks = number;

export type WishedState = 'ready' | 'not-ready' | 'offline';

/** The state an agent takes when the call, and its wrap-up, are over. */
export interface Wish {
  readonly state: WishedState;
  readonly reason: string | null;
  readonly by: string;
}

/** A ready agent as a queue's strategy ranks him: smaller key first, then smaller order, then by id. */
export interface Candidate {
  readonly key: number;
  readonly order: number;
  readonly agentId: AgentId;
}

/**
 * A place in a queue: larger priority first, then first come. Kept by a call until an agent talks with it.
 *
 * A call of a queue with ageing gains `rate` points a millisecond, so its priority at any time is `key + rate · now` with
 * `key = priority − rate · arrived`. Within one queue the rate is one and the order of the keys never changes: no timers.
 */
export interface Place extends Placed {
  readonly rate: number;
  /** As it was at arrival. */
  readonly priority: number;
  /** When the caller came to the hotline. */
  readonly arrived: Ticks;
}

/** One agent. Changed by `turn.ts` alone. */
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
  /** `OPEN_ENDED`: until the agent ends it. */
  readonly wrapUpUntil: EpochMs | null;
  /** Not ready until then after a missed offer; then ready by itself. */
  readonly restUntil: EpochMs | null;
  /** The place among the idle: the smaller number became ready earlier. */
  readonly idle: number;
  /** Grows with every offer made to anybody: who was asked longest ago has the smallest. */
  readonly lastOffer: number;
  /** Calls of queues of the hotline's day, and how long the agent talked on them. */
  readonly calls: number;
  readonly talkMs: number;
  /** Set aside because the seat could not be reached; a new registration makes the agent ready again. */
  readonly awaitsRegistration: boolean;
  /** No longer in the directory: forgotten as soon as offline. */
  readonly removed: boolean;
}

/** A wrap-up without a deadline. A number, so that JSON keeps it. */
export const OPEN_ENDED = Number.MAX_SAFE_INTEGER;

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
 *  offered     one seat rings for it, or with ring-all several; each offer's deadline runs
 *  connecting  one agent has answered, the bridge does not stand yet, or the number of a callback rings; a deadline runs
 *  talking     out of the queue, with the agent
 */
export type CallPhase = 'waiting' | 'offered' | 'connecting' | 'talking';

/** What a call asks for beside its queue; one object, `NO_ASK`, for all that ask for nothing. */
export interface Ask {
  readonly agentId: AgentId | null;
  readonly group: string | null;
  readonly minLevels: Readonly<Record<string, number>>;
}

/** One call, or one callback in the line. Changed by `turn.ts` alone. */
export interface CallEntry extends Place {
  readonly id: CallId;
  readonly queue: QueueEntry;
  /** Where it is found by agents who may have it. */
  readonly lane: Lane;
  readonly caller: string;
  /** When it came into this queue. */
  readonly entered: Ticks;
  readonly ask: Ask;
  /** How many steps of relaxation have been taken. */
  readonly step: number;
  /** The agent who last talked with the caller is waited for until then. */
  readonly sticky: { readonly agentId: AgentId; readonly until: Ticks } | null;
  /** Queues it was in before, by overflow: never again. */
  readonly visited: readonly QueueId[];
  /** Put here by hand, or called back: rules that measure the queue leave it here, and do not count its wait. */
  readonly stays: boolean;
  readonly phase: CallPhase;
  /** In the tables no more; another entry may have its id. */
  readonly gone: boolean;
  readonly offer: Offer | null;
  /** Whom it was first offered to last: mostly the offer's, found without a look into the table. */
  readonly agent: AgentEntry | null;
  /** With ring-all: the other offers. */
  readonly more: readonly Offer[];
  /** How often the bridge could not be made; a call that cannot be connected must not use up every agent. */
  readonly failures: number;
  /** The longest wait passed while the bridge was being made. */
  readonly overdue: boolean;
  /** What was expected on arrival, milliseconds. */
  readonly estimateMs: number | null;
  readonly talkingSince: Ticks | null;
  /** Set for a callback in the line; nobody listens to it, and there is no leg yet. */
  readonly callback: CallbackEntry | null;
}

/** The lease by which one agent may have one call until `expiresAt`. */
export interface Offer {
  readonly id: OfferId;
  readonly callId: CallId;
  readonly agentId: AgentId;
  readonly queueId: QueueId;
  readonly madeAt: EpochMs;
  readonly expiresAt: EpochMs;
}

/** What a process keeps of a call of its own as the leader last told it, and tells the next leader. */
export interface LiveCall {
  readonly callId: CallId;
  readonly queueId: QueueId;
  readonly caller: string;
  /** The queue's own counted in. */
  readonly priority: number;
  readonly order: number;
  readonly since: EpochMs;
  /** When it came into this queue. */
  readonly entered: EpochMs;
  readonly ask: Ask;
  readonly sticky: { readonly agentId: AgentId; readonly until: EpochMs } | null;
  readonly visited: readonly QueueId[];
  readonly stays: boolean;
  readonly failures: number;
  readonly overdue: boolean;
  readonly estimateMs: number | null;
  readonly phase: CallPhase;
  /** Whoever is rung, or talks; with ring-all several. */
  readonly offers: readonly Offer[];
  readonly talkingSince: EpochMs | null;
}

/** A call outside the queues that takes an agent's line. */
export interface HeldLine {
  readonly agentId: AgentId;
  readonly callId: CallId;
}

/** A callback in place of waiting. Never changed, only replaced. */
export interface CallbackEntry {
  readonly id: string;
  readonly queueId: QueueId;
  readonly number: string;
  /** What the call that asked for it asks for beside its queue. */
  readonly ask: Ask;
  readonly priority: number;
  readonly since: EpochMs;
  readonly order: number;
  readonly attempts: number;
  readonly notBefore: EpochMs | null;
  readonly callId: CallId | null;
  readonly by: string;
  readonly phase: CallbackPhase;
}

/** Agents with one and the same skills, levels and groups. */
export interface Pool extends Span {
  readonly key: string;
  readonly levels: ReadonlyMap<string, number>;
  readonly groups: ReadonlySet<string>;
  readonly ready: OrderedSet<AgentEntry>;
  /** How many of them are. */
  signedIn: number;
  /** Every lane these agents may serve; the span of the pool is that of their lines in `Heads`. */
  lanes: Lane[];
  /** Those of them that rank agents themselves. */
  ranked: Lane[];
  /** Queues these agents may serve at some step of relaxation. */
  queues: QueueEntry[];
}

/** What an agent needs: a level in each of some skills, and membership of groups. */
export interface Requirement {
  readonly key: string;
  readonly levels: readonly (readonly [skill: string, level: number])[];
  readonly groups: readonly string[];
}

/** Calls of one queue that ask for one and the same: of one step of relaxation, of one agent, or of a request of its own. */
export interface Lane {
  readonly key: string;
  readonly queue: QueueEntry;
  readonly requirement: Requirement;
  /** Its row in `Heads`. */
  readonly row: number;
  /** One of `lanes` of its queue. The others are for requests of their own and for one agent. */
  readonly plain: boolean;
  /** How many steps of relaxation its calls have taken. */
  readonly step: number;
  /** Its open calls take the next when they have waited so long; null: there is none. */
  readonly relaxesAfter: number | null;
  /** Only this agent. */
  readonly agentId: AgentId | null;
  /** Whether that agent has what is asked for. */
  readonly able: boolean;
  /** Calls that no agent is asked for now. */
  open: Open<CallEntry>;
  /** The same, when they relax, or have relaxed as a queue's calls do; else null. */
  rung: CallRung | null;
  /** Calls that ring, for whoever becomes free meanwhile; null without ring-all. */
  readonly ringing: OrderedSet<CallEntry> | null;
  pools: Pool[];
  /** Those with a ready agent, when the longest idle goes first. */
  readonly readyPools: Set<Pool>;
  /** Ready agents in the order of the strategy; null when the longest idle goes first. */
  readonly ready: OrderedSet<Candidate> | null;
}

export type CallRung = Rung<CallEntry, Lane>;
export type CallRungs = Rungs<CallEntry, Lane>;

/** A rule about the queue as it stands, and who waits that it could take elsewhere. */
export interface MeasuredRule {
  readonly rule: OverflowRule;
  readonly movable: OrderedSet<CallEntry>;
}

export interface QueueEntry {
  readonly id: QueueId;
  config: QueueConfig;
  /** Overflow by longest and by estimated wait, in the order of the settings. */
  measured: readonly MeasuredRule[];
  /** Callers with a place by their arrival, those who stay not counted; null when no rule asks for the longest wait. */
  arrivals: OrderedSet<CallEntry> | null;
  /** A rule about the door or about who is signed in led to a queue that did not take everybody: it is tried again. */
  sweepsAgain: boolean;
  /** When the timer for the longest wait, or to try a rule again, fires; null when there is none. */
  measureAt: EpochMs | null;
  /** Every call that has a place: waiting, offered, connecting. */
  readonly places: Line<CallEntry>;
  /** One for each step of relaxation: `lanes[0]` is what the queue asks for at first. */
  lanes: Lane[];
  /** After how long a wait each step of relaxation is taken. */
  relaxesAfter: readonly number[];
  /** Levels of each step, as events tell them; made when first told. */
  levels: ToldLevels[];
  /** For calls that ask for more. */
  readonly extra: Map<string, Lane>;
  /** As many of them before the empty ones are cleared away. */
  extraLimit: number;
  pools: Pool[];
  /** Ranks of `agentOrder`. */
  rank: ReadonlyMap<AgentId, number>;
  /** Strategy sequential: whom it last rang. */
  cursor: Candidate | null;
  signedIn: number;
  /** Signed in and not `not-ready`. */
  working: number;
  serving: number;
  handled: number;
  /** Mean time a call takes an agent (talk and wrap-up), milliseconds, the recent ones weighing more. */
  handlingMs: number;
  /** Callbacks that have a place in the line. */
  callbacksInLine: number;
  /** Estimates that were compared with what happened, and the sum of their absolute errors. */
  estimates: number;
  estimateErrorMs: number;
  door: QueueDoor;
  doorBy: string | null;
  isOpen: boolean;
  because: string;
}

/** The tables behind a state, changed in place by the step that consumes it; what is told of entries is copied out of them. */
export interface Tables {
  turn: number;
  /** Epoch milliseconds of the first step; null before it. */
  epoch: EpochMs | null;
  /** Source of places: grows with every arrival and every return to idle. */
  order: number;
  /** Of the strategy random. */
  seed: number;
  /** Of the hotline's time zone, e.g. `2026-10-01`; empty before the first. */
  day: string;
  signedIn: number;
  /** Another leader takes over, and has not been told everything yet: nobody is matched. */
  held: boolean;
  /** Some queue waits for the agent who last talked. */
  remembers: boolean;
  readonly agents: Map<AgentId, AgentEntry>;
  readonly calls: IdTable<CallEntry>;
  readonly queues: Map<QueueId, QueueEntry>;
  readonly pools: Map<string, Pool>;
  readonly callbacks: Map<string, CallbackEntry>;
  /** Lanes for one agent, by agent. */
  readonly named: Map<AgentId, Lane[]>;
  /** Who last talked with a number; the oldest goes first when there are too many. */
  readonly talks: Map<string, { agentId: AgentId; at: EpochMs }>;
  /** Ready agents whose seat cannot ring: to be asked about again when somebody waits for them. */
  readonly cutOff: Set<AgentId>;
  /** Who stands first in each line. */
  readonly heads: Heads<CallEntry>;
  /** How many agents are ready and can be reached. */
  idle: number;
  /** All queues age at one rate: whoever goes first, goes first for ever. */
  oneRate: boolean;
  /** Where calls stand that relax, by when they do. */
  readonly dues: Dues<CallRung>;
  /** How many open calls will relax if they wait long enough. */
  climbing: number;
  /** How many of them in lanes that are not plain: whether somebody is ready for them, the lanes of the queue do not say. */
  special: number;
  /** When the timer for the next relaxation fires; Infinity when there is none. */
  wakeAt: Ticks;
  /** Queues whose measure may have changed in this step. */
  readonly toMeasure: Set<QueueEntry>;
  /** Entries of calls that are gone, to be used again: a new one would be copied twice before it lies still. */
  readonly spareCalls: CallEntry[];
  /** The step's own lists, used again by the next. */
  spareTurn: object | null;
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
