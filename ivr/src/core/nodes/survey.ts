import { z } from 'zod';
import { ask, askOn, type Question } from '../ask.js';
import type { Move, Scene } from '../machine.js';
import { edgesOf, type Fault, type NodeModule, type Reference } from '../node-module.js';
import { nameSchema, nodeBase, promptsSchema, settableSchema, targetSchema, waitSchema } from '../schema.js';
import type { Variables } from '../variables.js';

const question = z.strictObject({
  /** Names the question in `survey.answered` and in reports. */
  id: nameSchema,
  prompts: promptsSchema.min(1),
  /** Keys that are an answer; the key is the score. */
  keys: z
    .string()
    .regex(/^\d{1,10}$/, 'digits')
    .default('12345'),
  /** Variable that keeps the answer; `survey-<id>` without it. */
  saveAs: settableSchema.optional(),
});
type SurveyQuestion = z.infer<typeof question>;

const schema = z.strictObject({
  ...nodeBase,
  type: z.literal('survey'),
  /** The one question, 1–5. Left out where `questions` are asked. */
  prompts: promptsSchema.default([]),
  /** Asked one after the other; one that is not answered is passed over. */
  questions: z.array(question).max(10).default([]),
  timeoutMs: waitSchema.default(8000),
  attempts: z.int().min(1).max(5).default(2),
  invalidPrompts: promptsSchema.default([]),
  noChoicePrompts: promptsSchema.default([]),
  /** After an answer; with several questions after the last when at least one was answered. */
  next: targetSchema,
  /** When the caller gave no answer at all. */
  otherwise: targetSchema,
});
export type SurveyNode = z.infer<typeof schema>;

const variableOf = (one: SurveyQuestion): string => one.saveAs ?? `survey-${one.id}`;

/** What is asked: the node's own question, or its list. */
const questionsOf = (node: SurveyNode): readonly (SurveyQuestion | undefined)[] =>
  node.questions.length > 0 ? node.questions : [undefined];

function asked(node: SurveyNode, index: number, scene: Scene): Question {
  const one = questionsOf(node)[index];
  const keys = one?.keys ?? '12345';
  return {
    prompts: one?.prompts ?? node.prompts,
    invalidPrompts: node.invalidPrompts,
    noChoicePrompts: node.noChoicePrompts,
    attempts: node.attempts,
    otherwise: () => onwards(node, index, answered(scene) > 0, scene),
    collect: { maxDigits: 1, firstDigitTimeoutMs: node.timeoutMs, interDigitTimeoutMs: node.timeoutMs },
    stages: { prompt: 'prompt', collect: 'collect', ...(node.questions.length > 0 ? { index } : {}) },
    accept({ digits }) {
      if (digits.length !== 1 || !keys.includes(digits)) return undefined;
      const answers = String(answered(scene) + 1);
      const own: Variables = one ? { [variableOf(one)]: digits, surveyAnswers: answers } : { survey: digits };
      const score = { score: Number(digits), ...(one ? { surveyId: one.id } : {}) };
      return { ...onwards(node, index, true, scene), variables: { digits, ...own }, score };
    },
  };
}

const answered = (scene: Scene): number => Number(scene.variables.surveyAnswers ?? '0') || 0;

/** To the next question, or on. */
function onwards(node: SurveyNode, index: number, any: boolean, scene: Scene): Move {
  if (index + 1 < questionsOf(node).length) return ask(asked(node, index + 1, scene), { ...scene, typedAhead: false });
  return any ? { do: 'go', to: node.next, driver: 'caller' } : { do: 'go', to: node.otherwise, driver: 'automatic' };
}

/** Asks how satisfied the caller is: one key a question. */
export const survey: NodeModule<SurveyNode> = {
  schema,
  edges: (node) => [...edgesOf('caller', { next: node.next }), ...edgesOf('automatic', { otherwise: node.otherwise })],
  references: (node) => [
    ...(['prompts', 'invalidPrompts', 'noChoicePrompts'] as const).map(
      (field): Reference => ({ kind: 'prompts', field, refs: node[field] }),
    ),
    ...node.questions.map((one, i): Reference => ({ kind: 'prompts', field: `questions.${i}.prompts`, refs: one.prompts })),
  ],
  faults(node) {
    const found: Fault[] = [];
    if (node.prompts.length > 0 === node.questions.length > 0)
      found.push({ field: 'questions', message: 'either prompts or questions are needed' });
    for (const [i, { id }] of node.questions.entries()) {
      if (node.questions.findIndex((one) => one.id === id) < i)
        found.push({ field: `questions.${i}.id`, message: `${id} is the id of an earlier question` });
    }
    return found;
  },
  saves: (node) => node.questions.map(variableOf),
  enter: (node, scene) => {
    const move = ask(asked(node, 0, scene), scene);
    return node.questions.length > 0 ? { ...move, variables: { surveyAnswers: '0' } } : move;
  },
  resume: (node, local, input, scene) => askOn(asked(node, local.index ?? 0, scene), local, input, scene),
};
