import { type AgentSnapshot, DomainError } from '@yixian/contracts';
import { seatCommand } from '../core/schemas.js';
import { assertDirects, auditForced, type CommandDeps, command } from './command.js';

/** Where an agent's calls ring. */
export function createSetSeat(deps: CommandDeps) {
  return command({
    name: 'seat',
    roles: ['agent', 'supervisor', 'admin'],
    schema: seatCommand,
    async give(caller, { extension, kind, number, confirm }): Promise<AgentSnapshot> {
      assertDirects(caller, extension, 'set the seat');
      if (!deps.acd.agent(extension)) throw new DomainError('not-found', `there is no agent ${extension}`, { extension });
      if (kind !== 'sip') {
        throw new DomainError('conflict', `seats of kind ${kind} are not available yet; use kind sip`, { field: 'kind', kind });
      }
      if (number !== undefined || confirm !== undefined) {
        const field = number === undefined ? 'confirm' : 'number';
        throw new DomainError('bad-request', `${field} goes with kind phone only: a sip seat rings at the extension`, { field });
      }
      const by = caller.viewer.agentId === extension ? extension : caller.principal.user.username;
      const agent = await deps.acd.setSeat(extension, { kind }, by);
      await auditForced(deps, caller, 'agent.seat-forced', extension, { kind });
      return agent;
    },
  });
}
