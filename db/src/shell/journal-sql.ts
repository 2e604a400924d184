import type { DomainEvent } from '@yixian/contracts';
import type { AgentInterval } from '../core/agent-intervals.js';
import { toJsonb } from '../core/json.js';
import type { TrackedCall } from '../core/projection.js';
import type { Statement } from './writer.js';

/** What one transaction stores: the events, and the rows they changed as they stand after the last of them. */
export interface Batch {
  events: readonly DomainEvent[];
  calls: readonly TrackedCall[];
  intervals: readonly AgentInterval[];
}

const time = (name: string): string => `to_timestamp(r."${name}" / 1000.0::float8)`;

const EVENTS = `
  insert into event_journal (seq, id, type, at, call_id, agent_id, queue_id, data)
  select r.seq, r.id, r.type, ${time('at')}, r."callId", r."agentId", r."queueId", r.data from new_events r
  on conflict (seq) do nothing
  returning seq`;

const CALL_COLUMNS = `id, direction, caller, called, trunk_id, started_at, answered_at, ended_at, queue_id, wait_ms, agent_id,
  connected_at, talk_ms, hold_ms, outcome, termination, survey, recording_id, voicemail_id, overflowed, path, segments,
  arrived_seq, last_seq, last_event_at, instance_id`;

const CALLS = `
  insert into calls (${CALL_COLUMNS})
  select r.id, r.direction, r.caller, r.called, r."trunkId", ${time('startedAt')}, ${time('answeredAt')}, ${time('endedAt')},
    r."queueId", r."waitMs", r."agentId", ${time('connectedAt')}, r."talkMs", r."holdMs", r.outcome, r.termination, r.survey,
    r."recordingId", r."voicemailId", r.overflowed, r.path, r.segments, r."arrivedSeq", r."lastSeq", ${time('lastEventAt')}, $4
  from jsonb_to_recordset($2::jsonb) as r(id text, direction text, caller text, called text, "trunkId" text, "startedAt" float8,
    "answeredAt" float8, "endedAt" float8, "queueId" text, "waitMs" float8, "agentId" text, "connectedAt" float8, "talkMs" float8,
    "holdMs" float8, outcome text, termination jsonb, survey smallint, "recordingId" text, "voicemailId" text, overflowed boolean,
    path jsonb, segments jsonb, "arrivedSeq" bigint, "lastSeq" bigint, "lastEventAt" float8)
  on conflict (id) do update set
    answered_at = excluded.answered_at, ended_at = excluded.ended_at, queue_id = excluded.queue_id, wait_ms = excluded.wait_ms,
    agent_id = excluded.agent_id, connected_at = excluded.connected_at, talk_ms = excluded.talk_ms, hold_ms = excluded.hold_ms,
    outcome = excluded.outcome, termination = excluded.termination, survey = excluded.survey, recording_id = excluded.recording_id,
    voicemail_id = excluded.voicemail_id, overflowed = excluded.overflowed, path = excluded.path, segments = excluded.segments,
    last_seq = excluded.last_seq, last_event_at = excluded.last_event_at
  where calls.last_seq < excluded.last_seq`;

// Another process may have written intervals before or after these already, or write them later: each ends where the agent's next
// one begins, whoever wrote it, and the one before is ended or cut there. By number: an open one is closed before the next is open.
const INTERVALS = `
  insert into agent_state_intervals (seq, agent_id, state, reason, set_by, queue_id, started_at, ended_at)
  select seq, agent_id, state, reason, set_by, queue_id, started_at, ended_at from (
    select b.seq, b.agent_id, b.state, b.reason, b.set_by, b.queue_id, b.started_at,
      case when n.started_at is not null and (b.next_seq is null or n.seq < b.next_seq) then greatest(b.started_at, n.started_at)
        when b.next_seq is not null then greatest(b.started_at, b.next_started_at) end as ended_at
    from begun b
    left join lateral (select i.seq, i.started_at from agent_state_intervals i where i.agent_id = b.agent_id and i.seq > b.seq
      order by i.seq limit 1) n on true
    union all
    (select distinct on (p.seq) p.seq, p.agent_id, p.state, p.reason, p.set_by, p.queue_id, p.started_at,
      greatest(p.started_at, b.started_at) as ended_at
    from begun b
    join lateral (select * from agent_state_intervals i where i.agent_id = b.agent_id and i.seq < b.seq order by i.seq desc limit 1) p
      on p.ended_at is null or p.ended_at > b.started_at
    where p.seq not in (select seq from begun)
    order by p.seq, b.seq)
  ) rows
  order by seq
  on conflict (seq) do update set ended_at = least(agent_state_intervals.ended_at, excluded.ended_at)`;

const BEGUN = `
  select r.seq, r."agentId" as agent_id, r.state, r.reason, r."setBy" as set_by, r."queueId" as queue_id, ${time('startedAt')} as started_at,
    lead(r.seq) over following as next_seq, lead(${time('startedAt')}) over following as next_started_at
  from jsonb_to_recordset($3::jsonb)
    as r(seq bigint, "agentId" text, state text, reason text, "setBy" text, "queueId" text, "startedAt" float8)
  window following as (partition by r."agentId" order by r.seq)`;

// One statement is one transaction and one round trip. `foreign_events` counts numbers that another event already has.
const TEXT = `
with new_events as materialized (
  select * from jsonb_to_recordset($1::jsonb)
    as r(seq bigint, id text, type text, at float8, "callId" text, "agentId" text, "queueId" text, data jsonb)
), stored as (${EVENTS}
), changed_calls as (${CALLS}
), begun as materialized (${BEGUN}
), changed_intervals as (${INTERVALS}
)
select (select count(*) from stored)::int as stored,
  (select count(*) from new_events r join event_journal j on j.seq = r.seq where j.id <> r.id)::int as foreign_events`;

export function storeBatch(batch: Batch, instanceId: string): Statement {
  const calls = batch.calls.map(({ record, arrivedSeq, lastSeq, lastEventAt }) => ({ ...record, arrivedSeq, lastSeq, lastEventAt }));
  return {
    name: 'store-batch',
    text: TEXT,
    values: [toJsonb(batch.events), toJsonb(calls), toJsonb(batch.intervals), instanceId],
  };
}
