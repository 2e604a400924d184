import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger, MediaItem, Prompts } from '@yixian/contracts';
import { MAX_SPOKEN } from '../core/numbers.js';
import { type Phrase, phraseOf } from '../core/spoken.js';

/** The prompts that come with the project: the Chinese ones are the base set. */
export const shippedPromptsDirectory = fileURLToPath(new URL('../../../prompts/zh', import.meta.url));
export const shippedEnglishPromptsDirectory = fileURLToPath(new URL('../../../prompts/en', import.meta.url));

/** The base set's language. */
const BASE = 'zh-CN';

export interface PromptsDeps {
  /** Folders of `<id>.wav` files, the base set; the first that has a prompt wins. A folder that does not exist is empty. */
  directories: readonly string[];
  /** Folders by language tag or its first part, e.g. `en`, looked into before the base set when a call speaks that language. */
  languages?: Readonly<Record<string, readonly string[]>>;
  logger: Logger;
}

export interface PromptLibrary extends Prompts {
  /** The files of a phrase's pieces, in this language alone; undefined when one is missing, without a log line. */
  phrase(phrase: Pick<Phrase, 'pieces'>, language: string): MediaItem[] | undefined;
  /** Those of the ids that have no file: for `yixian doctor` and before a flow is published. Writes no log. */
  missing(ids: Iterable<string>): string[];
  /** Every id that has a file in the base set, sorted: the `prompts` a flow is validated against. */
  ids(): string[];
}

// An id is a file name: nothing that could lead out of the folder.
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Prompts by id. Files are looked up at every use, so that a prompt replaced by an administrator is heard by the next caller. */
export function createPrompts(deps: PromptsDeps): PromptLibrary {
  const { directories, languages = {}, logger } = deps;
  const own = (language: string): readonly string[] => {
    const primary = language.split('-')[0] ?? '';
    const exact = Object.hasOwn(languages, language) ? languages[language] : undefined;
    const loose = Object.hasOwn(languages, primary) ? languages[primary] : undefined;
    return exact === loose ? (exact ?? []) : [...(exact ?? []), ...(loose ?? [])];
  };
  const find = (id: string, folders: readonly string[]): string | undefined =>
    ID.test(id) ? folders.map((directory) => join(directory, `${id}.wav`)).find((path) => existsSync(path)) : undefined;

  function phrase({ pieces }: Pick<Phrase, 'pieces'>, language: string): MediaItem[] | undefined {
    // A number half in one language and half in another is worse than one spoken by a machine.
    const folders = language.startsWith('en') ? own(language) : [...own(language), ...directories];
    const paths = pieces.map((id) => find(id, folders));
    return paths.every((path) => path !== undefined) ? paths.map((path): MediaItem => ({ kind: 'file', path })) : undefined;
  }

  /** A phrase without speech synthesis to fall back to: what is missing is left out and named. */
  function pieces(as: Parameters<typeof phraseOf>[0], value: string, language: string): MediaItem[] {
    const spoken = phraseOf(as, value, language);
    return spoken ? (phrase(spoken, language) ?? spoken.pieces.flatMap((id) => item(id, language) ?? [])) : [];
  }

  function item(id: string, language: string = BASE): MediaItem | undefined {
    const path = find(id, [...own(language), ...directories]);
    if (path !== undefined) return { kind: 'file', path };
    logger.warn({ prompt: id, language, directories }, `prompt ${id} is missing: no ${id}.wav in the prompt folders`);
    return undefined;
  }

  return {
    item,
    phrase,
    sayNumber(value, { counting = false, language = BASE } = {}) {
      if (!Number.isInteger(value) || value < 0 || value > MAX_SPOKEN) {
        logger.warn({ value }, `${value} cannot be spoken: only whole numbers from 0 to ${MAX_SPOKEN} can`);
        return [];
      }
      return pieces(counting ? 'count' : 'number', String(value), language);
    },
    sayDigits: (digits, language = BASE) => pieces('digits', digits, language),
    missing: (ids) => [...ids].filter((id) => find(id, directories) === undefined),
    ids: () => [...new Set(directories.flatMap(wavNames))].sort(),
  };
}

function wavNames(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.wav'))
    .map((name) => name.slice(0, -4))
    .filter((id) => ID.test(id));
}
