import type { FlowNode } from './document.js';

/** Fields that name something configured elsewhere, and the kind of choices it is among. */
const NAMING: [field: string, kind: string][] = [
  ['queue', 'queue'],
  ['schedule', 'schedule'],
  ['list', 'list'],
  ['flow', 'flow'],
  ['box', 'box'],
  ['url', ''],
  ['language', ''],
];

/**
 * What a node is about, in a word: the queue, what is said; empty where there is nothing to tell.
 * @param nameOf what a thing of this kind is called, or its id
 */
export function aboutOf(node: FlowNode, nameOf: (kind: string, id: string) => string): string {
  for (const [field, kind] of NAMING) {
    const id = node[field];
    if (typeof id === 'string') return nameOf(kind, id);
  }
  const said = (node.prompts ?? node.items) as unknown;
  const [first] = Array.isArray(said) ? said : [];
  if (typeof first === 'string') return nameOf('prompt', first);
  if (typeof first?.say === 'string') return first.say;
  const to = node.to as Record<string, unknown> | undefined;
  const [target] = Object.entries(to ?? {});
  return typeof target?.[1] === 'string' ? nameOf(target[0], target[1]) : '';
}
