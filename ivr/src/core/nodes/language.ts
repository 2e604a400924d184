import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule } from '../node-module.js';
import { languageSchema, nodeBase, targetSchema } from '../schema.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('language'),
  /** What the caller is spoken to in from now on, also in queues and other flows. */
  language: languageSchema,
  next: targetSchema,
});
export type LanguageNode = z.infer<typeof schema>;

/** Switches the call's language: prompts, spoken values and synthesised texts follow. */
export const language: NodeModule<LanguageNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next }),
  references: () => [],
  enter: (node, scene) => ({
    do: 'go',
    to: node.next,
    driver: 'automatic',
    typedAhead: scene.typedAhead,
    variables: { language: node.language },
  }),
  resume(_node, local, input) {
    throw new IllegalTransition('language', local.stage, input.type);
  },
};
