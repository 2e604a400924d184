import { z } from 'zod';
import { extension, identifier } from '../../schemas.js';

// Fields that several kinds have. Whatever can be left out when a thing is made says so by its default;
// in a change every field can be left out and stays as it is.

/** Gives a schema the name under which the OpenAPI document refers to it. */
export function named<S extends z.ZodType>(id: string, schema: S): S {
  return schema.meta({ id });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a name must not have.
const PRINTABLE = /^[^\u0000-\u001f\u007f]*$/;
export const text = (most: number) =>
  z.string('must be a text').trim().max(most, `must be at most ${most} characters`).regex(PRINTABLE, 'must not have control characters');
export const name = text(100).min(1, 'must not be empty');
export const short = text(256).min(1, 'must not be empty');
export const flag = z.boolean('must be true or false');
export const revision = z.int('must be a whole number').min(0).describe('Grows with every change');
const given = {
  revision: revision
    .optional()
    .describe('The revision this change was made from: 409 when someone else changed it meanwhile. Without it the last one wins'),
};
export const whole = (min: number, max: number) =>
  z.int('must be a whole number').min(min, `must be at least ${min}`).max(max, `must be at most ${max}`);
export const secondsFrom = (min: number, max: number) =>
  z.number('must be a number').min(min, `must be at least ${min}`).max(max, `must be at most ${max}`);
export const listed = <S extends z.ZodType>(item: S, most: number) =>
  z.array(item, 'must be a list').max(most, `must have at most ${most} entries`);
export const oneOf = <const V extends readonly [string, ...string[]]>(...values: V) =>
  z.enum(values, `must be one of ${values.join(', ')}`);
export const generate = flag.optional().describe('Make a new random one; it is in the answer, once');

/** Every field may be left out; the key is only taken when it is the one of the path. */
export const changeOf = <S extends z.ZodRawShape>(shape: S) => z.strictObject({ ...z.strictObject(shape).partial().shape, ...given });

export const oneRevision = z.strictObject(given);
export const removed = {
  revision: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0)
    .optional()
    .describe(given.revision.description ?? ''),
};
export const removal = z.strictObject(removed);
export const revisionGiven = given;

export const dialled = z
  .string('must be a text')
  .regex(/^\+?[0-9*#]{1,32}$/, 'must be a number: digits, * and #, optionally a leading +, at most 32 characters');
export const byNumber = z.strictObject({ number: dialled });
export const byExtensionNumber = z.strictObject({ extension });

export const recordingPolicy = named(
  'RecordingPolicy',
  z
    .strictObject(
      {
        mode: oneOf('all', 'share', 'on-demand', 'none').describe('share: so many per cent of calls; on-demand: the agent starts it'),
        sharePercent: whole(0, 100).default(100).describe('Only with share'),
        announcement: identifier.nullable().default(null).describe('Prompt the caller hears first'),
      },
      'must be a recording policy or null',
    )
    .describe('Whether calls are recorded. The first that says something decides: agent, queue, trunk, direction'),
);

const skillLevel = whole(1, 10);
export const levels = z
  .record(identifier, skillLevel, 'must be an object of levels by skill')
  .describe('Level 1–10 by skill; without one a skill has level 5');
export const levelsOrWaived = z
  .record(identifier, whole(0, 10), 'must be an object of levels by skill')
  .describe('Level 1–10 by skill; 0 waives the skill');

const clock = z.string('must be a text').regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 08:30');
const clockEnd = z.string('must be a text').regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time of day such as 17:30, or 24:00');
export const hours = { from: clock, to: clockEnd.describe('Earlier than `from`: on the next day') };
export const calendarDate = z.iso.date('must be a date such as 2026-10-01');
