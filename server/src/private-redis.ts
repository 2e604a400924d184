import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@redis/client';
import type { Logger } from '@yixian/contracts';

const START_DEADLINE_MS = 15_000;
const STOP_DEADLINE_MS = 10_000;
/** Pause before a redis-server that ended is started again; doubled each time it does not stay up for a while. */
const RESTART_MS = 100;
const RESTART_MAX_MS = 10_000;
const SETTLED_MS = 30_000;
/** `sun_path` holds 108 bytes with the closing zero. */
const LONGEST_SOCKET_PATH = 107;
const NOT_INSTALLED = 'redis-server is not installed (Debian: apt-get install redis-server), or set REDIS_URL';

/**
 * Starts a redis-server of our own: append-only, reachable only through a Unix socket in a folder of ours.
 * One left over by a killed process is stopped first; one that ends by itself is started again on what it had written.
 * @throws when `redis-server` is not installed or does not come up, with what it said
 */
export async function startPrivateRedis(options: {
  dataDir: string;
  logger: Logger;
}): Promise<{ socketPath: string; stop(): Promise<void> }> {
  const folder = path.join(options.dataDir, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  await stopLeftOver(folder, options.logger);
  const socketPath = socketPathIn(folder);
  rmSync(socketPath, { force: true });
  const first = launch(folder, socketPath);
  await Promise.race([ready(socketPath), first.refused]);
  const supervisor = supervise(first, () => launch(folder, socketPath), options.logger);
  return { socketPath, stop: () => supervisor.stop() };
}

interface Launched {
  child: ChildProcess;
  /** The last of what it wrote. */
  said(): string;
  /** Rejects, in an operator's words, when it cannot be run or ends. */
  refused: Promise<never>;
}

/** Keeps a redis-server running until it is told to stop. */
function supervise(first: Launched, again: () => Launched, logger: Logger): { stop(): Promise<void> } {
  let current = first;
  let since = Date.now();
  let quickEnds = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;

  function watch(launched: Launched): void {
    current = launched;
    since = Date.now();
    launched.refused.catch((error: Error) => {
      if (stopping) return;
      quickEnds = Date.now() - since < SETTLED_MS ? quickEnds + 1 : 0;
      const delayMs = Math.min(RESTART_MAX_MS, RESTART_MS * 2 ** quickEnds);
      logger.error(
        { reason: error.message, said: launched.said().slice(-500), delayMs },
        'redis-server ended by itself, starting it again',
      );
      timer = setTimeout(() => watch(again()), delayMs);
    });
  }

  watch(first);
  return {
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await stopChild(current.child);
    },
  };
}

function socketPathIn(folder: string): string {
  const inside = path.join(folder, 'redis.sock');
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  const short = path.join(tmpdir(), `yixian-redis-${Buffer.from(folder).toString('base64url').slice(-24)}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  return path.join(short, 'redis.sock');
}

function launch(folder: string, socketPath: string): Launched {
  const settings = {
    port: '0',
    unixsocket: socketPath,
    unixsocketperm: '700',
    dir: folder,
    pidfile: path.join(folder, 'redis.pid'),
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    daemonize: 'no',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  // a group of its own: Ctrl-C at the terminal must reach Yixian alone, which then stops redis last
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  const keep = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const refused = new Promise<never>((_, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? new Error(NOT_INSTALLED) : error));
    child.once('exit', (code, signal) => reject(new Error(`redis-server ended with ${code ?? signal}: ${said.trim().split('\n').at(-1)}`)));
  });
  refused.catch(() => undefined); // heard by whoever starts or supervises it
  return { child, said: () => said, refused };
}

async function ready(socketPath: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    const client = createClient({ socket: { path: socketPath, reconnectStrategy: false } });
    client.on('error', () => undefined); // connect() rejects with the same
    try {
      await client.connect();
      await client.ping();
      client.destroy();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`redis-server did not come up: ${(error as Error).message}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}

async function stopLeftOver(folder: string, logger: Logger): Promise<void> {
  const pidFile = path.join(folder, 'redis.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  if (!Number.isInteger(pid) || !runsIn(pid, folder)) return;
  logger.warn({ pid }, 'stopping the redis-server of an earlier run that was killed');
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_DEADLINE_MS;
  while (runsIn(pid, folder)) {
    if (Date.now() > deadline) throw new Error(`the redis-server of an earlier run (pid ${pid}) does not end`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** A redis-server whose working folder is ours: a pid alone may long belong to somebody else. */
function runsIn(pid: number, folder: string): boolean {
  try {
    return (
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('redis-server') &&
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z' &&
      linkTarget(pid) === folder
    );
  } catch {
    return false;
  }
}

function linkTarget(pid: number): string {
  return readlinkSync(`/proc/${pid}/cwd`);
}
