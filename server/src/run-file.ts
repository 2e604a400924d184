import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What a running Yixian tells its own commands (`yixian demo agents` …): mode 0600, in the data folder. */
export interface RunFile {
  pid: number;
  databaseUrl: string;
  redisUrl: string;
  http: string;
}

const fileOf = (dataDir: string) => path.join(dataDir, 'run.json');

function isOurProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // a pid may have been given to another program since
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('yixian');
  } catch (error) {
    // without /proc the signal alone decides
    return !existsSync('/proc/self') && (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The run file of a Yixian that lives, else undefined. */
export function readRunFile(dataDir: string): RunFile | undefined {
  const file = fileOf(dataDir);
  if (!existsSync(file)) return undefined;
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as RunFile;
    return isOurProcess(content.pid) ? content : undefined;
  } catch {
    return undefined; // half written by a process that died writing it
  }
}

export function writeRunFile(dataDir: string, content: RunFile): void {
  writeFileSync(fileOf(dataDir), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

export function removeRunFile(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true });
}
