import type { AgentId, QueueId, TodayAgentFigures, TodayQueueFigures } from '@yixian/contracts';
import type { Knex } from 'knex';
import { midnight } from './time-windows.js';

export interface Figures {
  todayByAgent(): Promise<Map<AgentId, TodayAgentFigures>>;
  todayByQueue(): Promise<Map<QueueId, TodayQueueFigures>>;
}

// Segments of calls that were up at some time today. Nothing older than a day can have a segment that began today, save a call of
// more than 24 hours, which the second branch finds while it is open.
const SEGMENTS = `
  with today as (select ? as began),
  segment as (
    select c.id as call_id, c.outcome, s.*
    from today, calls c
    cross join lateral jsonb_to_recordset(c.segments)
      as s(kind text, "startedAt" float8, "endedAt" float8, "agentId" text, "queueId" text, result text)
    where (c.started_at >= today.began - interval '1 day' or c.ended_at is null)
      and s."startedAt" >= extract(epoch from today.began) * 1000
  )`;

const BY_AGENT = `${SEGMENTS}
  select "agentId" as agent,
    count(distinct call_id) filter (where kind = 'talk')::int as handled,
    coalesce(sum(coalesce("endedAt", ?::float8) - "startedAt") filter (where kind = 'talk'), 0) as talk_ms,
    coalesce(sum(coalesce("endedAt", ?::float8) - "startedAt") filter (where kind = 'hold'), 0) as hold_ms,
    count(*) filter (where kind = 'ringing' and result in ('timed-out', 'rejected'))::int as missed
  from segment where "agentId" is not null group by 1`;

// Service level here is answered within T / answered, each queue with its own T.
const BY_QUEUE = `${SEGMENTS}
  select s."queueId" as queue,
    count(*)::int as offered,
    count(*) filter (where s.result = 'served')::int as answered,
    count(*) filter (where s.result = 'abandoned' or (s.result is null and s.outcome like 'abandoned-%'))::int as abandoned,
    count(*) filter (where s.result = 'served' and s."endedAt" - s."startedAt" <= q.service_level_seconds * 1000)::int as in_time,
    avg(s."endedAt" - s."startedAt") filter (where s.result = 'served') as wait_ms
  from segment s left join queues q on q.id = s."queueId"
  where s.kind = 'queue' and s."queueId" is not null group by 1`;

interface AgentRow {
  agent: AgentId;
  handled: number;
  talk_ms: number;
  hold_ms: number;
  missed: number;
}

interface QueueRow {
  queue: QueueId;
  offered: number;
  answered: number;
  abandoned: number;
  in_time: number;
  wait_ms: number | null;
}

/** Today's figures, read from the call records; a day begins at midnight of the hotline's time zone. */
export function createFigures(knex: Knex, timezone: string, now: () => number, cacheMs: number): Figures {
  const byAgent = async (): Promise<Map<AgentId, TodayAgentFigures>> => {
    const at = now();
    const { rows } = await knex.raw<{ rows: AgentRow[] }>(BY_AGENT, [midnight(knex, timezone, at), at, at]);
    return new Map(
      rows.map((r) => [
        r.agent,
        { callsHandled: r.handled, talkSeconds: seconds(r.talk_ms), holdSeconds: seconds(r.hold_ms), missed: r.missed },
      ]),
    );
  };
  const byQueue = async (): Promise<Map<QueueId, TodayQueueFigures>> => {
    const { rows } = await knex.raw<{ rows: QueueRow[] }>(BY_QUEUE, [midnight(knex, timezone, now())]);
    return new Map(
      rows.map((r) => [
        r.queue,
        {
          offered: r.offered,
          answered: r.answered,
          abandoned: r.abandoned,
          serviceLevel: r.answered > 0 ? r.in_time / r.answered : null,
          averageWaitSeconds: r.wait_ms === null ? null : r.wait_ms / 1000,
        },
      ]),
    );
  };
  return { todayByAgent: shared(byAgent, now, cacheMs), todayByQueue: shared(byQueue, now, cacheMs) };
}

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));

/** Many desks ask for the same figures at once: one question to the database answers all of a short while. */
function shared<T>(ask: () => Promise<T>, now: () => number, ms: number): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined;
  return () => {
    const at = now();
    if (last && at >= last.at && at - last.at < ms) return last.answer;
    const answer = ask();
    const mine = { at, answer };
    last = mine;
    answer.catch(() => {
      if (last === mine) last = undefined;
    });
    return answer;
  };
}
