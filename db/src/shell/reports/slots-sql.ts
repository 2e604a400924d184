// The sums of quarters of an hour, straight from the records. Bindings everywhere: `from` and `to` (slot bounds) and `now`, all in
// epoch milliseconds. Each answers rows of (key, slot, sums as jsonb).

/** With the caller: alone, or beside others. */
const TALK = `('talk', 'conference')`;

/** No call lasts longer: bounds the look back for calls that reach into a slot. */
const LONGEST_CALL = `interval '2 days'`;

const CALLS = `
  c.started_at < to_timestamp(:to::float8 / 1000)
  and c.started_at >= to_timestamp(:from::float8 / 1000) - ${LONGEST_CALL}
  and coalesce(c.ended_at, 'infinity'::timestamptz) >= to_timestamp(:from::float8 / 1000)`;

const SEGMENTS = `
  segment as (
    select c.id as call_id, c.outcome, c.direction, s.kind, s."startedAt" as began, s."endedAt" as ended,
      coalesce(s."endedAt", :now::float8) as until, s."agentId" as agent_id, s."queueId" as queue_id, s.result
    from calls c
    cross join lateral jsonb_to_recordset(c.segments)
      as s(kind text, "startedAt" float8, "endedAt" float8, "agentId" text, "queueId" text, result text)
    where ${CALLS}
  )`;

const slotOf = (ms: string): string => `floor(${ms} / 900000) * 900000`;

/** What each queue was offered, by when it was; talk and hold of its calls, by when they began; wrap-up after them likewise. */
export const QUEUE_SLOTS = `
with ${SEGMENTS},
visit as (
  select s.queue_id as key, ${slotOf('s.began')} as slot, s.until - s.began as wait,
    case when s.result is not null then s.result when s.outcome like 'abandoned-%' then 'abandoned' else 'pending' end as result,
    coalesce(q.service_level_seconds, 20) * 1000 as threshold
  from segment s left join queues q on q.id = s.queue_id
  where s.kind = 'queue' and s.queue_id is not null and s.began >= :from and s.began < :to
),
visits as (
  select key, slot, jsonb_build_object(
    'offered', count(*) filter (where result <> 'moved'),
    'answered', count(*) filter (where result = 'served'),
    'abandoned', count(*) filter (where result = 'abandoned'),
    'shortAbandoned', count(*) filter (where result = 'abandoned' and wait < :shortMs),
    'answeredInTime', count(*) filter (where result = 'served' and wait <= threshold),
    'abandonedInTime', count(*) filter (where result = 'abandoned' and wait <= threshold),
    'overflowed', count(*) filter (where result = 'overflow'),
    'timedOut', count(*) filter (where result = 'timeout'),
    'turnedAway', count(*) filter (where result in ('no-agents', 'full', 'closed')),
    'callbacks', count(*) filter (where result = 'callback'),
    'failed', count(*) filter (where result = 'failed'),
    'waitAnsweredMs', coalesce(sum(wait) filter (where result = 'served'), 0),
    'waitAbandonedMs', coalesce(sum(wait) filter (where result = 'abandoned'), 0),
    'longestWaitMs', coalesce(max(wait), 0)) as sums
  from visit group by key, slot
),
handling as (
  select queue_id as key, ${slotOf('began')} as slot, jsonb_build_object(
    'talkMs', coalesce(sum(until - began) filter (where kind in ${TALK}), 0),
    'holdMs', coalesce(sum(until - began) filter (where kind in ('hold', 'consult')), 0)) as sums
  from segment where kind in ('talk', 'conference', 'hold', 'consult') and queue_id is not null and began >= :from and began < :to
  group by 1, 2
),
wrapping as (
  select queue_id as key, ${slotOf('extract(epoch from started_at)::float8 * 1000')} as slot, jsonb_build_object(
    'wrapUpMs', sum(coalesce(extract(epoch from ended_at)::float8 * 1000, :now) - extract(epoch from started_at)::float8 * 1000)) as sums
  from agent_state_intervals
  where state = 'wrap-up' and queue_id is not null
    and started_at >= to_timestamp(:from::float8 / 1000) and started_at < to_timestamp(:to::float8 / 1000)
  group by 1, 2
)
select key, slot, sums from visits union all select key, slot, sums from handling union all select key, slot, sums from wrapping`;

/**
 * Each agent's time by state, cut at the slots' bounds; offers, calls, talk and hold. A caller waits also while the agent asks
 * aside; for who is asked, and has not had the caller, that is no hold.
 */
