// The browser application, built when anything it is made of is newer than what was made. Uses nothing but Node.js until it builds.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

function modifiedAt(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

/** The newest change below a folder of sources. */
function newestIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(...entries.map((entry) => modifiedAt(path.join(entry.parentPath, entry.name))));
}

function upToDate() {
  const made = modifiedAt(path.join(ROOT, 'web', 'dist', 'index.html'));
  const parts = ['web/src', 'web/public', 'contracts/src', 'agent-gateway/src'].map((folder) => newestIn(path.join(ROOT, folder)));
  const files = ['web/index.html', 'web/vite.config.ts', 'package-lock.json'].map((file) => modifiedAt(path.join(ROOT, file)));
  return made > Math.max(...parts, ...files);
}

function build() {
  const vite = path.join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const options = { cwd: path.join(ROOT, 'web'), stdio: ['ignore', 'inherit', 'inherit'] };
  return spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], options).status === 0;
}

process.exit(upToDate() || build() ? 0 : 1);
