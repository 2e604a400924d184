import type { CollectOptions, CollectResult } from '@yixian/contracts';
import { IllegalTransition } from '@yixian/contracts';
import type { Local, Move, NodeInput, Scene } from './machine.js';
import type { PromptRef } from './schema.js';
import { speech } from './speech.js';

// Asking the caller for keys: said, then collected, then judged; shared by menu, collect and survey.
//
//   enter ──▶ prompt ──finished | a key──▶ collect ──good──▶ go
//     └─ a key is typed ahead ──────────────▲   └─wrong or none──▶ prompt again, or go elsewhere after the last attempt

/** What is asked and how the answer is judged. */
export interface Question {
  prompts: readonly PromptRef[];
  invalidPrompts: readonly PromptRef[];
  noChoicePrompts: readonly PromptRef[];
  collect: CollectOptions;
  attempts: number;
  /** The move a good answer leads to; undefined when the keys are no good answer. */
  accept(result: CollectResult): Move | undefined;
  /** Node after the last attempt, or the move that is made then. */
  otherwise: string | (() => Move);
  /** Names of the two stages and the question's number, where a node asks several. */
  stages?: { prompt: string; collect: string; index?: number };
}

const STAGES = { prompt: 'prompt', collect: 'collect' };

/** Begins to ask; keys typed ahead are taken at once, without the prompt. */
export function ask(question: Question, scene: Scene): Move {
  if (scene.typedAhead) return listen(question, 0);
  return say(question, question.prompts, scene, 0);
}

/** Goes on asking. */
export function askOn(question: Question, local: Local, input: NodeInput, scene: Scene): Move {
  const { prompt, collect } = question.stages ?? STAGES;
  if (local.stage === prompt && input.type === 'playback-ended') return listen(question, local.attempt);
  if (local.stage === collect && input.type === 'digits-collected') return judge(question, local, input.result, scene);
  throw new IllegalTransition('ask', local.stage, input.type);
}

function judge(question: Question, local: Local, result: CollectResult, scene: Scene): Move {
  const good = question.accept(result);
  if (good) return { ...good, keys: result.digits };
  const attempt = local.attempt + 1;
  if (attempt >= question.attempts) {
    const { otherwise } = question;
    const move: Move = typeof otherwise === 'string' ? { do: 'go', to: otherwise, driver: 'automatic' } : otherwise();
    return { ...move, keys: result.digits, clearDigits: true };
  }
  const sorry = result.digits === '' ? question.noChoicePrompts : question.invalidPrompts;
  // What else was typed after a wrong key was meant for a menu that is not there.
  return { ...say(question, [...sorry, ...question.prompts], scene, attempt), clearDigits: true, keys: result.digits };
}

function say(question: Question, refs: readonly PromptRef[], scene: Scene, attempt: number): Move & { do: 'wait' } {
  const items = speech(refs, scene);
  if (items.length === 0) return listen(question, attempt);
  const { prompt, index } = question.stages ?? { ...STAGES, index: undefined };
  const local = { stage: prompt, attempt, ...(index === undefined ? {} : { index }) };
  return { do: 'wait', effect: { type: 'play', items, interruptOn: 'any', language: scene.language }, local };
}

function listen(question: Question, attempt: number): Move & { do: 'wait' } {
  const { collect, index } = question.stages ?? { ...STAGES, index: undefined };
  const local = { stage: collect, attempt, ...(index === undefined ? {} : { index }) };
  return { do: 'wait', effect: { type: 'collect', options: question.collect }, local };
}
