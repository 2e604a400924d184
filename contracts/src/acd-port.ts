import type { AgentStateName, Seat } from './events.js';
import type { AgentId, CallId, EpochMs, QueueId } from './ids.js';
import type { QueueDoor, QueueDoorState } from './schedule.js';

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
  skillLevels: Record<string, number>;
  groups: string[];
  /** Chosen for after the call; null: ready as ever. */
  next: { state: 'ready' | 'not-ready' | 'offline'; reason: string | null } | null;
  /** Epoch milliseconds; null: not in wrap-up, or open-ended. */
  wrapUpUntil: EpochMs | null;
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
  door: QueueDoorState;
  callbacks: number;
  /** Mean absolute error of the announced wait, milliseconds; null before the first. */
  estimateErrorMs: number | null;
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
  /** Puts a waiting call into another queue, or changes its priority, or both; the time it has waited counts on. */
  moveCall(callId: CallId, to: { queueId?: QueueId; priority?: number }, by: string): Promise<void>;
  /** Opens or closes a queue by hand, or leaves it to its schedule again; survives a restart. */
  setDoor(queueId: QueueId, door: QueueDoor, by: string): Promise<QueueDoorState>;
  /** Rings the seat of an agent who is being offered a call again so that the phone answers by itself. Rejects with `conflict` when none rings. */
  answer(id: AgentId, callId: CallId): Promise<void>;
  /** Ends the ringing of an offer as if the phone had refused it; what that means for the agent is the queue's `rejected`. Rejects with `conflict` when none rings. */
  reject(id: AgentId, callId: CallId): Promise<void>;
  /** A call outside the queues takes the agent's line (internal, outbound): no offers until released. Unknown ids are ignored. */
  occupy(id: AgentId, callId: CallId): void;
  release(id: AgentId, callId: CallId): void;
}
