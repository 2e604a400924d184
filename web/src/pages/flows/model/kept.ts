import type { FlowDocument } from './document.js';

/** Work that was not saved, as it is kept in this browser. */
export interface Kept {
  document: FlowDocument;
  /** Of the flow, when this work was begun: a save over another revision is asked about. */
  revision: number;
  /** Epoch milliseconds of the last change. */
  at: number;
}

/** A part of `Storage`, so that this can be tried without a browser. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

const PREFIX = 'yixian.flow.';
/** What nobody came back for is thrown away. */
const KEEP_MS = 30 * 24 * 3_600_000;

/** Each opening of a flow has a place of its own: two tabs never write over each other's work. */
const placeOf = (user: string, flow: string, opening: string): string => `${PREFIX}${user}.${flow}.${opening}`;

/** @returns false where the browser keeps nothing: full, or forbidden */
export function keep(shelf: Shelf, user: string, flow: string, opening: string, work: Kept): boolean {
  try {
    shelf.setItem(placeOf(user, flow, opening), JSON.stringify(work));
    return true;
  } catch {
    return false;
  }
}

export function forget(shelf: Shelf, user: string, flow: string, opening: string): void {
  try {
    shelf.removeItem(placeOf(user, flow, opening));
  } catch {
    // a browser that keeps nothing has nothing to forget
  }
}

/** The newest work on the flow that was left by an opening that is no more, and where it lies. */
export function leftBehind(
  shelf: Shelf,
  user: string,
  flow: string,
  isOpen: (opening: string) => boolean,
  now: number,
): (Kept & { opening: string }) | undefined {
  const prefix = placeOf(user, flow, '');
  let newest: (Kept & { opening: string }) | undefined;
  try {
    const places = Array.from({ length: shelf.length }, (_, i) => shelf.key(i) ?? '').filter((place) => place.startsWith(prefix));
    for (const place of places) {
      const opening = place.slice(prefix.length);
      const work = isOpen(opening) ? undefined : readKept(shelf.getItem(place));
      if (work && now - work.at > KEEP_MS) shelf.removeItem(place);
      else if (work && (!newest || work.at > newest.at)) newest = { ...work, opening };
    }
  } catch {
    return undefined;
  }
  return newest;
}

function readKept(text: string | null): Kept | undefined {
  try {
    const found = JSON.parse(text ?? '') as Partial<Kept> | null;
    const whole = typeof found?.document?.nodes === 'object' && typeof found.revision === 'number' && typeof found.at === 'number';
    return whole ? (found as Kept) : undefined;
  } catch {
    return undefined;
  }
}
