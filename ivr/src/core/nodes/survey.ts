import { z } from 'zod';
import { ask, askOn, type Question } from '../ask.js';
import { edgesOf, type NodeModule } from '../node-module.js';
import { nodeBase, promptsSchema, targetSchema, waitSchema } from '../schema.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('survey'),
  prompts: promptsSchema.min(1),
  timeoutMs: waitSchema.default(8000),
  attempts: z.int().min(1).max(5).default(2),
  invalidPrompts: promptsSchema.default([]),
  noChoicePrompts: promptsSchema.default([]),
  /** After a key 1–5. */
  next: targetSchema,
  /** When the caller gave none. */
  otherwise: targetSchema,
});
export type SurveyNode = z.infer<typeof schema>;

function question(node: SurveyNode): Question {
  return {
    ...node,
    collect: { maxDigits: 1, firstDigitTimeoutMs: node.timeoutMs, interDigitTimeoutMs: node.timeoutMs },
    accept({ digits }) {
      if (!/^[1-5]$/.test(digits)) return undefined;
      return { do: 'go', to: node.next, driver: 'caller', variables: { digits, survey: digits }, score: Number(digits) };
    },
  };
}

/** Asks how satisfied the caller is: one key, 1–5. */
export const survey: NodeModule<SurveyNode> = {
  schema,
  edges: (node) => [...edgesOf('caller', { next: node.next }), ...edgesOf('automatic', { otherwise: node.otherwise })],
  references: (node) =>
    (['prompts', 'invalidPrompts', 'noChoicePrompts'] as const).map((field) => ({ kind: 'prompts', field, refs: node[field] })),
  enter: (node, scene) => ask(question(node), scene),
  resume: (node, local, input, scene) => askOn(question(node), local, input, scene),
};
