import { type AgentId, type CallControl, type CallId, type CallLeg, DomainError } from '@yixian/contracts';

/**
 * Control of an agent's own call as long as nobody talks in it: while the seat rings (click to dial), in a flow, at a
 * busy tone. It can be hung up, by the agent or a supervisor (forced release), nothing else; once two parties talk,
 * whoever joined them is in control instead.
 */
export function createOwnControl(call: {
  callId: CallId;
  agentId: AgentId;
  leg: () => Pick<CallLeg, 'state' | 'hangUp'> | undefined;
}): CallControl {
  const { callId, agentId } = call;

  function mine(by: AgentId): Pick<CallLeg, 'state' | 'hangUp'> {
    if (by !== agentId) throw new DomainError('forbidden', `agent ${by} is not on call ${callId}`, { agent: by });
    return living();
  }
  function living(): Pick<CallLeg, 'state' | 'hangUp'> {
    const leg = call.leg();
    if (!leg) throw new DomainError('conflict', `call ${callId} does not ring yet`);
    return leg;
  }

  return {
    callId,
    agents: () => [agentId],
    parties: () => [],
    ...onlyWhenTalking(callId, mine),
    async hangUp(by) {
      const leg = mine(by);
      leg.hangUp({ by: 'agent', reason: leg.state === 'answered' ? 'normal' : 'cancelled' });
    },
    async supervise(supervisor, mode) {
      if (mode !== 'release') throw new DomainError('conflict', 'nobody talks in this call yet', { callId });
      living().hangUp({ by: 'supervisor', reason: 'forced-release', text: `released by ${supervisor}` });
    },
  };
}

type TalkingOnly = Omit<CallControl, 'callId' | 'agents' | 'parties' | 'hangUp' | 'supervise'>;

/** What needs somebody at the other end: refused with `conflict`, or `forbidden` to who is not on the call. */
export function onlyWhenTalking(callId: CallId, authorise: (by: AgentId) => unknown): TalkingOnly {
  async function notYet(by: AgentId): Promise<never> {
    authorise(by);
    throw new DomainError('conflict', 'nobody talks in this call yet', { callId });
  }
  return {
    hold: notYet,
    resume: notYet,
    mute: notYet,
    unmute: notYet,
    sendDigits: notYet,
    transfer: notYet,
    consult: notYet,
    swap: notYet,
    complete: notYet,
    cancel: notYet,
    conference: notYet,
    park: notYet,
    pauseRecording: notYet,
    resumeRecording: notYet,
    startRecording: notYet,
  };
}
