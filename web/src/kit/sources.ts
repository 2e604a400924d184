import { useQueries, useQuery } from '@tanstack/react-query';
import { get, type Page, withQuery } from '../app/api.js';

// Options of a select that are things configured elsewhere.

interface Source {
  path: string;
  key: string;
  name?: string;
}

const SOURCES = {
  skills: { path: '/skills', key: 'id', name: 'name' },
  queues: { path: '/queues', key: 'id', name: 'name' },
  flows: { path: '/flows', key: 'id', name: 'name' },
  prompts: { path: '/prompts', key: 'id', name: 'text' },
  schedules: { path: '/schedules', key: 'id', name: 'name' },
  boxes: { path: '/boxes', key: 'id', name: 'name' },
  groups: { path: '/groups', key: 'number', name: 'name' },
  extensions: { path: '/extensions', key: 'number', name: 'displayName' },
  agents: { path: '/agents', key: 'extension', name: 'name' },
  trunks: { path: '/trunks', key: 'id', name: 'name' },
} satisfies Record<string, Source>;

export type SourceName = keyof typeof SOURCES;

/** Every item of a collection, page after page. */
export async function allOf<T>(path: string, query: Record<string, string> = {}): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null | undefined;
  do {
    const page: Page<T> = await get<Page<T>>(withQuery(path, { ...query, limit: 1000, cursor }));
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

export interface Option {
  value: string;
  label: string;
}

const queryOf = (name: SourceName | undefined) => ({
  queryKey: ['options', name],
  queryFn: () => allOf<Record<string, string | null>>(name ? SOURCES[name].path : ''),
  enabled: name !== undefined,
});

/** What things configured elsewhere are called; one without a name, or not known, is called by its id. */
export function useNames(...sources: readonly SourceName[]): (source: SourceName, id: string) => string {
  const answers = useQueries({ queries: sources.map(queryOf) });
  return (source, id) => {
    const { key, name }: Source = SOURCES[source];
    const item = answers[sources.indexOf(source)]?.data?.find((one) => one[key] === id);
    return (name && item?.[name]) || id;
  };
}

export function useOptions(name: SourceName | undefined): Option[] {
  const source: Source | undefined = name && SOURCES[name];
  const { data } = useQuery(queryOf(name));
  if (!source || !data) return [];
  return data.map((item) => {
    const value = item[source.key] ?? '';
    const text = source.name === undefined ? '' : (item[source.name] ?? '');
    return { value, label: text === '' || text === value ? value : `${text} · ${value}` };
  });
}
