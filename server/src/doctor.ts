import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type HotlineSettings, silentLogger, systemClock } from '@yixian/contracts';
import { createConfigStore } from '@yixian/db';
import { createPrompts } from '@yixian/ivr';
import { checkFreeswitch, checkOutside } from '@yixian/sbc';
import { readCertificate } from './certificate.js';
import { type Config, describeConfig } from './config.js';
import { firstRunFileOf } from './first-run.js';
import { promptDirectories, requiredPrompts } from './prompt-set.js';
import { keysFolder } from './recordings-commands.js';
import { type RunFile, readRunFile } from './run-file.js';
import { sharedFolders } from './shared-folders.js';
import { openDatabase, prepareDataDir } from './storage.js';
import { type Found, found, type Verdict } from './verdict.js';
import { version } from './version.js';

export { type Found, found, type Verdict } from './verdict.js';

const ok = (text: string): Verdict => ({ state: 'ok', text });
const warning = (text: string): Verdict => ({ state: 'warning', text });
const fault = (text: string): Verdict => ({ state: 'fault', text });

const FILES_PER_CALL = 6; // two legs with RTP and RTCP each, the recording, its margin
const HTTP_DEADLINE_MS = 5000;
const DAY_MS = 86_400_000;
/** Of PostgreSQL. */
const NO_SUCH_TABLE = '42P01';
/** A certificate that ends sooner is to be renewed. */
const RENEW_DAYS = 21;

/** Checks what a hotline needs, and says what is wrong in words that can be acted on. @returns 0 when there is no fault */
export async function doctor(config: Config): Promise<number> {
  const running = readRunFile(config.nodeDir);
  process.stdout.write(
    `Yixian ${version}, Node.js ${process.versions.node}${running ? `, running as pid ${running.pid}` : ', not running'}\n\n`,
  );
  for (const [name, value] of Object.entries(describeConfig(config))) process.stdout.write(`  ${name.padEnd(23)} ${value}\n`);
  process.stdout.write('\n');
  const checks: Array<[string, () => Promise<Verdict[]> | Verdict[]]> = [
    ['data folder', () => checkDataDir(config)],
    ['open files', () => checkFileLimit(config)],
    ['ports', () => (running ? [ok('in use by the running hotline')] : checkPorts(config))],
    ['redis', () => checkRedis(config)],
    ['database', () => checkDatabase(config)],
    ['recordings', () => checkRecordings(config)],
    ['prompts', () => checkPrompts(config)],
    ['certificate', () => checkCertificate(config)],
    ...(config.node === undefined ? [] : [['processes', () => checkProcesses(config)] as [string, () => Promise<Verdict[]>]]),
    ['switch', () => checkRunning(running)],
    ...(config.freeswitch ? [['freeswitch', () => checkServers(config, running)] as [string, () => Promise<Verdict[]>]] : []),
  ];
  let faults = 0;
  for (const [name, run] of checks) {
    for (const verdict of await guarded(run)) {
      if (verdict.state === 'fault') faults += 1;
      const mark = { ok: '✓', warning: '!', fault: '✗' }[verdict.state];
      process.stdout.write(`  ${mark} ${name.padEnd(12)} ${verdict.text}\n`);
    }
  }
  process.stdout.write(faults === 0 ? '\nnothing is wrong\n' : `\n${faults} ${faults === 1 ? 'thing is' : 'things are'} wrong\n`);
  return faults === 0 ? 0 : 1;
}

export async function guarded<V extends Verdict>(run: () => Promise<V[]> | V[]): Promise<(V | Found)[]> {
  try {
    return await run();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return [found(fault(problem), 'failed', { problem })];
  }
}

export function checkDataDir(config: Config): Found[] {
  prepareDataDir(config.dataDir);
  accessSync(config.dataDir, constants.R_OK | constants.W_OK);
  const file = firstRunFileOf(config);
  if (existsSync(file) && (statSync(file).mode & 0o077) !== 0) {
    return [found(fault(`${file} can be read by others: chmod 600 it`), 'data-open', { file })];
  }
  return [found(ok(`${config.dataDir} can be written`), 'data-writable', { folder: config.dataDir })];
}

