import { type HeaderField, headerName, type SipMessage } from './message.js';
import { isToken, unsigned } from './scan.js';

/** Bounds of one message. */
export const MAX_MESSAGE_BYTES = 65_536;
export const MAX_HEADERS = 256;
export const MAX_LINE_BYTES = 8_192;

/** Why a message could not be framed; nobody is owed an answer to it. */
export type FramingError = 'empty' | 'too-large' | 'not-sip' | 'too-many-headers' | 'line-too-long';

export type ParseResult = { ok: true; message: SipMessage } | { ok: false; error: FramingError };

type StartLine =
  | { kind: 'request'; method: string; uri: string; version: string }
  | { kind: 'response'; version: string; status: number; reason: string };

function isSipVersion(text: string): boolean {
  return text.length > 4 && text.slice(0, 4).toUpperCase() === 'SIP/';
}

function parseStatusLine(line: string): StartLine | undefined {
  const space = line.indexOf(' ');
  const status = space < 0 ? undefined : unsigned(line.slice(space + 1, space + 4));
  const after = line.charCodeAt(space + 4);
  if (status === undefined || line.length < space + 4 || (line.length > space + 4 && after !== 32)) return undefined;
  return { kind: 'response', version: line.slice(0, space), status, reason: line.slice(space + 5) };
}

/** Request-Line: one space each; what else stands there becomes part of the URI and is judged later. */
function parseRequestLine(line: string, faults: string[]): StartLine | undefined {
  let text = line;
  if (text.endsWith(' ') || text.endsWith('\t')) {
    faults.push('white space after the SIP version');
    text = text.trimEnd();
  }
  const first = text.indexOf(' ');
  const last = text.lastIndexOf(' ');
  if (first <= 0 || last <= first) return undefined;
  const method = text.slice(0, first);
  const version = text.slice(last + 1);
  if (!isSipVersion(version) || !isToken(method)) return undefined;
  const uri = text.slice(first + 1, last);
  if (uri === '' || uri.includes(' ') || uri.includes('\t') || uri.startsWith('<')) faults.push('malformed Request-URI');
  return { kind: 'request', method, uri, version };
}

/** End of the line that begins at `from`: index of its CRLF, or the end of the text. */
function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\r\n', from);
  return at < 0 ? text.length : at;
}

function parseHeaderLine(line: string, headers: HeaderField[], faults: string[]): void {
  const colon = line.indexOf(':');
  const raw = colon < 0 ? '' : line.slice(0, colon).trimEnd();
  if (!isToken(raw)) {
    faults.push('malformed header line');
    return;
  }
  const { key, name } = headerName(raw);
  headers.push({ key, name, value: line.slice(colon + 1).trim() });
}

/** Header lines with folding undone (RFC 3261 §7.3.1). */
function parseHeaders(text: string, from: number, headers: HeaderField[], faults: string[]): FramingError | undefined {
  let at = from;
  while (at < text.length) {
    let end = lineEnd(text, at);
    const first = at;
    let line = text.slice(at, end);
    at = end + 2;
    while (at < text.length && (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9)) {
      end = lineEnd(text, at);
      if (end - first > MAX_LINE_BYTES) return 'line-too-long';
      line += ` ${text.slice(at, end).trim()}`;
      at = end + 2;
    }
    if (end - first > MAX_LINE_BYTES) return 'line-too-long';
    if (line === '') continue;
    if (headers.length >= MAX_HEADERS) return 'too-many-headers';
    if (faults.length < 8 || line.includes(':')) parseHeaderLine(line, headers, faults);
  }
  return undefined;
}

function contentLength(headers: readonly HeaderField[], faults: string[]): number | undefined {
  let value: string | undefined;
  for (const h of headers) {
    if (h.key !== 'content-length') continue;
    if (value !== undefined && value !== h.value) faults.push('several Content-Length');
    value ??= h.value;
  }
  if (value === undefined) return undefined;
  const length = unsigned(value);
  if (length === undefined) faults.push('malformed Content-Length');
  return length;
}

function skipLineBreaks(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] === 13 || bytes[at] === 10)) at++;
  return at;
}

/**
 * Frames one message: a datagram, or what the stream framer cut out. Linear in its length. Only what cannot be framed is an
 * error; anything else is a message whose `faults` tell the validator what to answer.
 */
export function parseMessage(bytes: Buffer): ParseResult {
  if (bytes.length > MAX_MESSAGE_BYTES) return { ok: false, error: 'too-large' };
  const begin = skipLineBreaks(bytes);
  if (begin === bytes.length) return { ok: false, error: 'empty' };
  const blank = bytes.indexOf('\r\n\r\n', begin, 'latin1');
  const headEnd = blank < 0 ? bytes.length : blank;
  const text = bytes.toString('utf8', begin, headEnd);
  const firstEnd = lineEnd(text, 0);
  if (firstEnd > MAX_LINE_BYTES) return { ok: false, error: 'line-too-long' };
  const faults: string[] = [];
  const line = text.slice(0, firstEnd);
  const start = isSipVersion(line) ? parseStatusLine(line) : parseRequestLine(line, faults);
  if (!start) return { ok: false, error: 'not-sip' };
  if (blank < 0) faults.push('no end of headers');
  const headers: HeaderField[] = [];
  const error = parseHeaders(text, firstEnd + 2, headers, faults);
  if (error) return { ok: false, error };
  const rest = blank < 0 ? bytes.length : blank + 4;
  const declared = contentLength(headers, faults);
  const available = bytes.length - rest;
  // §18.3: a datagram that ends early is answered 400; bytes beyond Content-Length are thrown away.
  if (declared !== undefined && declared > available) faults.push('Content-Length beyond the end of the message');
  const body = bytes.subarray(rest, rest + Math.min(declared ?? available, available));
  return { ok: true, message: { ...start, headers, body, faults } };
}
