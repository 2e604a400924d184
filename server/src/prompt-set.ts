import path from 'node:path';
import { demoFlow, shippedPromptsDirectory } from '@yixian/ivr';
import type { Config } from './config.js';

/** An admin's own prompts win over the shipped ones. */
export function promptDirectories(config: Pick<Config, 'dataDir'>): string[] {
  return [path.join(config.dataDir, 'prompts'), shippedPromptsDirectory];
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
