import { createHash } from 'node:crypto';
import { quote, splitOutside, unquote } from '../parser/scan.js';

// The arithmetic of HTTP digest (RFC 7616 §3.4) as SIP uses it (RFC 3261 §22, RFC 8760).

export type DigestAlgorithm = 'SHA-256' | 'MD5';

const HASH: Record<DigestAlgorithm, string> = { 'SHA-256': 'sha256', MD5: 'md5' };

export function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(HASH[algorithm]).update(text, 'utf8').digest('hex');
}

/** The algorithm a parameter names; absent is MD5 (§3.3), unknown is undefined. */
export function algorithmOf(value: string | undefined): DigestAlgorithm | undefined {
  if (value === undefined) return 'MD5';
  const upper = value.toUpperCase();
  return upper === 'MD5' || upper === 'SHA-256' ? upper : undefined;
}

export interface DigestInput {
  algorithm: DigestAlgorithm;
  username: string;
  realm: string;
  password: string;
  method: string;
  uri: string;
  nonce: string;
  /** All three or none (RFC 2069 clients). */
  qop?: { value: string; nc: string; cnonce: string };
}

/** The `response` value. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, qop } = input;
  const a1 = hash(algorithm, `${input.username}:${input.realm}:${input.password}`);
  const a2 = hash(algorithm, `${input.method}:${input.uri}`);
  if (!qop) return hash(algorithm, `${a1}:${nonce}:${a2}`);
  return hash(algorithm, `${a1}:${nonce}:${qop.nc}:${qop.cnonce}:${qop.value}:${a2}`);
}

const COMMA = 44;

/** The parameters of `Digest …`, names in lower case, quotes undone; undefined for another scheme. */
export function parseDigest(value: string): Map<string, string> | undefined {
  const space = value.indexOf(' ');
  if (space < 0 || value.slice(0, space).toLowerCase() !== 'digest') return undefined;
  const params = new Map<string, string>();
  for (const part of splitOutside(value.slice(space + 1), COMMA)) {
    const eq = part.indexOf('=');
    if (eq <= 0) continue;
    const name = part.slice(0, eq).trim().toLowerCase();
    if (!params.has(name)) params.set(name, unquote(part.slice(eq + 1).trim()));
  }
  return params;
}

/** Values that stand bare; all others are quoted strings (RFC 3261 §25.1). */
const BARE = new Set(['algorithm', 'stale', 'nc']);

export function formatDigest(params: ReadonlyArray<readonly [string, string]>, bare: ReadonlySet<string> = BARE): string {
  return `Digest ${params.map(([name, value]) => `${name}=${bare.has(name) ? value : quote(value)}`).join(', ')}`;
}
