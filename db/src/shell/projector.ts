import type { AgentId, CallId, DomainEvent, Logger } from '@yixian/contracts';
import type { Knex } from 'knex';
import { type AgentInterval, changeInterval } from '../core/agent-intervals.js';
import { affectedCall, type TrackedCall, track } from '../core/projection.js';
import { type CallRow, trackedOf } from './call-rows.js';
import type { Batch } from './journal-sql.js';

/** Keeps the live calls and the open agent intervals folded, so that a batch of events becomes a batch of rows. */
export interface Projector {
  /** Folds the events, once, in order; reads first what it does not know yet. */
  project(events: readonly DomainEvent[]): Promise<Batch>;
  /** Takes up calls another process left, so that their end can be folded. */
  adopt(rows: readonly CallRow[]): void;
  /** The open intervals were changed by somebody else: they are read anew. */
  forgetIntervals(): void;
  readonly liveCalls: number;
}

const REMEMBERED_ENDS = 2_000;

export function createProjector(knex: Knex, logger: Logger): Projector {
  const live = new Map<CallId, TrackedCall>();
  const closed = recentlyClosed();
  let intervals: Map<AgentId, AgentInterval> | undefined;

  const forget = (id: CallId): void => {
    live.delete(id);
    closed.add(id);
  };
  const load = async (events: readonly DomainEvent[]): Promise<void> => {
    intervals ??= await openIntervals(knex);
    const unknown = new Set<CallId>();
    const arriving = new Set<CallId>();
    for (const event of events) {
      const id = affectedCall(event);
      if (!id || live.has(id) || closed.has(id) || arriving.has(id)) continue;
      if (event.type === 'call.arrived') arriving.add(id);
      else unknown.add(id);
    }
    if (unknown.size === 0) return;
    const rows = (await knex('calls').whereIn('id', [...unknown])) as CallRow[];
    for (const row of rows) if (row.ended_at === null) live.set(row.id, trackedOf(row));
    for (const id of unknown) if (!live.has(id)) forget(id);
  };

  const foldCall = (event: DomainEvent, changed: Map<CallId, TrackedCall>): void => {
    const id = affectedCall(event);
    if (!id) return;
    const before = live.get(id);
    if (closed.has(id) && event.type !== 'call.arrived') return;
    const after = fold(before, event, logger);
    if (!after || after === before) return;
    changed.set(id, after);
    if (after.record.endedAt === null) live.set(id, after);
    else forget(id);
  };

  return {
    async project(events) {
      await load(events);
      const calls = new Map<CallId, TrackedCall>();
      const rows = new Map<number, AgentInterval>();
      for (const event of events) {
        foldCall(event, calls);
        if (event.type !== 'agent.state-changed' || !event.agentId || !intervals) continue;
        const { open, changed } = changeInterval(intervals.get(event.agentId), event);
        for (const row of changed) rows.set(row.seq, row);
        if (open) intervals.set(event.agentId, open);
      }
      return { events, calls: [...calls.values()], intervals: [...rows.values()] };
    },
    adopt(rows) {
      for (const row of rows) live.set(row.id, trackedOf(row));
    },
    forgetIntervals() {
      intervals = undefined;
    },
    get liveCalls() {
      return live.size;
    },
  };
}

/** Calls that are over or were never ours: their late events need no look at the database. */
function recentlyClosed(): { has(id: CallId): boolean; add(id: CallId): void } {
  const ids = new Set<CallId>();
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.add(id);
      const [oldest] = ids;
      if (ids.size > REMEMBERED_ENDS && oldest !== undefined) ids.delete(oldest);
    },
  };
}

/** Our own mistake in folding costs one call's record, never the journal. */
function fold(before: TrackedCall | undefined, event: DomainEvent, logger: Logger): TrackedCall | undefined {
  try {
    return track(before, event);
  } catch (error) {
    logger.error({ err: error, event }, 'an event could not be folded into its call record');
    return before;
  }
}

interface IntervalRow {
  seq: number;
  agent_id: AgentId;
  state: AgentInterval['state'];
  reason: string | null;
  set_by: string;
  queue_id: string | null;
  started_at: number;
  ended_at: number | null;
}

async function openIntervals(knex: Knex): Promise<Map<AgentId, AgentInterval>> {
  const rows = (await knex('agent_state_intervals').whereNull('ended_at')) as IntervalRow[];
  return new Map(
    rows.map((row) => [
      row.agent_id,
      {
        seq: row.seq,
        agentId: row.agent_id,
        state: row.state,
        reason: row.reason,
        setBy: row.set_by,
        queueId: row.queue_id,
        startedAt: row.started_at,
        endedAt: row.ended_at,
      },
    ]),
  );
}
