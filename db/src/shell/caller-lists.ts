import type { CallerList, CallerListEntry } from '@yixian/contracts';
import type { Knex } from 'knex';
import { CallerIndex } from '../core/caller-index.js';

/** A list with its entries in memory. */
export interface LoadedList {
  list: CallerList;
  /** Of the entries; see migration 0003. */
  entriesRevision: number;
  index: CallerIndex;
  /** What is new since the index was made; it is put in when the state it belongs to becomes the current one. */
  news: { number: string; entry: CallerListEntry | null }[];
}

interface ListRow extends CallerList {
  entriesRevision: number;
  replacedRevision: number;
}

interface EntryRow {
  number: string;
  prefix: boolean;
  expiresAt: number | null;
  note: string;
}

/** Rows at one time: reading a long list must not keep the process from anything else. */
const PAGE = 2_000;

const LIST = { id: 'id', name: 'name', kind: 'kind', entriesRevision: 'entries_revision', replacedRevision: 'replaced_revision' };
const ENTRY = { number: 'e.number', prefix: 'e.prefix', expiresAt: 'e.expires_at', note: 'e.note' };

/**
 * Every list; of a list that is known only what changed since.
 * @param known as read before
 */
export async function readCallerLists(knex: Knex, known: ReadonlyMap<string, LoadedList>): Promise<Map<string, LoadedList>> {
  const rows = (await knex('caller_lists').orderBy('id').select(LIST)) as ListRow[];
  const lists = new Map<string, LoadedList>();
  for (const { entriesRevision, replacedRevision, ...list } of rows) {
    const before = known.get(list.id);
    lists.set(list.id, {
      list,
      entriesRevision,
      ...(before && before.entriesRevision >= replacedRevision && before.entriesRevision <= entriesRevision
        ? {
            index: before.index,
            news: before.entriesRevision === entriesRevision ? [] : await changes(knex, list.id, before.entriesRevision),
          }
        : { index: await everything(knex, list.id), news: [] }),
    });
  }
  return lists;
}

/** Puts what is new into the indexes. */
export function settle(lists: ReadonlyMap<string, LoadedList>): void {
  for (const loaded of lists.values()) {
    for (const { number, entry } of loaded.news) {
      if (entry) loaded.index.put(entry);
      else loaded.index.remove(number);
    }
    loaded.news = [];
  }
}

async function everything(knex: Knex, listId: string): Promise<CallerIndex> {
  const index = new CallerIndex();
  for (let after = ''; ; ) {
    const rows = (await knex('caller_list_entries as e')
      .where('e.list_id', listId)
      .where('e.number', '>', after)
      .orderBy('e.number')
      .limit(PAGE)
      .select(ENTRY)) as EntryRow[];
    for (const row of rows) index.put(row);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return index;
    after = last.number;
  }
}

async function changes(knex: Knex, listId: string, since: number): Promise<LoadedList['news']> {
  const rows = (await knex('caller_list_log as l')
    .distinct({ touched: 'l.number', ...ENTRY })
    .leftJoin('caller_list_entries as e', (on) => on.on('e.list_id', 'l.list_id').andOn('e.number', 'l.number'))
    .where('l.list_id', listId)
    .where('l.revision', '>', since)) as (EntryRow & { touched: string })[];
  return rows.map(({ touched, ...entry }) => ({ number: touched, entry: entry.number === null ? null : entry }));
}
