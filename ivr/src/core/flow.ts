import { z } from 'zod';
import { type FlowNode, type FlowNodeType, isNodeType, nodeModules } from './nodes/index.js';
import { languageSchema, nameSchema } from './schema.js';

/** A flow as it is drawn, checked and run. */
export interface Flow {
  id: string;
  name: string;
  /** BCP 47 tag of the prompts, e.g. `zh-CN`. */
  language: string;
  /** Name of the first node. */
  start: string;
  /** Variables that another flow sets for this one. */
  variables?: string[] | undefined;
  nodes: Record<string, FlowNode>;
}

/** A flow document as an author writes it: fields with a default may be left out. `validateFlow` makes a `Flow` of it. */
export interface FlowDocument {
  id: string;
  name: string;
  language: string;
  start: string;
  variables?: string[];
  nodes: Record<string, { type: FlowNodeType } & Record<string, unknown>>;
}

/** What is wrong with a flow, and where. */
export interface FlowProblem {
  /** null when the flow itself is at fault. */
  nodeId: string | null;
  /** Path inside the node (or the flow), e.g. `choices.0.next`. */
  field: string;
  message: string;
}

/** Nodes a flow may have. */
export const MAX_NODES = 500;

const envelope = z.strictObject({
  id: nameSchema,
  name: z.string().trim().min(1).max(100),
  language: languageSchema,
  start: nameSchema,
  variables: z.array(nameSchema).max(50).optional(),
  nodes: z.record(z.string(), z.unknown()),
});

/**
 * Reads a document node by node, so that one bad node does not hide the faults of the others.
 * @returns the flow with the nodes that could be read, and every fault of form; the flow is undefined when the document is none
 */
export function readFlow(document: unknown): { flow: Flow | undefined; problems: FlowProblem[] } {
  const outer = envelope.safeParse(document);
  if (!outer.success) return { flow: undefined, problems: issuesOf(null, outer.error) };
  const problems: FlowProblem[] = [];
  // Without a prototype: a way to `constructor` leads nowhere.
  const nodes: Record<string, FlowNode> = Object.create(null);
  const entries = Object.entries(outer.data.nodes);
  if (entries.length === 0) problems.push({ nodeId: null, field: 'nodes', message: 'the flow has no nodes' });
  if (entries.length > MAX_NODES) {
    return { flow: undefined, problems: [{ nodeId: null, field: 'nodes', message: `more than ${MAX_NODES} nodes` }] };
  }
  for (const [nodeId, raw] of entries) {
    const read = readNode(nodeId, raw);
    if (Array.isArray(read)) problems.push(...read);
    else nodes[nodeId] = read;
  }
  return { flow: { ...outer.data, nodes }, problems };
}

/** Levels of objects and lists a node may have; more would only exhaust the stack of whoever reads it. */
const MAX_LEVELS = 40;

/** Level by level, with no stack of our own to exhaust. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_LEVELS) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

function readNode(nodeId: string, raw: unknown): FlowNode | FlowProblem[] {
  if (!nameSchema.safeParse(nodeId).success) {
    return [{ nodeId, field: 'id', message: 'a node name has letters, digits, - and _, at most 64' }];
  }
  if (typeof raw !== 'object' || raw === null) return [{ nodeId, field: '', message: 'the node is not an object' }];
  if (isTooDeep(raw)) return [{ nodeId, field: '', message: `nested more than ${MAX_LEVELS} levels deep` }];
  const type = 'type' in raw ? raw.type : undefined;
  if (!isNodeType(type)) {
    const known = Object.keys(nodeModules).join(', ');
    return [{ nodeId, field: 'type', message: `unknown node type ${JSON.stringify(type) ?? 'undefined'}; known: ${known}` }];
  }
  const parsed = nodeModules[type].schema.safeParse(raw);
  return parsed.success ? parsed.data : issuesOf(nodeId, parsed.error);
}

function issuesOf(nodeId: string | null, error: z.ZodError): FlowProblem[] {
  return error.issues.flatMap((issue): FlowProblem[] => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ nodeId, field: [...path, key].join('.'), message: 'unknown field' }));
    }
    return [{ nodeId, field: path.join('.'), message: issue.message }];
  });
}
