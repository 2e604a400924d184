import { type FlowDocument, type Types, waysOf } from './document.js';
import { NODE_WIDTH } from './layout.js';

/** Zoom at which a card can be read well. */
export const READABLE = 0.7;
/** Zoom at which its words are made out still. */
const LEGIBLE = 0.5;
const MARGIN = 32;
/** On a phone. */
const LEAST_MARGIN = 12;
const FROM_TOP = 220;

/**
 * Where a flow that is too large to be seen whole is opened: at its beginning, large enough to read, and so that the cards which follow
 * are not cut, as long as they can be made out then.
 * @param size of the canvas, pixels
 * @returns undefined where the beginning has no place
 */
export function openingView(
  doc: FlowDocument,
  types: Types,
  size: { width: number; height: number },
): { x: number; y: number; zoom: number } | undefined {
  const begin = doc.nodes[doc.start];
  const at = begin?.position;
  if (!begin || !at) return undefined;
  const followers = waysOf(begin, types).flatMap(({ target }) => (target === undefined ? [] : [doc.nodes[target]?.position?.x ?? at.x]));
  const left = Math.min(at.x, ...followers);
  const across = Math.max(at.x, ...followers) + NODE_WIDTH - left;
  const top = Math.min(FROM_TOP, size.height / 3);
  const fits = (size.width - 2 * LEAST_MARGIN) / across;
  if (fits < LEGIBLE) return { x: MARGIN - at.x * READABLE, y: top - at.y * READABLE, zoom: READABLE };
  const zoom = Math.min(READABLE, fits);
  const margin = Math.min(MARGIN, (size.width - across * zoom) / 2);
  return { x: margin - left * zoom, y: top - at.y * zoom, zoom };
}
