import type { AgentId, QueueId, TodayAgentFigures, TodayQueueFigures } from '@yixian/contracts';
import type { Knex } from 'knex';
import { MIDNIGHT } from './time-windows.js';

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

/** Calls talked, talk and hold in milliseconds, offers missed. */
const BY_AGENT: Question = (calls) => `${segments(calls)}
  select "agentId" as key, array[
    count(distinct call_id) filter (where kind = 'talk'),
    coalesce(sum(coalesce("endedAt", :now::float8) - "startedAt") filter (where kind = 'talk'), 0),
    coalesce(sum(coalesce("endedAt", :now::float8) - "startedAt") filter (where kind = 'hold'), 0),
    count(*) filter (where kind = 'ringing' and result in ('timed-out', 'rejected'))
  ]::float8[] as sums
  from segment where "agentId" is not null group by 1`;

/** Offered, answered, abandoned, answered within the queue's own threshold, wait of the answered in milliseconds. */
const BY_QUEUE: Question = (calls) => `${segments(calls)}
  select s."queueId" as key, array[
    count(*),
    count(*) filter (where s.result = 'served'),
    count(*) filter (where s.result = 'abandoned' or (s.result is null and s.outcome like 'abandoned-%')),
    count(*) filter (where s.result = 'served' and s."endedAt" - s."startedAt" <= q.service_level_seconds * 1000),
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
export function createFigures(knex: Knex, timezone: string, now: () => number, cacheMs: number): Figures {
  const agents = daily(knex, timezone, now, BY_AGENT);
  const queues = daily(knex, timezone, now, BY_QUEUE);
  return {
    todayByAgent: shared(async () => mapped(await agents(), agentFigures), now, cacheMs),
    todayByQueue: shared(async () => mapped(await queues(), queueFigures), now, cacheMs),
  };
}

function agentFigures([handled = 0, talkMs = 0, holdMs = 0, missed = 0]: readonly number[]): TodayAgentFigures {
  return { callsHandled: handled, talkSeconds: seconds(talkMs), holdSeconds: seconds(holdMs), missed };
}

/** Service level here is answered within T / answered. */
function queueFigures([offered = 0, answered = 0, abandoned = 0, inTime = 0, waitMs = 0]: readonly number[]): TodayQueueFigures {
  const serviceLevel = answered > 0 ? inTime / answered : null;
  return { offered, answered, abandoned, serviceLevel, averageWaitSeconds: answered > 0 ? waitMs / answered / 1000 : null };
}

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));

function mapped<T>(sums: Sums, figures: (values: readonly number[]) => T): Map<string, T> {
  return new Map([...sums].map(([key, values]) => [key, figures(values)]));
}

/** Asks a question of the day so far, from where it was asked last. */
function daily(knex: Knex, timezone: string, now: () => number, question: Question): () => Promise<Sums> {
  let known: { situation: Situation; sums: Sums } | undefined;
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
        const same = known?.situation.began === situation.began && known.situation.thresholds === situation.thresholds;
        const before = same && known ? known : { situation: { upTo: 0 }, sums: new Map() };
        const bounds = { after: before.situation.upTo, upTo: situation.upTo, began: situation.began, now: at };
        const sums = added(before.sums, await ask(trx, ENDED, bounds));
        const open = await ask(trx, OPEN, { began: situation.began, now: at });
        known = { situation, sums };
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
