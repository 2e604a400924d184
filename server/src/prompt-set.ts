import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PromptFilesOptions, PromptSet } from '@yixian/admin';
import { demoFlow, shippedEnglishPromptsDirectory, shippedPromptsDirectory } from '@yixian/ivr';
import type { Config } from './config.js';

const ownPromptsDirectory = (config: Pick<Config, 'dataDir'>): string => path.join(config.dataDir, 'prompts');

/** An admin's own prompts win over the shipped ones. */
export function promptDirectories(config: Pick<Config, 'dataDir'>): string[] {
  return [ownPromptsDirectory(config), shippedPromptsDirectory];
}

/** Prompts of other languages: an admin's own in a folder named after the language, then the shipped ones. */
export function promptLanguages(config: Pick<Config, 'dataDir'>): Record<string, string[]> {
  return { en: [path.join(ownPromptsDirectory(config), 'en'), shippedEnglishPromptsDirectory] };
}

/** The same folders for administrators, with what the shipped prompts say. */
export function promptFileOptions(config: Pick<Config, 'dataDir'>): PromptFilesOptions {
  const own = ownPromptsDirectory(config);
  return { zh: setOf(own, shippedPromptsDirectory), en: setOf(path.join(own, 'en'), shippedEnglishPromptsDirectory) };
}

function setOf(ownDirectory: string, shippedDirectory: string): PromptSet {
  const list = JSON.parse(readFileSync(path.join(shippedDirectory, 'prompts.json'), 'utf8')) as Partial<
    Record<'prompts' | 'music', Record<string, { text: string }>>
  >;
  const texts = new Map(Object.entries({ ...list.prompts, ...list.music }).map(([id, { text }]) => [id, text]));
  return { ownDirectory, shippedDirectory, texts };
}

/** Prompts that queues use by name, whatever the flows. */
const QUEUE_PROMPTS = ['queue-music', 'queue-position-before', 'queue-position-after', 'queue-wait-before', 'queue-wait-after'];

/** Every prompt the demo hotline needs; `doctor` looks for them. */
export const requiredPrompts: readonly string[] = [...new Set([...promptsIn(demoFlow), ...QUEUE_PROMPTS])].sort();

function promptsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(promptsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    /prompts?$/i.test(name) ? [inner].flat().filter((one): one is string => typeof one === 'string') : promptsIn(inner),
  );
}
