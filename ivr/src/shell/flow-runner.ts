import type { Directory, FlowRunner } from '@yixian/contracts';
import { createFlowLoader } from './flow-loader.js';
import { type FlowRunDeps, runFlow } from './flow-run.js';

export interface FlowRunnerDeps extends Omit<FlowRunDeps, 'load'> {
  directory: Pick<Directory, 'flow'>;
}

/**
 * Runs published flows on inbound calls. A call keeps the version it began with; a flow that does not exist or is not valid
 * ends the call with `flow-failure` before it is answered.
 */
export function createFlowRunner(deps: FlowRunnerDeps): FlowRunner {
  const load = createFlowLoader(deps.directory, deps.logger);
  return {
    async run(call, flowId) {
      const lookup = load(flowId);
      if (lookup.ok) return runFlow({ ...deps, load }, call, lookup.published);
      deps.logger.error({ callId: call.id, flowId }, `call refused: ${lookup.message}`);
      return { termination: { by: 'system', reason: 'flow-failure', text: lookup.message } };
    },
  };
}
