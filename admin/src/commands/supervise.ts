import { type AgentId, type CallControl, type CallId, DomainError, maySeeAgent, maySupervise } from '@yixian/contracts';
import type { Caller } from '../core/route.js';
import { superviseCommand } from '../core/schemas.js';
import { assertLive } from './call-control.js';
import { auditForced, type CommandDeps, command } from './command.js';

/** 监听, 密语, 强插, 拦截, 强拆: only over agents of the groups one leads; each act is audited. */
export function createSupervise(deps: CommandDeps) {
  return command({
    name: 'supervise',
    roles: ['supervisor', 'admin'],
    schema: superviseCommand,
    async give(caller, { callId, mode, agent }): Promise<undefined> {
      const { control, led } = await ledNow(deps, caller, callId, agent);
      const supervised = agent ?? led[0];
      if (supervised === undefined || !led.includes(supervised)) throw refusal(caller, callId, agent);
      const own = caller.viewer.agentId;
      if (own === null && mode !== 'release') throw new DomainError('conflict', 'you have no extension that could be rung', { callId });
      const by = own ?? caller.principal.user.username;
      await control.supervise(by, mode, mode === 'stop' || mode === 'release' ? {} : { agentId: supervised });
      await auditForced(deps, caller, `call.supervised.${mode}`, supervised, { callId, mode });
    },
  });
}

/** Whom this user leads on the call; asked where the call is when it was not so yet as far as this process has been told. */
async function ledNow(deps: CommandDeps, caller: Caller, callId: CallId, agent: AgentId | undefined) {
  const known = deps.calls.controlOf(callId);
  const led = known ? ledOn(known, caller) : [];
  if (known && (agent === undefined ? led.length > 0 : led.includes(agent))) return { control: known, led };
  if (!known) await assertLive(deps, caller, callId);
  const control = (await deps.calls.controlNow?.(callId)) ?? known;
  if (!control) throw new DomainError('conflict', `nobody talks in call ${callId} now`, { callId });
  return { control, led: ledOn(control, caller) };
}

/** The agents on this call whom this user leads, the one who talks with the caller first. */
function ledOn(control: CallControl, caller: Caller): AgentId[] {
  const watching = new Set(control.parties().flatMap((p) => (p.role === 'supervisor' ? [p.party] : [])));
  return control.agents().filter((id) => !watching.has(id) && maySupervise(caller.viewer, id));
}

function refusal({ viewer }: Caller, callId: string, agent: string | undefined): DomainError {
  if (agent !== undefined && maySeeAgent(viewer, agent)) {
    return new DomainError('conflict', `agent ${agent} is not on call ${callId}`, { field: 'agent', callId });
  }
  const who = agent ?? 'whoever talks there';
  return new DomainError('forbidden', `call ${callId}: ${who} is of none of your groups`, { callId, ...(agent ? { field: 'agent' } : {}) });
}
