import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule, variableReferences } from '../node-module.js';
import { changedPriority, MAX_PRIORITY } from '../priority.js';
import { nodeBase, numberOrVariable, targetSchema } from '../schema.js';
import { wholeOf } from '../speech.js';

const amount = numberOrVariable(-MAX_PRIORITY, MAX_PRIORITY);
const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('priority'),
  change: z.union([z.strictObject({ set: amount }), z.strictObject({ add: amount })]),
  next: targetSchema,
});
export type PriorityNode = z.infer<typeof schema>;

/** Changes the priority the call takes into later queues; larger goes first. */
export const priority: NodeModule<PriorityNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next }),
  references: (node) => variableReferences(Object.fromEntries(Object.entries(node.change).map(([how, value]) => [`change.${how}`, value]))),
  enter({ change, next }, scene) {
    const value = wholeOf('set' in change ? change.set : change.add, scene.variables) ?? 0;
    const variables = changedPriority(scene, 'set' in change ? { set: value } : { add: value });
    return { do: 'go', to: next, driver: 'automatic', typedAhead: scene.typedAhead, variables };
  },
  resume(_node, local, input) {
    throw new IllegalTransition('priority', local.stage, input.type);
  },
};
