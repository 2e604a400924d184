import { DomainError, type Logger } from '@yixian/contracts';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { found } from '../core/field-fault.js';

interface WireError {
  status: number;
  code: string;
  message: string;
  details?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** What body-parser and send put on their errors. */
interface HttpError extends Error {
  status?: number;
  type?: string;
  code?: string;
  headers?: Record<string, string>;
  /** For people, where it is known better than from the status. */
  words?: string;
}

const HTTP_CODES: Record<number, { code: string; message: string }> = {
  400: { code: 'bad-request', message: 'the request cannot be read' },
  403: { code: 'forbidden', message: 'not for this user' },
  404: { code: 'not-found', message: 'there is no such thing' },
  413: { code: 'payload-too-large', message: 'the body is larger than this route takes' },
  415: { code: 'unsupported-media-type', message: 'the body must be application/json in UTF-8' },
  416: { code: 'range-not-satisfiable', message: 'the range asked for is outside the file' },
};

/** An error as it goes out. Unknown errors say nothing of the inside: the log has them under the request's id. */
export function wireErrorOf(error: unknown, requestId: string): WireError {
  if (error instanceof DomainError) {
    const headers: Record<string, string> = {};
    if (error.code === 'unauthenticated') headers['WWW-Authenticate'] = 'Bearer realm="yixian"';
    const retry = error.details?.retryAfterSeconds;
    if (typeof retry === 'number') headers['Retry-After'] = String(retry);
    return {
      status: error.status,
      code: error.code,
      message: error.message,
      ...(error.details ? { details: withFault(error.details, error.message) } : {}),
      headers,
    };
  }
  const http = error as HttpError;
  if (isStoreAway(http)) return { status: 503, code: 'unavailable', message: 'the database does not answer; try again in a moment' };
  if (http?.type === 'entity.parse.failed') {
    return { status: 400, code: 'bad-request', message: `the body is not valid JSON: ${http.message}`, details: { in: 'body' } };
  }
  if (http?.type === 'encoding.unsupported') return { status: 415, ...known(415) };
  const status = http?.status;
  if (status !== undefined && status in HTTP_CODES) {
    return { status, ...known(status), ...(http.words ? { message: http.words } : {}), ...(http.headers ? { headers: http.headers } : {}) };
  }
  if (status !== undefined && status >= 400 && status < 500) return { status: 400, ...known(400) };
  return { status: 500, code: 'internal', message: 'something went wrong inside; the log has it', details: { requestId } };
}

/** One field at fault is told as in `fields`: by a code, too, for whoever says it in another language. */
function withFault(details: Record<string, unknown>, message: string): Record<string, unknown> {
  if (typeof details.field !== 'string' || 'fields' in details) return details;
  const fault = found(message.replace(/^(?:query field )?\w+: /, ''));
  return fault ? { ...fault, ...details } : details;
}

// Node's socket errors, PostgreSQL's class 57P (operator intervention) and 53300 (too many connections), knex's pool.
const AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', '57P01', '57P02', '57P03', '53300']);

function isStoreAway(error: HttpError): boolean {
  if (error?.status !== undefined) return false;
  return error?.name === 'KnexTimeoutError' || AWAY.has(error?.code ?? '') || /^Connection terminated/.test(error?.message ?? '');
}

function known(status: number): { code: string; message: string } {
  return HTTP_CODES[status] ?? { code: 'bad-request', message: 'the request cannot be read' };
}

export function sendError(res: Response, error: WireError): void {
  const { status, code, message, details, headers } = error;
  res.removeHeader('Content-Length');
  res.removeHeader('ETag');
  res.set(headers ?? {}).set('Cache-Control', 'no-store');
  res.status(status).json({ error: { code, message, ...(details ? { details } : {}) } });
}

export function requestIdOf(res: Response): string {
  return String(res.getHeader('X-Request-Id') ?? '');
}

/** Anything no route took. */
export function createNotFound(): RequestHandler {
  return (req) => {
    throw new DomainError('not-found', `there is no ${req.method} ${req.path}`, { path: req.path });
  };
}

export function createErrorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const wire = wireErrorOf(error, requestIdOf(res));
    if (wire.status >= 500 && !(error instanceof DomainError)) {
      logger.error({ err: error, method: req.method, path: req.path, requestId: requestIdOf(res) }, 'a request failed inside');
    }
    if (res.headersSent) res.destroy();
    else sendError(res, wire);
  };
}
