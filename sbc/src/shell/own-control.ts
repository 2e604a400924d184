import { type AgentId, type CallControl, type CallId, type CallLeg, DomainError } from '@yixian/contracts';

/**
 * Control of an agent's own call as long as nobody talks in it: while the seat rings (click to dial), in a flow, at a
 * busy tone. It can be hung up, nothing else; once two parties talk, whoever joined them is in control instead.
 */
export function createOwnControl(call: { callId: CallId; agentId: AgentId; leg: () => CallLeg | undefined }): CallControl {
  const { callId, agentId } = call;

  function mine(by: AgentId): CallLeg {
    if (by !== agentId) throw new DomainError('forbidden', `agent ${by} is not on call ${callId}`, { agent: by });
    const leg = call.leg();
    if (!leg) throw new DomainError('conflict', `call ${callId} does not ring yet`);
    return leg;
  }
  async function notYet(by: AgentId): Promise<void> {
    mine(by);
    throw new DomainError('conflict', 'nobody talks in this call yet', { callId });
  }

  return {
    callId,
    agents: () => [agentId],
    async hangUp(by) {
      const leg = mine(by);
      leg.hangUp({ by: 'agent', reason: leg.state === 'answered' ? 'normal' : 'cancelled' });
    },
    hold: notYet,
    resume: notYet,
    sendDigits: notYet,
  };
}
