import type { CallSummary, SummaryRows } from '@yixian/contracts';
import type { Knex } from 'knex';

interface DbRow {
  call_id: string;
  disposition: string | null;
  subject: string;
  notes: string;
  revision: number;
  updated_at: number;
  updated_by: string;
}

/** Call summaries. Each write names the revision it follows, so that nobody's words are lost unseen. */
export function createSummaryRows(knex: Knex): SummaryRows {
  return {
    async get(callId) {
      const [row] = (await knex('call_summaries').where({ call_id: callId })) as DbRow[];
      return row && summaryOf(row);
    },
    async of(callIds) {
      if (callIds.length === 0) return new Map();
      const rows = (await knex('call_summaries').whereIn('call_id', [...callIds])) as DbRow[];
      return new Map(rows.map((row) => [row.call_id, summaryOf(row)]));
    },
    async put({ callId, disposition, subject, notes, updatedAt, updatedBy }, expected) {
      const fields = { disposition, subject, notes, updated_at: new Date(updatedAt), updated_by: updatedBy };
      const written =
        expected === 0
          ? knex('call_summaries')
              .insert({ call_id: callId, revision: 1, ...fields })
              .onConflict('call_id')
              .ignore()
          : knex('call_summaries')
              .where({ call_id: callId, revision: expected })
              .update({ ...fields, revision: expected + 1 });
      const [row] = (await written.returning('*')) as DbRow[];
      return row && summaryOf(row);
    },
  };
}

function summaryOf(row: DbRow): CallSummary {
  return {
    callId: row.call_id,
    disposition: row.disposition,
    subject: row.subject,
    notes: row.notes,
    revision: row.revision,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}
