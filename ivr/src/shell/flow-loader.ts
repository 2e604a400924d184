import type { Directory, FlowId, Logger } from '@yixian/contracts';
import type { Flow } from '../core/flow.js';
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
    const check = validateFlow(found.document, {});
    const lookup: FlowLookup = check.ok
      ? { ok: true, published: { flow: check.flow, version: found.version } }
      : { ok: false, message: `flow ${flowId} version ${found.version} is not valid` };
    if (!check.ok) logger.error({ flowId, version: found.version, problems: check.problems }, `flow ${flowId} cannot be run`);
    checked.set(flowId, { document: found.document, version: found.version, lookup });
    return lookup;
  };
}
