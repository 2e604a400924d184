import type { Directory, FlowId, Logger } from '@yixian/contracts';
import type { Flow } from '../core/flow.js';
import { moduleOf } from '../core/nodes/index.js';
import { validateFlow } from '../core/validate.js';

export interface PublishedFlow {
  flow: Flow;
  version: number;
}

export type FlowLookup = { ok: true; published: PublishedFlow } | { ok: false; message: string };

/**
 * The published flow as the interpreter needs it. What was checked once is kept as long as the directory holds the same
 * document, so that a call does not wait for it. Ids outside the flow are not checked here: a missing prompt or queue has its
 * own way at run time and must not refuse the call.
 */
export function createFlowLoader(directory: Pick<Directory, 'flow'>, logger: Logger): (flowId: FlowId) => FlowLookup {
  const checked = new Map<FlowId, { document: unknown; version: number; lookup: FlowLookup }>();
  return (flowId) => {
    const found = directory.flow(flowId);
    if (!found) {
      checked.delete(flowId);
      return { ok: false, message: `there is no published flow ${flowId}` };
    }
    const known = checked.get(flowId);
    if (known && known.document === found.document && known.version === found.version) return known.lookup;
    const lookup = checkFlow(flowId, found, logger);
    checked.set(flowId, { document: found.document, version: found.version, lookup });
    return lookup;
  };
}

/** A document as the interpreter needs it. */
export function checkFlow(flowId: FlowId, found: { version: number; document: unknown }, logger: Logger): FlowLookup {
  const check = validateFlow(found.document, {});
  if (check.ok) return { ok: true, published: { flow: check.flow, version: found.version } };
  logger.error({ flowId, version: found.version, problems: check.problems }, `flow ${flowId} cannot be run`);
  return { ok: false, message: `flow ${flowId} version ${found.version} is not valid` };
}

/** Flows that are named in a flow's nodes; kept with the flow, which never changes. */
const named = new WeakMap<Flow, readonly FlowId[]>();

function flowsNamedIn(flow: Flow): readonly FlowId[] {
  const known = named.get(flow);
  if (known) return known;
  const references = Object.values(flow.nodes).flatMap((node) => moduleOf(node).references(node));
  const found = [...new Set(references.flatMap((reference) => (reference.kind === 'flow' ? [reference.id] : [])))];
  named.set(flow, found);
  return found;
}

/**
 * The flows of one call. Every flow that can be reached by what the flows themselves name is taken at the version it has when
 * the call begins, so that flows that were published together stay together; one that was not there then, or that only a
 * queue's overflow names, is taken as it is when the call enters it.
 */
export function pinned(load: (flowId: FlowId) => FlowLookup, first: PublishedFlow): (flowId: FlowId) => FlowLookup {
  const held = new Map<FlowId, FlowLookup>([[first.flow.id, { ok: true, published: first }]]);
  const open = [first.flow];
  for (let flow = open.pop(); flow; flow = open.pop()) {
    for (const flowId of flowsNamedIn(flow)) {
      const lookup = held.has(flowId) ? undefined : load(flowId);
      if (!lookup?.ok) continue;
      held.set(flowId, lookup);
      open.push(lookup.published.flow);
    }
  }
  return (flowId) => {
    const lookup = held.get(flowId) ?? load(flowId);
    if (lookup.ok) held.set(flowId, lookup);
    return lookup;
  };
}
