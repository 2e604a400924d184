import { setImmediate as breathe } from 'node:timers/promises';
import { type CallerList, type CallerListEntry, type CallerListHead, DomainError, isoTime, type Revised } from '@yixian/contracts';
import type { z } from 'zod';
import { csvRows, EntryFaults } from '../../core/config/csv.js';
import { difference } from '../../core/config/difference.js';
import {
  type byListEntry,
  type entriesQuery,
  type listChange,
  type listEntries,
  listEntry,
  MOST_ENTRIES,
  type newList,
  type removal,
} from '../../core/config/schemas.js';
import { assertUnused, flowsUsing, type Use } from '../../core/config/uses.js';
import type { Caller, GuardedRequest } from '../../core/route.js';
import type { byId, livePage } from '../../core/schemas.js';
import { pageOf } from '../page.js';
import {
  type AdministrationDeps,
  assertRevision,
  assertSameKey,
  type Change,
  change,
  fieldError,
  present,
  surroundings,
} from './change.js';
import { defined } from './kind.js';

type ById = z.output<typeof byId>;
type Head = Revised<CallerListHead>;

/** Entries checked before the process may do something else. */
const AT_A_TIME = 2_000;

/** Callers by number: to refuse, to let through, to prefer. */
export function createLists(deps: AdministrationDeps) {
  const { lists } = deps.config;
  return {
    async list({ query }: GuardedRequest<unknown, z.output<typeof livePage>, unknown>) {
      return pageOf(await lists.list(), (list) => list.id, query);
    },
    get: ({ params }: GuardedRequest<ById, unknown, unknown>): Promise<Head> => present(lists, 'list', params.id),
    add: (request: GuardedRequest<unknown, unknown, z.output<typeof newList>>) =>
      change(deps, request, async (c) => {
        const after = await c.config.lists.insert({ ...request.body, name: request.body.name ?? request.body.id });
        await c.audit('list.created', after.id, { after });
        return after;
      }),
    change: (request: GuardedRequest<ById, unknown, z.output<typeof listChange>>) => {
      const { revision, ...fields } = request.body;
      return onList(deps, request, request.params.id, revision, async (c, before) => {
        assertSameKey('id', before.id, fields.id);
        const after = await c.config.lists.update(before.id, defined<CallerList>(fields));
        await c.audit('list.changed', before.id, difference(before, after));
        return after;
      });
    },
    remove: (request: GuardedRequest<ById, z.output<typeof removal>, unknown>): Promise<void> =>
      onList(deps, request, request.params.id, request.query.revision, async (c, before) => {
        assertUnused('list', before.id, await usesOf(deps, c, before.id));
        await c.config.lists.delete(before.id);
        await c.audit('list.deleted', before.id, { before });
      }),
    entries: createEntries(deps),
  };
}

/** The numbers of a list. */
function createEntries(deps: AdministrationDeps) {
  const { lists } = deps.config;
  const put =
    (how: 'replaceEntries' | 'putEntries') =>
    async (request: GuardedRequest<ById, unknown, z.output<typeof listEntries>>): Promise<Head> => {
      const { entries, revision } = await given(request.body);
      return onList(deps, request, request.params.id, revision, async (c, before) => {
        const after = await c.config.lists[how](before.id, entries);
        const what = how === 'putEntries' ? 'entries-added' : 'entries-replaced';
        // numbers of many people do not belong into the log: how many, and which one when it was one
        const one = entries.length === 1 ? { entry: entries[0] } : {};
        await c.audit(`list.${what}`, before.id, { before: { entries: before.entries }, after: { entries: after.entries }, ...one });
        return after;
      });
    };
  return {
    async list({ params, query }: GuardedRequest<ById, z.output<typeof entriesQuery>, unknown>) {
      await present(lists, 'list', params.id);
      const { cursor, limit, search } = query;
      const rows = await lists.entries(params.id, {
        limit: limit + 1,
        ...(cursor === undefined ? {} : { after: cursor }),
        ...(search === undefined || search === '' ? {} : { search }),
      });
      const items = rows.slice(0, limit);
      return { items: items.map(entryView), next: rows.length > limit ? (items.at(-1)?.number ?? null) : null };
    },
    replace: put('replaceEntries'),
    add: put('putEntries'),
    remove: ({
      params,
      query,
      ...caller
    }: GuardedRequest<z.output<typeof byListEntry>, z.output<typeof removal>, unknown>): Promise<void> =>
      onList(deps, caller, params.id, query.revision, async (c, before) => {
        const entry = await c.config.lists.entry(before.id, params.number);
        if (!entry) throw new DomainError('not-found', `list ${before.id} has no entry ${params.number}`, { number: params.number });
        await c.config.lists.deleteEntry(before.id, params.number);
        await c.audit('list.entry-deleted', before.id, { before: entryView(entry) });
      }),
  };
}

