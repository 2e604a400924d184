import type { CallOutcome, CallRecord } from './call-record.js';
import type { AgentStateName, CallDirection, DomainEvent, EventOf, Seat } from './events.js';
import type { AgentId, CallId, FlowId, QueueId, RecordingId } from './ids.js';
import type { CallLeg, MediaItem } from './switch.js';
import type { Termination } from './termination.js';

// The ports between stages. A stage imports this file, never another stage; `server` wires them.

/** A call in progress, as the stages hand it on. */
export interface Call {
  readonly id: CallId;
  readonly direction: CallDirection;
  readonly caller: string;
  readonly called: string;
  readonly startedAt: number;
  readonly trunkId?: string;
  /** The leg of the party who called (or, for click-to-dial, of the agent). */
  readonly leg: CallLeg;
}

/** db ▸ sbc: the call's row is stored before the caller is answered. */
export interface CallLedger {
  /** Resolves when the row is committed; rejects within 2 s when it cannot be. */
  open(arrived: EventOf<'call.arrived'>): Promise<void>;
}

/** What can be done with a live call from outside (API, desk). Each rejects with a DomainError that says why it cannot. */
export interface CallControl {
  readonly callId: CallId;
  /** Agents who are on this call now. */
  agents(): readonly AgentId[];
  hangUp(by: AgentId): Promise<void>;
  hold(by: AgentId): Promise<void>;
  resume(by: AgentId): Promise<void>;
  sendDigits(by: AgentId, digits: string): Promise<void>;
}

/** server ▸ all: the calls in progress with their records so far and whoever controls them now. */
export interface CallRegistry {
  /** The record folded from the call's events so far; undefined when the call is over or unknown. */
  record(callId: CallId): CallRecord | undefined;
  records(): readonly CallRecord[];
  /** Registers who controls the call; the returned function takes it back. The last registered is in control. */
  control(control: CallControl): () => void;
  controlOf(callId: CallId): CallControl | undefined;
}

/** ivr ▸ sbc: runs a flow on an inbound call; the flow answers the leg. Resolves when the flow is over or the leg has ended. */
export interface FlowRunner {
  run(call: Call, flowId: FlowId): Promise<FlowResult>;
}

export interface FlowResult {
  /** How the call should end if its leg still lives. */
  termination: Termination;
}

export interface QueueRequest {
  call: Call;
  queueId: QueueId;
  /** Added to the queue's own priority. */
  priority?: number;
}

export type QueueResult =
  /** An agent talked with the caller. `callerStillUp` when the agent hung up and the flow may go on (survey). */
  | { outcome: 'served'; agentId: AgentId; callerStillUp: boolean }
  | { outcome: 'abandoned' }
  | { outcome: 'timeout' }
  /** Nobody is signed in who could take it. */
  | { outcome: 'no-agents' }
  | { outcome: 'full' }
  | { outcome: 'failed'; message: string };

/** acd ▸ ivr: waits in a queue, is offered to agents, talks. The result settles exactly once. */
export interface QueuePort {
  enqueue(request: QueueRequest): { readonly result: Promise<QueueResult>; leave(): void };
}

/** sbc ▸ acd: rings an agent's seat, whatever kind it is. */
export interface SeatDialer {
  ring(request: {
    agentId: AgentId;
    seat: Seat;
    caller: { number: string; displayName?: string };
    callId: CallId;
    timeoutMs: number;
  }): CallLeg;
  /** Whether the seat could ring now (SIP: has a registered contact). */
  reachable(agentId: AgentId, seat: Seat): boolean;
}

/** recorder ▸ acd, sbc: one recording per engagement. Never throws into the call: a failure is an event and a metric. */
export interface Recorder {
  start(request: {
    callId: CallId;
    agentId?: AgentId;
    queueId?: QueueId;
    left: CallLeg;
    right?: CallLeg;
  }): Promise<ActiveRecording | undefined>;
  /** A message from the caller; resolves when it is over. */
  voicemail(request: {
    callId: CallId;
    box: string;
    caller: string;
    leg: CallLeg;
    maxDurationMs: number;
    finishOn?: string;
  }): Promise<{ voicemailId: string; durationMs: number } | undefined>;
}

