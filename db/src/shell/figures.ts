import {
  type AgentId,
  averageSpeedOfAnswer,
  type QueueId,
  type ServiceLevelFormula,
  serviceLevel,
  type TodayAgentFigures,
  type TodayQueueFigures,
} from '@yixian/contracts';
import type { Knex } from 'knex';
import { MIDNIGHT } from './time-windows.js';

/** How the hotline counts: settings that may change at any time. */
export interface Counting {
  formula: ServiceLevelFormula;
  /** A call abandoned sooner is a short abandon, milliseconds. */
  shortAbandonMs: number;
}

export interface Figures {
  todayByAgent(): Promise<Map<AgentId, TodayAgentFigures>>;
  todayByQueue(): Promise<Map<QueueId, TodayQueueFigures>>;
}

// A call that is over never changes, and the journal commits in the order of its numbers: so only the calls that ended since the last
// look are read and added to what is known of the day, and the calls that are up are read afresh.
const ENDED = `c.ended_at is not null and c.last_seq > :after and c.last_seq <= :upTo
  and c.started_at >= to_timestamp(:began::float8 / 1000) - interval '1 day'`;
const OPEN = 'c.ended_at is null';

const segments = (calls: string): string => `
  with segment as (
    select c.id as call_id, c.outcome, s.*
    from calls c
    cross join lateral jsonb_to_recordset(c.segments)
      as s(kind text, "startedAt" float8, "endedAt" float8, "agentId" text, "queueId" text, result text)
    where ${calls} and s."startedAt" >= :began
  )`;

type Question = (calls: string) => string;

const ABANDONED = `(s.result = 'abandoned' or (s.result is null and s.outcome like 'abandoned-%'))`;

/** Calls talked, talk and hold in milliseconds, offers missed. */
const BY_AGENT: Question = (calls) => `${segments(calls)}
  select "agentId" as key, array[
    count(distinct call_id) filter (where kind in ('talk', 'conference')),
    coalesce(sum(coalesce("endedAt", :now::float8) - "startedAt") filter (where kind in ('talk', 'conference')), 0),
    coalesce(sum(coalesce("endedAt", :now::float8) - "startedAt") filter (where kind = 'hold' or (kind = 'consult' and talked < "startedAt")), 0),
    count(*) filter (where kind = 'ringing' and result in ('timed-out', 'rejected'))
  ]::float8[] as sums
  from (
    select *, min("startedAt") filter (where kind in ('talk', 'conference')) over (partition by call_id, "agentId") as talked
    from segment where "agentId" is not null
  ) s group by 1`;

/**
 * Offered, answered, abandoned, answered and abandoned within the queue's own threshold, short abandons, wait of the answered in
 * milliseconds. A visit that was moved by hand counts where it ended.
 */
const BY_QUEUE: Question = (calls) => `${segments(calls)}
  select s."queueId" as key, array[
    count(*) filter (where s.result is distinct from 'moved'),
    count(*) filter (where s.result = 'served'),
    count(*) filter (where ${ABANDONED}),
    count(*) filter (where s.result = 'served' and s."endedAt" - s."startedAt" <= q.service_level_seconds * 1000),
    count(*) filter (where ${ABANDONED} and s."endedAt" - s."startedAt" <= q.service_level_seconds * 1000),
    count(*) filter (where ${ABANDONED} and s."endedAt" - s."startedAt" < :shortMs),
    coalesce(sum(s."endedAt" - s."startedAt") filter (where s.result = 'served'), 0)
  ]::float8[] as sums
  from segment s left join queues q on q.id = s."queueId"
  where s.kind = 'queue' and s."queueId" is not null group by 1`;

const SITUATION = `select extract(epoch from ${MIDNIGHT})::float8 * 1000 as began,
  coalesce((select max(last_seq) from calls where ended_at is not null), 0)::bigint as "upTo",
  (select string_agg(id || ' ' || service_level_seconds, ',' order by id) from queues) as thresholds`;

interface Situation {
  /** Midnight, milliseconds. */
  began: number;
  upTo: number;
  thresholds: string | null;
}

type Sums = ReadonlyMap<string, readonly number[]>;

/** Today's figures, read from the call records; a day begins at midnight of the hotline's time zone. */
export function createFigures(knex: Knex, timezone: string, now: () => number, cacheMs: number, counting: () => Counting): Figures {
  const agents = daily(knex, timezone, now, counting, BY_AGENT);
  const queues = daily(knex, timezone, now, counting, BY_QUEUE);
  return {
    todayByAgent: shared(async () => mapped(await agents(), agentFigures), now, cacheMs),
    todayByQueue: shared(async () => mapped(await queues(), (sums) => queueFigures(sums, counting().formula)), now, cacheMs),
  };
}

function agentFigures([handled = 0, talkMs = 0, holdMs = 0, missed = 0]: readonly number[]): TodayAgentFigures {
  return { callsHandled: handled, talkSeconds: seconds(talkMs), holdSeconds: seconds(holdMs), missed };
}

function queueFigures(sums: readonly number[], formula: ServiceLevelFormula): TodayQueueFigures {
  const [offered = 0, answered = 0, abandoned = 0, answeredInTime = 0, abandonedInTime = 0, shortAbandoned = 0, waitMs = 0] = sums;
  const waited = averageSpeedOfAnswer(waitMs, answered);
  return {
    offered,
    answered,
    abandoned,
    serviceLevel: serviceLevel(formula, { answered, answeredInTime, abandoned, abandonedInTime, shortAbandoned }),
    averageWaitSeconds: waited === null ? null : waited / 1000,
  };
}

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));

function mapped<T>(sums: Sums, figures: (values: readonly number[]) => T): Map<string, T> {
  return new Map([...sums].map(([key, values]) => [key, figures(values)]));
}

/** Asks a question of the day so far, from where it was asked last. */
function daily(knex: Knex, timezone: string, now: () => number, counting: () => Counting, question: Question): () => Promise<Sums> {
  let known: { situation: Situation; shortMs: number; sums: Sums } | undefined;
  const ask = async (trx: Knex, calls: string, bindings: Record<string, number>): Promise<Sums> => {
    const { rows } = await trx.raw<{ rows: { key: string; sums: number[] }[] }>(question(calls), bindings);
    return new Map(rows.map((row) => [row.key, row.sums]));
  };
  return () =>
    knex.transaction(
      async (trx) => {
        const at = now();
        const { rows } = await trx.raw<{ rows: [Situation] }>(SITUATION, [at, timezone, timezone]);
        const [situation] = rows;
        // Another day, or another threshold, is counted from its beginning.
        const { shortAbandonMs: shortMs } = counting();
        const same =
          known?.situation.began === situation.began && known.situation.thresholds === situation.thresholds && known.shortMs === shortMs;
        const before = same && known ? known : { situation: { upTo: 0 }, sums: new Map() };
        const bounds = { after: before.situation.upTo, upTo: situation.upTo, began: situation.began, now: at, shortMs };
        const sums = added(before.sums, await ask(trx, ENDED, bounds));
        const open = await ask(trx, OPEN, { began: situation.began, now: at, shortMs });
        known = { situation, shortMs, sums };
        return added(sums, open);
      },
      { isolationLevel: 'repeatable read', readOnly: true },
    );
}

function added(a: Sums, b: Sums): Sums {
  const sum = new Map(a);
  for (const [key, values] of b) {
    const before = sum.get(key);
    sum.set(key, before ? values.map((value, i) => value + (before[i] ?? 0)) : values);
  }
  return sum;
}

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
