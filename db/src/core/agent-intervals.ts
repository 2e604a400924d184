import type { AgentId, AgentStateName, DomainEvent, QueueId } from '@yixian/contracts';

/**
 * One stretch of time an agent spends in one state, known by the event that begins it. Where it ends is where the agent's next
 * one begins: worked out where all of them are stored, since several processes write them and one may be late.
 */
export interface AgentInterval {
  seq: number;
  agentId: AgentId;
  state: AgentStateName;
  reason: string | null;
  setBy: string;
  /** Of a wrap-up: the queue whose call it follows. */
  queueId: QueueId | null;
  startedAt: number;
}

/** The interval an event begins. A change that only gives another reason begins one too, so that reasons can be summed. */
export function intervalOf(event: DomainEvent): AgentInterval | undefined {
  if (event.type !== 'agent.state-changed' || !event.agentId) return undefined;
  const { to: state, reason, by: setBy } = event.data;
  return { seq: event.seq, agentId: event.agentId, state, reason, setBy, queueId: event.queueId ?? null, startedAt: event.at };
}
