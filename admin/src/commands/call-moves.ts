import type { AgentId, TransferTarget } from '@yixian/contracts';
import { joinCommand, type TargetFields, targetCommand } from '../core/schemas.js';
import { controlFor, talkers } from './call-control.js';
import { type CommandDeps, command } from './command.js';

/** The one that is named; undefined when none is. */
function targetOf(deps: CommandDeps, by: AgentId, fields: TargetFields): TransferTarget | undefined {
  const { to, agent, queue, priority, flow, extension, number } = fields;
  if (to !== undefined) return deps.parties.resolve(to, by);
  if (agent !== undefined) return { kind: 'agent', agentId: agent };
  if (queue !== undefined) return { kind: 'queue', queueId: queue, ...(priority === undefined ? {} : { priority }) };
  if (flow !== undefined) return { kind: 'flow', flowId: flow };
  if (extension !== undefined) return { kind: 'extension', extension };
  return number === undefined ? undefined : { kind: 'number', number };
}

/** Blind: the caller is put through, the agent is free. Consult: the agent asks first. */
export function createTransfer(deps: CommandDeps, name: 'transfer' | 'consult') {
  return command({
    name,
    roles: talkers,
    schema: targetCommand,
    async give(caller, { callId, ...fields }): Promise<undefined> {
      const { control, by } = await controlFor(deps, caller, callId);
      const target = targetOf(deps, by, fields);
      if (target) await control[name](by, target);
    },
  });
}

/** Joins the one consulted, or rings somebody who shall join. */
export function createConference(deps: CommandDeps) {
  return command({
    name: 'conference',
    roles: talkers,
    schema: joinCommand,
    async give(caller, { callId, ...fields }): Promise<undefined> {
      const { control, by } = await controlFor(deps, caller, callId);
      await control.conference(by, targetOf(deps, by, fields));
    },
  });
}
