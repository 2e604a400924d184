/** A page of a list held in memory, in the order of its keys; the cursor is the last key of the page before. */
export function pageOf<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  query: { limit: number; cursor?: string | undefined },
): { items: T[]; next: string | null } {
  const sorted = all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const { cursor } = query;
  const rest = cursor === undefined ? sorted : sorted.filter((item) => keyOf(item) > cursor);
  const items = rest.slice(0, query.limit);
  const last = items.at(-1);
  return { items, next: rest.length > items.length && last !== undefined ? keyOf(last) : null };
}

/** How often a page is asked again for rows the user may see, before a shorter page is given. */
const MOST_ROUNDS = 10;

/**
 * A page of the rows the user may see out of a list that knows nothing of users. Each round asks only for what is missing,
 * so nothing is skipped; a short page still has `next`.
 */
export async function visiblePage<T>(
  fetch: (limit: number, cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>,
  visible: (item: T) => boolean,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: T[]; next: string | null }> {
  const items: T[] = [];
  let cursor = query.cursor;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const page = await fetch(query.limit - items.length, cursor);
    items.push(...page.items.filter(visible));
    if (page.next === null) return { items, next: null };
    cursor = page.next;
    if (items.length >= query.limit) break;
  }
  return { items, next: cursor ?? null };
}

/** `from` and `to` of a query as epoch milliseconds, where they are given. */
export function epochRange(query: { from?: string | undefined; to?: string | undefined }): { from?: number; to?: number } {
  return {
    ...(query.from === undefined ? {} : { from: Date.parse(query.from) }),
    ...(query.to === undefined ? {} : { to: Date.parse(query.to) }),
  };
}
