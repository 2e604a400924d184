/** What a change changed, for the audit log: the fields that differ, as they were and as they are. */
export function difference(before: object, after: object): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const [was, is] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const fields = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (field) => field !== 'revision' && JSON.stringify(was[field]) !== JSON.stringify(is[field]),
  );
  const pick = (from: Record<string, unknown>) => Object.fromEntries(fields.map((field) => [field, from[field] ?? null]));
  return { before: pick(was), after: pick(is) };
}
