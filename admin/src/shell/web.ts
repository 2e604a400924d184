import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { type RequestHandler, type Router } from 'express';

const YEAR_S = 31_536_000;

/**
 * The browser application at `/`: files named by their content are kept for a year, the page itself is asked for each time.
 * Every other path without a dot is the page too: the application finds its own way.
 * @param folder what `vite build` wrote; when it is not there, `/` leads to the API's pages
 */
export function createWeb(folder: string): Router {
  const router = express.Router({ strict: true });
  const page = path.join(folder, 'index.html');
  if (!existsSync(page)) {
    router.get('/', (_req, res) => res.redirect('/api/docs'));
    return router;
  }
  const assets = path.join(folder, 'assets');
  router.get(/^\/assets\/[\w.-]+\.(js|css)$/, sendCompressed(assets));
  router.use('/assets', express.static(assets, { index: false, redirect: false, immutable: true, maxAge: YEAR_S * 1000 }));
  router.use(express.static(folder, { index: false, redirect: false, maxAge: '1h' }));
  router.get(/^\/(?!api\/|socket\.io\/|sip$|healthz$|readyz$|metrics$)[^.]*$/, (_req, res) => {
    res.set('Cache-Control', 'no-cache');
    res.sendFile(page);
  });
  return router;
}

/** What the build has compressed is sent so to whoever takes it; all others get it as it is. */
function sendCompressed(assets: string): RequestHandler {
  return (req, res, next) => {
    const name = path.basename(req.path);
    const file = path.join(assets, `${name}.gz`);
    if (!req.acceptsEncodings('gzip') || !existsSync(file)) {
      next();
      return;
    }
    res.set({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
    res.sendFile(file, {
      immutable: true,
      maxAge: YEAR_S * 1000,
      headers: { 'Content-Type': name.endsWith('.css') ? 'text/css' : 'text/javascript' },
    });
  };
}
