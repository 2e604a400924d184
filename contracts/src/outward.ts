import type { AgentSnapshot, QueueSnapshot } from './acd-port.js';
import type { CallOutcome, CallRecord, CallSegment } from './call-record.js';
import type { Role, User } from './directory.js';
import type { AgentStateName, CallDirection, DomainEvent, EventType, Seat } from './events.js';
import { lossRate } from './formulas.js';
import type { TodayAgentFigures, TodayQueueFigures } from './record-queries.js';
import type { AudioCipher, FoundRecording, RecordingRow, VoicemailRow } from './recordings.js';
import type { QueueDoor } from './schedule.js';
import type { CallSummary } from './summaries.js';
import type { Termination } from './termination.js';

// How things look from outside (REST and Socket.IO alike): times ISO 8601 UTC, durations in seconds, ids in short names.

export interface UserView {
  username: string;
  displayName: string;
  roles: Role[];
  extension: string | null;
  groups: string[];
}

export interface SegmentView {
  kind: CallSegment['kind'];
  startedAt: string;
  endedAt: string | null;
  durationSeconds: number | null;
  agent: string | null;
  /** Number or extension of somebody who is no agent. */
  party: string | null;
  queue: string | null;
  result: string | null;
}

export interface CallView {
  id: string;
  direction: CallDirection;
  caller: string;
  called: string;
  trunk: string | null;
  startedAt: string;
  answeredAt: string | null;
  connectedAt: string | null;
  endedAt: string | null;
  /** From arrival to the end, null while the call lasts. */
  durationSeconds: number | null;
  queue: string | null;
  waitSeconds: number;
  agent: string | null;
  talkSeconds: number;
  holdSeconds: number;
  outcome: CallOutcome | null;
  termination: Termination | null;
  survey: number | null;
  recordingId: string | null;
  voicemailId: string | null;
  path: string[];
  segments: SegmentView[];
  /** The call summary 小结, null while there is none; in answers of REST only. */
  summary?: SummaryView | null;
}

/** The call summary as it looks outside. At revision 0 nobody has written any. */
export interface SummaryView {
  disposition: string | null;
  subject: string;
  notes: string;
  revision: number;
  updatedAt: string | null;
  updatedBy: string | null;
}

/** An earlier call of the same number, as a desk shows it. */
export interface PastCallView {
  id: string;
  direction: CallDirection;
  startedAt: string;
  queue: string | null;
  agent: string | null;
  outcome: CallOutcome | null;
  waitSeconds: number;
  talkSeconds: number;
  summary: SummaryView | null;
}

/** Whom an agent may put a caller through to. */
export interface TargetsView {
  agents: { extension: string; name: string; state: AgentStateName; since: string; free: boolean }[];
  queues: { id: string; name: string; waitingCount: number; ready: number; open: boolean }[];
  /** Extensions that are no agent's. */
  extensions: { number: string; name: string }[];
  flows: { id: string; name: string }[];
}

/** What a published flow is called, and those of its nodes that have a label. */
export interface FlowNamesView {
  id: string;
  name: string;
  version: number;
  nodes: Record<string, string>;
}

/** What a desk offers to choose from. */
export interface DeskView {
  notReadyReasons: string[];
  dispositions: { code: string; label: string }[];
}

/** Whether a kind of seat could ring now, and why not. */
export interface SeatChoiceView {
  kind: Seat['kind'];
  reachable: boolean;
  why: string | null;
}

export interface AgentView {
  extension: string;
  name: string;
  state: AgentStateName;
  since: string;
  reason: string | null;
  seat: Seat;
  reachable: boolean;
  callId: string | null;
  skills: string[];
  /** 1–10 by skill. */
  skillLevels: Record<string, number>;
  groups: string[];
  /** Chosen for after the call; null: ready as ever. */
  next: { state: 'ready' | 'not-ready' | 'offline'; reason: string | null } | null;
  /** null: not in wrap-up, or until the agent ends it. */
  wrapUpUntil: string | null;
  today?: TodayAgentFigures;
}

export interface QueueView {
  id: string;
  name: string;
  waiting: { callId: string; caller: string; position: number; priority: number; since: string; offeredTo: string | null }[];
  waitingCount: number;
  longestWaitSeconds: number;
  estimatedWaitSeconds: number | null;
  ready: number;
  serving: number;
  signedIn: number;
  door: { door: QueueDoor; open: boolean; because: string };
  /** Callbacks still to be made. */
  callbacks: number;
  /** Mean absolute error of the estimated wait; null before the first. */
  estimateErrorSeconds: number | null;
  today?: TodayQueueFigures & { lossRate: number | null };
}

export interface RecordingView {
  id: string;
  callId: string;
  agent: string | null;
  queue: string | null;
  direction: CallDirection | null;
  /** Our side's, also where it is no agent's. */
  extension: string | null;
  /** The other party's number. */
  party: string | null;
  groups: string[];
  outcome: CallOutcome | null;
  startedAt: string;
  endedAt: string | null;
  durationSeconds: number | null;
  /** Stretches of silence on purpose, seconds from the start; `to` is null while one lasts. */
  pauses: { from: number; to: number | null }[];
  pausedSeconds: number;
  bytes: number | null;
  state: RecordingRow['state'];
  held: boolean;
  encryption: AudioCipher;
  sha256: string | null;
}

export interface VoicemailView {
  id: string;
  callId: string;
  box: string;
  caller: string;
  leftAt: string;
  durationSeconds: number;
  heard: boolean;
  heardAt: string | null;
  heardBy: string | null;
}

export interface EventView {
  id: string;
  seq: number;
  type: EventType;
  at: string;
  callId?: string;
  agentId?: string;
  queueId?: string;
  data: Record<string, unknown>;
}

