import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Backups, type BackupView, type Clock, DomainError, isoTime, type Logger } from '@yixian/contracts';
import { type Config, environmentWith } from '../config.js';
import type { BackupFacts } from './backup.js';

/** From `server/dist/src/backup`. */
const YIXIAN = fileURLToPath(new URL('../../../bin/yixian.mjs', import.meta.url));
/** Of DATA_DIR, itself no part of a backup. */
export const BACKUPS_FOLDER = 'backups';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.tar\.gz$/;
/** Longest that one is made or checked; terabytes of recordings are copied by other means. */
const LIMIT_MS = 12 * 3_600_000;
/** After calls and media. */
const NICE = 10;
const KEPT_OUTPUT = 2_000;

/** Beside the file, `<name>.json`: what is known of it without reading it whole. */
interface Noted {
  content: BackupView['content'];
  checked: BackupView['checked'];
}

type Busy = { name: string; state: 'making' | 'checking'; child: ChildProcess };

/**
 * Backups in `DATA_DIR/backups`. Each is made and checked by the command in a process of its own: no call waits for it.
 * `stop` ends what is under way and leaves nothing half made.
 */
export function createBackupStore(deps: { config: Config; clock: Clock; logger: Logger }): Backups & { stop(): Promise<void> } {
  const { config, clock, logger } = deps;
  const folder = path.join(config.dataDir, BACKUPS_FOLDER);
  const place = (name: string): string => path.join(folder, name);
  let busy: Busy | undefined;
  let stopped = false;
  let ended: Promise<void> = Promise.resolve();
  let failed: BackupView | undefined;
  if (existsSync(folder)) for (const name of readdirSync(folder)) if (name.endsWith('.part')) rmSync(place(name), { force: true });

  const note = (name: string, noted: Noted): void => writeFileSync(place(`${name}.json`), JSON.stringify(noted), { mode: 0o600 });
  const noted = (name: string): Noted => {
    try {
      return JSON.parse(readFileSync(place(`${name}.json`), 'utf8')) as Noted;
    } catch {
      return { content: null, checked: null };
    }
  };
  function viewOf(name: string): BackupView {
    const { size, mtimeMs } = statSync(place(name));
    const state = busy?.name === name ? busy.state : 'complete';
    return { name, state, createdAt: isoTime(Math.floor(mtimeMs)), bytes: size, ...noted(name), problem: null };
  }
  const making = (name: string): BackupView => ({
    ...{ name, state: 'making', createdAt: isoTime(clock.now()), bytes: 0, content: null, checked: null, problem: null },
  });
  const assertIdle = (): void => {
    if (busy)
      throw new DomainError('conflict', `backup ${busy.name} is being ${busy.state === 'making' ? 'made' : 'checked'}: wait for it`);
    if (stopped) throw new DomainError('unavailable', 'the hotline is stopping');
  };
  const present = (name: string): void => {
    if (!NAME.test(name) || !existsSync(place(name))) throw new DomainError('not-found', `there is no backup ${name}`, { name });
  };

  /** Runs the command; what it says of the backup, or why it could not. */
  function run(name: string, state: Busy['state'], args: string[], done: (result: BackupFacts | Error) => void): void {
    const env = environmentWith({ DATA_DIR: config.dataDir });
    const child = spawn(process.execPath, [YIXIAN, ...args, '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    try {
      if (child.pid !== undefined) setPriority(child.pid, NICE);
    } catch {
      // it has ended already
    }
    const said = { out: '', err: '' };
    child.stdout?.on('data', (chunk: Buffer) => {
      said.out = (said.out + chunk.toString()).slice(-KEPT_OUTPUT);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      said.err = (said.err + chunk.toString()).slice(-KEPT_OUTPUT);
    });
    busy = { name, state, child };
    ended = new Promise((resolve) => {
      child.once('error', (error) => finish(error));
      child.once('close', (code) =>
        finish(code === 0 ? said.out : new Error(said.err.trim().replace(/^yixian: /, '') || `ended with ${code}`)),
      );
      function finish(result: string | Error): void {
        if (busy?.child !== child) return;
        busy = undefined;
        try {
          done(typeof result === 'string' ? (JSON.parse(result) as BackupFacts) : result);
        } catch (error) {
          logger.error({ err: error, backup: name }, 'a backup could not be put in its place');
        }
        resolve();
      }
    });
  }

  return {
    async list() {
      const files = existsSync(folder) ? readdirSync(folder).filter((name) => NAME.test(name)) : [];
      const views = files.map(viewOf);
      if (busy?.state === 'making') views.push(making(busy.name));
      if (failed) views.push(failed);
      return views.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    },
    async make({ recordings }) {
      assertIdle();
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const name = `yixian-${isoTime(clock.now()).replace(/[:.]/g, '-')}.tar.gz`;
      const part = place(`${name}.part`);
      failed = undefined;
      run(name, 'making', ['backup', part, ...(recordings ? ['--recordings'] : [])], (result) => {
        if (result instanceof Error) {
          rmSync(part, { force: true });
          if (stopped) return;
          logger.error({ err: result, backup: name }, 'a backup failed');
          failed = { ...making(name), state: 'failed', problem: result.message.replaceAll(folder + path.sep, '') };
          return;
        }
        renameSync(part, place(name));
        const { rows, files, recordings, program } = result;
        note(name, { content: { rows, files, recordings, program }, checked: null });
      });
      return making(name);
    },
    async check(name) {
      present(name);
      assertIdle();
      run(name, 'checking', ['verify-backup', place(name)], (result) => {
        if (stopped) return;
        const at = isoTime(clock.now());
        if (result instanceof Error) {
          return note(name, { ...noted(name), checked: { at, problem: result.message.replaceAll(folder + path.sep, '') } });
        }
        const { rows, files, recordings, program } = result;
        note(name, { content: { rows, files, recordings, program }, checked: { at, problem: null } });
      });
      return viewOf(name);
    },
    locate: (name) => (NAME.test(name) && existsSync(place(name)) ? { root: folder, path: name } : undefined),
    async delete(name) {
      if (failed?.name === name) {
        failed = undefined;
        return;
      }
      present(name);
      if (busy?.name === name) throw new DomainError('conflict', `backup ${name} is being checked: wait for it`, { name });
      rmSync(place(name), { force: true });
      rmSync(place(`${name}.json`), { force: true });
    },
    async stop() {
      stopped = true;
      busy?.child.kill('SIGKILL');
      await ended;
    },
  };
}
