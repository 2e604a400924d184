import { contentType } from './fields.js';
import { headerValue, type SipMessage } from './message.js';
import { parseParams, unquote } from './scan.js';

const MAX_PARTS = 16;

/** The SDP part of a multipart body (RFC 5621 §3); nested multiparts are not followed. */
function sdpPart(body: string, boundary: string): string | undefined {
  const mark = `--${boundary}`;
  let at = body.indexOf(mark);
  for (let n = 0; at >= 0 && n < MAX_PARTS; n++) {
    const start = body.indexOf('\r\n', at);
    const next = start < 0 ? -1 : body.indexOf(mark, start);
    if (start < 0 || next < 0) return undefined;
    const part = body.slice(start + 2, next);
    const blank = part.indexOf('\r\n\r\n');
    const head = blank < 0 ? '' : part.slice(0, blank).toLowerCase();
    if (head.startsWith('content-type: application/sdp') || head.includes('\r\ncontent-type: application/sdp'))
      return part.slice(blank + 4);
    at = next;
  }
  return undefined;
}

/** The session description a message carries, or undefined. */
export function sdpOf(message: SipMessage): string | undefined {
  if (message.body.length === 0) return undefined;
  const type = contentType(message);
  if (type === 'application/sdp') return message.body.toString('utf8');
  if (type === undefined || !type.startsWith('multipart/')) return undefined;
  const value = headerValue(message, 'content-type') ?? '';
  const boundary = parseParams(value.slice(value.indexOf(';') + 1)).get('boundary');
  return boundary === undefined ? undefined : sdpPart(message.body.toString('utf8'), unquote(boundary));
}
