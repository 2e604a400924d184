import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { ExpressionError, expressionVariables, MAX_EXPRESSION, parseExpression } from '../expression.js';
import { evaluate, expressionFault, isTrue, textOf } from '../expression-value.js';
import { edgesOf, type Fault, type NodeModule, type Reference } from '../node-module.js';
import { nodeBase, ofKind, settableSchema, targetSchema } from '../schema.js';
import { READ_ONLY_VARIABLES, type Variables } from '../variables.js';

const text = ofKind('expression', z.string().trim().min(1).max(MAX_EXPRESSION));

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('expression'),
  /** Variables by expression, worked out in this order; a later one sees the earlier ones. */
  set: z
    .array(z.strictObject({ variable: settableSchema, value: text }))
    .max(20)
    .default([]),
  /** Looked at after `set`; the first that is true is taken. */
  cases: z
    .array(z.strictObject({ when: text, next: targetSchema }))
    .max(20)
    .default([]),
  otherwise: targetSchema,
  /** When something could not be worked out; `otherwise` without it. `expressionError` says what. */
  failed: targetSchema.optional(),
});
export type ExpressionNode = z.infer<typeof schema>;

const written = (node: ExpressionNode): { field: string; text: string }[] => [
  ...node.set.map((one, i) => ({ field: `set.${i}.value`, text: one.value })),
  ...node.cases.map((one, i) => ({ field: `cases.${i}.when`, text: one.when })),
];

/** Works out variables and chooses the way by expressions. */
export const expression: NodeModule<ExpressionNode> = {
  schema,
  edges: (node) => [
    ...node.cases.map((c, i) => ({ field: `cases.${i}.next`, target: c.next, driver: 'automatic' as const })),
    ...edgesOf('automatic', { otherwise: node.otherwise, failed: node.failed }),
  ],
  references: (node) =>
    written(node).flatMap(({ field, text: source }): Reference[] => {
      if (expressionFault(source) !== undefined) return [];
      return expressionVariables(parseExpression(source)).map((id) => ({ kind: 'variable', field, id }));
    }),
  faults: (node) =>
    written(node).flatMap(({ field, text: source }): Fault[] => {
      const message = expressionFault(source);
      return message === undefined ? [] : [{ field, message }];
    }),
  saves: (node) => node.set.map((one) => one.variable),
  enter(node, scene) {
    let variables: Variables = {};
    const seen = (): Variables => (Object.keys(variables).length === 0 ? scene.variables : overlaid(scene.variables, variables));
    const along = { driver: 'automatic', typedAhead: scene.typedAhead } as const;
    try {
      for (const { variable, value } of node.set) {
        variables = { ...variables, [variable]: textOf(evaluate(parseExpression(value), seen())) };
      }
      const to = node.cases.find((one) => isTrue(one.when, seen()))?.next ?? node.otherwise;
      return { do: 'go', to, ...along, variables: { ...variables, expressionError: '' } };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const to = node.failed ?? node.otherwise;
      return { do: 'go', to, ...along, variables: { expressionError: error.message }, warning: `expression: ${error.message}` };
    }
  },
  resume(_node, local, input) {
    throw new IllegalTransition('expression', local.stage, input.type);
  },
};

/** `now` is worked out on demand and is not copied with the others. */
function overlaid(base: Variables, added: Variables): Variables {
  const all = { ...base, ...added };
  for (const name of READ_ONLY_VARIABLES) {
    const own = Object.getOwnPropertyDescriptor(base, name);
    if (own) Object.defineProperty(all, name, own);
  }
  return all;
}
