import type { TFunction } from 'i18next';
import { type FlowNode, valueAt } from './document.js';

/** A name of the catalogue, or the word itself: node types and fields may be newer than this page. */
export function named(t: TFunction, group: string, key: string): string {
  return t(`flows:${group}.${key}`, { defaultValue: key });
}

/** Help for a field, where there is any. Double braces are the flow's own, not the catalogue's. */
export function hintOf(t: TFunction, name: string): string {
  return t(`flows:hint.${name}`, { open: '{{', close: '}}', defaultValue: '' });
}

export function nodeTitle(t: TFunction, node: FlowNode): string {
  return node.label?.trim() || named(t, 'type', node.type);
}

/** A way in words: `按 1`, `结果 known`, `否则`. */
export function wayName(t: TFunction, node: FlowNode, field: string): string {
  const [list = '', index, last] = field.split('.');
  if (last === undefined || index === undefined) return named(t, 'way', field);
  const entry = valueAt(node, `${list}.${index}`) as Record<string, unknown> | undefined;
  if (typeof entry?.key === 'string') return t('flows:way.key', { key: entry.key });
  if (typeof entry?.result === 'string') return t('flows:way.result', { result: entry.result });
  if (typeof entry?.when === 'string' && entry.when !== '') return entry.when;
  return conditionText(t, entry?.when) ?? t('flows:way.case', { n: Number(index) + 1 });
}

/** A simple condition in a few words. */
function conditionText(t: TFunction, when: unknown): string | undefined {
  if (typeof when !== 'object' || when === null) return undefined;
  const one = when as Record<string, unknown>;
  if (typeof one.variable === 'string') {
    if (typeof one.equals === 'string') return `${one.variable} = ${one.equals}`;
    if (typeof one.lessThan === 'number') return `${one.variable} < ${one.lessThan}`;
    if (typeof one.greaterThan === 'number') return `${one.variable} > ${one.greaterThan}`;
    if (Array.isArray(one.oneOf)) return `${one.variable} ∈ ${one.oneOf.join(' ')}`;
    if (typeof one.matches === 'string') return `${one.variable} ~ ${one.matches}`;
  }
  const range = (one.timeOfDay ?? one.date) as { from?: string; to?: string } | undefined;
  return range
    ? `${range.from ?? ''}–${range.to ?? ''}`
    : t(`flows:condition.${Object.keys(one)[0] ?? ''}`, { defaultValue: '' }) || undefined;
}

type Words = [RegExp, (found: RegExpExecArray, t: TFunction, isWay: boolean) => string];

/** The validator's words, in the user's language; what is not known here is shown as it came. */
const WORDS: Words[] = [
  [
    /^Invalid input: expected .*received undefined/,
    (_, t, isWay) => (isWay ? t('flows:problem.unconnected') : t('flows:problem.required')),
  ],
  [/^there is no node (.*)$/, ([, id], t) => t('flows:problem.noNode', { id })],
  [
    /^there is no (queue|voicemail box|extension|flow|prompt|variable|schedule|list|group|skill|secret) (.*)$/,
    ([, kind, id], t) => t('flows:problem.noThing', { kind: named(t, 'problem.thing', kind ?? ''), id }),
  ],
  [/^no way leads to this node$/, (_, t) => t('flows:problem.unreachable')],
  [/^loop without an exit the caller can take: (.*)$/, ([, path], t) => t('flows:problem.loop', { path })],
  [/^unknown field$/, (_, t) => t('flows:problem.unknownField')],
  [/^the menu has no choices$/, (_, t) => t('flows:problem.noChoices')],
  [/^key (.) is used by an earlier choice$/, ([, key], t) => t('flows:problem.keyTwice', { key })],
  [/^Too small/, (_, t) => t('flows:problem.tooSmall')],
  [/^Too big/, (_, t) => t('flows:problem.tooBig')],
  [/^(letters, digits, - and _|Invalid string|Invalid input)/, (_, t) => t('flows:problem.pattern')],
  [/^the node sets nothing$/, (_, t) => t('flows:problem.setsNothing')],
  [/^host (.*) is not allowed/, ([, host], t) => t('flows:problem.host', { host })],
  [/^no speech synthesis/, (_, t) => t('flows:problem.speech')],
  [/^either prompts or questions/, (_, t) => t('flows:problem.needsPrompts')],
];

export function problemText(t: TFunction, message: string, isWay: boolean): string {
  for (const [pattern, words] of WORDS) {
    const found = pattern.exec(message);
    if (found) return words(found, t, isWay);
  }
  return message;
}
