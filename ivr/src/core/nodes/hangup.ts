import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import type { NodeModule } from '../node-module.js';
import { nodeBase } from '../schema.js';

const schema = z.strictObject({ ...nodeBase, type: z.literal('hangup') });
export type HangupNode = z.infer<typeof schema>;

/** Ends the call. */
export const hangup: NodeModule<HangupNode> = {
  schema,
  edges: () => [],
  references: () => [],
  enter: () => ({ do: 'end', result: 'ended', termination: { by: 'system', reason: 'flow-ended' } }),
  resume(_node, local, input) {
    throw new IllegalTransition('hangup', local.stage, input.type);
  },
};
