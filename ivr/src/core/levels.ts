import { z } from 'zod';
import type { Scene } from './machine.js';
import { nameSchema, numberOrVariable, ofKind } from './schema.js';
import { wholeOf } from './speech.js';

/** Lowest levels by skill, fixed or from variables. */
export const levelsSchema = ofKind(
  'levels',
  z.record(nameSchema, numberOrVariable(0, 10)).refine((levels) => Object.keys(levels).length <= 20, 'at most 20 skills'),
);
type Levels = z.infer<typeof levelsSchema>;

/** The levels asked for so far with these on top; 0 takes one back, and what a variable does not hold changes nothing. */
export function levelsOf(levels: Levels, scene: Pick<Scene, 'variables' | 'minLevels'>): Record<string, number> {
  const all = new Map(Object.entries(scene.minLevels));
  for (const [skill, level] of Object.entries(levels)) {
    const value = wholeOf(level, scene.variables);
    if (value === undefined) continue;
    if (value <= 0) all.delete(skill);
    else all.set(skill, Math.min(value, 10));
  }
  return Object.fromEntries(all);
}
