import type { AgentId, CallId, EpochMs, FlowId, LegId, QueueId, RecordingId } from './ids.js';
import type { LegStats } from './switch.js';
import type { Termination } from './termination.js';

/** What an agent is doing. Diagram and transitions: `acd/src/core`. */
export type AgentStateName = 'offline' | 'not-ready' | 'ready' | 'ringing' | 'on-call' | 'wrap-up';

export type CallDirection = 'inbound' | 'outbound' | 'internal';

/** Where an agent's calls ring. `softphone` and `phone` come with later capabilities. */
export interface Seat {
  kind: 'sip' | 'softphone' | 'phone';
  number?: string;
  confirm?: boolean;
}

/** The catalogue: every event of the system by name, with its data. Names are past tense. */
export interface EventCatalogue {
  // ── a call's way (callId always set) ──
  'call.arrived': { direction: CallDirection; caller: string; called: string; trunkId?: string; extension?: string };
  /** Refused before a call record was owed (unlisted source, ban, flood): counted and shown, no record. */
  'call.refused': { source: string; caller: string; called: string; termination: Termination };
  'call.answered': Record<string, never>;
  'call.entered-flow': { flowId: FlowId; version: number };
  'call.reached-node': { flowId: FlowId; nodeId: string; nodeType: string };
  'call.pressed-keys': { keys: string; nodeId?: string };
  'call.left-flow': { flowId: FlowId; result: string };
  /** queueId set. `position` counts from 1. */
  'call.queued': { position: number; priority: number };
  /** queueId set. */
  'call.left-queue': { result: 'served' | 'abandoned' | 'timeout' | 'no-agents' | 'full' | 'closed' | 'failed'; waitMs: number };
  /** A party outside a queue rings: extension, number; agentId set when it is an agent's seat. */
  'call.ringing': { to: string };
  /** Two people talk: agentId set when one is an agent, queueId when the call came from a queue. */
  'call.connected': { to: string };
  'call.held': { by: AgentId | 'remote' };
  'call.resumed': { by: AgentId | 'remote' };
  /** The two no longer talk, the caller may go on (survey, queue again). */
  'call.disconnected': { by: 'caller' | 'agent' | 'called' | 'system'; termination: Termination };
  'call.ended': { termination: Termination };
  /** Media figures of one leg of the call when the leg is over. */
  'leg.ended': { legId: LegId; party: string; termination: Termination; stats?: LegStats };

  // ── offers (callId, agentId, queueId set) ──
  'offer.made': { offerId: string; expiresAt: EpochMs };
  'offer.accepted': { offerId: string };
  'offer.rejected': { offerId: string; termination: Termination };
  'offer.timed-out': { offerId: string };
  'offer.withdrawn': { offerId: string; reason: string };

  // ── agents (agentId set) ──
  'agent.state-changed': { from: AgentStateName; to: AgentStateName; reason: string | null; by: string };
  'agent.seat-changed': { seat: Seat };
  'agent.registered': { extension: string; contacts: number };
  'agent.unregistered': { extension: string; reason: string };

  // ── recordings, voicemail, survey (callId set) ──
  'recording.started': { recordingId: RecordingId };
  'recording.paused': { recordingId: RecordingId };
  'recording.resumed': { recordingId: RecordingId };
  'recording.stopped': { recordingId: RecordingId; durationMs: number; bytes: number };
  'recording.failed': { recordingId: RecordingId; message: string };
  'voicemail.started': { box: string };
  'voicemail.left': { voicemailId: string; box: string; durationMs: number };
  'survey.answered': { score: number };

  // ── the system ──
  'system.started': { version: string };
  'system.draining': { calls: number };
  'user.signed-in': { username: string; address: string };
  'user.signed-out': { username: string };
  'user.sign-in-failed': { username: string; address: string; locked: boolean };
}

export type EventType = keyof EventCatalogue;

interface Envelope<T extends EventType> {
  /** Unique for all time. */
  id: string;
  /** Grows by one with every event; a client that knows the last one it saw misses nothing. */
  seq: number;
  type: T;
  /** Epoch milliseconds. */
  at: EpochMs;
  callId?: CallId;
  agentId?: AgentId;
  queueId?: QueueId;
  data: EventCatalogue[T];
}

/** An event as it travels: discriminated by `type`. */
export type DomainEvent = { [T in EventType]: Envelope<T> }[EventType];
export type EventOf<T extends EventType> = Envelope<T>;

/** An event before the bus has given it id, seq and time. `at` may be given when the fact is older than its publication. */
export type EventDraft = {
  [T in EventType]: { type: T; at?: EpochMs; callId?: CallId; agentId?: AgentId; queueId?: QueueId; data: EventCatalogue[T] };
}[EventType];

/**
 * The one road of facts. `publish` numbers the event and hands it to the subscribers in the order they subscribed,
 * synchronously; a subscriber that throws is logged and does not stop the others.
 */
export interface EventBus {
  publish(draft: EventDraft): DomainEvent;
  subscribe(listener: (event: DomainEvent) => void): () => void;
}
