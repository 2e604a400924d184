import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule, variableReferences } from '../node-module.js';
import { changedPriority } from '../priority.js';
import { idOf, nodeBase, settableSchema, targetSchema, valueSchema } from '../schema.js';
import { textFrom } from '../speech.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('caller-list'),
  list: idOf('list'),
  /** Whose number is looked up. */
  number: valueSchema.default({ variable: 'caller' }),
  listed: targetSchema,
  notListed: targetSchema,
  /** Variables set when the number is listed. */
  set: z.record(settableSchema, z.string().max(200)).optional(),
  /** Added to the call's priority when the number is listed. */
  priority: z.int().min(-100).max(100).optional(),
});
export type CallerListNode = z.infer<typeof schema>;

/** Chooses the way by a list of numbers: black, white, VIP. A list that does not exist lists nobody. */
export const callerList: NodeModule<CallerListNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { listed: node.listed, notListed: node.notListed }),
  references: (node) => [{ kind: 'list', field: 'list', id: node.list }, ...variableReferences({ number: node.number })],
  saves: (node) => Object.keys(node.set ?? {}),
  enter: (node, scene) => ({
    do: 'wait',
    effect: { type: 'lookUpCaller', listId: node.list, number: textFrom(node.number, scene.variables) },
    local: { stage: 'away', attempt: 0 },
  }),
  resume(node, local, input, scene) {
    if (input.type !== 'caller-entry') throw new IllegalTransition('caller-list', local.stage, input.type);
    const along = { driver: 'automatic', typedAhead: scene.typedAhead } as const;
    const { entry } = input;
    if (!entry) {
      const warning = input.known ? {} : { warning: `there is no list ${node.list}; taken as not listed` };
      return { do: 'go', to: node.notListed, ...along, variables: { callerList: '', callerListNote: '' }, ...warning };
    }
    const priority = node.priority === undefined ? {} : changedPriority(scene, { add: node.priority });
    const variables = { ...node.set, ...priority, callerList: node.list, callerListNote: entry.note };
    return { do: 'go', to: node.listed, ...along, variables };
  },
};
