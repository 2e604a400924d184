// Character work shared by the parsers: every function is one pass over its input.

/** True for an RFC 3261 token character. */
const TOKEN = new Uint8Array(128);
for (const c of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~") TOKEN[c.charCodeAt(0)] = 1;

export const HT = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const QUOTE = 34;
export const COMMA = 44;
export const SEMI = 59;
export const LT = 60;
export const EQ = 61;
export const GT = 62;
export const BACKSLASH = 92;

export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 127 || TOKEN[c] !== 1) return false;
  }
  return true;
}

/** Digits only, at most ten of them: `undefined` when it is anything else. */
export function unsigned(text: string): number | undefined {
  if (text.length === 0 || text.length > 10) return undefined;
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const d = text.charCodeAt(i) - 48;
    if (d < 0 || d > 9) return undefined;
    n = n * 10 + d;
  }
  return n;
}

/** Index just after the quoted string that begins at `at`, or -1 when it is not closed. */
export function afterQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) i++;
    else if (c === QUOTE) return i + 1;
  }
  return -1;
}

/** Splits at `separator` outside quoted strings and angle brackets. An unclosed quote or bracket runs to the end. */
export function splitOutside(text: string, separator: number): string[] {
  const parts: string[] = [];
  let start = 0;
  let angle = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      const end = afterQuoted(text, i);
      if (end < 0) break;
      i = end - 1;
    } else if (c === LT) angle = true;
    else if (c === GT) angle = false;
    else if (c === separator && !angle) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

/** A comma list without its empty elements. */
export function splitList(text: string): string[] {
  if (!text.includes(',')) {
    const only = text.trim();
    return only === '' ? [] : [only];
  }
  return splitOutside(text, COMMA).filter((p) => p !== '');
}

/** The text inside a quoted string, escapes undone; anything else as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== QUOTE || text.charCodeAt(text.length - 1) !== QUOTE) return text;
  const inner = text.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  let out = '';
  for (let i = 0; i < inner.length; i++) {
    if (inner.charCodeAt(i) === BACKSLASH && i + 1 < inner.length) i++;
    out += inner[i];
  }
  return out;
}

/** A quoted string. Control characters cannot be quoted and are dropped. */
export function quote(text: string): string {
  let out = '"';
  for (const ch of text) {
    const c = ch.charCodeAt(0);
    if (c < 32 || c === 127) continue;
    if (c === QUOTE || c === BACKSLASH) out += '\\';
    out += ch;
  }
  return `${out}"`;
}

export type Params = ReadonlyMap<string, string | undefined>;

/** `;a=b;c` or `a=b;c` into a map with lower-case names; a name that stands twice keeps its first value. */
export function parseParams(text: string): Map<string, string | undefined> {
  const params = new Map<string, string | undefined>();
  if (text === '') return params;
  for (const part of splitOutside(text, SEMI)) {
    if (part === '') continue;
    const eq = part.indexOf('=');
    const name = (eq < 0 ? part : part.slice(0, eq)).trim().toLowerCase();
    if (!params.has(name)) params.set(name, eq < 0 ? undefined : part.slice(eq + 1).trim());
  }
  return params;
}

/** The text of parameters, each with its leading semicolon. */
export function formatParams(params: Params): string {
  let out = '';
  for (const [name, value] of params) out += value === undefined ? `;${name}` : `;${name}=${value}`;
  return out;
}
