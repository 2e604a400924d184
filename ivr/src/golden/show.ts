import type { Flow } from '../core/flow.js';
import { moduleOf } from '../core/nodes/index.js';

/** A flow as text: a line for each node in the order they are met, with its ways. */
export function showFlow(flow: Flow): string {
  const lines = [`${flow.id}  ${flow.name}  (${flow.language}, begins at ${flow.start})`, ''];
  const seen = new Set<string>();
  const open = [flow.start];
  for (let nodeId = open.shift(); nodeId !== undefined; nodeId = open.shift()) {
    const node = seen.has(nodeId) ? undefined : flow.nodes[nodeId];
    seen.add(nodeId);
    if (!node) continue;
    const edges = moduleOf(node).edges(node);
    const label = node.label === undefined ? '' : `  ${node.label}`;
    lines.push(`${nodeId}  ${node.type}${label}`);
    for (const edge of edges) lines.push(`    ${wayOf(node, edge.field)} → ${edge.target}`);
    open.push(...edges.map((edge) => edge.target));
  }
  return `${lines.join('\n')}\n`;
}

/** `key 1` for a menu's choice, the field's name for the rest. */
function wayOf(node: Flow['nodes'][string], field: string): string {
  const choice = /^choices\.(\d+)\.next$/.exec(field);
  if (choice && node.type === 'menu') return `key ${node.choices[Number(choice[1])]?.key}`;
  const way = /^ways\.(\d+)\.next$/.exec(field);
  if (way && node.type === 'sub-flow') return `result ${node.ways[Number(way[1])]?.result}`;
  return field.replace(/\.next$/, '');
}
