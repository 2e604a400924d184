import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule, variableReferences } from '../node-module.js';
import { nodeBase, numberOrVariable, settableSchema, targetSchema } from '../schema.js';
import { wholeOf } from '../speech.js';

/** Rounds a loop can make. */
export const MAX_PASSES = 100;

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('loop'),
  /** How often `body` is taken; a variable that holds more than 100 counts as 100, one that holds no number as 0. */
  times: numberOrVariable(1, MAX_PASSES),
  /** Variable that holds the round, from 1. */
  saveAs: settableSchema.optional(),
  /** Leads back here at its end. */
  body: targetSchema,
  /** After the last round; the counter begins anew then. */
  next: targetSchema,
});
export type LoopNode = z.infer<typeof schema>;

/** Goes round a number of times. */
export const loop: NodeModule<LoopNode> = {
  schema,
  edges: (node) => [...edgesOf('counted', { body: node.body }), ...edgesOf('automatic', { next: node.next })],
  references: (node) => variableReferences({ times: node.times }),
  saves: (node) => (node.saveAs === undefined ? [] : [node.saveAs]),
  enter(node, scene) {
    const times = Math.min(wholeOf(node.times, scene.variables) ?? 0, MAX_PASSES);
    const { typedAhead } = scene;
    if (scene.passes >= times) return { do: 'go', to: node.next, driver: 'automatic', typedAhead, passes: 0 };
    const passes = scene.passes + 1;
    const variables = node.saveAs === undefined ? {} : { [node.saveAs]: String(passes) };
    return { do: 'go', to: node.body, driver: 'counted', typedAhead, passes, variables };
  },
  resume(_node, local, input) {
    throw new IllegalTransition('loop', local.stage, input.type);
  },
};
