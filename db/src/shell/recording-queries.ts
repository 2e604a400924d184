import type { FoundRecording, RecordingQuery, RecordQueries, VoicemailRow } from '@yixian/contracts';
import type { Knex } from 'knex';
import { decodeCursor, page } from '../core/cursor.js';
import { AGENTS, after, between, number } from './filters.js';
import { recordingOf, voicemailOf } from './recording-rows.js';

type Row = Record<string, unknown>;

const foundOf = (row: Row): FoundRecording => ({ ...recordingOf(row), outcome: (row.outcome ?? null) as FoundRecording['outcome'] });

/** Searches of recordings and messages, newest first. */
export function createRecordingQueries(knex: Knex): Pick<RecordQueries, 'recordings' | 'recording' | 'voicemails' | 'voicemail'> {
  return {
    async recordings(query) {
      const agents = query.agent === undefined ? undefined : await agentsNamed(knex, query.agent);
      const rows = (await recordingsQuery(knex, query, agents)) as Row[];
      return page<FoundRecording>(rows.map(foundOf), query.limit, (r) => ({ at: r.startedAt, id: r.id }));
    },
    async recording(id) {
      const [row] = (await withCall(knex).where('recordings.id', id)) as Row[];
      return row && foundOf(row);
    },
    async voicemails(query) {
      const list = knex('voicemails')
        .whereNull('deleted_at')
        .orderBy([
          { column: 'left_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ]);
      if (query.boxes !== undefined) list.whereIn('box', [...query.boxes]);
      if (query.heard !== undefined) query.heard ? list.whereNotNull('heard_at') : list.whereNull('heard_at');
      if (query.cursor !== undefined) after(list, 'left_at', 'id', decodeCursor(query.cursor));
      const rows = (await list.limit(query.limit + 1)) as Row[];
      return page<VoicemailRow>(rows.map(voicemailOf), query.limit, (r) => ({ at: r.leftAt, id: r.id }));
    },
    async voicemail(id) {
      const [row] = (await knex('voicemails').where({ id })) as Row[];
      return row && voicemailOf(row);
    },
  };
}

function withCall(knex: Knex): Knex.QueryBuilder {
  return knex('recordings').leftJoin('calls', 'calls.id', 'recordings.call_id').select('recordings.*', 'calls.outcome');
}

function recordingsQuery(knex: Knex, query: RecordingQuery, agents: readonly string[] | undefined): Knex.QueryBuilder {
  const list = withCall(knex)
    .whereNot('recordings.state', 'deleted')
    .orderBy([
      { column: 'recordings.started_at', order: 'desc' },
      { column: 'recordings.id', order: 'desc' },
    ]);
  between(list, 'recordings.started_at', query);
  const equal = {
    'recordings.queue_id': query.queue,
    'recordings.direction': query.direction,
    'recordings.call_id': query.callId,
    'calls.outcome': query.outcome,
  };
  for (const [column, value] of Object.entries(equal)) if (value !== undefined) list.where(column, value);
  who(list, query);
  if (agents) list.whereIn('recordings.id', ofAgents(knex, agents));
  if (query.minDurationMs !== undefined) list.where('recordings.duration_ms', '>=', query.minDurationMs);
  if (query.maxDurationMs !== undefined) list.where('recordings.duration_ms', '<=', query.maxDurationMs);
  if (query.cursor !== undefined) after(list, 'recordings.started_at', 'recordings.id', decodeCursor(query.cursor));
  return list.limit(query.limit + 1);
}

/** Whom a staff number means: an extension itself, or that of the user. */
async function agentsNamed(knex: Knex, staff: string): Promise<string[]> {
  const named = (await knex('users').select('extension').where('username', staff).whereNotNull('extension')) as { extension: string }[];
  return [staff, ...named.map((row) => row.extension)];
}

const SPOKE = `exists (
  select from jsonb_array_elements(c.segments) s
  where s ->> 'agentId' = any(?) and s ->> 'kind' in ('talk', 'conference')
    and to_timestamp((s ->> 'startedAt')::float8 / 1000) < coalesce(r.ended_at, 'infinity')
    and coalesce(to_timestamp((s ->> 'endedAt')::float8 / 1000), 'infinity') > r.started_at)`;

/** Ids of the recordings in which one of these agents spoke, last or before others; by the call's segments, so of the right recording of several. */
function ofAgents(knex: Knex, agents: readonly string[]): Knex.QueryBuilder {
  const calls = (): Knex.QueryBuilder =>
    knex({ c: 'calls' })
      .join({ r: 'recordings' }, 'r.call_id', 'c.id')
      .select('r.id')
      .where((any) => agents.forEach((agent) => void any.orWhereRaw(AGENTS, [agent])))
      .whereRaw(SPOKE, [[...agents]]);
  return knex('recordings')
    .select('id')
    .whereIn('agent_id', agents)
    .unionAll([calls().whereNotNull('c.ended_at'), calls().whereNull('c.ended_at')]);
}

function who(list: Knex.QueryBuilder, { extension, party, caller, group }: RecordingQuery): void {
  if (extension !== undefined) {
    // In an internal call the other party is an extension of ours, too.
    list.where((either) => either.where('recordings.extension', extension).orWhere('recordings.other_party', extension));
  }
  if (party !== undefined) number(list, 'recordings.other_party', party);
  if (caller !== undefined) number(list, 'calls.caller', caller);
  if (group !== undefined) list.whereRaw('recordings.groups @> array[?]::text[]', [group]);
}
