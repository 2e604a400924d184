import type { AgentId, CallId, EpochMs, FlowId, LegId, QueueId, RecordingId } from './ids.js';
import type { LegStats } from './switch.js';
import type { Termination } from './termination.js';

/** What an agent is doing. Diagram and transitions: `acd/src/core`. */
export type AgentStateName = 'offline' | 'not-ready' | 'ready' | 'ringing' | 'on-call' | 'wrap-up';

export type CallDirection = 'inbound' | 'outbound' | 'internal';

/** Where an agent's calls ring: registered phones, a browser, or any number over a trunk (virtual seat 虚拟坐席). */
export interface Seat {
  kind: 'sip' | 'softphone' | 'phone';
  /** Of kind `phone`: the fixed line or mobile. */
  number?: string;
  /** Of kind `phone`: whoever answers has to press 1, so that a mailbox never takes a call. Default true. */
  confirm?: boolean;
  /** Of kind `phone`: the line is called once at sign-in and kept up between calls (nailed up). `confirm` is asked when it comes up. */
  persistent?: boolean;
  /** Of a persistent line: key 1 is asked for before each call, too. Default false: a beep, and the call is there. */
  confirmEach?: boolean;
}

/** Supervision of a live call: 监听, 密语, 强插, 拦截, 强拆. `stop`: the supervisor leaves again. */
export type SupervisionMode = 'listen' | 'whisper' | 'barge' | 'takeover' | 'release' | 'stop';

/** What somebody is to a call. */
export type PartyRole = 'caller' | 'agent' | 'called' | 'consulted' | 'supervisor' | 'member';

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
  'call.left-queue': {
    result: 'served' | 'abandoned' | 'timeout' | 'no-agents' | 'full' | 'closed' | 'failed' | 'overflow' | 'moved' | 'callback';
    waitMs: number;
  };
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

  /** agentId: who transferred. `to` as `agent:1002`, `queue:complaint`, `flow:main`, `extension:1003`, `number:0…`. */
  'call.transferred': { by: AgentId; kind: 'blind' | 'attended'; to: string };
  /** The transfer came to nothing; the caller is back with `by`, or has gone on. */
  'call.transfer-failed': { by: AgentId; to: string; termination: Termination };
  /** agentId: who asks somebody else while the caller hears music. */
  'call.consulted': { by: AgentId; to: string };
  'call.consultation-ended': { by: AgentId; to: string; result: 'completed' | 'cancelled' | 'conference' | 'failed' | 'caller-left' };
  /** Somebody more hears and speaks. agentId set when it is an agent. */
  'call.party-joined': { party: string; role: PartyRole };
  'call.party-left': { party: string; role: PartyRole; termination: Termination };
  /** An agent’s browser has lost the connection: the others wait with music until it is back, or until it counts as gone. */
  'call.party-lost': { party: string; role: PartyRole; termination: Termination };
  /** It is back. `held`: it held the call before, and does so still. */
  'call.party-returned': { party: string; role: PartyRole; held: boolean };
  'call.muted': { by: AgentId };
  'call.unmuted': { by: AgentId };
  'call.parked': { by: AgentId; slot: string };
  'call.retrieved': { by: AgentId; slot: string };
  /** agentId: the agent supervised. */
  'call.supervised': { by: string; mode: SupervisionMode };
  'call.supervision-ended': { by: string };
  /** queueId: the queue it leaves. `to` as in `call.transferred`. */
  'call.overflowed': { rule: string; to: string };
  /** A waiting call put elsewhere by hand. queueId: where it waits now. */
  'call.moved': { by: string; from: QueueId; to: QueueId; priority: number };
  /** The levels an agent needs for this call from now on. queueId set. */
  'call.requirements-relaxed': { minLevels: Record<string, number> };
  /** Forwarded by an extension's rule. */
  'call.forwarded': { from: string; to: string; because: 'always' | 'busy' | 'no-answer' | 'not-registered' };
  'call.picked-up': { by: AgentId; from: string };

  // ── callbacks (queueId set; callId: the call that asked, and of later tries the call made) ──
  'callback.requested': { callbackId: string; number: string; since: EpochMs };
  'callback.attempted': { callbackId: string; attempt: number };
  'callback.attempt-failed': { callbackId: string; attempt: number; termination: Termination; nextAt: EpochMs | null };
  'callback.completed': { callbackId: string; attempts: number };
  /** No try is left, or it was cancelled. */
  'callback.closed': { callbackId: string; result: 'exhausted' | 'cancelled'; by: string };

  // ── queues (queueId set) ──
  'queue.door-changed': { door: 'open' | 'closed' | 'schedule'; open: boolean; by: string };

  // ── offers (callId, agentId, queueId set) ──
  'offer.made': { offerId: string; expiresAt: EpochMs };
  'offer.accepted': { offerId: string };
  'offer.rejected': { offerId: string; termination: Termination };
  'offer.timed-out': { offerId: string };
  'offer.withdrawn': { offerId: string; reason: string };

  // ── agents (agentId set) ──
  'agent.state-changed': { from: AgentStateName; to: AgentStateName; reason: string | null; by: string };
  'agent.seat-changed': { seat: Seat };
  /** What the agent will be after the call and its wrap-up; null: nothing chosen, ready as ever. */
  'agent.next-state-chosen': { state: 'ready' | 'not-ready' | 'offline' | null; reason: string | null; by: string };
  /** The nailed-up line of a virtual seat. */
  'agent.line-up': { number: string };
  'agent.line-down': { number: string; termination: Termination };
  'agent.registered': { extension: string; contacts: number };
  'agent.unregistered': { extension: string; reason: string };

  // ── recordings, voicemail, survey (callId set) ──
  /** `note`: something short the caller says for a flow; it does not stand for the call's recording where there is another. */
  'recording.started': { recordingId: RecordingId; note?: boolean };
  'recording.paused': { recordingId: RecordingId };
  'recording.resumed': { recordingId: RecordingId };
  'recording.stopped': { recordingId: RecordingId; durationMs: number; bytes: number };
  'recording.failed': { recordingId: RecordingId; message: string };
  'recording.deleted': { recordingId: RecordingId; by: string; because: 'request' | 'retention' };
  /** Recording stands still for want of disk space, or goes on again. No callId. */
  'recording.halted': { freeMegabytes: number };
  'recording.going-on': { freeMegabytes: number };
  'voicemail.started': { box: string };
  'voicemail.left': { voicemailId: string; box: string; durationMs: number };
  'voicemail.heard': { voicemailId: string; box: string; by: string };
  'voicemail.deleted': { voicemailId: string; box: string; by: string };
  'survey.answered': { score: number; surveyId?: string };

  // ── texts between extensions ──
  'message.sent': { messageId: string; from: string; to: string };
  'message.delivered': { messageId: string; from: string; to: string };
  'message.expired': { messageId: string; from: string; to: string };

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

/** The road of a hotline of several processes: `publish` and `subscribe` are this process's own events, numbered a moment later. */
export interface EventRoad extends EventBus {
  /** The events of all processes, each once, in the order of `seq`; alone, the same as `subscribe`. */
  follow(listener: (event: DomainEvent) => void): () => void;
}
