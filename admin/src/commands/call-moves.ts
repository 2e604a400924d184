import { type AgentId, DomainError, type TransferTarget } from '@yixian/contracts';
import { joinCommand, NAMES, namedIn, type TargetFields, targetCommand } from '../core/schemas.js';
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

/** Who refuses knows whom was meant, not under which name: the error names the field that was sent. */
async function naming<T>(fields: TargetFields, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const named = error instanceof DomainError ? error.details?.field : undefined;
    const sent = namedIn(fields)[0];
    if (!(error instanceof DomainError) || sent === undefined || !NAMES.some((name) => name === named) || named === sent) throw error;
    throw new DomainError(error.code, error.message.replace(`${named}: `, `${sent}: `), { ...error.details, field: sent });
  }
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
      if (target) await naming(fields, () => control[name](by, target));
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
      await naming(fields, () => control.conference(by, targetOf(deps, by, fields)));
    },
  });
}
