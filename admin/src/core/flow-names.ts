/** What a flow and its nodes are called, of a document that nobody has validated. */
export function flowNames(id: string, document: unknown): { name: string; nodes: Record<string, string> } {
  const { name, nodes } = fields(document);
  const labels = Object.entries(fields(nodes)).flatMap(([node, content]) => {
    const { label } = fields(content);
    return isName(label) ? [[node, label.trim()] as const] : [];
  });
  return { name: isName(name) ? name.trim() : id, nodes: Object.fromEntries(labels) };
}

const isName = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
