import type { CallId, DomainEvent, Logger } from '@yixian/contracts';
import type { Knex } from 'knex';
import { intervalOf } from '../core/agent-intervals.js';
import { affectedCall, type TrackedCall, track } from '../core/projection.js';
import { type CallRow, trackedOf } from './call-rows.js';
import type { Batch } from './journal-sql.js';

/** Keeps the live calls folded, so that a batch of events becomes a batch of rows. */
export interface Projector {
  /** Folds the events, once, in order; reads first what it does not know yet. */
  project(events: readonly DomainEvent[]): Promise<Batch>;
  /** Takes up calls another process left, so that their end can be folded. */
  adopt(rows: readonly CallRow[]): void;
  readonly liveCalls: number;
}

const REMEMBERED_ENDS = 2_000;

export function createProjector(knex: Knex, logger: Logger): Projector {
  const live = new Map<CallId, TrackedCall>();
  const closed = recentlyClosed();

  const forget = (id: CallId): void => {
    live.delete(id);
    closed.add(id);
  };
  const load = async (events: readonly DomainEvent[]): Promise<void> => {
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
      for (const event of events) foldCall(event, calls);
      return { events, calls: [...calls.values()], intervals: events.flatMap((event) => intervalOf(event) ?? []) };
    },
    adopt(rows) {
      for (const row of rows) live.set(row.id, trackedOf(row));
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
