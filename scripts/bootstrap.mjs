// Makes a fresh clone ready: npm packages, Debian packages, build. Uses nothing but Node.js, because nothing else is there yet.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MINIMUM_NODE = [20, 19];

/** What each purpose needs beside npm packages: a program, and the Debian package it comes from. */
const NEEDS = {
  start: [{ program: 'redis-server', debian: 'redis-server', unless: 'REDIS_URL' }],
  test: [
    { program: 'redis-server', debian: 'redis-server' },
    { program: 'sipp', debian: 'sip-tester' },
    { program: 'baresip', debian: 'baresip-core' },
    { program: 'chromium', debian: 'chromium' },
    { program: 'ip', debian: 'iproute2' },
    { program: 'openssl', debian: 'openssl' },
  ],
};

function fail(message) {
  process.stderr.write(`yixian: ${message}\n`);
  process.exit(1);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (result.error) fail(`${command} could not be run: ${result.error.message}`);
  return result.status === 0;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  fail(`Node.js ${MINIMUM_NODE.join('.')} or newer is needed, this is ${process.versions.node}`);
}

function inPath(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** `.env` counts as configuration too, and the bootstrap runs before anything that could parse it properly. */
function configured(variable) {
  if (process.env[variable]) return true;
  const file = path.join(ROOT, '.env');
  return (
    existsSync(file) &&
    readFileSync(file, 'utf8')
      .split('\n')
      .some((line) => line.startsWith(`${variable}=`) && line.trim().length > variable.length + 1)
  );
}

function installPrograms(purpose) {
  const missing = NEEDS[purpose].filter((need) => !(need.unless && configured(need.unless)) && !inPath(need.program));
  if (missing.length === 0) return;
  const packages = missing.map((need) => need.debian).join(' ');
  if (process.getuid?.() !== 0 || !inPath('apt-get')) {
    fail(`please install ${missing.map((need) => need.program).join(', ')} (on Debian: apt-get install ${packages})`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-q', '--no-install-recommends', ...packages.split(' ')];
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  process.stdout.write(`yixian: installing ${packages}\n`);
  if (!run('apt-get', ['update', '-q'], quiet) || !run('apt-get', install, quiet)) fail(`apt-get could not install ${packages}`);
}

function modifiedAt(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

function installPackages() {
  const installed = modifiedAt(path.join(ROOT, 'node_modules', '.package-lock.json'));
  if (installed > 0 && installed >= modifiedAt(path.join(ROOT, 'package-lock.json'))) return;
  process.stdout.write('yixian: installing npm packages\n');
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) fail('npm ci failed, see above');
}

const purpose = process.argv[2] ?? 'start';
if (!(purpose in NEEDS)) fail(`unknown purpose ${purpose}`);
checkNode();
installPackages();
installPrograms(purpose);
if (!run(process.execPath, [path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'])) fail('the build failed, see above');
if (!run(process.execPath, [path.join(ROOT, 'scripts', 'build-web.mjs')])) fail('the web application could not be built, see above');
