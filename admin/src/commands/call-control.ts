import { type AgentId, type CallControl, type CallId, DomainError, maySeeCall, type Role } from '@yixian/contracts';
import type { Caller } from '../core/route.js';
import { callCommand, digitsCommand } from '../core/schemas.js';
import { type CommandDeps, command } from './command.js';

const roles: readonly Role[] = ['agent', 'supervisor'];

/** The control of a call for the agent on it; anyone else is told why not. */
async function controlFor(deps: CommandDeps, caller: Caller, callId: CallId): Promise<{ control: CallControl; by: AgentId }> {
  const control = deps.calls.controlOf(callId);
  const by = caller.viewer.agentId;
  if (control && by !== null && control.agents().includes(by)) return { control, by };
  const live = deps.calls.record(callId);
  const record = live ?? (await deps.records.call(callId))?.record;
  if (!record || !maySeeCall(caller.viewer, record)) throw new DomainError('not-found', `there is no call ${callId}`, { callId });
  if (!live || live.endedAt !== null) throw new DomainError('conflict', `call ${callId} is over`, { callId });
  if (by !== null && live.agentId === by) throw new DomainError('conflict', `call ${callId} is no longer with ${by}`, { callId });
  throw new DomainError('forbidden', `only the agent on call ${callId} can control it`, { callId });
}

export function createHangUp(deps: CommandDeps) {
  return command({
    name: 'hangup',
    roles,
    schema: callCommand,
    async give(caller, { callId }): Promise<undefined> {
      const { control, by } = await controlFor(deps, caller, callId);
      await control.hangUp(by);
    },
  });
}

export function createHold(deps: CommandDeps) {
  return command({
    name: 'hold',
    roles,
    schema: callCommand,
    async give(caller, { callId }): Promise<undefined> {
      const { control, by } = await controlFor(deps, caller, callId);
      await control.hold(by);
    },
  });
}

export function createResume(deps: CommandDeps) {
  return command({
    name: 'resume',
    roles,
    schema: callCommand,
    async give(caller, { callId }): Promise<undefined> {
      const { control, by } = await controlFor(deps, caller, callId);
      await control.resume(by);
    },
  });
}

/** Sends keys to the other party. */
export function createSendDigits(deps: CommandDeps) {
  return command({
    name: 'dtmf',
    roles,
    schema: digitsCommand,
    async give(caller, { callId, digits }): Promise<undefined> {
      const { control, by } = await controlFor(deps, caller, callId);
      await control.sendDigits(by, digits);
    },
  });
}
