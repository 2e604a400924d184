import { type Flow, type FlowProblem, readFlow } from './flow.js';
import type { Edge, Reference, ReferenceKind } from './node-module.js';
import { moduleOf } from './nodes/index.js';
import type { PromptRef } from './schema.js';
import { templateVariables } from './template.js';
import { builtInVariables } from './variables.js';

/** Ids as a list, or as whoever knows them. */
export type Known = Iterable<string> | { has(id: string): boolean };

/** What exists outside the flow. A list that is not given is not checked. */
export interface FlowContext {
  queues?: Known;
  prompts?: Known;
  voicemailBoxes?: Known;
  extensions?: Known;
  flows?: Known;
  schedules?: Known;
  callerLists?: Known;
  /** Business groups and handling units. */
  groups?: Known;
  skills?: Known;
  /** Names of secrets for requests. */
  secrets?: Known;
  /** Hosts requests may go to, `host` or `host:port`. */
  httpHosts?: Known;
  /** Whether `{ "say": … }` can be spoken; not checked when undefined. */
  speech?: boolean;
}

export type FlowCheck = { ok: true; flow: Flow } | { ok: false; problems: FlowProblem[] };

/**
 * Checks a flow document wholly and names every fault with its node and field.
 * @param document anything, usually parsed JSON
 * @param context ids that exist outside the flow
 */
export function validateFlow(document: unknown, context: FlowContext): FlowCheck {
  const { flow, problems } = readFlow(document);
  if (!flow) return { ok: false, problems };
  const written = nodeNames(document);
  const all = [...problems, ...missingTargets(flow, written), ...faults(flow), ...missingReferences(flow, context)];
  // The shape of the graph can only be judged when every node could be read.
  if (problems.length === 0) all.push(...unreachable(flow), ...endlessLoops(flow));
  return all.length === 0 ? { ok: true, flow } : { ok: false, problems: all };
}

/** Names of all nodes of the document, whether they could be read or not: a way to a faulty node is not itself a fault. */
function nodeNames(document: unknown): Set<string> {
  const nodes = (document as { nodes: Record<string, unknown> }).nodes;
  return new Set(Object.keys(nodes));
}

const edgesFrom = (flow: Flow, nodeId: string): Edge[] => {
  const node = flow.nodes[nodeId];
  return node ? moduleOf(node).edges(node) : [];
};

function missingTargets(flow: Flow, written: Set<string>): FlowProblem[] {
  const missing: FlowProblem[] = [];
  if (!written.has(flow.start)) missing.push({ nodeId: null, field: 'start', message: `there is no node ${flow.start}` });
  for (const nodeId of Object.keys(flow.nodes)) {
    for (const { field, target } of edgesFrom(flow, nodeId)) {
      if (!written.has(target)) missing.push({ nodeId, field, message: `there is no node ${target}` });
    }
  }
  return missing;
}

function faults(flow: Flow): FlowProblem[] {
  return Object.entries(flow.nodes).flatMap(([nodeId, node]) =>
    (moduleOf(node).faults?.(node) ?? []).map((fault) => ({ nodeId, ...fault })),
  );
}

const WORDS: Record<ReferenceKind | 'prompt', string> = {
  queue: 'queue',
  box: 'voicemail box',
  extension: 'extension',
  flow: 'flow',
  prompt: 'prompt',
  variable: 'variable',
  schedule: 'schedule',
  list: 'list',
  group: 'group',
  skill: 'skill',
  secret: 'secret',
  host: 'host',
};

function knownTo(flow: Flow, context: FlowContext): Record<ReferenceKind | 'prompt', { has(id: string): boolean } | undefined> {
  const set = (ids: Known | undefined) => (ids === undefined || (typeof ids === 'object' && 'has' in ids) ? ids : new Set(ids));
  const flows = set(context.flows);
  const saved = Object.values(flow.nodes).flatMap((node) => moduleOf(node).saves?.(node) ?? []);
  return {
    queue: set(context.queues),
    box: set(context.voicemailBoxes),
    extension: set(context.extensions),
    flow: flows && { has: (id) => id === flow.id || flows.has(id) },
    prompt: set(context.prompts),
    variable: new Set([...builtInVariables, ...(flow.variables ?? []), ...saved]),
    schedule: set(context.schedules),
    list: set(context.callerLists),
    group: set(context.groups),
    skill: set(context.skills),
    secret: set(context.secrets),
    host: set(context.httpHosts),
  };
}

