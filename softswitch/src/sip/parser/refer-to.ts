// Refer-To (RFC 3515 §2.1) and Replaces (RFC 3891 §6.1): what a peer may write there is bounded before anything is done with it.
import { parseNameAddr } from './fields.js';
import { parseParams } from './scan.js';
import { parseUri, schemeOf, unescapeUri } from './uri.js';

/** A dialog by the identifiers its owner writes (RFC 3891 §3): for us who receive it, `toTag` is ours and `fromTag` the peer's. */
export interface Replaces {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  /** Only while that dialog is not answered. */
  readonly earlyOnly: boolean;
}

export interface ReferTo {
  /** User part, escapes undone; empty when there is none. */
  readonly user: string;
  readonly replaces: Replaces | undefined;
}

export type ReferToResult = { ok: true; referTo: ReferTo } | { ok: false; fault: string };

const MAX_REFER_TO = 1_024;
const MAX_USER = 64;
const MAX_HEADERS = 8;
const MAX_CALL_ID = 512;
const MAX_TAG = 256;

function printable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

/** The value of a Replaces header; undefined when it is none: both tags and a Call-ID have to be there (RFC 3891 §6.1). */
export function parseReplaces(text: string): Replaces | undefined {
  const semi = text.indexOf(';');
  if (semi <= 0 || text.length > MAX_CALL_ID + 3 * MAX_TAG || !printable(text)) return undefined;
  const callId = text.slice(0, semi).trim();
  const params = parseParams(text.slice(semi + 1));
  const toTag = params.get('to-tag');
  const fromTag = params.get('from-tag');
  if (callId === '' || callId.length > MAX_CALL_ID || callId.includes(' ') || callId.includes(',')) return undefined;
  if (!toTag || !fromTag || toTag.length > MAX_TAG || fromTag.length > MAX_TAG) return undefined;
  return { callId, toTag, fromTag, earlyOnly: params.has('early-only') };
}

/** `Replaces=…&Require=…` behind the question mark of the URI (RFC 3261 §19.1.1). Only Replaces is heeded; none may smuggle a line break. */
function replacesOf(headers: string | undefined): { ok: true; replaces: Replaces | undefined } | { ok: false; fault: string } {
  if (headers === undefined) return { ok: true, replaces: undefined };
  const parts = headers.split('&');
  if (parts.length > MAX_HEADERS) return { ok: false, fault: 'too many headers in Refer-To' };
  let replaces: Replaces | undefined;
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = unescapeUri(equals < 0 ? part : part.slice(0, equals));
    const value = unescapeUri(equals < 0 ? '' : part.slice(equals + 1));
    if (name === undefined || value === undefined || !printable(name) || !printable(value)) {
      return { ok: false, fault: 'malformed header in Refer-To' };
    }
    if (name.toLowerCase() !== 'replaces') continue;
    if (replaces) return { ok: false, fault: 'several Replaces in Refer-To' };
    replaces = parseReplaces(value);
    if (!replaces) return { ok: false, fault: 'malformed Replaces in Refer-To' };
  }
  return { ok: true, replaces };
}

/** Reads a Refer-To; the fault names what a 400 is owed for. Its host is not looked at: a number is dialled by the rules of this switch. */
export function parseReferTo(value: string | undefined): ReferToResult {
  const bad = (fault: string): ReferToResult => ({ ok: false, fault });
  if (value === undefined) return bad('missing Refer-To');
  if (value.length > MAX_REFER_TO) return bad('Refer-To too long');
  const address = parseNameAddr(value);
  if (!address) return bad('malformed Refer-To');
  if (schemeOf(address.uri) !== 'sip') return bad('Refer-To is no sip: URI');
  const uri = parseUri(address.uri);
  if (!uri) return bad('malformed URI in Refer-To');
  const method = uri.params.get('method');
  if (method !== undefined && method.toUpperCase() !== 'INVITE') return bad('Refer-To asks for another method than INVITE');
  const user = uri.user ?? '';
  // `<`, `>` and `"` have no place in a number, and would end up in a header.
  if (user.length > MAX_USER || !printable(user) || /[<>"\\]/.test(user)) return bad('malformed user in Refer-To');
  const read = replacesOf(uri.headers);
  if (!read.ok) return read;
  if (user === '' && !read.replaces) return bad('Refer-To names nobody');
  return { ok: true, referTo: { user, replaces: read.replaces } };
}
