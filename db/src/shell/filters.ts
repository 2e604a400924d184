import type { Knex } from 'knex';
import type { Cursor } from '../core/cursor.js';

// Conditions of lists that are newest first.

/** `from` is included, `to` is not. */
export function between(list: Knex.QueryBuilder, column: string, range: { from?: number; to?: number }): void {
  if (range.from !== undefined) list.where(column, '>=', new Date(range.from));
  if (range.to !== undefined) list.where(column, '<', new Date(range.to));
}

/** The whole number, or its beginning followed by `*`. */
export function number(list: Knex.QueryBuilder, column: string, wanted: string): void {
  if (!wanted.endsWith('*')) list.where(column, wanted);
  else list.whereLike(column, `${wanted.slice(0, -1).replace(/[\\%_]/g, '\\$&')}%`);
}

export function after(list: Knex.QueryBuilder, at: string, id: string, cursor: Cursor): void {
  list.whereRaw('(??, ??) < (?, ?)', [at, id, new Date(cursor.at), cursor.id]);
}

/** The agent was on the call of these segments; as the index `calls_agents` has it. */
export const AGENTS = `jsonb_path_query_array(segments, '$[*] \\? (@.kind != "ringing").agentId') @> jsonb_build_array(?::text)`;
