import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { conditionSchema, holds, variablesOf } from '../condition.js';
import { edgesOf, type NodeModule } from '../node-module.js';
import { nodeBase, targetSchema } from '../schema.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('branch'),
  /** The first case that holds is taken. */
  cases: z
    .array(z.strictObject({ when: conditionSchema, next: targetSchema }))
    .min(1)
    .max(50),
  otherwise: targetSchema,
});
export type BranchNode = z.infer<typeof schema>;

/** Chooses the way by what is known of the call. */
export const branch: NodeModule<BranchNode> = {
  schema,
  edges: (node) => [
    ...node.cases.map((c, i) => ({ field: `cases.${i}.next`, target: c.next, driver: 'automatic' as const })),
    ...edgesOf('automatic', { otherwise: node.otherwise }),
  ],
  references: (node) =>
    node.cases.flatMap((c, i) => variablesOf(c.when).map((id) => ({ kind: 'variable' as const, field: `cases.${i}.when`, id }))),
  enter(node, scene) {
    const to = node.cases.find((c) => holds(c.when, scene))?.next ?? node.otherwise;
    return { do: 'go', to, driver: 'automatic', typedAhead: scene.typedAhead };
  },
  resume(_node, local, input) {
    throw new IllegalTransition('branch', local.stage, input.type);
  },
};
