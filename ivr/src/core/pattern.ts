import { z } from 'zod';

// Number patterns, as dial plans write them: read left to right once, so that no pattern and no input can make it slow.
//   0–9 * # +   itself          X   any digit          [2-5] [79]   one of these digits          .   the rest, whatever it is

const TOKEN = /[0-9*#+X]|\[[0-9-]+\]|\.$/y;

function tokens(pattern: string): string[] | undefined {
  const found: string[] = [];
  const token = new RegExp(TOKEN);
  while (token.lastIndex < pattern.length) {
    const match = token.exec(pattern);
    if (!match) return undefined;
    found.push(match[0]);
  }
  return found;
}

/** A pattern such as `1[3-9]XXXXXXXXX` or `0.`. */
export const patternSchema = z
  .string()
  .min(1)
  .max(64)
  .refine(
    (pattern) => tokens(pattern) !== undefined,
    'a number pattern: digits, X for any digit, [2-5] for a range, . at the end for the rest',
  );

/** Whether the whole of `text` looks like the pattern. */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts = tokens(pattern);
  if (!parts) return false;
  let at = 0;
  for (const part of parts) {
    if (part === '.') return true;
    const character = text[at++];
    if (character === undefined || !fits(part, character)) return false;
  }
  return at === text.length;
}

function fits(part: string, character: string): boolean {
  const isDigit = character >= '0' && character <= '9';
  if (part === 'X') return isDigit;
  if (!part.startsWith('[')) return part === character;
  const set = part.slice(1, -1);
  for (let i = 0; i < set.length; i++) {
    const from = set[i] ?? '';
    const ranged = set[i + 1] === '-' && set[i + 2] !== undefined;
    const to = ranged ? (set[i + 2] ?? from) : from;
    if (isDigit && character >= from && character <= to) return true;
    if (ranged) i += 2;
  }
  return false;
}
