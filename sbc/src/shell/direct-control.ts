import { type AgentId, type CallControl, type CallId, DomainError } from '@yixian/contracts';
import type { DirectCallState, DirectInput, Side } from '../core/direct-call.js';
import { onlyWhenTalking } from './own-control.js';

/** What call control needs of a direct call whose parties do not talk yet. */
export interface ControlledCall {
  callId: CallId;
  agents(): AgentId[];
  sideOf(agent: AgentId): Side;
  state(): DirectCallState;
  /** @returns why nothing happened, if so */
  input(input: DirectInput): string | undefined;
}

/** Hang up, for the extensions of a direct call that rings, and forced release; once they talk the conversation is in control. */
export function createDirectControl(call: ControlledCall): CallControl {
  function sideOf(agent: AgentId): Side {
    if (!call.agents().includes(agent)) throw new DomainError('forbidden', `agent ${agent} is not on call ${call.callId}`, { agent });
    return call.sideOf(agent);
  }

  function wish(input: DirectInput): void {
    const ignored = call.input(input);
    if (ignored) throw new DomainError('conflict', ignored, { callId: call.callId });
  }

  return {
    callId: call.callId,
    agents: () => call.agents(),
    parties: () => [],
    ...onlyWhenTalking(call.callId, sideOf),
    async reject(by) {
      if (sideOf(by) === 'caller') throw new DomainError('conflict', `${by} calls, and is not called`, { callId: call.callId, agent: by });
      wish({ type: 'release', termination: { by: 'agent', reason: 'declined' } });
    },
    async hangUp(by) {
      wish({ type: 'release', termination: { by: 'agent', reason: sideOf(by) === 'caller' ? 'cancelled' : 'declined' } });
    },
    async supervise(supervisor, mode) {
      if (mode !== 'release') throw new DomainError('conflict', 'nobody talks in this call yet', { callId: call.callId });
      wish({ type: 'release', termination: { by: 'supervisor', reason: 'forced-release', text: `released by ${supervisor}` } });
    },
  };
}
