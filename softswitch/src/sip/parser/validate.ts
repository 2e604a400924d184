// Names the answer owed to a request that was framed but is not acceptable (RFC 3261 §8.2, §16.3; cases of RFC 4475).
import { type CSeq, contentType, listValues, type Party, parseCSeq, parseParty, parseVia, type Via } from './fields.js';
import { type HeaderField, header, headerValue, type SipMessage, type SipRequest } from './message.js';
import { splitList, unsigned } from './scan.js';
import { parseUri, type SipUri, schemeOf } from './uri.js';

/** The fields every message must have, parsed once. */
export interface CoreFields {
  /** Topmost Via. */
  readonly via: Via;
  readonly from: Party;
  readonly to: Party;
  readonly callId: string;
  readonly cseq: CSeq;
}

/** A refusal owed to the sender. */
export interface Answer {
  readonly status: number;
  readonly phrase: string;
  readonly headers: readonly HeaderField[];
}

/** The fields, or which of them is missing or cannot be read. */
export type CoreResult = { ok: true; fields: CoreFields } | { ok: false; fault: string };

const SINGLE = ['from', 'to', 'call-id', 'cseq', 'max-forwards'] as const;

function singles(message: SipMessage): { values: Map<string, string>; repeated: string | undefined } {
  const values = new Map<string, string>();
  let repeated: string | undefined;
  for (const h of message.headers) {
    if (!(SINGLE as readonly string[]).includes(h.key)) continue;
    if (values.has(h.key)) repeated = h.name;
    else values.set(h.key, h.value);
  }
  return { values, repeated };
}

function topVia(message: SipMessage): Via | undefined {
  const value = headerValue(message, 'via');
  const first = value === undefined ? undefined : splitList(value)[0];
  return first === undefined ? undefined : parseVia(first);
}

/** Reads Via, From, To, Call-ID and CSeq (§8.1.1); the fault names the header. */
export function readCore(message: SipMessage): CoreResult {
  const via = topVia(message);
  const bad = (fault: string): CoreResult => ({ ok: false, fault });
  if (!via) return bad('missing or malformed Via');
  const { values, repeated } = singles(message);
  if (repeated) return bad(`several ${repeated} headers`);
  const from = parseParty(values.get('from') ?? '');
  if (!from) return bad('missing or malformed From');
  const to = parseParty(values.get('to') ?? '');
  if (!to) return bad('missing or malformed To');
  const callId = values.get('call-id');
  if (!callId || callId.includes(' ') || callId.length > 512) return bad('missing or malformed Call-ID');
  const cseq = parseCSeq(values.get('cseq') ?? '');
  if (!cseq) return bad('missing or malformed CSeq');
  if (message.kind === 'request' && cseq.method !== message.method) return bad('CSeq method differs from the request');
  return { ok: true, fields: { via, from, to, callId, cseq } };
}

/** What this element understands. */
export interface Capabilities {
  /** Methods answered with something else than 405 or 501. */
  readonly allow: readonly string[];
  /** Option tags that may stand in Require. */
  readonly supported: readonly string[];
}

/** Methods that exist (RFC 3261, 3262, 3265, 3311, 3428, 3515, 3903, 6086): refused 405; any other 501. */
const KNOWN_METHODS = new Set([
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'REGISTER',
  'PRACK',
  'UPDATE',
  'INFO',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'PUBLISH',
]);

const BODY_METHODS = new Set(['INVITE', 'ACK', 'PRACK', 'UPDATE']);
const MAX_URI = 2_048;

function answer(status: number, phrase: string, ...headers: HeaderField[]): Answer {
  return { status, phrase, headers };
}

function judgeUri(request: SipRequest): Answer | undefined {
  if (request.uri.length > MAX_URI) return answer(414, 'Request-URI Too Long');
  const scheme = schemeOf(request.uri);
  if (scheme === undefined) return answer(400, 'Bad Request - malformed Request-URI');
  if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel') return answer(416, 'Unsupported URI Scheme');
  return parseUri(request.uri) ? undefined : answer(400, 'Bad Request - malformed Request-URI');
}

