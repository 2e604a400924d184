import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  // swagger-ui and the application's components write style attributes; nothing else is let in from the page itself.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  // Recordings are fetched with the session's token and played from memory.
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * On every answer: nothing is framed, sniffed, referred to or loaded from a foreign host.
 * @param secure served over HTTPS: browsers come back by nothing else (RFC 6797)
 */
export function createSecurityHeaders(secure: boolean): RequestHandler {
  return (_req, res, next) => {
    res.set({
      'X-Request-Id': randomUUID(),
      'Content-Security-Policy': CSP,
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      ...(secure ? { 'Strict-Transport-Security': 'max-age=15552000' } : {}),
    });
    next();
  };
}
