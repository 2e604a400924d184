import { type Authenticator, type Directory, DomainError, type Logger, type MaskFacts, maskFor, viewerOf } from '@yixian/contracts';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { AudioReply, Caller, FileReply, ResponseSpec, Route, StreamReply } from '../core/route.js';
import { sendAudio, sendStream } from './send-audio.js';
import { sendFile } from './send-file.js';

export interface MountDeps {
  auth: Authenticator;
  directory: Pick<Directory, 'agents' | 'queues'> & MaskFacts;
  logger: Logger;
  counted(route: string): RequestHandler;
  /** Where a request comes from. */
  addressOf(request: Request): string;
  /** Also checks what handlers answer against the table: for tests. */
  checkResponses: boolean;
}

const DEFAULT_BODY_LIMIT = 64 * 1024;

/** Every row of the table onto the app, in the order: who is it, may he, what does he send, do it. */
export function mountRoutes(app: Express, routes: readonly Route[], deps: MountDeps): void {
  const methods = new Map<string, Set<string>>();
  for (const route of routes) {
    app[route.method](route.path, deps.counted(route.path), ...chainOf(route, deps));
    const known = methods.get(route.path) ?? new Set();
    known.add(route.method.toUpperCase());
    if (route.method === 'get') known.add('HEAD');
    methods.set(route.path, known);
  }
  // not app.all: that makes a layer for each method HTTP has
  for (const [path, known] of methods) app.route(path).all(wrongMethod([...known].join(', ')));
}

function wrongMethod(allowed: string): RequestHandler {
  return (req, res) => {
    res.set('Allow', allowed).status(405);
    res.json({ error: { code: 'method-not-allowed', message: `${req.path} takes ${allowed}, not ${req.method}`, details: { allowed } } });
  };
}

function chainOf(route: Route, deps: MountDeps): RequestHandler[] {
  const run: RequestHandler = async (req, res) => {
    const caller = res.locals.caller as Caller | undefined;
    const raw = {
      params: req.params,
      query: req.query,
      body: route.bodyType === 'json-or-csv' && isCsv(req) ? { csv: req.body as unknown } : (req.body as unknown),
      address: deps.addressOf(req),
      opening: req.method === 'GET' && /^(bytes=0-\d*)?$/.test(req.get('Range') ?? ''),
    };
    const result = await route.run(raw, caller);
    if (deps.checkResponses && route.response.kind === 'json') route.response.schema.parse(result);
    const mask = caller && route.response.kind === 'json' && !route.plainNumbers ? maskFor(deps.directory, caller.viewer.role) : undefined;
    await reply(req, res, route.response, mask ? mask(result) : result, deps.logger);
  };
  const limit = route.bodyLimit ?? DEFAULT_BODY_LIMIT;
  return [createGuard(route, deps), ...bodyReaders(route.bodyType ?? 'json', limit), run];
}

function bodyReaders(type: NonNullable<Route['bodyType']>, limit: number): RequestHandler[] {
  const json = express.json({ limit, strict: false, type: isJson });
  switch (type) {
    case 'audio/wav':
      return [only(isWav, 'the body must be audio/wav'), express.raw({ limit, type: isWav })];
    case 'json-or-csv':
      return [
        only((req) => isJson(req) || isCsv(req), 'the body must be application/json or text/csv'),
        json,
        express.text({ limit, type: isCsv }),
      ];
    case 'json':
      return [only(isJson), json];
  }
}

/** Refuses before a byte of the body is read. */
function createGuard(route: Route, deps: MountDeps): RequestHandler {
  const { roles } = route;
  if (roles === 'anyone') return (_req, _res, next) => next();
  return async (req, res, next) => {
    const token = /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '')?.[1];
    if (token === undefined) throw new DomainError('unauthenticated', 'sign in first: Authorization: Bearer <token>');
    const principal = await deps.auth.authenticate(token);
    if (!principal) throw new DomainError('unauthenticated', 'the session is over or the token is not one; sign in again');
    if (!principal.roles.some((role) => roles.includes(role))) {
      throw new DomainError('forbidden', `this is for ${roles.join(', ')}`, { roles });
    }
    const caller: Caller = { principal, viewer: viewerOf(principal.user, deps.directory) };
    res.locals.caller = caller;
    next();
  };
}

function isJson(req: { headers: { 'content-type'?: string | undefined } }): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(req.headers['content-type'] ?? '');
}

function isWav(req: { headers: { 'content-type'?: string | undefined } }): boolean {
  return /^audio\/(?:wav|wave|x-wav|vnd\.wave)\s*(?:;|$)/i.test(req.headers['content-type'] ?? '');
}

function isCsv(req: { headers: { 'content-type'?: string | undefined } }): boolean {
  return /^text\/csv\s*(?:;|$)/i.test(req.headers['content-type'] ?? '');
}

/** 415 for a body of another type. */
function only(fits: (req: Request) => boolean, message?: string): RequestHandler {
  return (req, _res, next) => {
    const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
    if (hasBody && !fits(req)) throw Object.assign(new Error('wrong type of body'), { status: 415, words: message });
    next();
  };
}

async function reply(req: Request, res: Response, response: ResponseSpec, result: unknown, logger: Logger): Promise<void> {
  switch (response.kind) {
    case 'json':
      res.set('Cache-Control', 'no-store').status(response.status).json(result);
      return;
    case 'empty':
      res.status(204).end();
      return;
    case 'text':
      res.set('Cache-Control', 'no-store').type(response.contentType).send(String(result));
      return;
    case 'file':
      await sendFile(req, res, result as FileReply);
      return;
    case 'audio':
      await sendAudio(req, res, result as AudioReply, logger);
      return;
    case 'stream':
      await sendStream(req, res, result as StreamReply, logger);
      return;
  }
}
