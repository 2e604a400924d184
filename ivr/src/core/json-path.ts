import { z } from 'zod';
import { MAX_VALUE } from './variables.js';

// Where in a JSON answer a value stands: `$.order.items[0].price`, `$['a b']`. Reads own members only.

const STEP = /\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d{1,6})\]|\['([^'\]]{1,64})'\]/y;
const MAX_STEPS = 16;

type Step = string | number;

function stepsOf(path: string): Step[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: Step[] = [];
  const step = new RegExp(STEP);
  step.lastIndex = 1;
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (!match || steps.length >= MAX_STEPS) return undefined;
    steps.push(match[2] === undefined ? (match[1] ?? match[3] ?? '') : Number(match[2]));
  }
  return steps;
}

export const jsonPathSchema = z
  .string()
  .max(200)
  .refine((path) => stepsOf(path) !== undefined, 'a path such as $.order.items[0].price');

/** The value at the path as a variable keeps it; empty when there is none, JSON text when it is an object or a list. */
export function valueAtPath(document: unknown, path: string): string {
  let value: unknown = document;
  for (const step of stepsOf(path) ?? []) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return '';
    value = (value as Record<string | number, unknown>)[step];
  }
  if (value === null || value === undefined) return '';
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_VALUE);
}
