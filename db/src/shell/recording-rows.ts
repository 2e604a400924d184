import type { AudioKind, AudioSeal, RecordingRow, RecordingRows, VoicemailRow } from '@yixian/contracts';
import type { Knex } from 'knex';
import { toJsonb } from '../core/json.js';

/** Field → column of a recording. */
const RECORDING = {
  ...{ id: 'id', callId: 'call_id', agentId: 'agent_id', queueId: 'queue_id', direction: 'direction', trunkId: 'trunk_id' },
  ...{ extension: 'extension', otherParty: 'other_party', groups: 'groups', startedAt: 'started_at', endedAt: 'ended_at' },
  ...{ durationMs: 'duration_ms', pauses: 'pauses', pausedMs: 'paused_ms', bytes: 'bytes', file: 'file', state: 'state' },
  ...{ held: 'held', sha256: 'sha256', cipher: 'cipher', seal: 'seal' },
} as const satisfies Record<keyof RecordingRow, string>;

/** Field → column of a message. */
const VOICEMAIL = {
  ...{ id: 'id', callId: 'call_id', box: 'box', caller: 'caller', leftAt: 'left_at', durationMs: 'duration_ms', file: 'file' },
  ...{ bytes: 'bytes', sha256: 'sha256', cipher: 'cipher', seal: 'seal', heardAt: 'heard_at', heardBy: 'heard_by' },
  ...{ deletedAt: 'deleted_at' },
} as const satisfies Record<keyof VoicemailRow, string>;

const TABLE = { recording: 'recordings', voicemail: 'voicemails' } as const satisfies Record<AudioKind, string>;
const TIMES: ReadonlySet<string> = new Set(['startedAt', 'endedAt', 'leftAt', 'heardAt', 'deletedAt']);
const JSONB: ReadonlySet<string> = new Set(['pauses', 'seal']);

type DbRow = Record<string, unknown>;

function fieldsOf<T>(columns: Record<keyof T & string, string>, row: DbRow): T {
  return Object.fromEntries(Object.entries<string>(columns).map(([field, column]) => [field, row[column] ?? null])) as T;
}

export const recordingOf = (row: DbRow): RecordingRow => fieldsOf<RecordingRow>(RECORDING, row);
export const voicemailOf = (row: DbRow): VoicemailRow => fieldsOf<VoicemailRow>(VOICEMAIL, row);

function columnsOf(columns: Readonly<Record<string, string>>, change: object): Record<string, unknown> {
  const known = Object.entries(change).filter(([field, value]) => field in columns && value !== undefined);
  return Object.fromEntries(known.map(([field, value]) => [columns[field], stored(field, value)]));
}

function stored(field: string, value: unknown): unknown {
  if (value === null) return null;
  if (TIMES.has(field)) return new Date(value as number);
  return JSONB.has(field) ? toJsonb(value) : value;
}

/** The rows of recordings and voicemails. */
export function createRecordingRows(knex: Knex): RecordingRows {
  /** Finished and kept. */
  const kept = (kind: AudioKind): Knex.QueryBuilder<DbRow, DbRow[]> =>
    kind === 'recording'
      ? knex<DbRow>('recordings').whereIn('state', ['complete', 'failed'])
      : knex<DbRow>('voicemails').whereNull('deleted_at');
  const ids = async (query: Knex.QueryBuilder, limit: number): Promise<string[]> =>
    ((await query.orderBy('id').limit(limit).select('id')) as { id: string }[]).map((row) => row.id);
  const ofOtherKeys = (kind: AudioKind, keyId: string, limit: number): Promise<DbRow[]> =>
    kept(kind).whereNotNull('key_id').whereNot('key_id', keyId).orderBy('id').limit(limit);

  return {
    async insert(row) {
      // Tried again after a lost answer it is there already.
      await knex('recordings').insert(columnsOf(RECORDING, row)).onConflict('id').ignore();
    },
    async update(id, change) {
      const values = columnsOf(RECORDING, change);
      if (Object.keys(values).length > 0) await knex('recordings').where({ id }).update(values);
    },
    async recording(id) {
      const row = (await knex('recordings').where({ id }).first()) as DbRow | undefined;
      return row && recordingOf(row);
    },
    async unfinished() {
      const rows = (await knex('recordings').where({ state: 'recording' }).orderBy('started_at')) as DbRow[];
      return rows.map(recordingOf);
    },
    async insertVoicemail(row) {
      await knex('voicemails').insert(columnsOf(VOICEMAIL, row)).onConflict('id').ignore();
    },
    async updateVoicemail(id, change) {
      const values = columnsOf(VOICEMAIL, change);
      if (Object.keys(values).length > 0) await knex('voicemails').where({ id }).update(values);
    },
    async voicemail(id) {
      const row = (await knex('voicemails').where({ id }).first()) as DbRow | undefined;
      return row && voicemailOf(row);
    },
    async hold(id, held) {
      const [row] = (await knex('recordings').where({ id }).whereNot('state', 'deleted').update({ held }).returning('*')) as DbRow[];
      return row && recordingOf(row);
    },
    async markDeleted(kind, id, at) {
      const when = { deleted_at: new Date(at) };
      const query =
        kind === 'recording'
          ? kept(kind)
              .where({ id, held: false })
              .update({ state: 'deleted', ...when })
          : kept(kind).where({ id }).update(when);
      const [row] = (await query.returning('file')) as unknown as { file: string }[];
      return row;
    },
    async notErased(kind, limit) {
      const query = knex(TABLE[kind]).whereNull('erased_at').orderBy('id').limit(limit).select('id', 'file');
      if (kind === 'recording') query.where({ state: 'deleted' });
      else query.whereNotNull('deleted_at');
      return (await query) as { id: string; file: string }[];
    },
    async erased(kind, id) {
      await knex(TABLE[kind]).where({ id }).update({ erased_at: knex.fn.now() });
    },
    expiredRecordings: (before, limit) => ids(kept('recording').where({ held: false }).where('started_at', '<', new Date(before)), limit),
    expiredVoicemails: (box, before, limit) => ids(kept('voicemail').where({ box }).where('left_at', '<', new Date(before)), limit),
    async keptRecordings(after, limit) {
      return (await kept('recording').where('id', '>', after).orderBy('id').limit(limit)).map(recordingOf);
    },
    async keptVoicemails(after, limit) {
      return (await kept('voicemail').where('id', '>', after).orderBy('id').limit(limit)).map(voicemailOf);
    },
    recordingsOfOtherKeys: async (keyId, limit) => (await ofOtherKeys('recording', keyId, limit)).map(recordingOf),
    voicemailsOfOtherKeys: async (keyId, limit) => (await ofOtherKeys('voicemail', keyId, limit)).map(voicemailOf),
    async keysInUse() {
      const used = (kind: AudioKind) => kept(kind).whereNotNull('key_id').distinct('key_id');
      const rows = [...(await used('recording')), ...(await used('voicemail'))] as unknown as { key_id: AudioSeal['keyId'] }[];
      return [...new Set(rows.map((row) => row.key_id))];
    },
    async messageCounts() {
      const rows = (await knex('voicemails')
        .whereNull('deleted_at')
        .groupBy('box')
        .select('box')
        .select(knex.raw('(count(*) filter (where heard_at is null))::int as fresh, (count(heard_at))::int as old'))) as {
        box: string;
        fresh: number;
        old: number;
      }[];
      return rows.map(({ box, fresh, old }) => ({ box, newMessages: fresh, oldMessages: old }));
    },
  };
}
