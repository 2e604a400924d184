import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { edgesOf, type NodeModule, variableReferences } from '../node-module.js';
import { idOf, nodeBase, promptsSchema, targetSchema, valueSchema } from '../schema.js';
import { speech, textFrom } from '../speech.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('park'),
  /** The slot; without it, or when the variable holds none, any free one. */
  slot: valueSchema.optional(),
  timeoutSeconds: z.int().min(5).max(3600).default(300),
  music: idOf('prompt').default('queue-music'),
  /** Heard before the digits of the slot; empty to say nothing. */
  announcement: promptsSchema.default(['park-slot']),
  /** After whoever retrieved the caller hung up while the caller stayed; without it the call ends. */
  next: targetSchema.optional(),
  /** Nobody retrieved the caller; `otherwise` without it. */
  timeout: targetSchema.optional(),
  /** There was no slot. */
  otherwise: targetSchema,
});
export type ParkNode = z.infer<typeof schema>;

/** Parks the caller until somebody retrieves the slot from a phone or desk. */
export const park: NodeModule<ParkNode> = {
  schema,
  edges: (node) => [
    ...edgesOf('party', { next: node.next, timeout: node.timeout }),
    ...edgesOf('automatic', { otherwise: node.otherwise }),
  ],
  references: (node) => [
    ...variableReferences({ slot: node.slot }),
    { kind: 'prompts', field: 'music', refs: [node.music] },
    { kind: 'prompts', field: 'announcement', refs: node.announcement },
  ],
  enter(node, scene) {
    const slot = node.slot === undefined ? '' : textFrom(node.slot, scene.variables);
    return {
      do: 'wait',
      effect: {
        type: 'park',
        slot: slot === '' ? undefined : slot,
        timeoutMs: node.timeoutSeconds * 1000,
        music: node.music,
        announcement: speech(node.announcement, scene),
        language: scene.language,
      },
      local: { stage: 'away', attempt: 0 },
      clearDigits: true,
    };
  },
  resume(node, local, input) {
    if (input.type !== 'park-result') throw new IllegalTransition('park', local.stage, input.type);
    const { result } = input;
    const variables = { parkResult: result.outcome };
    if (result.outcome === 'timeout' && node.timeout) return { do: 'go', to: node.timeout, driver: 'party', variables, clearDigits: true };
    if (result.outcome === 'timeout' || result.outcome === 'unavailable') {
      return { do: 'go', to: node.otherwise, driver: 'automatic', variables, clearDigits: true };
    }
    if (result.outcome !== 'retrieved' || !result.callerStillUp) {
      return { do: 'end', result: 'caller-left', termination: { by: 'caller', reason: 'normal' } };
    }
    return node.next
      ? { do: 'go', to: node.next, driver: 'party', variables, clearDigits: true }
      : { do: 'end', result: 'retrieved', termination: { by: 'agent', reason: 'normal' } };
  },
};
