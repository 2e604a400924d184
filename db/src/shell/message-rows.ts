import type { MessageRow, MessageRows } from '@yixian/contracts';
import type { Knex } from 'knex';
import { decodeCursor, page } from '../core/cursor.js';

interface DbRow {
  id: string;
  sender: string;
  recipient: string;
  body: string;
  sent_at: number;
  expires_at: number;
  state: MessageRow['state'];
  delivered_at: number | null;
}

const COLUMNS = ['id', 'sender', 'recipient', 'body', 'sent_at', 'expires_at', 'state', 'delivered_at'];

/** Texts between extensions. Their order is the order in which they were stored, whatever the clock says. */
export function createMessageRows(knex: Knex): MessageRows {
  return {
    async insert(row) {
      await knex('messages').insert({
        id: row.id,
        sender: row.from,
        recipient: row.to,
        body: row.text,
        sent_at: new Date(row.sentAt),
        expires_at: new Date(row.expiresAt),
        state: row.state,
        delivered_at: row.deliveredAt === null ? null : new Date(row.deliveredAt),
      });
    },
    async delivered(id, at) {
      await knex('messages')
        .where({ id })
        .update({ state: 'delivered', delivered_at: new Date(at) });
    },
    async waiting(to, now) {
      const rows = (await knex('messages')
        .where({ recipient: to, state: 'kept' })
        .where('expires_at', '>', new Date(now))
        .orderBy('position')
        .select(COLUMNS)) as DbRow[];
      return rows.map(messageOf);
    },
    async waitingFor() {
      const rows = (await knex('messages').where({ state: 'kept' }).distinct('recipient')) as { recipient: string }[];
      return rows.map((row) => row.recipient);
    },
    async expire(now) {
      const rows = (await knex('messages')
        .where({ state: 'kept' })
        .where('expires_at', '<=', new Date(now))
        .update({ state: 'expired' })
        .returning(COLUMNS)) as DbRow[];
      return rows.map(messageOf);
    },
    async list({ extension, limit, cursor }) {
      const query = knex('messages')
        .where((either) => either.where({ sender: extension }).orWhere({ recipient: extension }))
        .orderBy([
          { column: 'sent_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(limit + 1)
        .select(COLUMNS);
      if (cursor !== undefined) {
        const { at, id } = decodeCursor(cursor);
        query.whereRaw('(sent_at, id) < (?, ?)', [new Date(at), id]);
      }
      return page(((await query) as DbRow[]).map(messageOf), limit, (row) => ({ at: row.sentAt, id: row.id }));
    },
  };
}

function messageOf(row: DbRow): MessageRow {
  return {
    id: row.id,
    from: row.sender,
    to: row.recipient,
    text: row.body,
    sentAt: row.sent_at,
    expiresAt: row.expires_at,
    state: row.state,
    deliveredAt: row.delivered_at,
  };
}
