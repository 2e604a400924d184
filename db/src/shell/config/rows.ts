import { type ConfigRows, DomainError, type Revised } from '@yixian/contracts';
import type { Knex } from 'knex';
import { toJsonb } from '../../core/json.js';

export interface RowSpec<T> {
  table: string;
  /** In messages, e.g. `number`. */
  what: string;
  key: keyof T & string;
  /** Field → column, key included. */
  columns: { readonly [F in keyof T & string]: string };
  /** Fields kept as jsonb. */
  json?: readonly (keyof T & string)[];
}

/** Things that are one row each. */
export function rowsOf<T extends object>(knex: Knex, spec: RowSpec<T>): ConfigRows<T> {
  const { table, what, columns } = spec;
  const key = columns[spec.key];
  const select = { ...columns, revision: 'revision' };

  function written(item: Partial<T>): Record<string, unknown> {
    const entries = Object.entries(item).filter(([field, value]) => field in columns && value !== undefined);
    return Object.fromEntries(entries.map(([field, value]) => [columns[field as keyof T & string], stored(field, value)]));
  }
  function stored(field: string, value: unknown): unknown {
    const isJson = spec.json?.some((name) => name === field) ?? false;
    return isJson && value !== null ? toJsonb(value) : value;
  }
  async function get(id: string): Promise<Revised<T> | undefined> {
    const [row] = (await knex(table).where(key, id).select(select)) as Revised<T>[];
    return row;
  }
  async function present(id: string): Promise<Revised<T>> {
    const row = await get(id);
    if (!row) throw missing(what, id);
    return row;
  }

  return {
    async list() {
      return (await knex(table).orderBy(key).select(select)) as Revised<T>[];
    },
    get,
    async insert(item) {
      const id = String(item[spec.key]);
      const added = (await knex(table).insert(written(item)).onConflict().ignore().returning(key)) as unknown[];
      if (added.length === 0) throw taken(what, id);
      return present(id);
    },
    async update(id, change) {
      await knex(table)
        .where(key, id)
        .update({ ...written(change), revision: knex.raw('revision + 1') });
      return present(id);
    },
    async delete(id) {
      await knex(table).where(key, id).delete();
    },
  };
}

export function missing(what: string, id: string): DomainError {
  return new DomainError('not-found', `there is no ${what} ${id}`, { [what]: id });
}

export function taken(what: string, id: string): DomainError {
  return new DomainError('conflict', `${what} ${id} already exists`, { [what]: id });
}

/** Puts the whole set of one owner's rows into a table that ties two things together. */
export async function replaceTies(
  knex: Knex,
  tie: { table: string; owner: string; thing: string },
  id: string,
  things: readonly string[],
): Promise<void> {
  await knex(tie.table).where(tie.owner, id).delete();
  const rows = [...new Set(things)].map((thing) => ({ [tie.owner]: id, [tie.thing]: thing }));
  if (rows.length > 0) await knex(tie.table).insert(rows);
}
