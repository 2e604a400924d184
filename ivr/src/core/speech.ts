import type { Move, Scene, SpeechItem } from './machine.js';
import type { PromptRef, Value } from './schema.js';
import { phraseOf, type SpokenAs } from './spoken.js';
import { fillText } from './template.js';
import { type Variables, valueOfVariable } from './variables.js';

type Speaker = Pick<Scene, 'variables' | 'language'>;

/** Puts the variables into what is to be said. A variable that is not what it should be spoken as is left out. */
export function speech(refs: readonly PromptRef[], scene: Speaker): SpeechItem[] {
  return refs.flatMap((ref) => spoken(ref, scene));
}

function spoken(ref: PromptRef, { variables, language }: Speaker): SpeechItem[] {
  if (typeof ref === 'string') return [{ kind: 'prompt', id: ref }];
  if ('say' in ref) {
    const text = fillText(ref.say, variables).trim();
    return text === '' ? [] : [{ kind: 'say', text }];
  }
  const { as, value } = meant(ref, variables);
  const phrase = phraseOf(as, value, language);
  return phrase ? [{ kind: 'phrase', ...phrase }] : [];
}

type ValueRef = Exclude<PromptRef, string | { say: string }>;

function meant(ref: ValueRef, variables: Variables): { as: SpokenAs; value: string } {
  if ('number' in ref) return { as: 'number', value: valueOfVariable(variables, ref.number) };
  if ('digits' in ref) return { as: 'digits', value: valueOfVariable(variables, ref.digits) };
  return { as: ref.as, value: 'value' in ref ? ref.value : valueOfVariable(variables, ref.variable) };
}

/** Waits for something to be said; undefined when there is nothing to say. */
export function saying(refs: readonly PromptRef[], scene: Scene, stage: string, interruptOn: 'any' | 'none' = 'any'): Move | undefined {
  const items = speech(refs, scene);
  if (items.length === 0) return undefined;
  return { do: 'wait', effect: { type: 'play', items, interruptOn, language: scene.language }, local: { stage, attempt: 0 } };
}

/** A written value, or what the variable holds. */
export const textFrom = (value: Value, variables: Variables): string =>
  typeof value === 'string' ? value : valueOfVariable(variables, value.variable);

/** A written number, or what the variable holds; undefined when that is no whole number. */
export function wholeOf(value: number | { variable: string }, variables: Variables): number | undefined {
  if (typeof value === 'number') return value;
  const text = valueOfVariable(variables, value.variable).trim();
  return /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
}
