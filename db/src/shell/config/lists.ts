import type { CallerList, CallerListEntry, CallerListHead, CallerListRows, Revised } from '@yixian/contracts';
import type { Knex } from 'knex';
import { CALLER_LIST } from './columns.js';
import { missing, rowsOf } from './rows.js';

const ENTRY = { number: 'number', prefix: 'prefix', expiresAt: 'expires_at', note: 'note' };

/** Entries in one statement. */
const BATCH = 10_000;

/** Caller lists and their entries. */
export function listRows(knex: Knex): CallerListRows {
  const rows = rowsOf<CallerList>(knex, { table: 'caller_lists', what: 'list', key: 'id', columns: CALLER_LIST });

  async function counted(list: Revised<CallerList>): Promise<Revised<CallerListHead>> {
    const [row] = (await knex('caller_list_entries').where({ list_id: list.id }).count({ count: '*' })) as { count: number }[];
    return { ...list, entries: row?.count ?? 0 };
  }
  /** Grows the revision of the list; what is done to the entries before is undone when there is no such list. */
  const touched = async (id: string): Promise<Revised<CallerListHead>> => counted(await rows.update(id, {}));
  async function assertPresent(id: string): Promise<void> {
    if (!(await rows.get(id))) throw missing('list', id);
  }

  return {
    async list() {
      const counts = (await knex('caller_list_entries').groupBy('list_id').select('list_id').count({ count: '*' })) as {
        list_id: string;
        count: number;
      }[];
      const byList = new Map(counts.map(({ list_id, count }) => [list_id, count]));
      return (await rows.list()).map((list) => ({ ...list, entries: byList.get(list.id) ?? 0 }));
    },
    async get(id) {
      const list = await rows.get(id);
      return list && counted(list);
    },
    insert: async (list) => counted(await rows.insert(list)),
    update: async (id, change) => counted(await rows.update(id, change)),
    delete: (id) => rows.delete(id),
    async entries(id, { after, limit, search }) {
      const select = knex('caller_list_entries').where({ list_id: id }).orderBy('number').limit(limit).select(ENTRY);
      if (after !== undefined) select.where('number', '>', after);
      if (search !== undefined) {
        const literal = search.replace(/[\\%_]/g, '\\$&');
        select.whereRaw('(number like ? or note ilike ? or (prefix and left(?, length(number)) = number))', [
          `${literal}%`,
          `%${literal}%`,
          search,
        ]);
      }
      return (await select) as CallerListEntry[];
    },
    async entry(id, number) {
      const [row] = (await knex('caller_list_entries').where({ list_id: id, number }).select(ENTRY)) as CallerListEntry[];
      return row;
    },
    async replaceEntries(id, entries) {
      await assertPresent(id);
      await knex('caller_list_entries').where({ list_id: id }).delete();
      await put(knex, id, entries);
      return touched(id);
    },
    async putEntries(id, entries) {
      await assertPresent(id);
      await put(knex, id, entries);
      return touched(id);
    },
    async deleteEntry(id, number) {
      await assertPresent(id);
      await knex('caller_list_entries').where({ list_id: id, number }).delete();
      return touched(id);
    },
  };
}

async function put(knex: Knex, id: string, entries: readonly CallerListEntry[]): Promise<void> {
  // one number twice in one statement is an error there: the last one holds, as if they had come one after the other
  const unique = [...new Map(entries.map((entry) => [entry.number, entry])).values()];
  for (let at = 0; at < unique.length; at += BATCH) {
    const batch = unique.slice(at, at + BATCH);
    await knex.raw(
      `insert into caller_list_entries (list_id, number, prefix, expires_at, note)
       select ?, e.number, e.prefix, nullif(e.expires_at, 'infinity'), e.note
         from unnest(?::text[], ?::boolean[], ?::timestamptz[], ?::text[]) as e(number, prefix, expires_at, note)
       on conflict (list_id, number) do update set prefix = excluded.prefix, expires_at = excluded.expires_at, note = excluded.note`,
      [
        id,
        batch.map((e) => e.number),
        batch.map((e) => e.prefix),
        // never is 'infinity' on the way: an array of these knows no null
        batch.map((e) => (e.expiresAt === null ? 'infinity' : new Date(e.expiresAt).toISOString())),
        batch.map((e) => e.note),
      ],
    );
  }
}
