// Header values that have a structure of their own (RFC 3261 §20). Each parser returns undefined for what it cannot read.
import { headerValue, type SipMessage } from './message.js';
import { afterQuoted, formatParams, isToken, type Params, parseParams, QUOTE, quote, SEMI, splitList, unquote, unsigned } from './scan.js';
import { formatHost, formatUri, parseHostPort, parseUri, type SipUri } from './uri.js';

/** `Via` (§20.42): the way a response goes back. */
export interface Via {
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
}

export function parseVia(text: string): Via | undefined {
  const slash1 = text.indexOf('/');
  const slash2 = text.indexOf('/', slash1 + 1);
  if (slash1 < 0 || slash2 < 0) return undefined;
  if (text.slice(0, slash1).trim().toUpperCase() !== 'SIP' || text.slice(slash1 + 1, slash2).trim() !== '2.0') return undefined;
  const rest = text.slice(slash2 + 1).trim();
  let space = 0;
  while (space < rest.length && rest.charCodeAt(space) > 32) space++;
  const transport = rest.slice(0, space);
  const semi = rest.indexOf(';', space);
  const sentBy = parseHostPort((semi < 0 ? rest.slice(space) : rest.slice(space, semi)).trim());
  if (!sentBy || !isToken(transport)) return undefined;
  const params = parseParams(semi < 0 ? '' : rest.slice(semi + 1));
  // `;;` is no parameter (RFC 4475 §3.1.2.1): who writes such a Via may have meant anything.
  if (
    semi >= 0 &&
    rest
      .slice(semi + 1)
      .split(';')
      .some((p) => p.trim() === '')
  )
    return undefined;
  return { transport: transport.toUpperCase(), ...sentBy, params };
}

export function formatVia(via: Via): string {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${formatHost(via.host)}${port}${formatParams(via.params)}`;
}

/** `From`, `To`, `Contact`, `Route` … (§20.10): a URI with a display name before and parameters after. */
export interface NameAddr {
  readonly displayName: string | undefined;
  /** The URI as written. */
  readonly uri: string;
  readonly params: Params;
}

function startOfUri(text: string): { displayName: string | undefined; at: number } | undefined {
  if (text.charCodeAt(0) === QUOTE) {
    const end = afterQuoted(text, 0);
    if (end < 0) return undefined;
    let at = end;
    while (at < text.length && text.charCodeAt(at) <= 32) at++;
    return text[at] === '<' ? { displayName: unquote(text.slice(0, end)), at } : undefined;
  }
  const at = text.indexOf('<');
  if (at < 0) return { displayName: undefined, at: -1 };
  const name = text.slice(0, at).trim();
  return { displayName: name === '' ? undefined : name, at };
}

export function parseNameAddr(text: string): NameAddr | undefined {
  const start = startOfUri(text);
  if (!start) return undefined;
  if (start.at < 0) {
    // Without angle brackets parameters belong to the header, not the URI (§20.10).
    const semi = text.indexOf(';');
    const uri = (semi < 0 ? text : text.slice(0, semi)).trim();
    if (uri === '' || uri.includes(',') || uri.includes('?') || uri.includes(' ')) return undefined;
    return { displayName: undefined, uri, params: parseParams(semi < 0 ? '' : text.slice(semi + 1)) };
  }
  const close = text.indexOf('>', start.at);
  if (close < 0) return undefined;
  const rest = text.slice(close + 1).trim();
  if (rest !== '' && rest.charCodeAt(0) !== SEMI) return undefined;
  return {
    displayName: start.displayName,
    uri: text.slice(start.at + 1, close).trim(),
    params: parseParams(rest === '' ? '' : rest.slice(1)),
  };
}

export function formatNameAddr(address: NameAddr): string {
  const name = address.displayName === undefined ? '' : `${quote(address.displayName)} `;
  return `${name}<${address.uri}>${formatParams(address.params)}`;
}

/** The parsed URI inside a name-addr header, with the display name. */
export interface Party {
  readonly address: NameAddr;
  readonly uri: SipUri | undefined;
  readonly tag: string | undefined;
}

export function parseParty(text: string): Party | undefined {
  const address = parseNameAddr(text);
  if (!address) return undefined;
  return { address, uri: parseUri(address.uri), tag: address.params.get('tag') };
}

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** `CSeq` (§20.16): below 2^31 (§8.1.1.5). */
export function parseCSeq(text: string): CSeq | undefined {
  let i = 0;
  while (i < text.length && text.charCodeAt(i) > 32) i++;
  const number = unsigned(text.slice(0, i));
  const method = text.slice(i).trim();
  if (number === undefined || number >= 2 ** 31 || !isToken(method)) return undefined;
  return { number, method };
}

/** Every element of a comma-list header, over all its lines. */
export function listValues(message: SipMessage, key: string): string[] {
  const out: string[] = [];
  for (const h of message.headers) if (h.key === key) for (const v of splitList(h.value)) out.push(v);
  return out;
}

/** Option tags or methods, lower case for tags. */
export function hasOption(message: SipMessage, key: string, tag: string): boolean {
  for (const h of message.headers) {
    if (h.key !== key) continue;
    for (const v of splitList(h.value)) if (v.toLowerCase() === tag) return true;
  }
  return false;
}

/** Name-addrs of a list header; elements that cannot be read are left out. */
export function addressList(message: SipMessage, key: string): NameAddr[] {
  const out: NameAddr[] = [];
  for (const v of listValues(message, key)) {
    const address = parseNameAddr(v);
    if (address) out.push(address);
  }
  return out;
}

/** `value;param=…` headers such as Session-Expires and Expires: the number and the parameters. */
export function parseDelta(text: string): { seconds: number; params: Params } | undefined {
  const semi = text.indexOf(';');
  const seconds = unsigned((semi < 0 ? text : text.slice(0, semi)).trim());
  return seconds === undefined ? undefined : { seconds, params: parseParams(semi < 0 ? '' : text.slice(semi + 1)) };
}

/** The media type in lower case, without parameters. */
export function contentType(message: SipMessage): string | undefined {
  const value = headerValue(message, 'content-type');
  if (value === undefined) return undefined;
  const semi = value.indexOf(';');
  return (semi < 0 ? value : value.slice(0, semi)).trim().toLowerCase();
}

/** `RAck` (RFC 3262 §7.2). */
export function parseRAck(text: string): { rseq: number; cseq: number; method: string } | undefined {
  const parts = text.split(' ').filter((p) => p !== '');
  const rseq = unsigned(parts[0] ?? '');
  const cseq = unsigned(parts[1] ?? '');
  const method = parts[2];
  return rseq === undefined || cseq === undefined || method === undefined ? undefined : { rseq, cseq, method };
}

export { formatUri, parseUri, type SipUri };
