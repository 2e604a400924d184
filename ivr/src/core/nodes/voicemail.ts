import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import type { Move } from '../machine.js';
import { edgesOf, type NodeModule } from '../node-module.js';
import { idOf, nodeBase, promptsSchema, targetSchema } from '../schema.js';
import { speech } from '../speech.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('voicemail'),
  box: idOf('box'),
  prompts: promptsSchema,
  maxSeconds: z.int().min(5).max(600).default(120),
  /** Keys that end the message. */
  finishOn: z
    .string()
    .regex(/^[0-9*#]{0,12}$/, 'keys 0–9, * and #')
    .default('#'),
  next: targetSchema,
  /** When the caller left nothing, or it could not be kept; `next` without it. */
  noMessage: targetSchema.optional(),
});
export type VoicemailNode = z.infer<typeof schema>;

const record = (node: VoicemailNode): Move => ({
  do: 'wait',
  effect: { type: 'voicemail', box: node.box, maxDurationMs: node.maxSeconds * 1000, finishOn: node.finishOn },
  local: { stage: 'away', attempt: 0 },
  // The key that cut the announcement short must not end the message as well.
  clearDigits: true,
});

//  enter ──▶ prompt ──▶ away (the recorder has the caller: beep, message) ──▶ go

/** Takes a message. */
export const voicemail: NodeModule<VoicemailNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next, noMessage: node.noMessage }),
  references: (node) => [
    { kind: 'box', field: 'box', id: node.box },
    { kind: 'prompts', field: 'prompts', refs: node.prompts },
  ],
  enter(node, scene) {
    const items = scene.typedAhead ? [] : speech(node.prompts, scene);
    if (items.length === 0) return record(node);
    return {
      do: 'wait',
      effect: { type: 'play', items, interruptOn: 'any', language: scene.language },
      local: { stage: 'prompt', attempt: 0 },
    };
  },
  resume(node, local, input) {
    if (local.stage === 'prompt' && input.type === 'playback-ended') return record(node);
    if (local.stage !== 'away' || input.type !== 'voicemail-result') throw new IllegalTransition('voicemail', local.stage, input.type);
    const left = input.durationMs !== undefined;
    const variables = { voicemailResult: left ? 'left' : 'none' };
    const to = left ? node.next : (node.noMessage ?? node.next);
    return { do: 'go', to, driver: 'automatic', variables, clearDigits: true };
  },
};
