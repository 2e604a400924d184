import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule, templateReferences } from '../node-module.js';
import { nodeBase, settableSchema, targetSchema, templateSchema } from '../schema.js';
import { fillText } from '../template.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('set-variable'),
  /** Texts by variable, with `{{variable}}` in them; all are filled with the values from before. */
  set: z.record(settableSchema, templateSchema).refine((set) => Object.keys(set).length <= 20, 'at most 20 variables'),
  next: targetSchema,
});
export type SetVariableNode = z.infer<typeof schema>;

/** Sets variables to texts. */
export const setVariable: NodeModule<SetVariableNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next }),
  references: (node) => Object.entries(node.set).flatMap(([name, text]) => templateReferences(`set.${name}`, text)),
  faults: (node) => (Object.keys(node.set).length === 0 ? [{ field: 'set', message: 'the node sets nothing' }] : []),
  saves: (node) => Object.keys(node.set),
  enter(node, scene) {
    const variables = Object.fromEntries(Object.entries(node.set).map(([name, text]) => [name, fillText(text, scene.variables)]));
    return { do: 'go', to: node.next, driver: 'automatic', typedAhead: scene.typedAhead, variables };
  },
  resume(_node, local, input) {
    throw new IllegalTransition('set-variable', local.stage, input.type);
  },
};