function judgeRequire(request: SipRequest, capabilities: Capabilities): Answer | undefined {
  if (request.method === 'CANCEL') return undefined;
  const unknown = listValues(request, 'require').filter((tag) => !capabilities.supported.includes(tag.toLowerCase()));
  return unknown.length === 0 ? undefined : answer(420, 'Bad Extension', header('Unsupported', unknown.join(', ')));
}

function optionalBody(request: SipRequest): boolean {
  return (headerValue(request, 'content-disposition') ?? '').toLowerCase().includes('handling=optional');
}

function judgeBody(request: SipRequest): Answer | undefined {
  if (request.body.length === 0 || !BODY_METHODS.has(request.method) || optionalBody(request)) return undefined;
  const encoding = headerValue(request, 'content-encoding');
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    return answer(415, 'Unsupported Media Type', header('Accept-Encoding', 'identity'));
  }
  const type = contentType(request);
  if (type === undefined) return answer(400, 'Bad Request - body without Content-Type');
  if (type === 'application/sdp' || type === 'multipart/mixed' || type === 'multipart/alternative') return undefined;
  return answer(415, 'Unsupported Media Type', header('Accept', 'application/sdp, multipart/mixed'));
}

/** An INVITE whose Accept leaves no room for SDP cannot be answered (§21.4.7). */
function judgeAccept(request: SipRequest): Answer | undefined {
  if (request.method !== 'INVITE' || headerValue(request, 'accept') === undefined) return undefined;
  const types = listValues(request, 'accept').map((t) => (t.split(';')[0] ?? '').trim().toLowerCase());
  const fits = types.length === 0 || types.some((t) => t === 'application/sdp' || t === 'application/*' || t === '*/*');
  return fits ? undefined : answer(406, 'Not Acceptable');
}

function judgeMethod(request: SipRequest, capabilities: Capabilities): Answer | undefined {
  if (capabilities.allow.includes(request.method)) return undefined;
  const allow = header('Allow', capabilities.allow.join(', '));
  return KNOWN_METHODS.has(request.method) ? answer(405, 'Method Not Allowed', allow) : answer(501, 'Not Implemented', allow);
}

function judgeForwards(request: SipRequest, toTag: string | undefined): Answer | undefined {
  const value = headerValue(request, 'max-forwards');
  if (value === undefined) return undefined;
  const left = unsigned(value);
  if (left === undefined || left > 255) return answer(400, 'Bad Request - malformed Max-Forwards');
  // A new call would go on from here, so the loop has to end here; OPTIONS at zero is answered (§11.2), dialogs end here anyway.
  const endsHere = toTag !== undefined || request.method === 'OPTIONS' || request.method === 'ACK' || request.method === 'CANCEL';
  return left === 0 && !endsHere ? answer(483, 'Too Many Hops') : undefined;
}

/**
 * The answer owed to a new request, or undefined when it may be processed. The order is that of RFC 3261 §8.2: framing, version,
 * method, URI, loop, extensions, content.
 */
export function judgeRequest(request: SipRequest, fields: CoreFields, capabilities: Capabilities): Answer | undefined {
  if (request.version.toUpperCase() !== 'SIP/2.0') return answer(505, 'Version Not Supported');
  const fault = request.faults[0];
  if (fault !== undefined) return answer(400, `Bad Request - ${fault}`);
  return (
    judgeMethod(request, capabilities) ??
    judgeUri(request) ??
    judgeForwards(request, fields.to.tag) ??
    judgeRequire(request, capabilities) ??
    judgeBody(request) ??
    judgeAccept(request)
  );
}

/** The Request-URI of a request that has been judged. */
export function requestUri(request: SipRequest): SipUri | undefined {
  return parseUri(request.uri);
}
