import { type AgentId, type CallControl, type CallId, type CallLeg, DomainError } from '@yixian/contracts';
import type { DirectCallState, DirectInput, Side } from '../core/direct-call.js';
import { onlyWhenTalking } from './own-control.js';

/** What call control needs of a running direct call. */
export interface ControlledCall {
  callId: CallId;
  agents(): AgentId[];
  sideOf(agent: AgentId): Side;
  state(): DirectCallState;
  /** @returns why nothing happened, if so */
  input(input: DirectInput): string | undefined;
  mediaSettled(): Promise<void>;
  /** The leg of the party opposite to a side. */
  otherLeg(side: Side): CallLeg | undefined;
}

const KEYS = /^[0-9*#A-D]{1,64}$/;

/** Hang up, hold, resume and keys for the agents of a direct call. Each rejects with a DomainError that says why it cannot. */
export function createDirectControl(call: ControlledCall): CallControl {
  function sideOf(agent: AgentId): Side {
    if (!call.agents().includes(agent)) throw new DomainError('forbidden', `agent ${agent} is not on call ${call.callId}`, { agent });
    return call.sideOf(agent);
  }

  async function wish(input: DirectInput): Promise<void> {
    const ignored = call.input(input);
    if (ignored) throw new DomainError('conflict', ignored, { callId: call.callId });
    await call.mediaSettled();
  }

  return {
    callId: call.callId,
    agents: () => call.agents(),
    parties: () => [],
    ...onlyWhenTalking(call.callId, sideOf),
    async supervise() {
      throw new DomainError('conflict', 'nobody talks in this call yet', { callId: call.callId });
    },
    async hangUp(by) {
      const side = sideOf(by);
      const talked = call.state().phase === 'talking';
      const reason = talked ? 'normal' : side === 'caller' ? 'cancelled' : 'declined';
      await wish({ type: 'release', termination: { by: 'agent', reason } });
    },
    async hold(by) {
      await wish({ type: 'hold', by: sideOf(by) });
    },
    async resume(by) {
      await wish({ type: 'resume', by: sideOf(by) });
    },
    async sendDigits(by, digits) {
      const other = call.otherLeg(sideOf(by));
      if (!KEYS.test(digits)) throw new DomainError('bad-request', 'digits: 1–64 keys of 0–9, *, #, A–D', { digits: digits.slice(0, 80) });
      if (call.state().phase !== 'talking' || !other) throw new DomainError('conflict', 'the two parties do not talk yet');
      await other.sendDigits(digits);
    },
  };
}
