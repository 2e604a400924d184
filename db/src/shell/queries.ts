import type { CallQuery, CallRecord, DomainEvent, RecordQueries } from '@yixian/contracts';
import type { Knex } from 'knex';
import { decodeCursor, page } from '../core/cursor.js';
import { type CallRow, recordOf } from './call-rows.js';
import { type Counting, createFigures } from './figures.js';
import { AGENTS, after, between, number } from './filters.js';
import { createRecordingQueries } from './recording-queries.js';
import { requireTimezone } from './time-windows.js';

export interface RecordQueriesOptions {
  /** Of the hotline, e.g. `Asia/Shanghai`: where its days begin. */
  timezone: string;
  /** Milliseconds since the epoch; the system's clock when not given. */
  now?: () => number;
  /** Awaited before a call or the events are read, so that a reader sees what has just happened: give `journal.flush`. */
  settled?: () => Promise<void>;
  /** How service level and short abandons are counted; `answered` and 5 s when not given. */
  counting?: () => Counting;
  /** How long today's figures are reused, milliseconds. */
  figuresCacheMs?: number;
}

const SETTLED_DEADLINE_MS = 500;
const USUAL: Counting = { formula: 'answered', shortAbandonMs: 5_000 };

interface EventRow {
  seq: number;
  id: string;
  type: string;
  at: number;
  call_id: string | null;
  agent_id: string | null;
  queue_id: string | null;
  data: unknown;
}

/** Reads the projections. Lists are newest first; a page is found by the key of the last row of the page before, never by counting. */
export function createRecordQueries(knex: Knex, options: RecordQueriesOptions): RecordQueries {
  requireTimezone(options.timezone);
  const now = options.now ?? Date.now;
  const settled = (): Promise<void> => (options.settled ? briefly(options.settled()) : Promise.resolve());

  return {
    async calls(query) {
      const rows = (await callsQuery(knex, query)) as CallRow[];
      return page<CallRecord>(rows.map(recordOf), query.limit, (r) => ({ at: r.startedAt, id: r.id }));
    },
    async call(id) {
      await settled();
      const [row] = (await knex('calls').where({ id })) as CallRow[];
      if (!row) return undefined;
      const events = (await knex('event_journal').where({ call_id: id }).orderBy('seq')) as EventRow[];
      return { record: recordOf(row), timeline: events.map(eventOf) };
    },
    ...createRecordingQueries(knex),
    ...createFigures(knex, options.timezone, now, options.figuresCacheMs ?? 1_000, options.counting ?? (() => USUAL)),
    async eventsSince(seq, limit) {
      await settled();
      const rows = (await knex('event_journal').where('seq', '>', seq).orderBy('seq').limit(limit)) as EventRow[];
      return rows.map(eventOf);
    },
  };
}

/** Waits for the journal, but not long: when it waits for a database that is away, the read will say so by itself. */
function briefly(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, SETTLED_DEADLINE_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    work.then(done, done);
  });
}

function callsQuery(knex: Knex, query: CallQuery): Knex.QueryBuilder {
  const list = knex('calls').orderBy([
    { column: 'started_at', order: 'desc' },
    { column: 'id', order: 'desc' },
  ]);
  between(list, 'started_at', query);
  if (query.caller !== undefined) number(list, 'caller', query.caller);
  if (query.called !== undefined) number(list, 'called', query.called);
  if (query.agent !== undefined) byAgent(list, query.agent);
  if (query.queue !== undefined) list.where('queue_id', query.queue);
  if (query.outcome !== undefined) list.where('outcome', query.outcome);
  if (query.direction !== undefined) list.where('direction', query.direction);
  if (query.cursor !== undefined) after(list, 'started_at', 'id', decodeCursor(query.cursor));
  return list.limit(query.limit + 1);
}

/** Calls the agent was on, the last or an earlier one of several, and those the agent made; as `wasOnCall` says. */
function byAgent(list: Knex.QueryBuilder, agent: string): void {
  list.where((any) =>
    any
      .where('agent_id', agent)
      .orWhere((made) => made.where('caller', agent).whereNot('direction', 'inbound'))
      .orWhere((taken) => taken.where('called', agent).where('direction', 'internal').whereNotNull('connected_at'))
      .orWhere((over) => over.whereNotNull('ended_at').whereRaw(AGENTS, agent))
      .orWhere((goesOn) => goesOn.whereNull('ended_at').whereRaw(AGENTS, agent)),
  );
}

function eventOf(row: EventRow): DomainEvent {
  const { seq, id, type, at, data } = row;
  return {
    ...{ id, seq, type, at },
    ...(row.call_id === null ? {} : { callId: row.call_id }),
    ...(row.agent_id === null ? {} : { agentId: row.agent_id }),
    ...(row.queue_id === null ? {} : { queueId: row.queue_id }),
    data,
  } as DomainEvent;
}
