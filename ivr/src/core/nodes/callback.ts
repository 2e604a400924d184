import { IllegalTransition } from '@yixian/contracts';
import { z } from 'zod';
import { ask, askOn, type Question } from '../ask.js';
import { levelsOf } from '../levels.js';
import type { Local, Move, Scene } from '../machine.js';
import { edgesOf, type NodeModule, variableReferences } from '../node-module.js';
import { idOf, nodeBase, promptsSchema, targetSchema, valueSchema, waitSchema } from '../schema.js';
import { textFrom } from '../speech.js';
import { valueOfVariable } from '../variables.js';

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('callback'),
  queue: idOf('queue'),
  /** The number offered; asked for when it is no telephone number, e.g. withheld. */
  number: valueSchema.default({ variable: 'caller' }),
  /** Read back and confirmed by 1; 2 asks for another. Without confirmation the number is taken as it is. */
  confirm: z.boolean().default(true),
  confirmPrompts: promptsSchema.default(['callback-number-confirm', { digits: 'callbackNumber' }, 'callback-confirm-keys']),
  askPrompts: promptsSchema.default(['callback-number-ask']),
  invalidPrompts: promptsSchema.default(['callback-number-invalid']),
  minDigits: z.int().min(3).max(32).default(7),
  maxDigits: z.int().min(3).max(32).default(20),
  timeoutMs: waitSchema.default(8000),
  interDigitTimeoutMs: waitSchema.default(4000),
  /** Wrong or missing keys after which the call goes on with `otherwise`, for each of the two questions. */
  attempts: z.int().min(1).max(10).default(3),
  /** The place is taken; `callbackId` and `callbackNumber` say which. */
  next: targetSchema,
  /** No number was given, or it was refused; `callbackResult` says why. */
  otherwise: targetSchema,
});
export type CallbackNode = z.infer<typeof schema>;

const NUMBER = /^\+?\d{3,32}$/;

function asking(node: CallbackNode, scene: Scene): Question {
  return {
    prompts: node.askPrompts,
    invalidPrompts: node.invalidPrompts,
    noChoicePrompts: [],
    attempts: node.attempts,
    otherwise: node.otherwise,
    collect: {
      maxDigits: node.maxDigits,
      terminators: '#',
      firstDigitTimeoutMs: node.timeoutMs,
      interDigitTimeoutMs: node.interDigitTimeoutMs,
    },
    stages: { prompt: 'ask-prompt', collect: 'ask-collect' },
    accept({ digits }) {
      if (digits.length < node.minDigits || !NUMBER.test(digits)) return undefined;
      return offer(node, digits, { ...scene, typedAhead: false });
    },
  };
}

function confirming(node: CallbackNode, scene: Scene): Question {
  const number = valueOfVariable(scene.variables, 'callbackNumber');
  return {
    prompts: node.confirmPrompts,
    invalidPrompts: [],
    noChoicePrompts: [],
    attempts: node.attempts,
    otherwise: node.otherwise,
    collect: { maxDigits: 1, firstDigitTimeoutMs: node.timeoutMs, interDigitTimeoutMs: node.interDigitTimeoutMs },
    stages: { prompt: 'confirm-prompt', collect: 'confirm-collect' },
    accept({ digits }) {
      if (digits === '1') return request(node, number, scene);
      return digits === '2' ? ask(asking(node, scene), { ...scene, typedAhead: false }) : undefined;
    },
  };
}

function offer(node: CallbackNode, number: string, scene: Scene): Move {
  const variables = { callbackNumber: number };
  if (!node.confirm) return { ...request(node, number, scene), variables };
  const known = { ...scene, variables: { ...scene.variables, ...variables } };
  return { ...ask(confirming(node, known), known), variables };
}

/** What a `skill-requirement` before it has asked of later queues is asked of this one, too. */
function request(node: CallbackNode, number: string, scene: Scene): Move {
  const minLevels = levelsOf({}, scene);
  const asked = Object.keys(minLevels).length > 0 ? { minLevels } : {};
  return {
    do: 'wait',
    effect: { type: 'requestCallback', queueId: node.queue, number, ...asked },
    local: { stage: 'away', attempt: 0 },
  };
}

function resume(node: CallbackNode, local: Local, input: Parameters<NodeModule<CallbackNode>['resume']>[2], scene: Scene): Move {
  if (local.stage.startsWith('ask-')) return askOn(asking(node, scene), local, input, scene);
  if (local.stage.startsWith('confirm-')) return askOn(confirming(node, scene), local, input, scene);
  if (input.type !== 'callback-result') throw new IllegalTransition('callback', local.stage, input.type);
  const { result } = input;
  if (!result.ok) {
    return { do: 'go', to: node.otherwise, driver: 'automatic', variables: { callbackResult: result.code, callbackId: '' } };
  }
  return { do: 'go', to: node.next, driver: 'automatic', variables: { callbackResult: 'registered', callbackId: result.callbackId } };
}

//  enter ──▶ confirm (number read back) ──1──▶ away (the place is asked for) ──▶ go
//    └ no number ──▶ ask ◀──2──┘   ▲
//                     └──a number──┘

/** Takes a callback in place of waiting. */
export const callback: NodeModule<CallbackNode> = {
  schema,
  edges: (node) => edgesOf('automatic', { next: node.next, otherwise: node.otherwise }),
  references: (node) => [
    { kind: 'queue', field: 'queue', id: node.queue },
    ...variableReferences({ number: node.number }),
    ...(['confirmPrompts', 'askPrompts', 'invalidPrompts'] as const).map((field) => ({
      kind: 'prompts' as const,
      field,
      refs: node[field],
    })),
  ],
  faults: (node) =>
    node.minDigits > node.maxDigits
      ? [{ field: 'minDigits', message: `minDigits ${node.minDigits} exceeds maxDigits ${node.maxDigits}` }]
      : [],
  enter(node, scene) {
    const number = textFrom(node.number, scene.variables);
    return NUMBER.test(number) ? offer(node, number, scene) : ask(asking(node, scene), scene);
  },
  resume,
};
