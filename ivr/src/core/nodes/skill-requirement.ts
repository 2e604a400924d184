import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { levelsOf, levelsSchema } from '../levels.js';
import { edgesOf, type NodeModule, variableReferences } from '../node-module.js';
import { nodeBase, targetSchema } from '../schema.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('skill-requirement'),
  /** Lowest level 1–10 by skill an agent needs in later queues, beside what the queue asks for; 0 asks for the skill no more. */
  minLevels: levelsSchema,
  next: targetSchema,
});
export type SkillRequirementNode = z.infer<typeof schema>;

/** Asks later queues for agents of certain skills. */
export const skillRequirement: NodeModule<SkillRequirementNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next }),
  references: (node) => [
    ...Object.keys(node.minLevels).map((id) => ({ kind: 'skill' as const, field: `minLevels.${id}`, id })),
    ...variableReferences(Object.fromEntries(Object.entries(node.minLevels).map(([skill, level]) => [`minLevels.${skill}`, level]))),
  ],
  enter: (node, scene) => ({
    do: 'go',
    to: node.next,
    driver: 'automatic',
    typedAhead: scene.typedAhead,
    minLevels: levelsOf(node.minLevels, scene),
  }),
  resume(_node, local, input) {
    throw new IllegalTransition('skill-requirement', local.stage, input.type);
  },
};
