import type { AgentCallRow, CallSegment } from '@yixian/contracts';

interface AgentCall {
  id: string;
  direction: AgentCallRow['direction'];
  caller: string;
  called: string;
  endedAt: number | null;
  segments: readonly CallSegment[];
}

/** What each agent had to do with a call: one row an agent, in the order they came to it. Segments still open count up to their begin. */
export function agentCallRows(call: AgentCall, wanted?: ReadonlySet<string>): AgentCallRow[] {
  const rows = new Map<string, AgentCallRow>();
  for (const segment of call.segments) {
    const { agentId } = segment;
    if (agentId === undefined || (wanted && !wanted.has(agentId))) continue;
    const row = rows.get(agentId) ?? {
      callId: call.id,
      agentId,
      direction: call.direction,
      caller: call.caller,
      called: call.called,
      queueId: null,
      startedAt: segment.startedAt,
      ringMs: 0,
      talkMs: 0,
      holdMs: 0,
      result: '',
    };
    rows.set(agentId, added(row, segment));
  }
  return [...rows.values()];
}

function added(row: AgentCallRow, segment: CallSegment): AgentCallRow {
  const ms = Math.max(0, (segment.endedAt ?? segment.startedAt) - segment.startedAt);
  const next = { ...row, queueId: row.queueId ?? segment.queueId ?? null };
  switch (segment.kind) {
    case 'ringing': {
      const ended = segment.result ?? (segment.endedAt === null ? 'ringing' : 'withdrawn');
      return { ...next, ringMs: row.ringMs + ms, result: row.result === 'talked' || ended === 'accepted' ? row.result : ended };
    }
    case 'talk':
    case 'conference':
      return { ...next, talkMs: row.talkMs + ms, result: 'talked' };
    case 'consult': // who asks aside has the caller wait; who is asked has not had the caller yet
      return row.result === 'talked' ? { ...next, holdMs: row.holdMs + ms } : next;
    case 'hold':
      return { ...next, holdMs: row.holdMs + ms };
    default:
      return next;
  }
}
