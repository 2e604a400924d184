const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/**
 * JSON text that PostgreSQL's jsonb takes whatever came over the wire: it refuses U+0000 and half surrogate pairs,
 * and one such caller name must not stop the journal.
 */
export function toJsonb(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes('\\u0000') || /\\u[dD][89a-fA-F]/.test(text) ? JSON.stringify(clean(value)) : text;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\u0000', '\uFFFD').replace(LONE_SURROGATE, '\uFFFD');
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [clean(key), clean(inner)]));
}