export interface ActiveRecording {
  readonly id: RecordingId;
  setRight(leg: CallLeg | undefined): void;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** ivr ▸ acd: prompts by name and spoken numbers, as things a leg can play. */
export interface Prompts {
  /** @param id e.g. `greeting`, `queue-music`; undefined and one log line when the prompt is missing. */
  item(id: string): MediaItem | undefined;
  /** A whole number 0–9999 in Mandarin, e.g. 二十三. `counting`: it stands before a measure word, where a lone 2 is 两 (两位, 两分钟). */
  sayNumber(value: number, options?: { counting?: boolean }): MediaItem[];
}

export interface AgentSnapshot {
  agentId: AgentId;
  name: string;
  state: AgentStateName;
  /** Epoch milliseconds. */
  since: number;
  reason: string | null;
  seat: Seat;
  reachable: boolean;
  callId: CallId | null;
  skills: string[];
  groups: string[];
}

export interface WaitingCallSnapshot {
  callId: CallId;
  caller: string;
  position: number;
  priority: number;
  since: number;
  /** The agent whose seat rings for this call now. */
  offeredTo: AgentId | null;
}

export interface QueueSnapshot {
  queueId: QueueId;
  name: string;
  waiting: WaitingCallSnapshot[];
  longestWaitMs: number;
  estimatedWaitMs: number | null;
  /** Agents with the skills: ready, and talking on a call of this queue. */
  ready: number;
  serving: number;
  signedIn: number;
}

/** acd ▸ sbc, admin, agent-gateway. Changes reject with a DomainError naming what is wrong. */
export interface Acd {
  agents(): AgentSnapshot[];
  agent(id: AgentId): AgentSnapshot | undefined;
  queues(): QueueSnapshot[];
  queue(id: QueueId): QueueSnapshot | undefined;
  /** `by` is the agent's own id, another user's name, or `system`. While on a call the wish takes effect when the call and its wrap-up are over. */
  setState(id: AgentId, state: 'ready' | 'not-ready' | 'offline', reason: string | null, by: string): Promise<AgentSnapshot>;
  setSeat(id: AgentId, seat: Seat, by: string): Promise<AgentSnapshot>;
  /** A call outside the queues takes the agent's line (internal, outbound): no offers until released. Unknown ids are ignored. */
  occupy(id: AgentId, callId: CallId): void;
  release(id: AgentId, callId: CallId): void;
}

/** sbc ▸ admin, agent-gateway: rings `from`'s seat, then `to`; resolves when the call exists. */
export interface ClickToDial {
  dial(request: { from: AgentId; to: string }): Promise<{ callId: CallId }>;
}

export interface TodayAgentFigures {
  callsHandled: number;
  talkSeconds: number;
  holdSeconds: number;
  missed: number;
}

export interface TodayQueueFigures {
  offered: number;
  answered: number;
  abandoned: number;
  /** 0–1, answered within the threshold / answered; null without calls. */
  serviceLevel: number | null;
  averageWaitSeconds: number | null;
}

export interface CallQuery {
  from?: number;
  to?: number;
  caller?: string;
  called?: string;
  agent?: string;
  queue?: string;
  outcome?: CallOutcome;
  direction?: CallDirection;
  limit: number;
  cursor?: string;
}

export interface RecordingRow {
  id: RecordingId;
  callId: CallId;
  agentId: AgentId | null;
  queueId: QueueId | null;
  startedAt: number;
  endedAt: number | null;
  durationMs: number | null;
  bytes: number | null;
  /** Relative to the recordings folder. */
  file: string;
  state: 'recording' | 'complete' | 'failed' | 'deleted';
  sha256: string | null;
}

export interface VoicemailRow {
  id: string;
  callId: CallId;
  box: string;
  caller: string;
  leftAt: number;
  durationMs: number;
  file: string;
}

/** db ▸ admin, agent-gateway: what happened, as read from the projections. Lists are newest first with a keyset cursor. */
export interface RecordQueries {
  calls(query: CallQuery): Promise<{ items: CallRecord[]; next: string | null }>;
  call(id: CallId): Promise<{ record: CallRecord; timeline: DomainEvent[] } | undefined>;
  recordings(query: {
    from?: number;
    to?: number;
    agent?: string;
    queue?: string;
    caller?: string;
    callId?: string;
    limit: number;
    cursor?: string;
  }): Promise<{ items: RecordingRow[]; next: string | null }>;
  recording(id: RecordingId): Promise<RecordingRow | undefined>;
  voicemails(query: { limit: number; cursor?: string }): Promise<{ items: VoicemailRow[]; next: string | null }>;
  voicemail(id: string): Promise<VoicemailRow | undefined>;
  todayByAgent(): Promise<Map<AgentId, TodayAgentFigures>>;
  todayByQueue(): Promise<Map<QueueId, TodayQueueFigures>>;
  /** Events after `seq`, oldest first, at most `limit`. */
  eventsSince(seq: number, limit: number): Promise<DomainEvent[]>;
}

/** db ▸ recorder: the rows of recordings and voicemails. */
export interface RecordingRows {
  insert(row: RecordingRow): Promise<void>;
  update(id: RecordingId, change: Partial<Omit<RecordingRow, 'id' | 'callId'>>): Promise<void>;
  /** Rows a dead process left in state `recording`. */
  unfinished(): Promise<RecordingRow[]>;
  insertVoicemail(row: VoicemailRow): Promise<void>;
}
