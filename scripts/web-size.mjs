// How much script is loaded at first, compressed: by the desk (the first script, what everybody loads, what is loaded for somebody who is
// signed in, and the words of one language) and by the sign-in page, each with everything it imports. Fails above a bound. Run after the
// application was built; `--list` names the files.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../web/dist/', import.meta.url));
const EVERYBODY = ['index.html', 'src/main.tsx', 'src/first-words/zh.ts'];
const PAGES = [
  { name: 'desk', bound: 300_000, loaded: [...EVERYBODY, 'src/app/SignedIn.tsx'] },
  // far below the two together: it must not import what only the desk needs
  { name: 'sign-in', bound: 230_000, loaded: [...EVERYBODY, 'src/pages/SignIn.tsx'] },
];

const manifest = JSON.parse(readFileSync(path.join(DIST, '.vite/manifest.json'), 'utf8'));

/** Adds a file of the build, with those it imports. */
function add(files, key) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`web-size: the build has no ${key}`);
  if (files.has(chunk.file)) return;
  files.set(chunk.file, statSync(path.join(DIST, `${chunk.file}.gz`)).size);
  for (const inner of chunk.imports ?? []) add(files, inner);
}

for (const { name, bound, loaded } of PAGES) {
  const files = new Map();
  for (const key of loaded) add(files, key);
  const total = [...files.values()].reduce((sum, size) => sum + size, 0);
  if (process.argv.includes('--list')) {
    for (const [file, size] of [...files].sort((a, b) => b[1] - a[1])) console.log(String(size).padStart(8), file);
  }
  console.log(`${name}: ${total} bytes of script (gzip) in ${files.size} files at first load; at most ${bound}`);
  if (total > bound) process.exitCode = 1;
}
