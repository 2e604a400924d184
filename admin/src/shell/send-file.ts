import { DomainError } from '@yixian/contracts';
import type { Request, Response } from 'express';
import type { FileReply } from '../core/route.js';

/**
 * A file under its root, whole or by Range (RFC 9110 §14), with ETag and If-Range. A path that leaves the root is refused
 * by `send`; a file that is gone is a 404 that says what is missing.
 */
export function sendFile(req: Request, res: Response, file: FileReply): Promise<void> {
  res.type(file.contentType).set('Cache-Control', 'private, no-cache');
  res.set('Content-Disposition', `inline; filename="${file.name}"`);
  // If-Range needs a strong validator (RFC 9110 §13.1.5); the default one, of size and time, is weak.
  if (file.sha256 !== null) res.set('ETag', `"${file.sha256}"`);
  return new Promise((resolve, reject) => {
    res.sendFile(file.path, { root: file.root, cacheControl: false, dotfiles: 'allow', lastModified: true }, (error?: Error) => {
      if (!error) return resolve();
      const { status, code } = error as Error & { status?: number; code?: string };
      if (code === 'ECONNABORTED' || code === 'ECONNRESET' || code === 'EPIPE' || req.destroyed) return resolve();
      res.removeHeader('Content-Type');
      res.removeHeader('Content-Disposition');
      if (status === 404) return reject(new DomainError('not-found', `${file.what} is missing on disk`));
      reject(error);
    });
  });
}
