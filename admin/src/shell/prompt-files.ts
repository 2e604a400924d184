import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectWav, type WavFacts } from '../core/config/wav.js';

/** Sets of prompts: `zh` is the base, whose ids flows and queues name; another is heard instead by calls that speak its language. */
export const PROMPT_LANGUAGES = ['zh', 'en'] as const;
export type PromptLanguage = (typeof PROMPT_LANGUAGES)[number];
const BASE: PromptLanguage = 'zh';

export interface PromptFile extends WavFacts {
  id: string;
  language: PromptLanguage;
  origin: 'shipped' | 'uploaded';
  text: string | null;
  bytes: number;
}

/** The folders of one language. */
export interface PromptSet {
  /** Administrators' own prompts; made when the first one comes. They are played instead of shipped ones of the same id. */
  ownDirectory: string;
  shippedDirectory: string;
  /** What the shipped ones say, by id. */
  texts: ReadonlyMap<string, string>;
}

export type PromptFilesOptions = Readonly<Record<PromptLanguage, PromptSet>>;

/** Prompts as files `<id>.wav`, those of the base set unless a language is named. The caller checks the id: it is a file name. */
export interface PromptFiles {
  /** Every id there is, sorted. */
  ids(language?: PromptLanguage): string[];
  isOwn(id: string, language?: PromptLanguage): boolean;
  isShipped(id: string, language?: PromptLanguage): boolean;
  /** Undefined when there is no such prompt, or its file is not one that can be played. */
  get(id: string, language?: PromptLanguage): Promise<PromptFile | undefined>;
  /** Where its file is; undefined when there is none. */
  locate(id: string, language?: PromptLanguage): { root: string; path: string } | undefined;
  /** Replaces the file in one step: a call hears the old one or the new one, never half of one. */
  write(id: string, bytes: Uint8Array, language?: PromptLanguage): Promise<void>;
  delete(id: string, language?: PromptLanguage): Promise<void>;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export function createPromptFiles(sets: PromptFilesOptions): PromptFiles {
  const seen = new Map<string, { mtimeMs: number; facts: WavFacts }>();
  const has = (directory: string, id: string): boolean => ID.test(id) && existsSync(join(directory, `${id}.wav`));
  /** Own ones win. */
  const folderOf = (id: string, language: PromptLanguage): string | undefined =>
    [sets[language].ownDirectory, sets[language].shippedDirectory].find((directory) => has(directory, id));

  /** Reads a file again only when it has changed. */
  async function factsOf(path: string, mtimeMs: number): Promise<WavFacts> {
    const known = seen.get(path);
    if (known?.mtimeMs === mtimeMs) return known.facts;
    const facts = inspectWav(await readFile(path));
    seen.set(path, { mtimeMs, facts });
    return facts;
  }

  return {
    ids: (language = BASE) => [...new Set([sets[language].ownDirectory, sets[language].shippedDirectory].flatMap(wavNames))].sort(),
    isOwn: (id, language = BASE) => has(sets[language].ownDirectory, id),
    isShipped: (id, language = BASE) => has(sets[language].shippedDirectory, id),
    async get(id, language = BASE) {
      const { ownDirectory, texts } = sets[language];
      const folder = folderOf(id, language);
      if (folder === undefined) return undefined;
      const path = join(folder, `${id}.wav`);
      const { size, mtimeMs } = await stat(path);
      const facts = await factsOf(path, mtimeMs).catch(() => undefined);
      const origin = folder === ownDirectory ? 'uploaded' : 'shipped';
      return facts && { id, language, origin, text: origin === 'shipped' ? (texts.get(id) ?? null) : null, bytes: size, ...facts };
    },
    locate(id, language = BASE) {
      const root = folderOf(id, language);
      return root === undefined ? undefined : { root, path: `${id}.wav` };
    },
    async write(id, bytes, language = BASE) {
      const { ownDirectory } = sets[language];
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
    delete: (id, language = BASE) => rm(join(sets[language].ownDirectory, `${id}.wav`), { force: true }),
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