function entryView({ number, prefix, expiresAt, note }: CallerListEntry) {
  return { number, prefix, expiresAt: expiresAt === null ? null : isoTime(expiresAt), note };
}

function onList<T>(
  deps: AdministrationDeps,
  caller: Caller,
  id: string,
  revision: number | undefined,
  work: (c: Change, before: Head) => Promise<T>,
): Promise<T> {
  return change(deps, caller, async (c) => {
    const before = await present(c.config.lists, 'list', id);
    assertRevision('list', id, before.revision, revision);
    return work(c, before);
  });
}

async function usesOf(deps: AdministrationDeps, { config }: Change, id: string): Promise<Use[]> {
  return flowsUsing(await config.flows.published(), deps.validators.flow, await surroundings(deps, config), 'lists', id);
}

/** The entries of a body, JSON or CSV, checked one by one, all faults told; between portions calls are served. */
async function given(body: z.output<typeof listEntries>): Promise<{ entries: CallerListEntry[]; revision?: number | undefined }> {
  const entries: CallerListEntry[] = [];
  const faults = new EntryFaults();
  let seen = 0;
  for (const one of body.csv !== undefined ? fromCsv(body.csv) : fromJson(body.entries ?? [])) {
    const checked = one.problem === undefined ? listEntry.safeParse(one.row) : undefined;
    if (checked?.success) {
      const { expiresAt, ...same } = checked.data;
      entries.push({ ...same, expiresAt: expiresAt === null ? null : Date.parse(expiresAt) });
    } else {
      const [at, words] = checked ? firstFault(checked.error) : (['', one.problem ?? ''] as const);
      const { field, problem } = one.fault(at, words);
      faults.add(field, problem);
    }
    seen += 1;
    if (seen > MOST_ENTRIES) throw fieldError(one.fault('', '').field, `there are more than ${MOST_ENTRIES} entries`);
    if (seen % AT_A_TIME === 0) await breathe();
  }
  faults.assertNone();
  return { entries, revision: body.revision };
}

interface Given {
  row: unknown;
  problem?: string;
  /** Where it stands in what was sent. @param at path within the entry, with a leading dot, or nothing */
  fault(at: string, problem: string): { field: string; problem: string };
}

function* fromJson(entries: readonly unknown[]): Generator<Given> {
  for (const [i, row] of entries.entries()) yield { row, fault: (at, problem) => ({ field: `entries.${i}${at}`, problem }) };
}

function* fromCsv(text: string): Generator<Given> {
  const words: Record<string, boolean | undefined> = { '': undefined, true: true, false: false, 1: true, 0: false };
  for (const { line, row, problem } of csvRows(text, ['number', 'prefix', 'expiresAt', 'note'])) {
    const prefix = row.prefix === undefined ? undefined : row.prefix in words ? words[row.prefix] : row.prefix;
    yield {
      row: { number: row.number, prefix, expiresAt: row.expiresAt || undefined, note: row.note || undefined },
      ...(problem === undefined ? {} : { problem }),
      fault: (at, words) => ({ field: `line ${line}`, problem: `${at.slice(1)} ${words}`.trim() }),
    };
  }
}

/** Path and words of the first thing wrong with an entry. */
export function firstFault(error: z.ZodError): [at: string, problem: string] {
  const issue = error.issues[0];
  if (issue?.code === 'unrecognized_keys') return [`.${issue.keys[0]}`, 'is not a known field'];
  return [(issue?.path ?? []).map((part) => `.${String(part)}`).join(''), issue?.message ?? 'is not valid'];
}
