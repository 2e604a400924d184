import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectWav, type WavFacts } from '../core/config/wav.js';

export interface PromptFile extends WavFacts {
  id: string;
  origin: 'shipped' | 'uploaded';
  text: string | null;
  bytes: number;
}

export interface PromptFilesOptions {
  /** Administrators' own prompts; made when the first one comes. They are played instead of shipped ones of the same id. */
  ownDirectory: string;
  shippedDirectory: string;
  /** What the shipped ones say, by id. */
  texts: ReadonlyMap<string, string>;
}

/** Prompts as files `<id>.wav`. The caller checks the id: it is a file name. */
export interface PromptFiles {
  /** Every id there is, sorted. */
  ids(): string[];
  isOwn(id: string): boolean;
  isShipped(id: string): boolean;
  /** Undefined when there is no such prompt, or its file is not one that can be played. */
  get(id: string): Promise<PromptFile | undefined>;
  /** Where its file is; undefined when there is none. */
  locate(id: string): { root: string; path: string } | undefined;
  /** Replaces the file in one step: a call hears the old one or the new one, never half of one. */
  write(id: string, bytes: Uint8Array): Promise<void>;
  delete(id: string): Promise<void>;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export function createPromptFiles(options: PromptFilesOptions): PromptFiles {
  const { ownDirectory, shippedDirectory, texts } = options;
  const seen = new Map<string, { mtimeMs: number; facts: WavFacts }>();
  const has = (directory: string, id: string): boolean => ID.test(id) && existsSync(join(directory, `${id}.wav`));

  /** Reads a file again only when it has changed. */
  async function factsOf(path: string, mtimeMs: number): Promise<WavFacts> {
    const known = seen.get(path);
    if (known?.mtimeMs === mtimeMs) return known.facts;
    const facts = inspectWav(await readFile(path));
    seen.set(path, { mtimeMs, facts });
    return facts;
  }

  return {
    ids: () => [...new Set([ownDirectory, shippedDirectory].flatMap(wavNames))].sort(),
    isOwn: (id) => has(ownDirectory, id),
    isShipped: (id) => has(shippedDirectory, id),
    async get(id) {
      const origin = has(ownDirectory, id) ? 'uploaded' : 'shipped';
      const path = join(origin === 'uploaded' ? ownDirectory : shippedDirectory, `${id}.wav`);
      if (!has(origin === 'uploaded' ? ownDirectory : shippedDirectory, id)) return undefined;
      const { size, mtimeMs } = await stat(path);
      const facts = await factsOf(path, mtimeMs).catch(() => undefined);
      return facts && { id, origin, text: origin === 'shipped' ? (texts.get(id) ?? null) : null, bytes: size, ...facts };
    },
    locate(id) {
      const root = [ownDirectory, shippedDirectory].find((directory) => has(directory, id));
      return root === undefined ? undefined : { root, path: `${id}.wav` };
    },
    async write(id, bytes) {
      await mkdir(ownDirectory, { recursive: true });
      const target = join(ownDirectory, `${id}.wav`);
      const fresh = `${target}.${randomBytes(6).toString('hex')}.new`;
      try {
        await writeDown(fresh, bytes);
        await rename(fresh, target);
      } finally {
        await rm(fresh, { force: true });
      }
      seen.delete(target);
    },
    delete: (id) => rm(join(ownDirectory, `${id}.wav`), { force: true }),
  };
}

async function writeDown(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function wavNames(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.wav'))
    .map((name) => name.slice(0, -4))
    .filter((id) => ID.test(id));
}
