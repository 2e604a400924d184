import { clockText, useNow } from '../app/time.js';

/** How long it has lasted, ticking. */
export function Since({ at }: { at: string | number }) {
  const now = useNow();
  return <span style={{ fontVariantNumeric: 'tabular-nums' }}>{clockText(now - new Date(at).getTime())}</span>;
}