/** Epoch milliseconds as ISO 8601 UTC. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function isoOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : isoTime(epochMs);
}

/** Milliseconds as seconds, to the millisecond. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

export function userView(user: User): UserView {
  const { username, displayName, roles, extension, groups } = user;
  return { username, displayName, roles: [...roles], extension, groups: [...groups] };
}

export function callView(r: CallRecord): CallView {
  return {
    id: r.id,
    direction: r.direction,
    caller: r.caller,
    called: r.called,
    trunk: r.trunkId,
    startedAt: isoTime(r.startedAt),
    answeredAt: isoOrNull(r.answeredAt),
    connectedAt: isoOrNull(r.connectedAt),
    endedAt: isoOrNull(r.endedAt),
    durationSeconds: r.endedAt === null ? null : seconds(r.endedAt - r.startedAt),
    queue: r.queueId,
    waitSeconds: seconds(r.waitMs),
    agent: r.agentId,
    talkSeconds: seconds(r.talkMs),
    holdSeconds: seconds(r.holdMs),
    outcome: r.outcome,
    termination: r.termination,
    survey: r.survey,
    recordingId: r.recordingId,
    voicemailId: r.voicemailId,
    path: [...r.path],
    segments: r.segments.map(segmentView),
  };
}

export function summaryView(s: CallSummary | undefined): SummaryView | null {
  if (!s) return null;
  const { disposition, subject, notes, revision, updatedAt, updatedBy } = s;
  return { disposition, subject, notes, revision, updatedAt: isoTime(updatedAt), updatedBy };
}

function segmentView(s: CallSegment): SegmentView {
  return {
    kind: s.kind,
    startedAt: isoTime(s.startedAt),
    endedAt: isoOrNull(s.endedAt),
    durationSeconds: s.endedAt === null ? null : seconds(s.endedAt - s.startedAt),
    agent: s.agentId ?? null,
    party: s.party ?? null,
    queue: s.queueId ?? null,
    result: s.result ?? null,
  };
}

export function agentView(agent: AgentSnapshot, today?: TodayAgentFigures): AgentView {
  return {
    extension: agent.agentId,
    name: agent.name,
    state: agent.state,
    since: isoTime(agent.since),
    reason: agent.reason,
    seat: agent.seat,
    reachable: agent.reachable,
    callId: agent.callId,
    skills: [...agent.skills],
    skillLevels: { ...agent.skillLevels },
    groups: [...agent.groups],
    next: agent.next && { ...agent.next },
    wrapUpUntil: isoOrNull(agent.wrapUpUntil),
    ...(today ? { today } : {}),
  };
}

export function queueView(queue: QueueSnapshot, today?: TodayQueueFigures): QueueView {
  return {
    id: queue.queueId,
    name: queue.name,
    waiting: queue.waiting.map((w) => ({
      callId: w.callId,
      caller: w.caller,
      position: w.position,
      priority: w.priority,
      since: isoTime(w.since),
      offeredTo: w.offeredTo,
    })),
    waitingCount: queue.waiting.length,
    longestWaitSeconds: seconds(queue.longestWaitMs),
    estimatedWaitSeconds: queue.estimatedWaitMs === null ? null : seconds(queue.estimatedWaitMs),
    ready: queue.ready,
    serving: queue.serving,
    signedIn: queue.signedIn,
    door: { door: queue.door.door, open: queue.door.open, because: queue.door.because },
    callbacks: queue.callbacks,
    estimateErrorSeconds: queue.estimateErrorMs === null ? null : seconds(queue.estimateErrorMs),
    ...(today ? { today: { ...today, lossRate: lossRate(today.offered, today.answered, queue.waiting.length) } } : {}),
  };
}

export function recordingView(row: FoundRecording): RecordingView {
  return {
    id: row.id,
    callId: row.callId,
    agent: row.agentId,
    queue: row.queueId,
    direction: row.direction,
    extension: row.extension,
    party: row.otherParty,
    groups: [...row.groups],
    outcome: row.outcome,
    startedAt: isoTime(row.startedAt),
    endedAt: isoOrNull(row.endedAt),
    durationSeconds: row.durationMs === null ? null : seconds(row.durationMs),
    pauses: row.pauses.map(({ from, to }) => ({
      from: seconds(Math.max(0, from - row.startedAt)),
      to: to === null ? null : seconds(Math.max(0, to - row.startedAt)),
    })),
    pausedSeconds: seconds(row.pausedMs),
    bytes: row.bytes,
    state: row.state,
    held: row.held,
    encryption: row.cipher,
    sha256: row.sha256,
  };
}

export function voicemailView(row: VoicemailRow): VoicemailView {
  return {
    id: row.id,
    callId: row.callId,
    box: row.box,
    caller: row.caller,
    leftAt: isoTime(row.leftAt),
    durationSeconds: seconds(row.durationMs),
    heard: row.heardAt !== null,
    heardAt: isoOrNull(row.heardAt),
    heardBy: row.heardBy,
  };
}

/** The envelope as it goes over the wire: every time in it is ISO 8601, nothing else differs. */
export function eventView(event: DomainEvent): EventView {
  const data = event.type === 'offer.made' ? { ...event.data, expiresAt: isoTime(event.data.expiresAt) } : event.data;
  return {
    id: event.id,
    seq: event.seq,
    type: event.type,
    at: isoTime(event.at),
    ...(event.callId === undefined ? {} : { callId: event.callId }),
    ...(event.agentId === undefined ? {} : { agentId: event.agentId }),
    ...(event.queueId === undefined ? {} : { queueId: event.queueId }),
    data: data as Record<string, unknown>,
  };
}
