import { type AgentId, type CallControl, type CallId, type CommandName, DomainError, maySeeCall, type Role } from '@yixian/contracts';
import type { Caller } from '../core/route.js';
import { callCommand, digitsCommand } from '../core/schemas.js';
import { type CommandDeps, command } from './command.js';

export const talkers: readonly Role[] = ['agent', 'supervisor'];

/** The control of a call for whoever is on it; anyone else is told why not. */
export async function controlFor(deps: CommandDeps, caller: Caller, callId: CallId): Promise<{ control: CallControl; by: AgentId }> {
  const control = deps.calls.controlOf(callId);
  const by = caller.viewer.agentId;
  if (control && by !== null && control.agents().includes(by)) return { control, by };
  const live = await assertLive(deps, caller, callId);
  const now = by !== null && live.agentId === by ? await deps.calls.controlNow?.(callId) : undefined;
  if (now && by !== null && now.agents().includes(by)) return { control: now, by };
  if (by !== null && live.agentId === by) throw new DomainError('conflict', `call ${callId} is no longer with ${by}`, { callId });
  throw new DomainError('forbidden', `only the agent on call ${callId} can control it`, { callId });
}

/** The record of a call that goes on and that this user may see; anything else is refused with the reason. */
export async function assertLive(deps: CommandDeps, caller: Caller, callId: CallId) {
  const live = deps.calls.record(callId);
  const record = live ?? (await deps.records.call(callId))?.record;
  if (!record || !maySeeCall(caller.viewer, record)) throw new DomainError('not-found', `there is no call ${callId}`, { callId });
  if (!live || live.endedAt !== null) throw new DomainError('conflict', `call ${callId} is over`, { callId });
  return live;
}

/** The verbs that need no more than the call. */
export const PLAIN_VERBS = {
  hangup: 'hangUp',
  hold: 'hold',
  resume: 'resume',
  mute: 'mute',
  unmute: 'unmute',
  swap: 'swap',
  complete: 'complete',
  cancel: 'cancel',
  'pause-recording': 'pauseRecording',
  'resume-recording': 'resumeRecording',
  'start-recording': 'startRecording',
} as const satisfies Partial<Record<CommandName, keyof CallControl>>;
export type PlainVerb = keyof typeof PLAIN_VERBS;

export function createPlainVerb(deps: CommandDeps, name: PlainVerb) {
  return command({
    name,
    roles: talkers,
    schema: callCommand,
    async give(caller, { callId }): Promise<undefined> {
      const { control, by } = await controlFor(deps, caller, callId);
      await control[PLAIN_VERBS[name]](by);
    },
  });
}

/** The phone of an agent who is being offered the call answers by itself. */
export function createAnswer(deps: CommandDeps) {
  return command({
    name: 'answer',
    roles: talkers,
    schema: callCommand,
    async give(caller, { callId }): Promise<undefined> {
      const by = caller.viewer.agentId;
      if (by === null) throw new DomainError('conflict', 'you have no extension that could answer', { callId });
      await deps.acd.answer(by, callId);
    },
  });
}

/** Whatever rings at the own seat for this call stops: an offer of a queue, a transfer, a consultation, a direct call. */
export function createReject(deps: CommandDeps) {
  return command({
    name: 'reject',
    roles: talkers,
    schema: callCommand,
    async give(caller, { callId }): Promise<undefined> {
      const by = caller.viewer.agentId;
      if (by === null) throw new DomainError('conflict', 'you have no extension that could be rung', { callId });
      const control = deps.calls.controlOf(callId);
      const offered = deps.acd.agent(by);
      if (control?.reject && !(offered?.state === 'ringing' && offered.callId === callId)) await control.reject(by);
      else await deps.acd.reject(by, callId);
    },
  });
}

/** Puts the other party into a slot. */
export function createPark(deps: CommandDeps) {
  return command({
    name: 'park',
    roles: talkers,
    schema: callCommand,
    async give(caller, { callId }): Promise<{ slot: string }> {
      const { control, by } = await controlFor(deps, caller, callId);
      return control.park(by);
    },
  });
}

/** Sends keys to the other party. */
export function createSendDigits(deps: CommandDeps) {
  return command({
    name: 'dtmf',
    roles: talkers,
    schema: digitsCommand,
    async give(caller, { callId, digits }): Promise<undefined> {
      const { control, by } = await controlFor(deps, caller, callId);
      await control.sendDigits(by, digits);
    },
  });
}
