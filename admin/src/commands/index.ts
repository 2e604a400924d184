import { agentView, COMMAND_NAMES, type CommandPort, DomainError, viewerOf } from '@yixian/contracts';
import type { Caller } from '../core/route.js';
import { createHangUp, createHold, createResume, createSendDigits } from './call-control.js';
import type { CommandDeps } from './command.js';
import { createDial } from './dial.js';
import { createSetSeat } from './set-seat.js';
import { createSetState } from './set-state.js';

/** Every command, made once and shared by the REST routes and the command port. */
export function createCommandSet(deps: CommandDeps) {
  return {
    state: createSetState(deps),
    seat: createSetSeat(deps),
    dial: createDial(deps),
    hangup: createHangUp(deps),
    hold: createHold(deps),
    resume: createResume(deps),
    dtmf: createSendDigits(deps),
  };
}
export type CommandSet = ReturnType<typeof createCommandSet>;

/** The same commands by name, for the agent gateway. */
export function createCommands(deps: CommandDeps): CommandPort {
  const set = createCommandSet(deps);
  return {
    async run(principal, name, input) {
      const known = COMMAND_NAMES.find((one) => one === name);
      if (!known) {
        throw new DomainError('bad-request', `command field name: must be one of ${COMMAND_NAMES.join(', ')}`, { field: 'name' });
      }
      const roles = set[known].roles;
      if (!principal.roles.some((role) => roles.includes(role))) {
        throw new DomainError('forbidden', `command ${known} is for ${roles.join(', ')}`, { roles });
      }
      const caller: Caller = { principal, viewer: viewerOf(principal.user, deps.directory) };
      if (known === 'state' || known === 'seat') return agentView(await set[known].giveUnchecked(caller, input));
      return set[known].giveUnchecked(caller, input);
    },
  };
}
