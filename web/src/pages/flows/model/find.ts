import type { FlowDocument, FlowNode } from './document.js';

export interface Found {
  id: string;
  /** What was found inside the node, when it is not its name: a prompt's text, a variable, a queue. */
  where: string | undefined;
}

/** Everything written in a node, and the names of what it sets; computed once for each state of a node. */
const known = new WeakMap<FlowNode, readonly string[]>();

export function wordsOf(node: FlowNode): readonly string[] {
  let words = known.get(node);
  if (!words) {
    const { type: _type, position: _position, label: _label, ...fields } = node;
    words = [...new Set(textsIn(fields, ''))];
    known.set(node, words);
  }
  return words;
}

/** Names of fields are no words of the author's; names of variables (`set`, `result`, `headers`) and skills are. */
const NAMED_BY_AUTHOR = new Set(['set', 'result', 'headers', 'minLevels']);

function textsIn(value: unknown, field: string): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (Array.isArray(value)) return value.flatMap((one) => textsIn(one, ''));
  if (typeof value !== 'object' || value === null) return [];
  const names = NAMED_BY_AUTHOR.has(field) ? Object.keys(value) : [];
  return [...names, ...Object.entries(value).flatMap(([name, inner]) => textsIn(inner, name))];
}

/**
 * Nodes that hold every word that is looked for: in id, label or kind (`titleOf`), in what they say, name or set. The best come first:
 * the id itself, then names that begin so, then names, then what is inside.
 * @param promptText what a prompt says, by its id
 */
export function findNodes(
  doc: FlowDocument,
  typed: string,
  titleOf: (node: FlowNode) => string,
  promptText: (id: string) => string | undefined,
): Found[] {
  const terms = typed
    .toLowerCase()
    .split(/[\s·]+/)
    .filter((term) => term !== '');
  if (terms.length === 0) return Object.keys(doc.nodes).map((id) => ({ id, where: undefined }));
  const ranked: { found: Found; rank: number }[] = [];
  for (const [id, node] of Object.entries(doc.nodes)) {
    const title = `${titleOf(node)} ${id}`.toLowerCase();
    const inTitle = terms.filter((term) => title.includes(term));
    if (inTitle.length === terms.length) {
      const rank = terms.includes(id.toLowerCase()) ? 0 : terms.some((term) => title.startsWith(term)) ? 1 : 2;
      ranked.push({ found: { id, where: undefined }, rank });
      continue;
    }
    const inside = wordsOf(node).map((word) => spelled(word, promptText(word)));
    const rest = terms.filter((term) => !inTitle.includes(term));
    const hits = rest.map((term) => inside.find((word) => word.toLowerCase().includes(term)));
    if (hits.every((hit) => hit !== undefined)) ranked.push({ found: { id, where: hits[0] }, rank: 3 });
  }
  return ranked.sort((a, b) => a.rank - b.rank).map(({ found }) => found);
}

const spelled = (word: string, text: string | undefined): string => (text === undefined || text === word ? word : `${word} · ${text}`);
