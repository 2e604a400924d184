import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { type NodeModule, templateReferences } from '../node-module.js';
import { nodeBase } from '../schema.js';
import { fillText } from '../template.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('return'),
  /** What the calling flow is told, with `{{variable}}` in it. */
  result: z.string().max(64).default(''),
});
export type ReturnNode = z.infer<typeof schema>;

/** Goes back to the flow that called this one; ends the call where there is none. */
export const returnNode: NodeModule<ReturnNode> = {
  schema,
  edges: () => [],
  references: (node) => templateReferences('result', node.result),
  enter: (node, scene) => ({ do: 'return', result: fillText(node.result, scene.variables).slice(0, 64) }),
  resume(_node, local, input) {
    throw new IllegalTransition('return', local.stage, input.type);
  },
};
