import type { Directory, FlowRunner } from '@yixian/contracts';
import { checkFlow, createFlowLoader, pinned } from './flow-loader.js';
import { type FlowRunDeps, runFlow } from './flow-run.js';

export interface FlowRunnerDeps extends Omit<FlowRunDeps, 'load' | 'directory'> {
  directory: Pick<Directory, 'flow'> & FlowRunDeps['directory'];
}

/**
 * Runs published flows on inbound calls. A call keeps the versions it began with, those of sub-flows and of flows it is handed
 * to counted; a flow that does not exist or is not valid ends the call with `flow-failure` before it is answered.
 */
export function createFlowRunner(deps: FlowRunnerDeps): FlowRunner {
  const load = createFlowLoader(deps.directory, deps.logger);
  return {
    async run(call, flowId, options = {}) {
      const lookup = options.draft ? checkFlow(flowId, options.draft, deps.logger) : load(flowId);
      if (lookup.ok) return runFlow({ ...deps, load: pinned(load, lookup.published) }, call, lookup.published);
      deps.logger.error({ callId: call.id, flowId }, `call refused: ${lookup.message}`);
      return { termination: { by: 'system', reason: 'flow-failure', text: lookup.message } };
    },
  };
}
