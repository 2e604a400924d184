import { dialCommand } from '../core/schemas.js';
import { assertDirects, auditForced, type CommandDeps, command } from './command.js';

/** Click to dial: the seat of `from` rings first, then `to`. */
export function createDial(deps: CommandDeps) {
  return command({
    name: 'dial',
    roles: ['agent', 'supervisor', 'admin'],
    schema: dialCommand,
    async give(caller, { from, to }): Promise<{ id: string }> {
      assertDirects(caller, from, 'make calls');
      const { callId } = await deps.clickToDial.dial({ from, to });
      await auditForced(deps, caller, 'call.dialled-for', from, { to, callId });
      return { id: callId };
    },
  });
}
