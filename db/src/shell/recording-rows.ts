import type { RecordingRow, RecordingRows, VoicemailRow } from '@yixian/contracts';
import type { Knex } from 'knex';

export interface RecordingDbRow {
  id: string;
  call_id: string;
  agent_id: string | null;
  queue_id: string | null;
  started_at: number;
  ended_at: number | null;
  duration_ms: number | null;
  bytes: number | null;
  file: string;
  state: RecordingRow['state'];
  sha256: string | null;
}

export interface VoicemailDbRow {
  id: string;
  call_id: string;
  box: string;
  caller: string;
  left_at: number;
  duration_ms: number;
  file: string;
}

export function recordingOf(row: RecordingDbRow): RecordingRow {
  return {
    id: row.id,
    callId: row.call_id,
    agentId: row.agent_id,
    queueId: row.queue_id,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    durationMs: row.duration_ms,
    bytes: row.bytes,
    file: row.file,
    state: row.state,
    sha256: row.sha256,
  };
}

export function voicemailOf(row: VoicemailDbRow): VoicemailRow {
  return {
    id: row.id,
    callId: row.call_id,
    box: row.box,
    caller: row.caller,
    leftAt: row.left_at,
    durationMs: row.duration_ms,
    file: row.file,
  };
}

const COLUMN = {
  agentId: 'agent_id',
  queueId: 'queue_id',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  durationMs: 'duration_ms',
  bytes: 'bytes',
  file: 'file',
  state: 'state',
  sha256: 'sha256',
} as const satisfies Record<keyof Omit<RecordingRow, 'id' | 'callId'>, string>;

const TIMES: ReadonlySet<string> = new Set(['startedAt', 'endedAt']);

function columns(change: Partial<Omit<RecordingRow, 'id' | 'callId'>>): Record<string, unknown> {
  const entries = Object.entries(change) as [keyof typeof COLUMN, unknown][];
  return Object.fromEntries(
    entries
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [COLUMN[key], TIMES.has(key) && typeof value === 'number' ? new Date(value) : value]),
  );
}

/** The rows of recordings and voicemails. */
export function createRecordingRows(knex: Knex): RecordingRows {
  return {
    async insert({ id, callId, ...rest }) {
      // Tried again after a lost answer it is there already.
      await knex('recordings')
        .insert({ id, call_id: callId, ...columns(rest) })
        .onConflict('id')
        .ignore();
    },
    async update(id, change) {
      const values = columns(change);
      if (Object.keys(values).length > 0) await knex('recordings').where({ id }).update(values);
    },
    async unfinished() {
      const rows = (await knex('recordings').where({ state: 'recording' }).orderBy('started_at')) as RecordingDbRow[];
      return rows.map(recordingOf);
    },
    async insertVoicemail(row) {
      const values = {
        id: row.id,
        call_id: row.callId,
        box: row.box,
        caller: row.caller,
        left_at: new Date(row.leftAt),
        duration_ms: row.durationMs,
        file: row.file,
      };
      await knex('voicemails').insert(values).onConflict('id').ignore();
    },
  };
}
