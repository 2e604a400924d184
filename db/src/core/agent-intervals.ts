import type { AgentId, AgentStateName, DomainEvent, QueueId } from '@yixian/contracts';

/** One stretch of time an agent spent in one state, known by the event that began it. */
export interface AgentInterval {
  seq: number;
  agentId: AgentId;
  state: AgentStateName;
  reason: string | null;
  setBy: string;
  /** Of a wrap-up: the queue whose call it follows. */
  queueId: QueueId | null;
  startedAt: number;
  endedAt: number | null;
}

/** The interval that is open now, of each agent. */
export type OpenIntervals = ReadonlyMap<AgentId, AgentInterval>;

/**
 * Folds one event into the open intervals: a change of state ends the one and begins the next.
 * A change that only gives another reason begins a new interval too, so that reasons can be summed.
 * @returns the interval that is open now and those rows that changed, to be stored
 */
export function changeInterval(
  open: AgentInterval | undefined,
  event: DomainEvent,
): { open: AgentInterval | undefined; changed: AgentInterval[] } {
  if (event.type !== 'agent.state-changed' || !event.agentId) return { open, changed: [] };
  // Seen already: a batch that is stored a second time, or the journal read again.
  if (open && open.seq >= event.seq) return { open, changed: [] };
  const next: AgentInterval = {
    seq: event.seq,
    agentId: event.agentId,
    state: event.data.to,
    reason: event.data.reason,
    setBy: event.data.by,
    queueId: event.queueId ?? null,
    startedAt: event.at,
    endedAt: null,
  };
  // The wall clock may have been set back between the two: an interval never ends before it began.
  const ended = open ? [{ ...open, endedAt: Math.max(open.startedAt, event.at) }] : [];
  return { open: next, changed: [...ended, next] };
}
