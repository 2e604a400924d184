import { type FlowDocument, type Types, wayLists, waysOf } from './document.js';

export const NODE_WIDTH = 216;
const HEAD = 46;
const ROW = 24;
const GAP_X = 96;
const GAP_Y = 36;
const SWEEPS = 6;

export function heightOf(doc: FlowDocument, types: Types, id: string): number {
  const node = doc.nodes[id];
  if (!node) return HEAD;
  return HEAD + ROW * (waysOf(node, types).length + wayLists(node.type, types).length) + 10;
}

/**
 * Places for all nodes, from left to right by their distance from the start; in a column each near those it is connected with
 * (barycentres, a few sweeps).
 */
export function layout(doc: FlowDocument, types: Types): Map<string, { x: number; y: number }> {
  const ids = Object.keys(doc.nodes);
  const edges = forwardEdges(doc, types, ids);
  const columns = columnsOf(ids, edges);
  sweep(columns, edges);
  return placed(columns, doc, types);
}

type Edges = Map<string, string[]>;

/** Depth first from the start: an edge to a node that is still open leads back. */
function forwardEdges(doc: FlowDocument, types: Types, ids: readonly string[]): Edges {
  const state = new Map<string, 'open' | 'done'>();
  const edges: Edges = new Map(ids.map((id) => [id, []]));
  const targets = (id: string): string[] => {
    const node = doc.nodes[id];
    return node ? waysOf(node, types).flatMap(({ target }) => (target !== undefined && doc.nodes[target] ? [target] : [])) : [];
  };
  for (const root of [doc.start, ...ids]) {
    if (!doc.nodes[root] || state.has(root)) continue;
    const stack = [{ id: root, left: targets(root) }];
    state.set(root, 'open');
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.left.shift();
      if (next === undefined) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (state.get(next) !== 'open') {
        edges.get(top.id)?.push(next);
        if (!state.has(next)) {
          state.set(next, 'open');
          stack.push({ id: next, left: targets(next) });
        }
      }
    }
  }
  return edges;
}

/** Each node as near to the start as its shortest way; where a call ends stands right of all that lead there. */
function columnsOf(ids: readonly string[], edges: Edges): string[][] {
  const column = new Map<string, number>();
  const led = new Set([...edges.values()].flat());
  const roots = [...ids.filter((id) => !led.has(id)), ...ids];
  for (const root of roots) {
    if (column.has(root)) continue;
    const open = [root];
    column.set(root, 0);
    for (let id = open.shift(); id !== undefined; id = open.shift()) {
      for (const target of edges.get(id) ?? []) {
        if (column.has(target)) continue;
        column.set(target, (column.get(id) ?? 0) + 1);
        open.push(target);
      }
    }
  }
  for (const id of ids) {
    if ((edges.get(id) ?? []).length > 0) continue;
    const sources = ids.filter((one) => edges.get(one)?.includes(id));
    if (sources.length > 0) column.set(id, 1 + Math.max(...sources.map((one) => column.get(one) ?? 0)));
  }
  const columns: string[][] = [];
  for (const id of ids) {
    const at = column.get(id) ?? 0;
    const own = columns[at] ?? [];
    own.push(id);
    columns[at] = own;
  }
  return columns.filter((one) => one !== undefined);
}

function sweep(columns: string[][], edges: Edges): void {
  const back: Edges = new Map();
  for (const [from, targets] of edges) for (const to of targets) back.set(to, [...(back.get(to) ?? []), from]);
  const rank = new Map<string, number>();
  const number = (): void => {
    for (const column of columns) for (const [i, id] of column.entries()) rank.set(id, (i + 0.5) / column.length);
  };
  number();
  for (let n = 0; n < SWEEPS; n++) {
    const neighbours = n % 2 === 0 ? back : edges;
    const weight = (id: string): number => {
      const near = neighbours.get(id) ?? [];
      return near.length === 0 ? (rank.get(id) ?? 0) : near.reduce((sum, one) => sum + (rank.get(one) ?? 0), 0) / near.length;
    };
    for (const column of columns) column.sort((a, b) => weight(a) - weight(b));
    number();
  }
}

function placed(columns: readonly string[][], doc: FlowDocument, types: Types): Map<string, { x: number; y: number }> {
  const places = new Map<string, { x: number; y: number }>();
  const height = (column: readonly string[]): number => column.reduce((sum, id) => sum + heightOf(doc, types, id) + GAP_Y, -GAP_Y);
  const tallest = Math.max(0, ...columns.map(height));
  columns.forEach((column, i) => {
    let y = (tallest - height(column)) / 2;
    for (const id of column) {
      places.set(id, { x: i * (NODE_WIDTH + GAP_X), y: Math.round(y) });
      y += heightOf(doc, types, id) + GAP_Y;
    }
  });
  return places;
}

/** Places for those that have none; all of them anew when most have none. */
export function placeMissing(doc: FlowDocument, types: Types): FlowDocument {
  const missing = Object.entries(doc.nodes).filter(([, node]) => !node.position);
  if (missing.length === 0) return doc;
  const places = layout(doc, types);
  const all = missing.length > Object.keys(doc.nodes).length / 2;
  const nodes = Object.fromEntries(
    Object.entries(doc.nodes).map(([id, node]) => [
      id,
      all || !node.position ? { ...node, position: places.get(id) ?? { x: 0, y: 0 } } : node,
    ]),
  );
  return { ...doc, nodes };
}
