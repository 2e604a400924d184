import { type LocalInstant, localInstant } from '@yixian/contracts';
import { z } from 'zod';
import type { Scene } from './machine.js';
import { matchesPattern, patternSchema } from './pattern.js';
import { nameSchema, ofKind } from './schema.js';
import { valueOfVariable } from './variables.js';

// Conditions of a branch: comparisons as data, so that a flow can be checked, shown and never executes text.

const text = z.string().max(64);
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, e.g. 08:30');
const calendarDay = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a date, e.g. 2026-10-01');

const variable = { variable: nameSchema };
const comparison = z.union([
  z.strictObject({ ...variable, equals: text }),
  z.strictObject({ ...variable, oneOf: z.array(text).min(1).max(1000) }),
  z.strictObject({ ...variable, matches: patternSchema }),
  z.strictObject({ ...variable, lessThan: z.number() }),
  z.strictObject({ ...variable, greaterThan: z.number() }),
  /** From the first minute to before the last; past midnight when `from` is later than `to`. Days: 1 Monday … 7 Sunday. */
  z.strictObject({
    timeOfDay: z.strictObject({ from: clockTime, to: clockTime, days: z.array(z.int().min(1).max(7)).min(1).max(7).optional() }),
  }),
  /** Both days included, in the hotline's time zone. */
  z.strictObject({ date: z.strictObject({ from: calendarDay, to: calendarDay }) }),
]);

export type Condition = z.infer<typeof comparison> | { all: Condition[] } | { any: Condition[] } | { not: Condition };

const MAX_DEPTH = 5;

function nested(depth: number): z.ZodType<Condition> {
  if (depth === 0) return comparison;
  const inner = nested(depth - 1);
  return z.union([
    comparison,
    z.strictObject({ all: z.array(inner).min(1).max(20) }),
    z.strictObject({ any: z.array(inner).min(1).max(20) }),
    z.strictObject({ not: inner }),
  ]);
}

/** Comparisons, and `all`, `any`, `not` of them, five deep at most. */
export const conditionSchema: z.ZodType<Condition> = ofKind('condition', nested(MAX_DEPTH));

/** Whether the condition holds for the call now. */
export function holds(condition: Condition, scene: Scene): boolean {
  if ('all' in condition) return condition.all.every((c) => holds(c, scene));
  if ('any' in condition) return condition.any.some((c) => holds(c, scene));
  if ('not' in condition) return !holds(condition.not, scene);
  if ('timeOfDay' in condition) return isWithin(condition.timeOfDay, localInstant(scene.now, scene.timeZone));
  if ('date' in condition) {
    const { date } = localInstant(scene.now, scene.timeZone);
    return condition.date.from <= date && date <= condition.date.to;
  }
  const value = valueOfVariable(scene.variables, condition.variable);
  if ('equals' in condition) return value === condition.equals;
  if ('oneOf' in condition) return condition.oneOf.includes(value);
  if ('matches' in condition) return matchesPattern(condition.matches, value);
  // An empty or non-numeric value is neither less nor greater.
  const number = value.trim() === '' ? Number.NaN : Number(value);
  return 'lessThan' in condition ? number < condition.lessThan : number > condition.greaterThan;
}

/** The variables a condition looks at. */
export function variablesOf(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(variablesOf);
  if ('any' in condition) return condition.any.flatMap(variablesOf);
  if ('not' in condition) return variablesOf(condition.not);
  return 'variable' in condition ? [condition.variable] : [];
}

function isWithin(range: { from: string; to: string; days?: number[] | undefined }, at: LocalInstant): boolean {
  const overnight = range.from > range.to;
  if (!overnight) return allows(range.days, at.day) && range.from <= at.clock && at.clock < range.to;
  // The hours after midnight belong to the day on which the range began.
  if (at.clock >= range.from) return allows(range.days, at.day);
  return at.clock < range.to && allows(range.days, at.day === 1 ? 7 : at.day - 1);
}

const allows = (days: number[] | undefined, day: number): boolean => days === undefined || days.includes(day);
