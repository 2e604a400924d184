import type { AgentId, AgentSnapshot, CallbackView, CallId, QueueId, QueueSnapshot } from '@yixian/contracts';
import type { ToldQueue, ViewMessage } from './wire.js';

export interface Standing {
  position: number;
  estimateMs: number | null;
  ringing: boolean;
}

/** Agents, queues and callbacks as the leader last told them. */
export interface Replica {
  take(message: ViewMessage): void;
  agents(): AgentSnapshot[];
  agent(id: AgentId): AgentSnapshot | undefined;
  queues(now: number): QueueSnapshot[];
  queue(id: QueueId, now: number): QueueSnapshot | undefined;
  callbacks(): CallbackView[];
  /** Where a call stands in its queue; undefined once it is in none. */
  standing(callId: CallId): Standing | undefined;
}

export function createReplica(): Replica {
  const agents = new Map<AgentId, AgentSnapshot>();
  const queues = new Map<QueueId, ToldQueue>();
  let callbacks: readonly CallbackView[] = [];

  return {
    take(message) {
      if (message.full) {
        agents.clear();
        queues.clear();
      }
      for (const agent of message.agents) agents.set(agent.agentId, agent);
      for (const id of message.agentsGone) agents.delete(id);
      for (const told of message.queues) queues.set(told.queue.queueId, told);
      for (const id of message.queuesGone) queues.delete(id);
      if (message.callbacks) callbacks = message.callbacks;
    },
    agents: () => [...agents.values()].map((agent) => ({ ...agent })),
    agent: (id) => {
      const agent = agents.get(id);
      return agent && { ...agent };
    },
    queues: (now) => [...queues.values()].map(({ queue }) => asOf(queue, now)),
    queue: (id, now) => {
      const told = queues.get(id);
      return told && asOf(told.queue, now);
    },
    callbacks: () => [...callbacks],
    standing(callId) {
      for (const { queue, estimates } of queues.values()) {
        const at = queue.waiting.findIndex((call) => call.callId === callId);
        const call = queue.waiting[at];
        if (call) return { position: call.position, estimateMs: estimates[at] ?? null, ringing: call.offeredTo !== null };
      }
      return undefined;
    },
  };
}

function asOf(queue: QueueSnapshot, now: number): QueueSnapshot {
  return { ...queue, longestWaitMs: longest(queue, now) };
}

function longest({ waiting }: QueueSnapshot, now: number): number {
  let oldest = now;
  for (const { since } of waiting) oldest = Math.min(oldest, since);
  return now - oldest;
}

/** The queue as it is told to others; equal as long as nothing but time has passed. */
export function toldQueue(queue: QueueSnapshot, estimateOf: (callId: CallId) => number | null): ToldQueue {
  return { queue: { ...queue, longestWaitMs: 0 }, estimates: queue.waiting.map(({ callId }) => estimateOf(callId)) };
}
