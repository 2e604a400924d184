import type { CallId, CallLeg, Directory, Logger, PartyAddress, Switch, Termination, TrunkId } from '@yixian/contracts';
import { trunkRoom } from '../core/admission.js';
import { outboundUri } from '../core/outbound-uri.js';
import { messageOf } from './deadline.js';
import type { LiveCalls } from './live-calls.js';

export interface TrunkDial {
  trunkId: TrunkId;
  number: string;
  from: PartyAddress;
  timeoutMs: number;
  callId: CallId;
}

/** Calls a number over one trunk, or says why that trunk cannot carry the call. The trunk is counted until the leg has ended. */
export type DialTrunk = (dial: TrunkDial) => { leg: CallLeg } | { failed: Termination };

export function createTrunkDialer(deps: {
  switch: Pick<Switch, 'dial'>;
  directory: Directory;
  live: LiveCalls;
  logger: Logger;
}): DialTrunk {
  const { directory, live, logger } = deps;
  return ({ trunkId, number, from, timeoutMs, callId }) => {
    const trunk = directory.trunk(trunkId);
    const failed = (reason: Termination['reason'], text: string): { failed: Termination } => {
      logger.warn({ callId, trunk: trunkId, reason }, text);
      return { failed: { by: 'system', reason, text } };
    };
    if (!trunk?.enabled || trunk.outboundUri === null) return failed('transport-failure', `trunk ${trunkId} takes no outbound calls`);
    if (!trunkRoom(trunk, live.trunk(trunkId))) return failed('trunk-full', `trunk ${trunkId} carries its ${trunk.maxCalls} calls`);
    let uri: string;
    try {
      uri = outboundUri(trunk.outboundUri, number);
    } catch (error) {
      return failed('transport-failure', `trunk ${trunkId}: ${messageOf(error)}`);
    }
    const giveBack = live.onTrunk(trunkId);
    try {
      const shown = trunk.outboundCallerId === null ? from : { ...from, number: trunk.outboundCallerId };
      const target = { kind: 'uri' as const, uri, ...(trunk.auth ? { auth: trunk.auth } : {}) };
      const leg = deps.switch.dial({ target, from: shown, timeoutMs, callId });
      void leg.ended.then(giveBack);
      return { leg };
    } catch (error) {
      giveBack();
      throw error;
    }
  };
}
