import type { SipTraceRows } from '@yixian/contracts';
import type { Knex } from 'knex';

/** Rows of one insert; each takes four values. */
const AT_ONCE = 1_000;
/** Rows deleted by one statement, so that none lasts long. */
const DELETED_AT_ONCE = 10_000;

/** The SIP messages of calls, in parts as they were written. */
export function createSipTraceRows(knex: Knex): SipTraceRows {
  return {
    async append(parts) {
      if (parts.length === 0) return;
      const rows = parts.map((part) => ({
        call_id: part.callId,
        written_at: new Date(part.writtenAt),
        dropped: part.dropped,
        data: Buffer.from(part.data),
      }));
      await knex.batchInsert('sip_traces', rows, AT_ONCE);
    },
    async of(callId) {
      const rows = (await knex('sip_traces').where({ call_id: callId }).orderBy('id').select('written_at', 'dropped', 'data')) as {
        written_at: number;
        dropped: number;
        data: Buffer;
      }[];
      return rows.map((row) => ({ callId, writtenAt: row.written_at, dropped: row.dropped, data: row.data }));
    },
    async deleteBefore(at) {
      for (let deleted = 0; ; ) {
        const old = knex('sip_traces').where('written_at', '<', new Date(at)).limit(DELETED_AT_ONCE).select('id');
        const now = await knex('sip_traces').whereIn('id', old).delete();
        deleted += now;
        if (now < DELETED_AT_ONCE) return deleted;
      }
    },
  };
}
