import { z } from 'zod';
import { SPOKEN_AS } from './spoken.js';
import { READ_ONLY_VARIABLES } from './variables.js';

// What several node types share in the flow document.

/** Name of a node, a variable, a prompt or a queue: short, safe in paths and logs. */
export const nameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'letters, digits, - and _, at most 64');

/**
 * What a name or text stands for, so that an editor can offer what there is: `node` is a way, others are ids of things outside
 * the flow or how a text is written. Comes out in the JSON schema of `describeNodes` as `x-kind`.
 */
export type FieldKind =
  | 'node'
  | 'queue'
  | 'box'
  | 'extension'
  | 'flow'
  | 'schedule'
  | 'list'
  | 'group'
  | 'skill'
  | 'prompt'
  | 'prompts'
  | 'variable'
  | 'template'
  | 'expression'
  | 'condition'
  | 'levels'
  | 'milliseconds';

export const ofKind = <S extends z.ZodType>(kind: FieldKind, schema: S): S => schema.meta({ 'x-kind': kind });

/** Where to go: the name of a node. */
export const targetSchema = ofKind('node', nameSchema);

/** The id of something outside the flow. */
export const idOf = (kind: FieldKind) => ofKind(kind, nameSchema);

/** Milliseconds a caller is given; long enough to think, short enough to end. */
export const waitSchema = ofKind('milliseconds', z.int().min(500).max(60_000));

const spokenAs = z.enum(SPOKEN_AS);

/**
 * One thing to say: a prompt by id, a text for speech synthesis with `{{variable}}` in it, a variable read as a number or digit
 * by digit, or any value (a variable's or a fixed one) as date, time, money and so on.
 */
export const promptRefSchema = z.union([
  nameSchema,
  z.strictObject({ say: z.string().trim().min(1).max(500) }),
  z.strictObject({ number: nameSchema }),
  z.strictObject({ digits: nameSchema }),
  z.strictObject({ as: spokenAs, variable: nameSchema }),
  z.strictObject({ as: spokenAs, value: z.string().min(1).max(64) }),
]);
export type PromptRef = z.infer<typeof promptRefSchema>;

/** Says of itself `prompts` only where it is a field: `.min` makes another schema of it, see `describe.ts`. */
export const promptsSchema = z.array(promptRefSchema).max(20);

/** A fixed value or the value a variable has when it is needed. */
export const valueSchema = z.union([
  z.string().regex(/^[0-9*#+]{1,32}$/, 'digits, at most 32'),
  z.strictObject({ variable: idOf('variable') }),
]);
export type Value = z.infer<typeof valueSchema>;

/** A name that is written down, or the value of a variable. */
export const namedSchema = z.union([nameSchema, z.strictObject({ variable: idOf('variable') })]);

/** A whole number that is written down, or the value of a variable. */
export const numberOrVariable = (least: number, most: number) =>
  z.union([z.int().min(least).max(most), z.strictObject({ variable: idOf('variable') })]);

/** A text with places for variables. */
export const templateSchema = ofKind('template', z.string().max(500));

/** A variable a node may set. */
export const settableSchema = ofKind(
  'variable',
  nameSchema.refine((name) => !READ_ONLY_VARIABLES.has(name), 'this variable cannot be set'),
);

/** What every node may carry for the editor; the interpreter does not look at it. */
export const nodeBase = {
  label: z.string().max(100).optional(),
  position: z.strictObject({ x: z.number(), y: z.number() }).optional(),
};

/** Language of a flow or a call. */
export const languageSchema = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a language tag, e.g. zh-CN');
