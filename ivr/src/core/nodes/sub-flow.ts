import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule } from '../node-module.js';
import { idOf, nodeBase, targetSchema } from '../schema.js';

/** Flows that may wait for another to return. */
export const MAX_SUB_FLOWS = 8;

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('sub-flow'),
  flow: idOf('flow'),
  /** Ways by what the flow returns with. */
  ways: z
    .array(z.strictObject({ result: z.string().min(1).max(64), next: targetSchema }))
    .max(20)
    .default([]),
  /** After any other result. */
  next: targetSchema,
  /** When there is no such flow, or flows call each other too deeply. */
  otherwise: targetSchema,
});
export type SubFlowNode = z.infer<typeof schema>;

/** Goes on in another flow and comes back when that returns. Variables are the call's, so both flows see them. */
export const subFlow: NodeModule<SubFlowNode> = {
  schema,
  edges: (node) => [
    ...node.ways.map((way, i) => ({ field: `ways.${i}.next`, target: way.next, driver: 'automatic' as const })),
    ...edgesOf('automatic', { next: node.next, otherwise: node.otherwise }),
  ],
  references: (node) => [{ kind: 'flow', field: 'flow', id: node.flow }],
  enter(node, scene) {
    if (scene.depth >= MAX_SUB_FLOWS) {
      return {
        do: 'go',
        to: node.otherwise,
        driver: 'automatic',
        variables: { subFlowResult: 'too-deep' },
        warning: `flow ${node.flow} is not entered: ${MAX_SUB_FLOWS} flows wait for another to return already`,
      };
    }
    return { do: 'wait', effect: { type: 'loadFlow', flowId: node.flow }, local: { stage: 'away', attempt: 0 } };
  },
  resume(node, local, input, scene) {
    if (input.type === 'flow-loaded') return { do: 'call', flow: input.flow, version: input.version };
    if (input.type === 'flow-unavailable') {
      return { do: 'go', to: node.otherwise, driver: 'automatic', variables: { subFlowResult: 'unavailable' } };
    }
    if (input.type !== 'sub-flow-returned') throw new IllegalTransition('sub-flow', local.stage, input.type);
    const to = node.ways.find((way) => way.result === input.result)?.next ?? node.next;
    return { do: 'go', to, driver: 'automatic', typedAhead: scene.typedAhead, variables: { subFlowResult: input.result } };
  },
};