function missingReferences(flow: Flow, context: FlowContext): FlowProblem[] {
  const known = knownTo(flow, context);
  return Object.entries(flow.nodes).flatMap(([nodeId, node]) =>
    moduleOf(node)
      .references(node)
      .flatMap((reference) => namedIn(reference))
      .flatMap(({ kind, field, id }) => {
        if (kind === 'speech') {
          return context.speech === false ? [{ nodeId, field, message: 'no speech synthesis is installed for this text' }] : [];
        }
        const set = known[kind];
        if (!set || set.has(id)) return [];
        const message = kind === 'host' ? `host ${id} is not allowed by the configuration` : `there is no ${WORDS[kind]} ${id}`;
        return [{ nodeId, field, message }];
      }),
  );
}

type Named = { kind: ReferenceKind | 'prompt' | 'speech'; field: string; id: string };

function namedIn(reference: Reference): Named[] {
  if (reference.kind !== 'prompts') return [reference];
  return reference.refs.flatMap((ref, i) => promptNames(ref).map((named) => ({ ...named, field: `${reference.field}.${i}` })));
}

function promptNames(ref: PromptRef): { kind: 'prompt' | 'variable' | 'speech'; id: string }[] {
  if (typeof ref === 'string') return [{ kind: 'prompt', id: ref }];
  if ('say' in ref)
    return [{ kind: 'speech', id: ref.say }, ...templateVariables(ref.say).map((id) => ({ kind: 'variable' as const, id }))];
  if ('value' in ref) return [];
  return [{ kind: 'variable', id: 'number' in ref ? ref.number : 'digits' in ref ? ref.digits : ref.variable }];
}

function unreachable(flow: Flow): FlowProblem[] {
  const reached = new Set<string>();
  const open = [flow.start];
  for (let nodeId = open.pop(); nodeId !== undefined; nodeId = open.pop()) {
    if (reached.has(nodeId)) continue;
    reached.add(nodeId);
    open.push(...edgesFrom(flow, nodeId).map((edge) => edge.target));
  }
  return Object.keys(flow.nodes)
    .filter((nodeId) => !reached.has(nodeId))
    .map((nodeId) => ({ nodeId, field: 'id', message: 'no way leads to this node' }));
}

/**
 * Circles that nobody has to drive: neither a key of the caller nor a wait for another party stands in between, and no
 * counter ends them. A silent line would stay in one for ever, or spin. A loop's body is left out: where every circle passes
 * through one, each counter that goes round for ever would have to begin anew for ever, by a circle of the ways that are left.
 */
function endlessLoops(flow: Flow): FlowProblem[] {
  const done = new Set<string>();
  const problems: FlowProblem[] = [];
  const path: string[] = [];
  // Depth first with an own stack: a flow of 500 nodes in a row must not exhaust ours.
  const stack: Array<{ nodeId: string; edges: Edge[] }> = [];
  const push = (nodeId: string): void => {
    path.push(nodeId);
    stack.push({ nodeId, edges: edgesFrom(flow, nodeId).filter((edge) => edge.driver === 'automatic') });
  };
  for (const root of Object.keys(flow.nodes)) {
    if (!done.has(root)) push(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const edge = top.edges.shift();
      if (!edge) {
        done.add(top.nodeId);
        stack.pop();
        path.pop();
      } else if (path.includes(edge.target)) {
        const circle = [...path.slice(path.indexOf(edge.target)), edge.target].join(' → ');
        problems.push({ nodeId: top.nodeId, field: edge.field, message: `loop without an exit the caller can take: ${circle}` });
      } else if (!done.has(edge.target)) push(edge.target);
    }
  }
  return problems;
}
