import type { ConfigChange, ConfigReader, ConfigRows, ConfigTable, Revised } from '@yixian/contracts';
import { difference } from '../../core/config/difference.js';
import { assertUnused, type Use } from '../../core/config/uses.js';
import type { Caller } from '../../core/route.js';
import { pageOf } from '../page.js';
import { type AdministrationDeps, assertRevision, assertSameKey, type Change, change, present } from './change.js';

/** What is particular to one kind of configuration; the rest is the same for all. */
export interface Kind<T extends object, V extends object> {
  /** In messages and in the audit log, e.g. `queue`. */
  what: string;
  /** Name of the key, as in the body. */
  keyField: keyof T & string;
  table(config: ConfigReader): ConfigTable<T>;
  rows(config: ConfigChange): ConfigRows<T>;
  /** Without secrets. */
  view(item: Revised<T>): V;
  /** Throws a `bad-request` naming the field, or a `conflict`. */
  check(change: Change, item: T, before: T | undefined): Promise<void>;
  uses(change: Change, item: T): Promise<Use[]>;
  /** Names of the secrets that differ. */
  secretsChanged?(before: T | undefined, after: T): string[];
}

interface Removal {
  revision?: number | undefined;
}

export function createKindHandlers<T extends object, V extends object>(deps: AdministrationDeps, kind: Kind<T, V>) {
  const { what, keyField } = kind;
  const keyOf = (item: T): string => String(item[keyField]);
  const secrets = (before: T | undefined, after: T): Record<string, unknown> => {
    const names = kind.secretsChanged?.(before, after) ?? [];
    return names.length > 0 ? { secrets: names } : {};
  };

  return {
    async list(query: { limit: number; cursor?: string | undefined }): Promise<{ items: V[]; next: string | null }> {
      const { items, next } = pageOf(await kind.table(deps.config).list(), keyOf, query);
      return { items: items.map(kind.view), next };
    },
    get: async (key: string): Promise<V> => kind.view(await present(kind.table(deps.config), what, key)),
    add: (caller: Caller, item: T): Promise<V> =>
      change(deps, caller, async (c) => {
        await kind.check(c, item, undefined);
        const added = kind.view(await kind.rows(c.config).insert(item));
        await c.audit(`${what}.created`, keyOf(item), { after: added, ...secrets(undefined, item) });
        return added;
      }),
    /** @param changeOf the fields to change, worked out from the thing as it stands */
    change: (caller: Caller, key: string, revision: number | undefined, changeOf: (before: T) => Partial<T>): Promise<V> =>
      change(deps, caller, async (c) => {
        const rows = kind.rows(c.config);
        const before = await present(rows, what, key);
        assertRevision(what, key, before.revision, revision);
        const wanted = defined(changeOf(before));
        assertSameKey(keyField, key, wanted[keyField] as string | undefined);
        const next: T = { ...before, ...wanted };
        await kind.check(c, next, before);
        const after = kind.view(await rows.update(key, wanted));
        await c.audit(`${what}.changed`, key, { ...difference(kind.view(before), after), ...secrets(before, next) });
        return after;
      }),
    remove: (caller: Caller, key: string, { revision }: Removal): Promise<void> =>
      change(deps, caller, async (c) => {
        const rows = kind.rows(c.config);
        const before = await present(rows, what, key);
        assertRevision(what, key, before.revision, revision);
        assertUnused(what, key, await kind.uses(c, before));
        await rows.delete(key);
        await c.audit(`${what}.deleted`, key, { before: kind.view(before) });
      }),
  };
}

/** What can be left out and what is given: only the latter. */
export type Given<T> = { [F in keyof T]?: T[F] | undefined };

/** Without the fields that are undefined. */
export function defined<T extends object>(item: Given<T>): Partial<T> {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as Partial<T>;
}
