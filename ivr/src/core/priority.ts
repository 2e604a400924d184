import type { Scene } from './machine.js';
import { type Variables, valueOfVariable } from './variables.js';

/** Priorities a call can have reach this far to both sides. */
export const MAX_PRIORITY = 1000;

const clamped = (value: number): number => Math.min(Math.max(value, -MAX_PRIORITY), MAX_PRIORITY);

/** What the call takes into queues. */
export const priorityOf = (scene: Pick<Scene, 'variables'>): number => clamped(Number(valueOfVariable(scene.variables, 'priority')) || 0);

/** The variable that holds the call's priority, changed. */
export function changedPriority(scene: Pick<Scene, 'variables'>, change: { set?: number; add?: number }): Variables {
  return { priority: String(clamped((change.set ?? priorityOf(scene)) + (change.add ?? 0))) };
}
