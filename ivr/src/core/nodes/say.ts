import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule } from '../node-module.js';
import { nodeBase, promptsSchema, targetSchema } from '../schema.js';
import { saying } from '../speech.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('say'),
  /** Prompts, texts, and values spoken as number, date, time, duration, money …, one after the other. */
  items: promptsSchema.min(1),
  interruptible: z.boolean().default(true),
  next: targetSchema,
});
export type SayNode = z.infer<typeof schema>;

/** Says values in the call's language. What a variable does not hold is left out. */
export const say: NodeModule<SayNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next }),
  references: (node) => [{ kind: 'prompts', field: 'items', refs: node.items }],
  enter(node, scene) {
    const skip = scene.typedAhead && node.interruptible;
    const move = skip ? undefined : saying(node.items, scene, 'prompt', node.interruptible ? 'any' : 'none');
    return move ?? { do: 'go', to: node.next, driver: 'automatic', typedAhead: scene.typedAhead };
  },
  resume(node, local, input, scene) {
    if (input.type !== 'playback-ended') throw new IllegalTransition('say', local.stage, input.type);
    return { do: 'go', to: node.next, driver: 'automatic', typedAhead: scene.typedAhead || input.end === 'interrupted' };
  },
};
