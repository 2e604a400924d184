import { z } from 'zod';
import { ask, askOn, type Question } from '../ask.js';
import { edgesOf, type NodeModule } from '../node-module.js';
import { nodeBase, promptsSchema, targetSchema, waitSchema } from '../schema.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('menu'),
  prompts: promptsSchema,
  choices: z.array(z.strictObject({ key: z.string().regex(/^[0-9*#]$/, 'one of 0–9, * and #'), next: targetSchema })).max(12),
  /** How long the caller may think, milliseconds. */
  timeoutMs: waitSchema.default(5000),
  /** Wrong or missing choices after which the call goes on with `otherwise`. */
  attempts: z.int().min(1).max(10).default(3),
  invalidPrompts: promptsSchema.default([]),
  noChoicePrompts: promptsSchema.default([]),
  otherwise: targetSchema,
});
export type MenuNode = z.infer<typeof schema>;

function question(node: MenuNode): Question {
  return {
    ...node,
    collect: { maxDigits: 1, firstDigitTimeoutMs: node.timeoutMs, interDigitTimeoutMs: node.timeoutMs },
    accept(result) {
      const choice = node.choices.find((c) => c.key === result.digits);
      return choice && { do: 'go', to: choice.next, driver: 'caller', variables: { digits: result.digits } };
    },
  };
}

/** Offers choices by one key each. */
export const menu: NodeModule<MenuNode> = {
  schema,
  edges: (node) => [
    ...node.choices.map((choice, i) => ({ field: `choices.${i}.next`, target: choice.next, driver: 'caller' as const })),
    ...edgesOf('automatic', { otherwise: node.otherwise }),
  ],
  references: (node) =>
    (['prompts', 'invalidPrompts', 'noChoicePrompts'] as const).map((field) => ({ kind: 'prompts', field, refs: node[field] })),
  faults(node) {
    if (node.choices.length === 0) return [{ field: 'choices', message: 'the menu has no choices' }];
    return node.choices.flatMap((choice, i) =>
      node.choices.findIndex((c) => c.key === choice.key) < i
        ? [{ field: `choices.${i}.key`, message: `key ${choice.key} is used by an earlier choice` }]
        : [],
    );
  },
  enter: (node, scene) => ask(question(node), scene),
  resume: (node, local, input, scene) => askOn(question(node), local, input, scene),
};
