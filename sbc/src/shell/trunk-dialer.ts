import type { CallId, CallLeg, Directory, Logger, PartyAddress, Switch, Termination, Trunk, TrunkId } from '@yixian/contracts';
import { trunkRoom } from '../core/admission.js';
import { outboundUri } from '../core/outbound-uri.js';
import { messageOf } from './deadline.js';
import type { LiveCalls } from './live-calls.js';
import type { TrunkMeter } from './trunk-meter.js';

export interface TrunkDial {
  trunkId: TrunkId;
  number: string;
  /** Whom the called party is shown. */
  show(trunk: Trunk): PartyAddress;
  timeoutMs: number;
  /** None for a line that is kept up between calls. */
  callId?: CallId;
}

/** Calls a number over one trunk, or says why that trunk cannot carry the call. The trunk is counted until the leg has ended. */
export type DialTrunk = (dial: TrunkDial) => { leg: CallLeg } | { failed: Termination };

export function createTrunkDialer(deps: {
  switch: Pick<Switch, 'dial'>;
  directory: Directory;
  live: LiveCalls;
  meter: TrunkMeter;
  logger: Logger;
}): DialTrunk {
  const { directory, live, meter, logger } = deps;
  return ({ trunkId, number, show, timeoutMs, callId }) => {
    const trunk = directory.trunk(trunkId);
    const failed = (reason: Termination['reason'], text: string): { failed: Termination } => {
      logger.warn({ callId, trunk: trunkId, reason }, text);
      return { failed: { by: 'system', reason, text } };
    };
    if (!trunk?.enabled || trunk.outboundUri === null) return failed('transport-failure', `trunk ${trunkId} takes no outbound calls`);
    if (!trunkRoom(trunk, live.trunk(trunkId))) return failed('trunk-full', `trunk ${trunkId} carries its ${trunk.maxCalls} calls`);
    const limit = meter.refusal(trunk);
    if (limit !== undefined) return failed('trunk-full', limit);
    let uri: string;
    try {
      uri = outboundUri(trunk.outboundUri, number);
    } catch (error) {
      return failed('transport-failure', `trunk ${trunkId}: ${messageOf(error)}`);
    }
    const giveBack = live.onTrunk(trunkId);
    try {
      const target = { kind: 'uri' as const, uri, ...(trunk.auth ? { auth: trunk.auth } : {}) };
      const leg = deps.switch.dial({ target, from: show(trunk), timeoutMs, ...(callId === undefined ? {} : { callId }) });
      void leg.ended.then(giveBack);
      meter.count(trunkId, leg);
      return { leg };
    } catch (error) {
      giveBack();
      throw error;
    }
  };
}
