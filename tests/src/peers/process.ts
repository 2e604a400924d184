import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const OUTPUT_LIMIT = 256 * 1024;
const running = new Set<ChildProcess>();
let exitHookSet = false;

/** A program started by the tests; it is ended by its own pid and never outlives the test process. */
export interface PeerProcess {
  readonly pid: number;
  /** Resolves with the exit code; 128 + n stands for signal n, as in a shell. */
  readonly exited: Promise<number>;
  /** What it wrote so far, both streams, the last 256 KiB. */
  output(): string;
  /** SIGTERM, then SIGKILL after the grace time. */
  stop(graceMs?: number): Promise<number>;
}

function endAllOnExit(): void {
  if (exitHookSet) return;
  exitHookSet = true;
  process.once('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
}

const SIGNALS: Record<string, number> = { SIGKILL: 9, SIGTERM: 15, SIGSEGV: 11, SIGABRT: 6, SIGINT: 2, SIGHUP: 1 };

/** @throws Error when the program cannot be started at all */
export async function startProcess(command: string, args: readonly string[], options: { cwd: string }): Promise<PeerProcess> {
  endAllOnExit();
  const child = spawn(command, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TERM: 'dumb' } });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('latin1')).slice(-OUTPUT_LIMIT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const exited = new Promise<number>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? 128 + (SIGNALS[signal ?? ''] ?? 0));
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  running.add(child);
  return { pid: child.pid ?? -1, exited, output: () => text, stop: (graceMs = 2_000) => stopChild(child, exited, graceMs) };
}

async function stopChild(child: ChildProcess, exited: Promise<number>, graceMs: number): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  try {
    return await exited;
  } finally {
    clearTimeout(killer);
  }
}

/** The full path of a program on PATH, or undefined. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
  return undefined;
}
