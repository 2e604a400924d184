// How much script the desk loads at first, compressed: the page's entry, what is loaded for somebody who is signed in, the desk itself
// and the language, each with everything it imports. Fails above the bound. Run after the application was built; `--list` names the files.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const BOUND = 300_000;
const DIST = fileURLToPath(new URL('../web/dist/', import.meta.url));
const LOADED = [
  'index.html',
  'src/app/SignedIn.tsx',
  'src/pages/desk/DeskPage.tsx',
  'src/locales/zh/common.ts',
  'src/locales/zh/phone.ts',
  'src/locales/zh/desk.ts',
  '../node_modules/antd/locale/zh_CN.js',
];

const manifest = JSON.parse(readFileSync(path.join(DIST, '.vite/manifest.json'), 'utf8'));
const files = new Map();

function add(key) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`web-size: the build has no ${key}`);
  if (files.has(chunk.file)) return;
  files.set(chunk.file, statSync(path.join(DIST, `${chunk.file}.gz`)).size);
  for (const inner of chunk.imports ?? []) add(inner);
}

for (const key of LOADED) add(key);
const total = [...files.values()].reduce((sum, size) => sum + size, 0);
if (process.argv.includes('--list')) {
  for (const [file, size] of [...files].sort((a, b) => b[1] - a[1])) console.log(String(size).padStart(8), file);
}
console.log(`desk: ${total} bytes of script (gzip) in ${files.size} files at first load; at most ${BOUND}`);
if (total > BOUND) process.exit(1);
