import { type HeaderField, header, makeResponse, type SipRequest, type SipResponse } from '../parser/message.js';

const COPIED = new Set(['via', 'from', 'call-id', 'cseq', 'timestamp']);

/** A response to a request (RFC 3261 §8.2.6): Via, From, To, Call-ID and CSeq copied, our tag on To. */
export function responseTo(
  request: SipRequest,
  status: number,
  reason: string,
  extra: { toTag?: string; headers?: readonly HeaderField[]; body?: Buffer } = {},
): SipResponse {
  const headers: HeaderField[] = [];
  for (const h of request.headers) {
    if (h.key === 'to') headers.push(extra.toTag && !hasTag(h.value) ? header('To', `${h.value};tag=${extra.toTag}`) : h);
    else if (COPIED.has(h.key) && (h.key !== 'timestamp' || status === 100)) headers.push(h);
  }
  if (extra.headers) headers.push(...extra.headers);
  return makeResponse(status, reason, headers, extra.body);
}

/** Whether a To value has a tag parameter outside its URI. */
function hasTag(value: string): boolean {
  const close = value.lastIndexOf('>');
  return value
    .slice(close + 1)
    .toLowerCase()
    .includes(';tag=');
}
