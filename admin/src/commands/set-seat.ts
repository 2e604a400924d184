import { type AgentSnapshot, DomainError, type Seat } from '@yixian/contracts';
import type { z } from 'zod';
import { seatCommand } from '../core/schemas.js';
import { assertDirects, auditForced, type CommandDeps, command } from './command.js';

/** Where an agent's calls ring: the extension's phones, the browser, or any telephone number over a trunk (virtual seat). */
export function createSetSeat(deps: CommandDeps) {
  return command({
    name: 'seat',
    roles: ['agent', 'supervisor', 'admin'],
    schema: seatCommand,
    async give(caller, { extension, ...input }): Promise<AgentSnapshot> {
      assertDirects(caller, extension, 'set the seat');
      if (!deps.acd.agent(extension)) throw new DomainError('not-found', `there is no agent ${extension}`, { extension });
      const seat = seatOf(input);
      const by = caller.viewer.agentId === extension ? extension : caller.principal.user.username;
      const agent = await deps.acd.setSeat(extension, seat, by);
      await auditForced(deps, caller, 'agent.seat-forced', extension, { ...seat });
      return agent;
    },
  });
}

/** Whether a number may be called is said by the trunks; here only what goes with what. */
function seatOf({ kind, number, ...ways }: Omit<z.output<typeof seatCommand>, 'extension'>): Seat {
  if (kind === 'phone') {
    if (number === undefined)
      throw new DomainError('bad-request', 'number: a seat of kind phone needs the number to call', { field: 'number' });
    return { kind, number, ...given(ways) };
  }
  const field = number === undefined ? Object.keys(given(ways))[0] : 'number';
  if (field) throw new DomainError('bad-request', `${field} goes with kind phone only: other seats ring at the extension`, { field });
  return { kind };
}

function given(
  ways: Pick<z.output<typeof seatCommand>, 'confirm' | 'persistent' | 'confirmEach'>,
): Pick<Seat, 'confirm' | 'persistent' | 'confirmEach'> {
  const { confirm, persistent, confirmEach } = ways;
  return {
    ...(confirm === undefined ? {} : { confirm }),
    ...(persistent === undefined ? {} : { persistent }),
    ...(confirmEach === undefined ? {} : { confirmEach }),
  };
}
