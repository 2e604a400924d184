import { DomainError } from '@yixian/contracts';

/** Where a page of a list ended: the time and id of its last row. The next page begins just after. */
export interface Cursor {
  at: number;
  id: string;
}

/** Opaque to its user. */
export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([cursor.at, cursor.id])).toString('base64url');
}

/** @throws DomainError bad-request naming `cursor` when it is not one of ours */
export function decodeCursor(text: string): Cursor {
  const parsed = parse(text);
  if (Array.isArray(parsed) && parsed.length === 2) {
    const [at, id] = parsed as unknown[];
    if (typeof at === 'number' && Number.isSafeInteger(at) && Math.abs(at) < 8.64e15 && typeof id === 'string' && id.length <= 100) {
      return { at, id };
    }
  }
  throw new DomainError('bad-request', 'cursor is not one that a list of this kind returned', { field: 'cursor' });
}

function parse(text: string): unknown {
  if (text.length > 400 || !/^[\w-]+$/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return value;
  } catch {
    return undefined;
  }
}

/** Cuts the one row too many that was read to know whether there is another page. */
export function page<T>(rows: T[], limit: number, cursorOf: (row: T) => Cursor): { items: T[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? encodeCursor(cursorOf(last)) : null };
}
