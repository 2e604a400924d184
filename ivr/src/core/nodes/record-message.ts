import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import type { Move } from '../machine.js';
import { edgesOf, type NodeModule } from '../node-module.js';
import { nodeBase, promptsSchema, settableSchema, targetSchema } from '../schema.js';
import { saying } from '../speech.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('record-message'),
  prompts: promptsSchema.default(['record-message']),
  maxSeconds: z.int().min(1).max(120).default(30),
  /** Silence that ends it. */
  silenceSeconds: z.int().min(1).max(20).default(3),
  finishOn: z
    .string()
    .regex(/^[0-9*#]{0,12}$/, 'keys 0–9, * and #')
    .default('#'),
  /** Variable that keeps the id of the recording. */
  saveAs: settableSchema.default('recordedMessage'),
  next: targetSchema,
  /** When nothing was said, or it could not be kept; `next` without it. */
  noMessage: targetSchema.optional(),
});
export type RecordMessageNode = z.infer<typeof schema>;

const record = (node: RecordMessageNode): Move => ({
  do: 'wait',
  effect: {
    type: 'record',
    maxDurationMs: node.maxSeconds * 1000,
    endAfterSilenceMs: node.silenceSeconds * 1000,
    finishOn: node.finishOn,
  },
  local: { stage: 'away', attempt: 0 },
  // The key that cut the prompt short must not end the recording as well.
  clearDigits: true,
});

//  enter ──▶ prompt ──▶ away (the recorder has the caller: beep, speech) ──▶ go

/** Records a name, an address or the like and keeps it with the call. */
export const recordMessage: NodeModule<RecordMessageNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next, noMessage: node.noMessage }),
  references: (node) => [{ kind: 'prompts', field: 'prompts', refs: node.prompts }],
  saves: (node) => [node.saveAs],
  enter: (node, scene) => (scene.typedAhead ? undefined : saying(node.prompts, scene, 'prompt')) ?? record(node),
  resume(node, local, input) {
    if (local.stage === 'prompt' && input.type === 'playback-ended') return record(node);
    if (local.stage !== 'away' || input.type !== 'record-result') throw new IllegalTransition('record-message', local.stage, input.type);
    const to = input.recordingId === undefined ? (node.noMessage ?? node.next) : node.next;
    return { do: 'go', to, driver: 'automatic', variables: { [node.saveAs]: input.recordingId ?? '' }, clearDigits: true };
  },
};
