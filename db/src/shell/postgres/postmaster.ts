import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock, Logger } from '@yixian/contracts';
import { serverSettings } from '../../core/settings.js';
import type { PostgresBinaries } from './binaries.js';
import { launchAs, type SystemUser } from './system-user.js';

export interface Postmaster {
  readonly pid: number;
  /** Resolves when the server process has ended, with a word on how. */
  readonly exited: Promise<string>;
  /** Fast shutdown (SIGINT), then immediate (SIGQUIT) when it does not end in time. */
  stop(): Promise<void>;
}

export interface PostmasterOptions {
  binaries: PostgresBinaries;
  cluster: string;
  port: number;
  user: SystemUser | undefined;
  logger: Logger;
  clock: Clock;
}

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;

/** Environment of every PostgreSQL program: messages in English because one of them is waited for. */
export function postgresEnvironment(binaries: PostgresBinaries): Record<string, string> {
  return { LC_ALL: 'C', LANG: 'C', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin', LD_LIBRARY_PATH: binaries.lib };
}

/**
 * Starts the server and waits until it takes connections.
 * @throws Error with the last line it logged when it ends before
 */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { binaries, cluster, port, user } = options;
  const settings = Object.entries(serverSettings(port)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const launch = launchAs(user, binaries.postgres, ['-D', cluster, ...settings]);
  const child = spawn(launch.command, launch.args, {
    // Its own session: Ctrl-C on the terminal must reach us only, so that calls drain with the database still there.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: cluster,
    env: postgresEnvironment(binaries),
    ...launch.options,
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`cannot run ${binaries.postgres}: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
  await ready(child, exited, options);
  return { pid: child.pid ?? 0, exited, stop: () => stop(child, exited, options) };
}

async function ready(child: ChildProcess, exited: Promise<string>, { logger, clock }: PostmasterOptions): Promise<void> {
  let last = '';
  const accepting = new Promise<'ready'>((resolve) => {
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('ready to accept connections')) resolve('ready');
      if (/^(FATAL|PANIC|ERROR)/.test(line)) last = line;
      logLine(logger, line);
    });
  });
  let timer: { cancel(): void } | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = clock.setTimer(START_DEADLINE_MS, () => resolve('late'));
  });
  const outcome = await Promise.race([accepting, exited.then((how) => ({ how })), late]);
  timer?.cancel();
  if (outcome === 'ready') return;
  if (outcome === 'late') child.kill('SIGQUIT');
  const how = outcome === 'late' ? `not ready within ${START_DEADLINE_MS / 1000} s` : outcome.how;
  throw new Error(`the embedded PostgreSQL did not start (${how})${last ? `: ${last}` : ''}`);
}

function logLine(logger: Logger, line: string): void {
  if (/^(FATAL|PANIC)/.test(line)) logger.error({ postgres: line }, 'PostgreSQL');
  else if (/^(ERROR|WARNING)/.test(line)) logger.warn({ postgres: line }, 'PostgreSQL');
  else logger.debug({ postgres: line }, 'PostgreSQL');
}

async function stop(child: ChildProcess, exited: Promise<string>, { logger, clock }: PostmasterOptions): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
  const hard = clock.setTimer(STOP_DEADLINE_MS, () => {
    logger.warn({ pid: child.pid }, 'PostgreSQL does not stop: immediate shutdown, it will recover from its log at the next start');
    child.kill('SIGQUIT');
  });
  await exited;
  hard.cancel();
}
