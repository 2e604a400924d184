import { formatParams, type Params, parseParams, unsigned } from './scan.js';

/** A SIP or SIPS URI (RFC 3261 §19.1), or a telephone URI (RFC 3966) with the number as user and no host. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel';
  /** Escapes undone. */
  readonly user: string | undefined;
  readonly password?: string;
  /** As written; an IPv6 reference without its brackets. Empty for tel. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** What stands after `?`, undecoded. */
  readonly headers?: string;
}

const UNRESERVED_USER = new Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,;?/");

/** The scheme in lower case, or undefined when there is none. */
export function schemeOf(text: string): string | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0) return undefined;
  const scheme = text.slice(0, colon).toLowerCase();
  for (let i = 0; i < scheme.length; i++) {
    const c = scheme.charCodeAt(i);
    const letter = c >= 97 && c <= 122;
    if (!letter && (i === 0 || !((c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46))) return undefined;
  }
  return scheme;
}

function hex(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  if (c >= 65 && c <= 70) return c - 55;
  if (c >= 97 && c <= 102) return c - 87;
  return -1;
}

/** Undoes %-escapes (as UTF-8); undefined when one is broken. */
export function unescapeUri(text: string): string | undefined {
  if (!text.includes('%')) return text;
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== 37) {
      for (const b of Buffer.from(text[i] ?? '')) bytes.push(b);
      continue;
    }
    const high = hex(text.charCodeAt(i + 1));
    const low = hex(text.charCodeAt(i + 2));
    if (high < 0 || low < 0) return undefined;
    bytes.push(high * 16 + low);
    i += 2;
  }
  return Buffer.from(bytes).toString('utf8');
}

/** Escapes what may not stand bare in a user part. */
export function escapeUser(user: string): string {
  let out = '';
  for (const ch of user) {
    if (UNRESERVED_USER.has(ch)) out += ch;
    else for (const b of Buffer.from(ch)) out += `%${b.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

function validHostname(host: string): boolean {
  if (host.length === 0 || host.length > 255) return false;
  for (let i = 0; i < host.length; i++) {
    const c = host.charCodeAt(i);
    const ok = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 45 || c === 46 || c === 95;
    if (!ok) return false;
  }
  return true;
}

function validIpv6(text: string): boolean {
  if (text.length < 2 || text.length > 45) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (hex(c) < 0 && c !== 58 && c !== 46) return false;
  }
  return text.includes(':');
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`; undefined when it is none of these. */
export function parseHostPort(text: string): { host: string; port: number | undefined } | undefined {
  let host: string;
  let rest: string;
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 0) return undefined;
    host = text.slice(1, close);
    rest = text.slice(close + 1).trim();
    if (!validIpv6(host)) return undefined;
  } else {
    const colon = text.indexOf(':');
    host = (colon < 0 ? text : text.slice(0, colon)).trim();
    rest = colon < 0 ? '' : text.slice(colon).trim();
    if (!validHostname(host)) return undefined;
  }
  if (rest === '') return { host, port: undefined };
  if (!rest.startsWith(':')) return undefined;
  const port = unsigned(rest.slice(1).trim());
  return port === undefined || port > 65535 ? undefined : { host, port };
}

function parseTel(text: string): SipUri | undefined {
  const semi = text.indexOf(';');
  const user = semi < 0 ? text : text.slice(0, semi);
  if (user === '') return undefined;
  return { scheme: 'tel', user, host: '', port: undefined, params: parseParams(semi < 0 ? '' : text.slice(semi + 1)) };
}

/** Parses a `sip:`, `sips:` or `tel:` URI; undefined for another scheme or when it is broken. */
export function parseUri(text: string): SipUri | undefined {
  const scheme = schemeOf(text);
  if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel') return undefined;
  let rest = text.slice(scheme.length + 1);
  for (let i = 0; i < rest.length; i++) if (rest.charCodeAt(i) <= 32 || rest.charCodeAt(i) === 60) return undefined;
  if (scheme === 'tel') return parseTel(rest);
  let userinfo: string | undefined;
  // The user part may hold `;` and `?`, so the `@` is looked for first (RFC 3261 §19.1.1).
  const at = rest.lastIndexOf('@');
  if (at >= 0) {
    userinfo = rest.slice(0, at);
    rest = rest.slice(at + 1);
  }
  const question = rest.indexOf('?');
  const headers = question < 0 ? undefined : rest.slice(question + 1);
  if (question >= 0) rest = rest.slice(0, question);
  const semi = rest.indexOf(';');
  const params = parseParams(semi < 0 ? '' : rest.slice(semi + 1));
  const hostPort = parseHostPort(semi < 0 ? rest : rest.slice(0, semi));
  if (!hostPort) return undefined;
  const colon = userinfo === undefined ? -1 : userinfo.indexOf(':');
  const user = userinfo === undefined ? undefined : unescapeUri(colon < 0 ? userinfo : userinfo.slice(0, colon));
  if (userinfo !== undefined && (user === undefined || user === '' || userinfo.includes('@'))) return undefined;
  return {
    scheme,
    user,
    ...(colon >= 0 && userinfo !== undefined ? { password: userinfo.slice(colon + 1) } : {}),
    host: hostPort.host,
    port: hostPort.port,
    params,
    ...(headers === undefined ? {} : { headers }),
  };
}

/** A host as it stands in a URI: IPv6 in brackets. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

export function formatUri(uri: SipUri): string {
  if (uri.scheme === 'tel') return `tel:${uri.user ?? ''}${formatParams(uri.params)}`;
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const user = uri.user === undefined ? '' : `${escapeUser(uri.user)}${password}@`;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  const headers = uri.headers === undefined ? '' : `?${uri.headers}`;
  return `${uri.scheme}:${user}${formatHost(uri.host)}${port}${formatParams(uri.params)}${headers}`;
}

const ALWAYS_COMPARED = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** URI comparison of RFC 3261 §19.1.4 (headers compared as text). */
export function sameUri(a: SipUri, b: SipUri): boolean {
  if (a.scheme !== b.scheme || a.user !== b.user || a.password !== b.password) return false;
  if (a.host.toLowerCase() !== b.host.toLowerCase() || a.port !== b.port || (a.headers ?? '') !== (b.headers ?? '')) return false;
  for (const name of ALWAYS_COMPARED) if (a.params.has(name) !== b.params.has(name)) return false;
  for (const [name, value] of a.params) {
    if (b.params.has(name) && (b.params.get(name) ?? '').toLowerCase() !== (value ?? '').toLowerCase()) return false;
  }
  return true;
}
