import type { AgentCallRow, CallSegment, MissedCallRow, ReportQueries, SignInLogRow, StateLogRow } from '@yixian/contracts';
import type { Knex } from 'knex';
import { agentCallRows } from '../../core/agent-call-rows.js';
import { type Cursor, decodeCursor, page } from '../../core/cursor.js';

// 流水: the running logs, read from the same rows as everything else. Newest first, by keyset.

interface IntervalRow {
  seq: number;
  agent_id: string;
  state: StateLogRow['state'];
  reason: string | null;
  set_by: string;
  started_at: number;
  ended_at: number | null;
}

type Logs = Pick<ReportQueries, 'stateLog' | 'signInLog' | 'agentCallLog' | 'missedCallLog'>;

export function createLogs(knex: Knex): Logs {
  return {
    async stateLog(query) {
      const list = intervals(knex, query);
      if (query.state !== undefined) list.where('i.state', query.state);
      const rows = (await list.select('i.*')) as IntervalRow[];
      const { items, next } = page(rows, query.limit, bySeq);
      return { items: items.map(stateRow), next };
    },
    async signInLog(query) {
      const rows = (await intervals(knex, query)
        .where('i.state', '<>', 'offline')
        .whereRaw(
          `coalesce((select b.state from agent_state_intervals b where b.agent_id = i.agent_id and b.seq < i.seq
            order by b.seq desc limit 1), 'offline') = 'offline'`,
        )
        .joinRaw(
          `left join lateral (select o.started_at, o.set_by from agent_state_intervals o
            where o.agent_id = i.agent_id and o.seq > i.seq and o.state = 'offline' order by o.seq limit 1) as out on true`,
        )
        .select('i.*', { out_at: 'out.started_at', out_by: 'out.set_by' })) as (IntervalRow & {
        out_at: number | null;
        out_by: string | null;
      })[];
      const { items, next } = page(rows, query.limit, bySeq);
      return { items: items.map(signInRow), next };
    },
    agentCallLog: (query) => agentCalls(knex, query),
    missedCallLog: (query) => missedCalls(knex, query),
  };
}

const bySeq = (row: IntervalRow): Cursor => ({ at: row.started_at, id: String(row.seq) });

function intervals(
  knex: Knex,
  query: { from?: number; to?: number; limit: number; cursor?: string; agents?: readonly string[] },
): Knex.QueryBuilder {
  const list = knex({ i: 'agent_state_intervals' }).orderBy([
    { column: 'i.started_at', order: 'desc' },
    { column: 'i.seq', order: 'desc' },
  ]);
  if (query.from !== undefined) list.where('i.started_at', '>=', new Date(query.from));
  if (query.to !== undefined) list.where('i.started_at', '<', new Date(query.to));
  if (query.agents !== undefined) list.whereIn('i.agent_id', [...query.agents]);
  if (query.cursor !== undefined) {
    const { at, id } = decodeCursor(query.cursor);
    list.whereRaw('(i.started_at, i.seq) < (?, ?::bigint)', [new Date(at), /^\d{1,18}$/.test(id) ? id : '0']);
  }
  return list.limit(query.limit + 1);
}

function stateRow(row: IntervalRow): StateLogRow {
  return {
    agentId: row.agent_id,
    state: row.state,
    reason: row.reason,
    by: row.set_by,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}

function signInRow(row: IntervalRow & { out_at: number | null; out_by: string | null }): SignInLogRow {
  return {
    agentId: row.agent_id,
    signedInAt: row.started_at,
    by: row.set_by,
    signedOutAt: row.out_at,
    signedOutBy: row.out_by,
  };
}

interface AgentCallDbRow {
  id: string;
  direction: AgentCallRow['direction'];
  caller: string;
  called: string;
  started_at: number;
  ended_at: number | null;
  segments: CallSegment[];
}

/** One row an agent and call. A page ends with a whole call, so it may hold a few rows more than asked for. */
async function agentCalls(knex: Knex, query: Parameters<Logs['agentCallLog']>[0]): ReturnType<Logs['agentCallLog']> {
  const list = knex('calls')
    .orderBy([
      { column: 'started_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .select('id', 'direction', 'caller', 'called', 'started_at', 'ended_at', 'segments')
    .whereRaw(`jsonb_path_exists(segments, '$[*].agentId')`);
  if (query.from !== undefined) list.where('started_at', '>=', new Date(query.from));
  if (query.to !== undefined) list.where('started_at', '<', new Date(query.to));
  if (query.agents !== undefined) {
    list.whereRaw(`exists (select 1 from jsonb_array_elements(segments) s where s ->> 'agentId' = any(?))`, [[...query.agents]]);
  }
  if (query.cursor !== undefined) after(list, decodeCursor(query.cursor));
  const rows = (await list.limit(query.limit + 1)) as AgentCallDbRow[];
  const { items, next } = page(rows, query.limit, (row) => ({ at: row.started_at, id: row.id }));
  const wanted = query.agents && new Set(query.agents);
  return { items: items.flatMap((row) => agentCallRows({ ...row, endedAt: row.ended_at }, wanted)), next };
}

interface MissedDbRow {
  id: string;
  caller: string;
  called: string;
  started_at: number;
  wait_ms: number;
  queue_id: string | null;
  outcome: MissedCallRow['outcome'];
  reached_at: number | null;
}

async function missedCalls(knex: Knex, query: Parameters<Logs['missedCallLog']>[0]): ReturnType<Logs['missedCallLog']> {
  const list = knex({ c: 'calls' })
    .orderBy([
      { column: 'c.started_at', order: 'desc' },
      { column: 'c.id', order: 'desc' },
    ])
    .where('c.direction', 'inbound')
    .whereRaw(`c.outcome in ('abandoned-in-queue', 'abandoned-ringing', 'overflowed', 'voicemail', 'abandoned-in-flow')`)
    .select('c.id', 'c.caller', 'c.called', 'c.started_at', 'c.wait_ms', 'c.queue_id', 'c.outcome')
    .select({
      reached_at: knex.raw(
        `(select min(l.connected_at) from calls l where l.started_at > c.started_at and l.connected_at is not null
          and ((l.direction = 'inbound' and l.caller = c.caller) or (l.direction = 'outbound' and l.called = c.caller)))`,
      ),
    });
  if (query.from !== undefined) list.where('c.started_at', '>=', new Date(query.from));
  if (query.to !== undefined) list.where('c.started_at', '<', new Date(query.to));
  if (query.queues !== undefined) list.whereIn('c.queue_id', [...query.queues]);
  if (query.cursor !== undefined) after(list, decodeCursor(query.cursor), 'c.');
  const rows = (await list.limit(query.limit + 1)) as MissedDbRow[];
  const { items, next } = page(rows, query.limit, (row) => ({ at: row.started_at, id: row.id }));
  return { items: items.map(missedRow), next };
}

function missedRow(row: MissedDbRow): MissedCallRow {
  return {
    callId: row.id,
    caller: row.caller,
    called: row.called,
    startedAt: row.started_at,
    waitMs: row.wait_ms,
    queueId: row.queue_id,
    outcome: row.outcome,
    reachedAt: row.reached_at,
  };
}

function after(list: Knex.QueryBuilder, cursor: Cursor, table = ''): void {
  list.whereRaw('(??, ??) < (?, ?)', [`${table}started_at`, `${table}id`, new Date(cursor.at), cursor.id]);
}
