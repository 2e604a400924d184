// The body of a MESSAGE (RFC 3428) as text, or what it is refused with.
import { contentType } from './fields.js';
import { type HeaderField, header, headerValue, type SipRequest } from './message.js';
import { parseParams } from './scan.js';

/** RFC 3428 §8: over a transport without congestion control a MESSAGE stays below a datagram. */
export const MAX_TEXT_UDP = 1_300;
export const MAX_TEXT_STREAM = 8 * 1_024;

export type TextResult = { ok: true; text: string } | { ok: false; status: number; phrase: string; headers: readonly HeaderField[] };

function refusal(status: number, phrase: string, ...headers: HeaderField[]): TextResult {
  return { ok: false, status, phrase, headers };
}

function charsetOf(request: SipRequest): string {
  const value = headerValue(request, 'content-type') ?? '';
  const semi = value.indexOf(';');
  const charset = semi < 0 ? undefined : parseParams(value.slice(semi + 1)).get('charset');
  return (charset ?? 'utf-8').replaceAll('"', '').toLowerCase();
}

/** Text and nothing else: `text/plain` in UTF-8 (US-ASCII is part of it), no longer than its transport may carry. */
export function textOf(request: SipRequest, reliable: boolean): TextResult {
  const limit = reliable ? MAX_TEXT_STREAM : MAX_TEXT_UDP;
  if (request.body.length > limit) return refusal(413, 'Request Entity Too Large');
  const encoding = headerValue(request, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') return refusal(415, 'Unsupported Media Type', header('Accept-Encoding', 'identity'));
  const charset = charsetOf(request);
  if (contentType(request) !== 'text/plain' || (charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii')) {
    return refusal(415, 'Unsupported Media Type', header('Accept', 'text/plain'));
  }
  if (request.body.length === 0) return refusal(400, 'Bad Request - no text');
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(request.body) };
  } catch {
    return refusal(400, 'Bad Request - the text is not UTF-8');
  }
}
