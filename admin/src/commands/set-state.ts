import { type AgentSnapshot, DomainError } from '@yixian/contracts';
import { stateCommand } from '../core/schemas.js';
import { assertDirects, auditForced, type CommandDeps, command } from './command.js';

/** Ready, not ready, offline: an agent for itself, a supervisor for agents of the group (audited). */
export function createSetState(deps: CommandDeps) {
  return command({
    name: 'state',
    roles: ['agent', 'supervisor', 'admin'],
    schema: stateCommand,
    async give(caller, { extension, state, reason }): Promise<AgentSnapshot> {
      assertDirects(caller, extension, 'set the state');
      if (!deps.acd.agent(extension)) throw new DomainError('not-found', `there is no agent ${extension}`, { extension });
      const own = caller.viewer.agentId === extension;
      const agent = await deps.acd.setState(extension, state, reason ?? null, own ? extension : caller.principal.user.username);
      await auditForced(deps, caller, 'agent.state-forced', extension, { state, reason: reason ?? null });
      return agent;
    },
  });
}
