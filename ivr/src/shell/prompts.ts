import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger, MediaItem, Prompts } from '@yixian/contracts';
import { digitPieces, numberPieces } from '../core/numbers.js';

/** The Chinese prompts that come with the project. */
export const shippedPromptsDirectory = fileURLToPath(new URL('../../../prompts/zh', import.meta.url));

export interface PromptsDeps {
  /** Folders of `<id>.wav` files; the first that has a prompt wins. A folder that does not exist is empty. */
  directories: readonly string[];
  logger: Logger;
}

export interface PromptLibrary extends Prompts {
  /** A telephone number or code digit by digit, 1 as 幺. */
  sayDigits(digits: string): MediaItem[];
  /** Those of the ids that have no file: for `yixian doctor` and before a flow is published. Writes no log. */
  missing(ids: Iterable<string>): string[];
  /** Every id that has a file, sorted: the `prompts` a flow is validated against. */
  ids(): string[];
}

// An id is a file name: nothing that could lead out of the folder.
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Prompts by id. Files are looked up at every use, so that a prompt replaced by an administrator is heard by the next caller. */
export function createPrompts(deps: PromptsDeps): PromptLibrary {
  const find = (id: string): string | undefined =>
    ID.test(id) ? deps.directories.map((directory) => join(directory, `${id}.wav`)).find((path) => existsSync(path)) : undefined;

  const item = (id: string): MediaItem | undefined => {
    const path = find(id);
    if (path !== undefined) return { kind: 'file', path };
    deps.logger.warn({ prompt: id, directories: deps.directories }, `prompt ${id} is missing: no ${id}.wav in the prompt folders`);
    return undefined;
  };
  const items = (ids: readonly string[]): MediaItem[] => ids.flatMap((id) => item(id) ?? []);

  return {
    item,
    sayNumber(value, options) {
      if (!Number.isInteger(value) || value < 0 || value > 9999) {
        deps.logger.warn({ value }, `${value} cannot be spoken: only whole numbers from 0 to 9999 can`);
        return [];
      }
      return items(numberPieces(value, options));
    },
    sayDigits: (digits) => items(digitPieces(digits)),
    missing: (ids) => [...ids].filter((id) => find(id) === undefined),
    ids: () => [...new Set(deps.directories.flatMap(wavNames))].sort(),
  };
}

function wavNames(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.wav'))
    .map((name) => name.slice(0, -4))
    .filter((id) => ID.test(id));
}
