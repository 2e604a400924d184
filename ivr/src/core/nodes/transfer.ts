import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import type { Move } from '../machine.js';
import { edgesOf, type NodeModule, type Reference } from '../node-module.js';
import { idOf, nodeBase, ofKind, targetSchema, type Value, valueSchema } from '../schema.js';
import { textFrom } from '../speech.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('transfer'),
  to: z.union([
    z.strictObject({ extension: ofKind('extension', valueSchema) }),
    z.strictObject({ number: valueSchema }),
    z.strictObject({ flow: idOf('flow') }),
  ]),
  /** After the called party hung up while the caller stayed; without it the call ends. */
  next: targetSchema.optional(),
  busy: targetSchema.optional(),
  noAnswer: targetSchema.optional(),
  /** Where nothing else is said for what went wrong. */
  otherwise: targetSchema,
});
export type TransferNode = z.infer<typeof schema>;

function valueReferences(kind: 'extension' | undefined, field: string, value: Value): Reference[] {
  if (typeof value !== 'string') return [{ kind: 'variable', field, id: value.variable }];
  return kind ? [{ kind, field, id: value }] : [];
}

/** Connects the caller to an extension or a number, or goes on in another flow. */
export const transfer: NodeModule<TransferNode> = {
  schema,
  edges: (node) => [
    ...edgesOf('party', { next: node.next }),
    ...edgesOf('automatic', { busy: node.busy, noAnswer: node.noAnswer, otherwise: node.otherwise }),
  ],
  references({ to }) {
    if ('flow' in to) return [{ kind: 'flow', field: 'to.flow', id: to.flow }];
    return 'extension' in to
      ? valueReferences('extension', 'to.extension', to.extension)
      : valueReferences(undefined, 'to.number', to.number);
  },
  enter({ to, otherwise }, scene) {
    const local = { stage: 'away', attempt: 0 } as const;
    if ('flow' in to) return { do: 'wait', effect: { type: 'loadFlow', flowId: to.flow }, local };
    const kind = 'extension' in to ? 'extension' : 'number';
    const value = textFrom('extension' in to ? to.extension : to.number, scene.variables);
    // What the caller typed may be nothing, or end in keys no number has.
    if (!/^[0-9*#+]{1,32}$/.test(value)) return { do: 'go', to: otherwise, driver: 'automatic', variables: { transferResult: 'failed' } };
    return { do: 'wait', effect: { type: 'transfer', target: { kind, value } }, local };
  },
  resume(node, local, input): Move {
    if (input.type === 'flow-loaded') return { do: 'switch', flow: input.flow, version: input.version };
    if (input.type === 'flow-unavailable') {
      return { do: 'go', to: node.otherwise, driver: 'automatic', variables: { transferResult: 'failed' } };
    }
    if (input.type !== 'transfer-result') throw new IllegalTransition('transfer', local.stage, input.type);
    const variables = { transferResult: input.outcome };
    if (!input.callerStillUp) return { do: 'end', result: 'caller-left', termination: { by: 'caller', reason: 'normal' } };
    if (input.outcome === 'connected') {
      return node.next
        ? { do: 'go', to: node.next, driver: 'party', variables, clearDigits: true }
        : { do: 'end', result: 'transferred', termination: { by: 'called', reason: 'normal' } };
    }
    const own = { busy: node.busy, 'no-answer': node.noAnswer, failed: undefined, 'not-allowed': undefined }[input.outcome];
    return { do: 'go', to: own ?? node.otherwise, driver: 'automatic', variables, clearDigits: true };
  },
};
