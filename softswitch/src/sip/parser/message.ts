// What a SIP message is once it has been framed (RFC 3261 §7). Values stay text until somebody needs them parsed.

/** One header field, in the order received. `key` is the lower-case full name, `name` what goes on the wire. */
export interface HeaderField {
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

interface MessageParts {
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
  /** What was wrong but did not prevent framing; the validator owes a 400 for it. */
  readonly faults: readonly string[];
}

export interface SipRequest extends MessageParts {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly version: string;
}

export interface SipResponse extends MessageParts {
  readonly kind: 'response';
  readonly version: string;
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

const EMPTY = Buffer.alloc(0);

const CANONICAL = [
  'Accept',
  'Accept-Encoding',
  'Alert-Info',
  'Allow',
  'Allow-Events',
  'Authorization',
  'Call-ID',
  'Call-Info',
  'Contact',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'CSeq',
  'Date',
  'Event',
  'Expires',
  'From',
  'Info-Package',
  'Max-Forwards',
  'Min-Expires',
  'Min-SE',
  'P-Asserted-Identity',
  'Path',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'RAck',
  'Reason',
  'Record-Route',
  'Recv-Info',
  'Refer-Sub',
  'Refer-To',
  'Replaces',
  'Require',
  'Retry-After',
  'Route',
  'RSeq',
  'Server',
  'Session-Expires',
  'Subject',
  'Subscription-State',
  'Supported',
  'Timestamp',
  'To',
  'Unsupported',
  'User-Agent',
  'Via',
  'Warning',
  'WWW-Authenticate',
] as const;

/** Compact forms: RFC 3261 §7.3.3, 3515, 3841, 4028, 6665. */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
};

interface NamePair {
  readonly key: string;
  readonly name: string;
}

const KNOWN = new Map<string, NamePair>();
for (const name of CANONICAL) {
  const pair = { key: name.toLowerCase(), name };
  KNOWN.set(name, pair);
  KNOWN.set(pair.key, pair);
}
for (const [short, name] of Object.entries(COMPACT)) {
  const pair = { key: name.toLowerCase(), name };
  KNOWN.set(short, pair);
  KNOWN.set(short.toUpperCase(), pair);
}

/** Full name of a header as it came, compact forms expanded; an unknown name keeps its spelling. */
export function headerName(raw: string): NamePair {
  const exact = KNOWN.get(raw);
  if (exact) return exact;
  const key = raw.toLowerCase();
  const known = KNOWN.get(key);
  return known ?? { key, name: raw };
}

/** A header to send. */
export function header(name: string, value: string): HeaderField {
  const known = headerName(name);
  return { key: known.key, name: known.name, value };
}

/** First value of a header, or undefined. `key` is lower case. */
export function headerValue(message: SipMessage, key: string): string | undefined {
  for (const h of message.headers) if (h.key === key) return h.value;
  return undefined;
}

/** How often a header stands there. */
export function headerCount(message: SipMessage, key: string): number {
  let n = 0;
  for (const h of message.headers) if (h.key === key) n++;
  return n;
}

export function makeRequest(method: string, uri: string, headers: readonly HeaderField[], body: Buffer = EMPTY): SipRequest {
  return { kind: 'request', method, uri, version: 'SIP/2.0', headers, body, faults: [] };
}

export function makeResponse(status: number, reason: string, headers: readonly HeaderField[], body: Buffer = EMPTY): SipResponse {
  return { kind: 'response', status, reason, version: 'SIP/2.0', headers, body, faults: [] };
}
