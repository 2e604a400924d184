import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule } from '../node-module.js';
import { nodeBase, promptsSchema, targetSchema } from '../schema.js';
import { speech } from '../speech.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('play'),
  prompts: promptsSchema.min(1),
  /** A key ends it at once and counts for the next question. */
  interruptible: z.boolean().default(true),
  next: targetSchema,
});
export type PlayNode = z.infer<typeof schema>;

/** Says something and goes on. */
export const play: NodeModule<PlayNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next }),
  references: (node) => [{ kind: 'prompts', field: 'prompts', refs: node.prompts }],
  enter(node, scene) {
    const items = speech(node.prompts, scene);
    const skip = items.length === 0 || (scene.typedAhead && node.interruptible);
    if (skip) return { do: 'go', to: node.next, driver: 'automatic', typedAhead: scene.typedAhead };
    return {
      do: 'wait',
      effect: { type: 'play', items, interruptOn: node.interruptible ? 'any' : 'none', language: scene.language },
      local: { stage: 'prompt', attempt: 0 },
    };
  },
  resume(node, local, input, scene) {
    if (input.type !== 'playback-ended') throw new IllegalTransition('play', local.stage, input.type);
    return { do: 'go', to: node.next, driver: 'automatic', typedAhead: scene.typedAhead || input.end === 'interrupted' };
  },
};
