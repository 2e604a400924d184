import type { AuditEntry, AuditQuery } from '@yixian/contracts';
import type { Knex } from 'knex';
import { decodeCursor, page } from '../../core/cursor.js';
import { toJsonb } from '../../core/json.js';

interface AuditRow {
  id: number;
  at: number;
  username: string;
  action: string;
  subject: string;
  details: Record<string, unknown> | null;
}

export async function writeAudit(knex: Knex, entry: AuditEntry): Promise<void> {
  await knex('audit_log').insert({
    at: new Date(entry.at),
    username: entry.username,
    action: entry.action,
    subject: entry.subject,
    details: entry.details ? toJsonb(entry.details) : null,
  });
}

/** Newest first, with a keyset cursor. */
export async function readAudit(knex: Knex, query: AuditQuery): Promise<{ items: (AuditEntry & { id: number })[]; next: string | null }> {
  const { from, to, username, action, subject, limit, cursor } = query;
  const select = knex('audit_log')
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (from !== undefined) select.where('at', '>=', new Date(from));
  if (to !== undefined) select.where('at', '<', new Date(to));
  for (const [column, value] of Object.entries({ username, subject })) if (value !== undefined) select.where(column, value);
  if (action !== undefined) byAction(select, action);
  if (cursor !== undefined) {
    const { at, id } = decodeCursor(cursor);
    select.whereRaw('(at, id) < (?, ?)', [new Date(at), /^\d{1,18}$/.test(id) ? id : '0']);
  }
  const rows = (await select) as AuditRow[];
  const { items, next } = page(rows, limit, (row) => ({ at: row.at, id: String(row.id) }));
  return { items: items.map(({ details, ...row }) => ({ ...row, ...(details ? { details } : {}) })), next };
}

/** The whole of it, or with `*` for whatever else stands there: `queue.*`, `*.deleted`. */
function byAction(select: Knex.QueryBuilder, wanted: string): void {
  if (!wanted.includes('*')) select.where('action', wanted);
  else select.whereLike('action', wanted.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%'));
}
