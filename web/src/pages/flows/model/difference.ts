import type { FlowDocument, FlowNode } from './document.js';

export type NodeChange = 'added' | 'removed' | 'changed';

export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
}

export interface Difference {
  nodes: Map<string, { change: NodeChange; fields: FieldChange[] }>;
  /** Of the flow itself: name, start … */
  flow: FieldChange[];
}

/** What an author would call a change: where a node stands is none. */
export function difference(before: FlowDocument, after: FlowDocument): Difference {
  const nodes: Difference['nodes'] = new Map();
  for (const id of new Set([...Object.keys(before.nodes), ...Object.keys(after.nodes)])) {
    const [old, fresh] = [before.nodes[id], after.nodes[id]];
    if (!old) nodes.set(id, { change: 'added', fields: [] });
    else if (!fresh) nodes.set(id, { change: 'removed', fields: [] });
    else {
      const fields = changesOf(withoutPlace(old), withoutPlace(fresh));
      if (fields.length > 0) nodes.set(id, { change: 'changed', fields });
    }
  }
  const { nodes: _b, ...flowBefore } = before;
  const { nodes: _a, ...flowAfter } = after;
  return { nodes, flow: changesOf(flowBefore, flowAfter) };
}

const withoutPlace = ({ position: _, ...rest }: FlowNode) => rest;

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function changesOf(before: unknown, after: unknown, path = ''): FieldChange[] {
  if (isPlain(before) && isPlain(after) && Array.isArray(before) === Array.isArray(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => changesOf(before[name], after[name], path === '' ? name : `${path}.${name}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ field: path, before, after }];
}

/** Both at once, for drawing: what is there no more stands where it stood. */
export function merged(before: FlowDocument, after: FlowDocument): FlowDocument {
  const gone = Object.entries(before.nodes).filter(([id]) => !after.nodes[id]);
  return { ...after, nodes: { ...after.nodes, ...Object.fromEntries(gone) } };
}

/** A value in a line. */
export function shownValue(value: unknown): string {
  if (value === undefined) return '—';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