/** A browser lets no page telephone that came over plain HTTP from another machine. */
export function checkCertificate({ tls, hosts, trustedProxies }: Config): Found[] {
  if (!tls && trustedProxies.length > 0) return [found(ok('plain HTTP, behind a proxy'), 'certificate-proxy')];
  if (!tls && (hosts[0] === '127.0.0.1' || hosts[0] === '::1'))
    return [found(ok('plain HTTP, on this machine alone'), 'certificate-local')];
  if (!tls) return [found(warning('plain HTTP: browsers on other machines have no microphone (TLS_CERT, TLS_KEY)'), 'certificate-none')];
  const until = readCertificate(tls).validTo;
  const days = Math.floor((until - Date.now()) / DAY_MS);
  const values = { days, until: new Date(until).toISOString().slice(0, 10) };
  if (days < 0) return [found(fault(`the certificate was valid until ${values.until}`), 'certificate-over', values)];
  if (days < RENEW_DAYS) return [found(warning(`the certificate ends in ${days} days, ${values.until}`), 'certificate-ends', values)];
  return [found(ok(`the certificate is valid until ${values.until}`), 'certificate-valid', values)];
}

export function checkFileLimit(config: Config): Found[] {
  const line = existsSync('/proc/self/limits')
    ? readFileSync('/proc/self/limits', 'utf8')
        .split('\n')
        .find((l) => l.startsWith('Max open files'))
    : undefined;
  if (!line) return [found(warning('the limit of open files cannot be read here'), 'files-unknown')];
  const limit = Number(line.split(/\s{2,}/)[1]) || Number.POSITIVE_INFINITY;
  const calls = Math.floor((limit - 200) / FILES_PER_CALL);
  const ports = Math.floor((config.rtpPorts.max - config.rtpPorts.min + 1) / 4);
  return [
    calls < ports
      ? found(warning(`the limit of ${limit} open files allows about ${calls} calls at one time (ulimit -n)`), 'files-few', {
          limit,
          calls,
        })
      : found(ok(`${limit}: room for ${ports} calls by RTP_PORTS`), 'files-enough', { limit: String(limit), calls: ports }),
  ];
}

async function checkPorts(config: Config): Promise<Verdict[]> {
  const found: Verdict[] = [];
  for (const host of config.hosts) {
    // drachtio-server's, when it is there, and then in use
    if (!config.freeswitch) found.push(await sipVerdict(host, config.sipPort));
    const rtp = await bindUdp(host, config.rtpPorts.min);
    if (rtp) found.push(warning(`RTP_PORTS: ${host} port ${config.rtpPorts.min}: ${rtp}; it will be passed over`));
  }
  const host = config.hosts[0] ?? '127.0.0.1';
  const http = await bindTcp(host, config.httpPort);
  found.push(http ? fault(`HTTP_PORT: ${host} port ${config.httpPort}: ${http}`) : ok(`HTTP ${host} port ${config.httpPort} is free`));
  return found;
}

async function sipVerdict(host: string, port: number): Promise<Verdict> {
  const udp = await bindUdp(host, port);
  const tcp = await bindTcp(host, port);
  if (udp) return fault(`SIP_PORT: UDP ${host} port ${port}: ${udp}`);
  if (tcp) return fault(`SIP_PORT: TCP ${host} port ${port}: ${tcp}`);
  return ok(`SIP ${host} port ${port} is free`);
}

const because = (error: NodeJS.ErrnoException) =>
  error.code === 'EADDRINUSE'
    ? 'in use by another program'
    : error.code === 'EADDRNOTAVAIL'
      ? 'this machine has no such address (HOTLINE_HOST)'
      : error.message;

function bindUdp(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(because(error));
    });
    socket.bind(port, host, () => socket.close(() => resolve(undefined)));
  });
}

function bindTcp(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(because(error)));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

async function checkRedis(config: Config): Promise<Verdict[]> {
  if (!config.redisUrl) {
    const found = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
    if (found.error) return [fault('redis-server is not installed (Debian: apt-get install redis-server), or set REDIS_URL')];
    return [ok(`redis-server ${/v=(\S+)/.exec(found.stdout)?.[1] ?? ''}`)];
  }
  const { openRedis } = await import('./storage.js');
  const redis = await openRedis(config, silentLogger);
  await redis.close();
  return [ok('REDIS_URL answers')];
}

async function checkProcesses(config: Config): Promise<Verdict[]> {
  const { openRedis } = await import('./storage.js');
  const { readProcesses } = await import('./cluster/read-processes.js');
  const { processVerdicts } = await import('./cluster/verdicts.js');
  const redis = await openRedis(config, silentLogger);
  try {
    const { nodes, leader } = await readProcesses(redis.client);
    return nodes.length === 0 ? [ok('none runs')] : processVerdicts(config, nodes, leader);
  } finally {
    await redis.close();
  }
}

