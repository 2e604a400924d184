import { execFile } from 'node:child_process';
import { readFile, readlink, realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Clock } from '@yixian/contracts';

const run = promisify(execFile);

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, it is only not ours.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in units that only matter for comparison: a pid with another start is another process. Undefined when it is gone. */
export async function startMark(pid: number): Promise<string | undefined> {
  try {
    if (process.platform !== 'linux') return (await run('ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim() || undefined;
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name may hold spaces and brackets: fields count from the last bracket (proc_pid_stat(5), field 22).
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Whether `pid` is a PostgreSQL that serves `cluster`: a pid alone may long be another program's. */
export async function servesCluster(pid: number, cluster: string): Promise<boolean> {
  try {
    if (process.platform === 'linux') {
      const [cwd, name] = await Promise.all([readlink(`/proc/${pid}/cwd`), readFile(`/proc/${pid}/comm`, 'utf8')]);
      return name.trim() === 'postgres' && cwd === (await realpath(cluster));
    }
    const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]);
    return stdout.includes('postgres') && stdout.includes(cluster);
  } catch {
    return false;
  }
}

/** Looks every 20 ms whether a process that is not our child has gone. */
export async function goneWithin(pid: number, ms: number, clock: Clock): Promise<boolean> {
  const end = clock.monotonic() + ms;
  while (alive(pid)) {
    // A zombie has ended: only its parent has not read the exit status yet.
    if (process.platform === 'linux' && (await startMark(pid)) === undefined) return true;
    if (clock.monotonic() >= end) return false;
    await new Promise<void>((next) => clock.setTimer(20, next));
  }
  return true;
}
