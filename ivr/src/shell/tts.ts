import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock, Logger } from '@yixian/contracts';
import type { TelephoneWork } from './tts-worker.js';

/** The voice that reads Chinese characters; espeak-ng 1.51's `cmn` spells their pinyin out in English. */
export const mandarinVoice = 'cmn-latn-pinyin';

export interface TtsDeps {
  /** Where spoken texts are kept, one 8 kHz WAV each; made when needed. */
  cacheDirectory: string;
  logger: Logger;
  clock: Clock;
  /** The synthesiser, default `espeak-ng`. */
  command?: string;
  /** By language tag or its first part; default `mandarinVoice`, and `en-us` for `en`. */
  voices?: Readonly<Record<string, string>>;
  /** A text that takes longer is not spoken, milliseconds. Default 5000. */
  deadlineMs?: number;
}

export type TtsStatus = { ok: true; version: string } | { ok: false; problem: string };

/** Text → speech. */
export interface Tts {
  /** Whether the synthesiser works, with the reason when it does not: for `yixian doctor`. */
  status(): Promise<TtsStatus>;
  /**
   * The file that says the text, from the cache when it was said before. Never rejects: undefined and one log line when it
   * cannot be had. Texts asked for together wait for each other so that a burst of calls does not start a burst of processes.
   */
  speak(text: string, language?: string): Promise<string | undefined>;
}

const RATE = 8000;
const MAX_AT_ONCE = 2;

/** Speech by espeak-ng, as a process per new text. */
export function createTts(deps: TtsDeps): Tts {
  const command = deps.command ?? 'espeak-ng';
  const voices: Readonly<Record<string, string>> = { en: 'en-us', ...deps.voices };
  const voiceNamed = (name: string): string | undefined => (Object.hasOwn(voices, name) ? voices[name] : undefined);
  const voiceOf = (language: string): string => voiceNamed(language) ?? voiceNamed(language.split('-')[0] ?? '') ?? mandarinVoice;
  const deadlineMs = deps.deadlineMs ?? 5000;
  const pending = new Map<string, Promise<string | undefined>>();
  const gate = createGate(MAX_AT_ONCE);
  const run = (args: readonly string[], input: string): Promise<string> => runProcess(deps.clock, command, args, input, deadlineMs);

  async function synthesise(text: string, voice: string, file: string): Promise<string> {
    if (await exists(file)) return file;
    await mkdir(deps.cacheDirectory, { recursive: true });
    // Written aside and renamed: a player never sees half a file, whoever dies.
    const scratch = `${file}.${randomUUID()}`;
    try {
      await run(['-v', voice, '-b', '1', '-w', scratch, '--stdin'], text);
      await toTelephone(deps.clock, { file: scratch, rate: RATE }, deadlineMs);
      await rename(scratch, file);
    } finally {
      await rm(scratch, { force: true });
    }
    return file;
  }

  async function speakOnce(text: string, voice: string, file: string): Promise<string | undefined> {
    try {
      return await gate(() => synthesise(text, voice, file));
    } catch (error) {
      deps.logger.warn({ err: error, text }, `a text cannot be spoken: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  return {
    async status() {
      try {
        return { ok: true, version: (await run(['--version'], '')).trim() };
      } catch (error) {
        return { ok: false, problem: error instanceof Error ? error.message : String(error) };
      }
    },
    speak(text, language = 'zh-CN') {
      const voice = voiceOf(language);
      const hash = createHash('sha256').update(`${voice}\n${text}`).digest('hex').slice(0, 40);
      const known = pending.get(hash);
      if (known) return known;
      const spoken = speakOnce(text, voice, join(deps.cacheDirectory, `${hash}.wav`)).finally(() => pending.delete(hash));
      pending.set(hash, spoken);
      return spoken;
    },
  };
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isFile(),
    () => false,
  );

/** Lets so many run at once; the others wait their turn in order. */
function createGate(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting: Array<() => void> = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // A place that is passed on was never free.
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/** Converts off the signalling thread: a long text would hold up other calls. */
function toTelephone(clock: Clock, work: TelephoneWork, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./tts-worker.js', import.meta.url), { workerData: work });
    let late = false;
    const deadline = clock.setTimer(deadlineMs, () => {
      late = true;
      void worker.terminate();
    });
    worker.on('error', (error) => {
      deadline.cancel();
      reject(error);
    });
    worker.on('exit', (code) => {
      deadline.cancel();
      if (code === 0) resolve();
      else reject(new Error(late ? `the conversion took longer than ${deadlineMs} ms` : `the conversion ended with code ${code}`));
    });
  });
}

function runProcess(clock: Clock, command: string, args: readonly string[], input: string, deadlineMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let late = false;
    let output = '';
    let complaint = '';
    const deadline = clock.setTimer(deadlineMs, () => {
      late = true;
      child.kill('SIGKILL');
    });
    child.stdout.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(0, 1000);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 300);
    });
    // A synthesiser that ends before it has read the text is told about by its exit code.
    child.stdin.on('error', () => child.stdin.destroy());
    child.on('error', (error: NodeJS.ErrnoException) => {
      deadline.cancel();
      reject(error.code === 'ENOENT' ? new Error(`${command} is not installed`) : error);
    });
    child.on('close', (code) => {
      deadline.cancel();
      if (late) reject(new Error(`${command} took longer than ${deadlineMs} ms`));
      else if (code === 0) resolve(output);
      else reject(new Error(`${command} failed with code ${code}: ${complaint.trim()}`));
    });
    child.stdin.end(input);
  });
}
