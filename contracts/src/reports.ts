import type { CallOutcome } from './call-record.js';
import type { AgentStateName } from './events.js';
import type { AgentId, CallId, EpochMs, QueueId } from './ids.js';

// db ▸ admin: what was, summed up. The smallest interval is a quarter of an hour; hours and days are the hotline's.

export type ReportInterval = '15m' | 'hour' | 'day' | 'total';

/** Sums of a queue over an interval. A call belongs to the interval in which it came to the queue. */
export interface QueueSums {
  /** Came to the queue; those put elsewhere by hand are not counted. */
  offered: number;
  answered: number;
  abandoned: number;
  /** Abandoned sooner than `shortAbandonSeconds`. */
  shortAbandoned: number;
  answeredInTime: number;
  abandonedInTime: number;
  /** Taken elsewhere by a rule, or waited too long. */
  overflowed: number;
  timedOut: number;
  /** Nobody signed in, queue full or closed. */
  turnedAway: number;
  callbacks: number;
  failed: number;
  waitAnsweredMs: number;
  waitAbandonedMs: number;
  longestWaitMs: number;
  /** Of the calls answered, and of the wrap-up that followed them. */
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
}

/** Sums of an agent over an interval. Times are those within the interval, whenever they began. */
export interface AgentSums {
  readyMs: number;
  notReadyMs: number;
  ringingMs: number;
  onCallMs: number;
  wrapUpMs: number;
  signIns: number;
  /** Offers of queues, and calls straight to the extension. */
  offered: number;
  missed: number;
  /** Calls talked, by their first word. */
  handled: number;
  /** Of those, the ones the agent made. */
  outbound: number;
  talkMs: number;
  holdMs: number;
}

/** Sums of the hotline over an interval. A call belongs to the interval in which it arrived. */
export interface SystemSums {
  inbound: number;
  outbound: number;
  internal: number;
  /** Inbound, by outcome. */
  answered: number;
  abandoned: number;
  abandonedInFlow: number;
  voicemail: number;
  overflowed: number;
  rejected: number;
  failed: number;
  outboundAnswered: number;
  waitMs: number;
  talkMs: number;
  recordings: number;
  recordedMs: number;
}

export interface ReportRow<K, S> {
  key: K;
  /** When the interval began and ended; the first and last of a `total` are the bounds asked for. */
  from: EpochMs;
  to: EpochMs;
  sums: S;
}

export interface ReportRange {
  from: EpochMs;
  to: EpochMs;
  interval: ReportInterval;
}

export interface StateLogRow {
  agentId: AgentId;
  state: AgentStateName;
  reason: string | null;
  by: string;
  startedAt: EpochMs;
  endedAt: EpochMs | null;
}

export interface SignInLogRow {
  agentId: AgentId;
  signedInAt: EpochMs;
  by: string;
  /** null while signed in. */
  signedOutAt: EpochMs | null;
  signedOutBy: string | null;
}

/** What one agent had to do with one call. */
export interface AgentCallRow {
  callId: CallId;
  agentId: AgentId;
  direction: 'inbound' | 'outbound' | 'internal';
  caller: string;
  called: string;
  queueId: QueueId | null;
  /** When it first rang at, or was made by, the agent. */
  startedAt: EpochMs;
  ringMs: number;
  talkMs: number;
  holdMs: number;
  /** `talked`, or how the ringing ended: `timed-out`, `rejected`, `withdrawn`. */
  result: string;
}

export interface MissedCallRow {
  callId: CallId;
  caller: string;
  called: string;
  startedAt: EpochMs;
  waitMs: number;
  queueId: QueueId | null;
  outcome: CallOutcome;
  /** The next time this number and the hotline talked, whoever called. */
  reachedAt: EpochMs | null;
}

interface LogRange {
  from?: EpochMs;
  to?: EpochMs;
  limit: number;
  cursor?: string;
}

type Page<T> = Promise<{ items: T[]; next: string | null }>;

/** Whose calls are counted: those that came to one of the queues, or were made by, rang at or were talked by one of the agents. */
export interface ReportScope {
  agents: readonly AgentId[];
  queues: readonly QueueId[];
}

/** Logs are newest first. */
export interface ReportQueries {
  queues(range: ReportRange, ids?: readonly QueueId[]): Promise<ReportRow<QueueId, QueueSums>[]>;
  agents(range: ReportRange, ids?: readonly AgentId[]): Promise<ReportRow<AgentId, AgentSums>[]>;
  /** @param scope only calls and recordings of these agents and queues; the whole hotline when not given */
  system(range: ReportRange, scope?: ReportScope): Promise<ReportRow<null, SystemSums>[]>;
  stateLog(query: LogRange & { agents?: readonly AgentId[]; state?: AgentStateName }): Page<StateLogRow>;
  signInLog(query: LogRange & { agents?: readonly AgentId[] }): Page<SignInLogRow>;
  agentCallLog(query: LogRange & { agents?: readonly AgentId[] }): Page<AgentCallRow>;
  missedCallLog(query: LogRange & { queues?: readonly QueueId[] }): Page<MissedCallRow>;
}
