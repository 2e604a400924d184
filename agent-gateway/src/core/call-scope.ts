import { type AgentId, agentsOfCall, type CallRecord, type DomainEvent, type QueueId } from '@yixian/contracts';

/**
 * Whose a call is, and since which event: the same answer whether an event is told as it happens or again later.
 * An offer alone makes no owner: the offer's own events reach the agent, the call belongs to who takes it.
 */
export interface CallScope {
  /** False when the call's beginning was not seen: there may have been owners before. */
  complete: boolean;
  agents: readonly { id: AgentId; from: number }[];
  queues: readonly { id: QueueId; from: number }[];
}

const UNKNOWN: CallScope = { complete: false, agents: [], queues: [] };

/** The scope after one more event of the call; the given one is left as it was. */
export function scopeAfter(before: CallScope | undefined, event: DomainEvent): CallScope {
  const scope = before ?? UNKNOWN;
  switch (event.type) {
    case 'call.arrived':
      return withAgent(withAgent({ complete: true, agents: [], queues: [] }, event.agentId, event.seq), event.data.extension, event.seq);
    case 'call.queued':
      return withQueue(scope, event.queueId, event.seq);
    case 'call.party-joined':
    case 'call.retrieved':
      return withAgent(scope, event.agentId, event.seq);
    case 'call.supervised':
      return event.data.mode === 'takeover' ? withAgent(scope, event.data.by, event.seq) : scope;
    case 'call.ringing':
    case 'call.connected':
    case 'offer.accepted':
      return withAgent(scope, event.agentId, event.seq);
    default:
      return scope;
  }
}

/** Of a call whose beginning was not followed: whose it is as of this event, by its record. */
export function scopeOfRecord(record: CallRecord, from: number): CallScope {
  const queues = new Set(record.segments.flatMap(({ queueId }) => (queueId === undefined ? [] : [queueId])));
  if (record.queueId !== null) queues.add(record.queueId);
  return {
    complete: true,
    agents: [...agentsOfCall(record)].map((id) => ({ id, from })),
    queues: [...queues].map((id) => ({ id, from })),
  };
}

function withAgent(scope: CallScope, id: AgentId | undefined, from: number): CallScope {
  if (id === undefined || scope.agents.some((agent) => agent.id === id)) return scope;
  return { ...scope, agents: [...scope.agents, { id, from }] };
}

function withQueue(scope: CallScope, id: QueueId | undefined, from: number): CallScope {
  if (id === undefined || scope.queues.some((queue) => queue.id === id)) return scope;
  return { ...scope, queues: [...scope.queues, { id, from }] };
}
