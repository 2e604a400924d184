import { z } from 'zod';
import { ask, askOn, type Question } from '../ask.js';
import { edgesOf, type NodeModule } from '../node-module.js';
import { matchesPattern, patternSchema } from '../pattern.js';
import { idOf, nodeBase, promptsSchema, targetSchema, waitSchema } from '../schema.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('collect'),
  prompts: promptsSchema,
  /** Variable that keeps the digits; they are in `digits` as well. */
  saveAs: idOf('variable').default('digits'),
  minDigits: z.int().min(1).max(32).default(1),
  maxDigits: z.int().min(1).max(32),
  /** Keys that end the number and are no part of it; empty for none. */
  terminators: z
    .string()
    .regex(/^[0-9*#]{0,4}$/, 'keys 0–9, * and #')
    .default('#'),
  /** What the digits must look like, see `pattern.ts`. */
  pattern: patternSchema.optional(),
  timeoutMs: waitSchema.default(8000),
  interDigitTimeoutMs: waitSchema.default(4000),
  attempts: z.int().min(1).max(10).default(3),
  invalidPrompts: promptsSchema.default([]),
  noChoicePrompts: promptsSchema.default([]),
  next: targetSchema,
  otherwise: targetSchema,
});
export type CollectNode = z.infer<typeof schema>;

function question(node: CollectNode): Question {
  return {
    ...node,
    collect: {
      maxDigits: node.maxDigits,
      firstDigitTimeoutMs: node.timeoutMs,
      interDigitTimeoutMs: node.interDigitTimeoutMs,
      ...(node.terminators === '' ? {} : { terminators: node.terminators }),
    },
    accept({ digits }) {
      if (digits.length < node.minDigits || (node.pattern && !matchesPattern(node.pattern, digits))) return undefined;
      return { do: 'go', to: node.next, driver: 'caller', variables: { digits, [node.saveAs]: digits } };
    },
  };
}

/** Asks for a number of several digits. */
export const collect: NodeModule<CollectNode> = {
  schema,
  edges: (node) => [...edgesOf('caller', { next: node.next }), ...edgesOf('automatic', { otherwise: node.otherwise })],
  references: (node) =>
    (['prompts', 'invalidPrompts', 'noChoicePrompts'] as const).map((field) => ({ kind: 'prompts', field, refs: node[field] })),
  faults: (node) =>
    node.minDigits > node.maxDigits
      ? [{ field: 'minDigits', message: `minDigits ${node.minDigits} exceeds maxDigits ${node.maxDigits}` }]
      : [],
  saves: (node) => [node.saveAs],
  enter: (node, scene) => ask(question(node), scene),
  resume: (node, local, input, scene) => askOn(question(node), local, input, scene),
};
