import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '@yixian/contracts';
import type { Request, Response } from 'express';
import { partOf } from '../core/range.js';
import type { AudioReply, ByteStream, StreamReply } from '../core/route.js';

/** Audio whole or by Range (RFC 9110 §14), with ETag and If-Range; of an encrypted file only the parts asked for are decrypted. */
export async function sendAudio(req: Request, res: Response, reply: AudioReply, logger: Logger): Promise<void> {
  const { audio, name, sha256 } = reply;
  res.type('audio/wav').set({ 'Cache-Control': 'private, no-cache', 'Accept-Ranges': 'bytes' });
  res.set('Content-Disposition', disposition(reply.download ? 'attachment' : 'inline', name));
  // If-Range needs a strong validator (RFC 9110 §13.1.5).
  const etag = sha256 === null ? undefined : `"${sha256}"`;
  if (etag !== undefined) res.set('ETag', etag);
  if (req.fresh) {
    res.status(304).end();
    return;
  }
  const condition = req.get('If-Range');
  const part = condition !== undefined && condition !== etag ? 'whole' : partOf(req.get('Range'), audio.bytes);
  if (part === 'unsatisfiable') {
    for (const header of ['Content-Type', 'Content-Disposition']) res.removeHeader(header);
    throw Object.assign(new Error('range'), { status: 416, headers: { 'Content-Range': `bytes */${audio.bytes}` } });
  }
  const { from, to } = part === 'whole' ? { from: 0, to: audio.bytes } : part;
  const pieces = audio.read(from, to)[Symbol.asyncIterator]();
  // Before the first byte is promised: a file that was changed is an answer of its own.
  const first = req.method === 'HEAD' || to === from ? undefined : await begun(pieces, res);
  if (part !== 'whole') res.status(206).set('Content-Range', `bytes ${from}-${to - 1}/${audio.bytes}`);
  res.set('Content-Length', String(to - from));
  if (first === undefined) {
    await pieces.return?.();
    res.end();
    return;
  }
  await streamed(req, res, Readable.from(following(first, pieces)), logger);
}

async function begun(pieces: AsyncIterator<Uint8Array>, res: Response): Promise<Uint8Array> {
  try {
    const next = await pieces.next();
    return next.done ? new Uint8Array(0) : next.value;
  } catch (error) {
    for (const header of ['Content-Type', 'Content-Disposition']) res.removeHeader(header);
    throw error;
  }
}

async function* following(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** Something that is made while it is downloaded. */
export async function sendStream(req: Request, res: Response, reply: StreamReply, logger: Logger): Promise<void> {
  res.type(reply.contentType).set('Cache-Control', 'no-store').set('Content-Disposition', disposition('attachment', reply.name));
  if (req.method === 'HEAD') {
    reply.content.destroy();
    res.end();
    return;
  }
  await streamed(req, res, reply.content, logger);
}

/** Whoever hangs up in the middle is no fault; a fault in the middle can only cut the connection, so that nobody takes it for the whole. */
async function streamed(req: Request, res: Response, content: ByteStream, logger: Logger): Promise<void> {
  try {
    await pipeline(content, res);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_STREAM_PREMATURE_CLOSE' && code !== 'ECONNRESET' && code !== 'EPIPE' && !req.destroyed) {
      logger.error({ err: error, path: req.path }, 'a download broke off');
    }
    res.destroy();
  }
}

/** RFC 6266, the name once for everybody and once as it is (RFC 8187). */
function disposition(kind: 'inline' | 'attachment', name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\]/g, '_');
  return `${kind}; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${encodeURIComponent(name)}`}`;
}
