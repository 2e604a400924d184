import type { FoundRecording, RecordingQuery, RecordQueries, VoicemailRow } from '@yixian/contracts';
import type { Knex } from 'knex';
import { decodeCursor, page } from '../core/cursor.js';
import { after, between, number } from './filters.js';
import { recordingOf, voicemailOf } from './recording-rows.js';

type Row = Record<string, unknown>;

const foundOf = (row: Row): FoundRecording => ({ ...recordingOf(row), outcome: (row.outcome ?? null) as FoundRecording['outcome'] });

/** Searches of recordings and messages, newest first. */
export function createRecordingQueries(knex: Knex): Pick<RecordQueries, 'recordings' | 'recording' | 'voicemails' | 'voicemail'> {
  return {
    async recordings(query) {
      const rows = (await recordingsQuery(knex, query)) as Row[];
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

function recordingsQuery(knex: Knex, query: RecordingQuery): Knex.QueryBuilder {
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
  who(knex, list, query);
  if (query.minDurationMs !== undefined) list.where('recordings.duration_ms', '>=', query.minDurationMs);
  if (query.maxDurationMs !== undefined) list.where('recordings.duration_ms', '<=', query.maxDurationMs);
  if (query.cursor !== undefined) after(list, 'recordings.started_at', 'recordings.id', decodeCursor(query.cursor));
  return list.limit(query.limit + 1);
}

function who(knex: Knex, list: Knex.QueryBuilder, { extension, agent, party, caller, group }: RecordingQuery): void {
  if (extension !== undefined) {
    // In an internal call the other party is an extension of ours, too.
    list.where((either) => either.where('recordings.extension', extension).orWhere('recordings.other_party', extension));
  }
  if (agent !== undefined) {
    const named = knex('users').select('extension').where('username', agent).whereNotNull('extension');
    list.where((either) => either.where('recordings.agent_id', agent).orWhereIn('recordings.agent_id', named));
  }
  if (party !== undefined) number(list, 'recordings.other_party', party);
  if (caller !== undefined) number(list, 'calls.caller', caller);
  if (group !== undefined) list.whereRaw('recordings.groups @> array[?]::text[]', [group]);
}