export const AGENT_SLOTS = `
with ${SEGMENTS},
stretch as (
  select agent_id, state, extract(epoch from started_at)::float8 * 1000 as began,
    least(coalesce(extract(epoch from ended_at)::float8 * 1000, :now), :to) as until
  from agent_state_intervals
  where state <> 'offline' and started_at < to_timestamp(:to::float8 / 1000)
    and coalesce(ended_at, 'infinity'::timestamptz) > to_timestamp(:from::float8 / 1000)
),
cut as (
  select s.agent_id as key, slot, s.state, least(s.until, slot + 900000) - greatest(s.began, slot) as ms
  from stretch s
  cross join lateral generate_series((${slotOf('greatest(s.began, :from)')})::bigint, ((${slotOf('s.until')}))::bigint, 900000) as slot
  where slot < :to
),
times as (
  select key, slot::float8 as slot, jsonb_build_object(
    'readyMs', coalesce(sum(ms) filter (where state = 'ready'), 0),
    'notReadyMs', coalesce(sum(ms) filter (where state = 'not-ready'), 0),
    'ringingMs', coalesce(sum(ms) filter (where state = 'ringing'), 0),
    'onCallMs', coalesce(sum(ms) filter (where state = 'on-call'), 0),
    'wrapUpMs', coalesce(sum(ms) filter (where state = 'wrap-up'), 0)) as sums
  from cut where ms > 0 group by key, slot
),
signing as (
  select i.agent_id as key, ${slotOf('extract(epoch from i.started_at)::float8 * 1000')} as slot,
    jsonb_build_object('signIns', count(*)) as sums
  from agent_state_intervals i
  left join lateral (
    select b.state from agent_state_intervals b where b.agent_id = i.agent_id and b.seq < i.seq order by b.seq desc limit 1
  ) before on true
  where i.state <> 'offline' and coalesce(before.state, 'offline') = 'offline'
    and i.started_at >= to_timestamp(:from::float8 / 1000) and i.started_at < to_timestamp(:to::float8 / 1000)
  group by 1, 2
),
ringing as (
  select agent_id as key, ${slotOf('began')} as slot, jsonb_build_object(
    'offered', count(*), 'missed', count(*) filter (where result in ('timed-out', 'rejected'))) as sums
  from segment where kind = 'ringing' and agent_id is not null and began >= :from and began < :to group by 1, 2
),
first_word as (
  select call_id, agent_id, direction, min(began) as began from segment where kind in ${TALK} and agent_id is not null group by 1, 2, 3
),
handled as (
  select agent_id as key, ${slotOf('began')} as slot, jsonb_build_object(
    'handled', count(*), 'outbound', count(*) filter (where direction = 'outbound')) as sums
  from first_word where began >= :from and began < :to group by 1, 2
),
speech as (
  select s.agent_id as key, slot, s.kind, least(s.until, slot + 900000) - greatest(s.began, slot) as ms
  from (
    select *, min(began) filter (where kind in ${TALK}) over (partition by call_id, agent_id) as talked
    from segment where kind in ('talk', 'conference', 'hold', 'consult') and agent_id is not null
  ) s
  cross join lateral generate_series((${slotOf('greatest(s.began, :from)')})::bigint, (${slotOf('least(s.until, :to)')})::bigint, 900000) as slot
  where slot < :to and (s.kind <> 'consult' or s.talked < s.began)
),
speeches as (
  select key, slot::float8 as slot, jsonb_build_object(
    'talkMs', coalesce(sum(ms) filter (where kind in ${TALK}), 0), 'holdMs', coalesce(sum(ms) filter (where kind in ('hold', 'consult')), 0)) as sums
  from speech where ms > 0 group by key, slot
)
select key, slot, sums from times union all select key, slot, sums from signing union all select key, slot, sums from ringing
union all select key, slot, sums from handled union all select key, slot, sums from speeches`;

/** Of these agents and queues alone; bindings `agents` and `queues`. An extension's own calls are its agent's. */
const MINE = `
  and (agent_id = any(:agents) or queue_id = any(:queues)
    or (direction <> 'inbound' and caller = any(:agents)) or (direction = 'internal' and called = any(:agents))
    or exists (select 1 from jsonb_to_recordset(segments) as s("agentId" text, "queueId" text)
      where s."agentId" = any(:agents) or s."queueId" = any(:queues)))`;
const MY_RECORDINGS = 'and (agent_id = any(:agents) or queue_id = any(:queues))';

const systemSlots = (calls: string, recordings: string): string => `
select '' as key, ${slotOf('extract(epoch from started_at)::float8 * 1000')} as slot, jsonb_build_object(
  'inbound', count(*) filter (where direction = 'inbound'),
  'outbound', count(*) filter (where direction = 'outbound'),
  'internal', count(*) filter (where direction = 'internal'),
  'answered', count(*) filter (where outcome = 'answered' and direction = 'inbound'),
  'abandoned', count(*) filter (where outcome in ('abandoned-in-queue', 'abandoned-ringing') and direction = 'inbound'),
  'abandonedInFlow', count(*) filter (where outcome = 'abandoned-in-flow'),
  'voicemail', count(*) filter (where outcome = 'voicemail'),
  'overflowed', count(*) filter (where outcome = 'overflowed'),
  'rejected', count(*) filter (where outcome = 'rejected' and direction = 'inbound'),
  'failed', count(*) filter (where outcome = 'failed'),
  'outboundAnswered', count(*) filter (where outcome = 'outbound-answered'),
  'waitMs', coalesce(sum(wait_ms) filter (where direction = 'inbound'), 0),
  'talkMs', coalesce(sum(talk_ms), 0)) as sums
from calls
where started_at >= to_timestamp(:from::float8 / 1000) and started_at < to_timestamp(:to::float8 / 1000) ${calls}
group by 2
union all
select '', ${slotOf('extract(epoch from started_at)::float8 * 1000')}, jsonb_build_object(
  'recordings', count(*), 'recordedMs', coalesce(sum(duration_ms), 0))
from recordings
where state <> 'failed' and started_at >= to_timestamp(:from::float8 / 1000) and started_at < to_timestamp(:to::float8 / 1000) ${recordings}
group by 2`;

/** The hotline's calls by when they arrived; recordings by when they began. */
export const SYSTEM_SLOTS = systemSlots('', '');

/** Likewise, of some agents and queues. */
export const SCOPED_SLOTS = systemSlots(MINE, MY_RECORDINGS);