async function checkDatabase(config: Config): Promise<Verdict[]> {
  const database = await openDatabase(config, silentLogger);
  try {
    const { rows } = await database.knex.raw<{ rows: Array<{ server_version: string }> }>('show server_version');
    return [ok(`PostgreSQL ${rows[0]?.server_version}`)];
  } finally {
    await database.close();
  }
}

async function checkRecordings(config: Config): Promise<Verdict[]> {
  const database = await openDatabase(config, silentLogger);
  try {
    return await recordingVerdicts(config, await createConfigStore(database.knex).settings.get());
  } catch (error) {
    if ((error as { code?: string }).code !== NO_SUCH_TABLE) throw error;
    return [ok('the database is empty: the first start makes its tables')];
  } finally {
    await database.close();
  }
}

/** A disk that is nearly full stops recordings, not calls: a warning. */
export async function recordingVerdicts(
  config: Config,
  settings: Pick<HotlineSettings, 'recordingMinFreeMegabytes' | 'recordingEncryption'>,
): Promise<Found[]> {
  const { recordingMinFreeMegabytes: least, recordingEncryption: cipher } = settings;
  const { bavail, bsize } = await statfs(config.dataDir);
  const free = Math.floor((bavail * bsize) / 1024 / 1024);
  const room =
    free < least
      ? found(warning(`${free} MB free, ${least} MB are needed: calls are not recorded`), 'disk-full', { free, least })
      : found(ok(`${free} MB free`), 'disk-room', { free });
  const keys = existsSync(keysFolder(config)) ? readdirSync(keysFolder(config)).filter((name) => name.endsWith('.key')) : [];
  const open = keys.filter((name) => (statSync(path.join(keysFolder(config), name)).mode & 0o077) !== 0);
  const file = path.join(keysFolder(config), open[0] ?? '');
  if (open.length > 0) return [room, found(fault(`${file} can be read by others: chmod 600 it`), 'key-open', { file })];
  if (cipher === 'none') return [room, found(ok('not encrypted on the disk'), 'not-encrypted')];
  return [room, found(ok(`encrypted on the disk: ${cipher}`), 'encrypted', { cipher })];
}

/** Every prompt of the demo hotline and of queues. */
export function promptVerdict(config: Config): Found {
  const prompts = createPrompts({ directories: promptDirectories(config), logger: silentLogger });
  const missing = prompts.missing(requiredPrompts);
  const names = missing.join(', ');
  const n = requiredPrompts.length;
  return missing.length > 0
    ? found(fault(`missing: ${names}`), 'prompts-missing', { names })
    : found(ok(`all ${n} there`), 'prompts-there', { n });
}

function checkPrompts(config: Config): Verdict[] {
  const files = promptVerdict(config);
  if (files.state === 'fault') return [files];
  const voice = spawnSync('espeak-ng', ['--version']);
  return [
    files,
    voice.error ? warning('espeak-ng is not installed: flows cannot speak texts of their own') : ok('espeak-ng speaks texts of flows'),
  ];
}

/** drachtio-server and FreeSWITCH: let in, versions, modules, shared folders, a call. Of drachtio-server and calls a running hotline tells itself. */
async function checkServers(config: Config, running: RunFile | undefined): Promise<Verdict[]> {
  const { freeswitch } = config;
  if (!freeswitch) return [];
  const options = { ...freeswitch, shared: await sharedFolders(config), clock: systemClock(), logger: silentLogger };
  const { problems, found } = running ? await checkFreeswitch(options) : await checkOutside(options);
  return [...problems.map(fault), ...found.map(ok)];
}

async function checkRunning(running: RunFile | undefined): Promise<Verdict[]> {
  if (!running) return [ok('starts with the hotline')];
  const { status, body } = await readiness(`${running.http}/readyz`);
  return [status === 200 ? ok('answers on /readyz') : fault(`/readyz says ${status}: ${body}`)];
}

/** Of our own hotline, by the address it has put down itself: its certificate is for the names that others call it by. */
function readiness(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { signal: AbortSignal.timeout(HTTP_DEADLINE_MS) };
    const answer = (response: IncomingMessage): void => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    };
    const request = url.startsWith('https:')
      ? https.get(url, { ...options, rejectUnauthorized: false }, answer)
      : http.get(url, options, answer);
    request.on('error', reject);
  });
}
