import { z } from 'zod';

// What several node types share in the flow document.

/** Name of a node, a variable, a prompt or a queue: short, safe in paths and logs. */
export const nameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'letters, digits, - and _, at most 64');

/** Where to go: the name of a node. */
export const targetSchema = nameSchema;

/** Milliseconds a caller is given; long enough to think, short enough to end. */
export const waitSchema = z.int().min(500).max(60_000);

/** One thing to say: a prompt by id, a text for speech synthesis, or a variable read as a number or digit by digit. */
export const promptRefSchema = z.union([
  nameSchema,
  z.strictObject({ say: z.string().trim().min(1).max(500) }),
  z.strictObject({ number: nameSchema }),
  z.strictObject({ digits: nameSchema }),
]);
export type PromptRef = z.infer<typeof promptRefSchema>;

export const promptsSchema = z.array(promptRefSchema).max(20);

/** A fixed value or the value a variable has when it is needed. */
export const valueSchema = z.union([z.string().regex(/^[0-9*#+]{1,32}$/, 'digits, at most 32'), z.strictObject({ variable: nameSchema })]);
export type Value = z.infer<typeof valueSchema>;

/** What every node may carry for the editor; the interpreter does not look at it. */
export const nodeBase = {
  label: z.string().max(100).optional(),
  position: z.strictObject({ x: z.number(), y: z.number() }).optional(),
};
