import { agentView, COMMAND_NAMES, type CommandPort, DomainError, viewerOf } from '@yixian/contracts';
import type { Caller } from '../core/route.js';
import { createAnswer, createPark, createPlainVerb, createReject, createSendDigits } from './call-control.js';
import { createConference, createTransfer } from './call-moves.js';
import type { CommandDeps } from './command.js';
import { createDial } from './dial.js';
import { createSetSeat } from './set-seat.js';
import { createSetState } from './set-state.js';
import { createSupervise } from './supervise.js';

/** Every command, made once and shared by the REST routes and the command port. */
export function createCommandSet(deps: CommandDeps) {
  return {
    state: createSetState(deps),
    seat: createSetSeat(deps),
    dial: createDial(deps),
    answer: createAnswer(deps),
    reject: createReject(deps),
    hangup: createPlainVerb(deps, 'hangup'),
    hold: createPlainVerb(deps, 'hold'),
    resume: createPlainVerb(deps, 'resume'),
    mute: createPlainVerb(deps, 'mute'),
    unmute: createPlainVerb(deps, 'unmute'),
    dtmf: createSendDigits(deps),
    transfer: createTransfer(deps, 'transfer'),
    consult: createTransfer(deps, 'consult'),
    swap: createPlainVerb(deps, 'swap'),
    complete: createPlainVerb(deps, 'complete'),
    cancel: createPlainVerb(deps, 'cancel'),
    conference: createConference(deps),
    park: createPark(deps),
    'pause-recording': createPlainVerb(deps, 'pause-recording'),
    'resume-recording': createPlainVerb(deps, 'resume-recording'),
    'start-recording': createPlainVerb(deps, 'start-recording'),
    supervise: createSupervise(deps),
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
