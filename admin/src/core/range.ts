/** A part of something of `size` bytes; `to` is not included. */
export interface Part {
  from: number;
  to: number;
}

/**
 * What a Range header asks for (RFC 9110 §14.1.2). The whole where there is none, where it is of another unit or cannot be read,
 * and for several ranges at once: a server may answer all of these with the whole (§14.2).
 */
export function partOf(header: string | undefined, size: number): Part | 'whole' | 'unsatisfiable' {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header ?? '');
  if (!match) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? 'unsatisfiable' : { from: size - suffix, to: size };
  }
  const from = Number(first);
  if (last !== '' && Number(last) < from) return 'whole';
  if (from >= size) return 'unsatisfiable';
  return { from, to: last === '' ? size : Math.min(size, Number(last) + 1) };
}
