import type { AgentId, EpochMs, EventDraft } from '@yixian/contracts';
import type { Gathered } from './gathered.js';
import type { Effect, StoreChange } from './inputs.js';
import type { AgentEntry, CallEntry, QueueEntry, Tables, Ticks } from './types.js';

/** One step under way: the tables, the time, and what has been decided so far. */
export interface Turn {
  readonly tables: Tables;
  readonly now: EpochMs;
  /** The same as calls count. */
  readonly ticks: Ticks;
  /** Done first: a seat to ring or a bridge to make does not wait for anything else. */
  readonly urgent: Gathered<Effect>;
  readonly effects: Gathered<Effect>;
  readonly events: Gathered<EventDraft>;
  /** Agents who became available in this step, still to be matched. */
  freed: AgentEntry[] | undefined;
  /** Calls that became open in this step, still to be matched. */
  opened: CallEntry[] | undefined;
  /** Agents who went not ready or signed out: whoever waits for them alone is looked at. */
  departed: AgentId[] | undefined;
  /** When a call next relaxes that somebody could want to know of, as far as this step has changed it; Infinity: it has not. */
  wakeAt: Ticks;
  /** Queues a place was lost in, when callbacks stand in their lines. */
  advanced: QueueEntry[] | undefined;
  /** Agents changed in this step; may name one twice. */
  readonly touchedAgents: Gathered<AgentEntry>;
  /** Calls that got or lost a place in this step; may name one twice. */
  readonly touchedCalls: Gathered<CallEntry>;
  /** Calls that left the tables in this step. */
  readonly dropped: Gathered<CallEntry>;
  /** Of other tables, in order. */
  readonly changes: Gathered<StoreChange>;
  /** How far looked ahead; kept lest the looks be thought useless. */
  seen: number;
  ignored: string | undefined;
}
