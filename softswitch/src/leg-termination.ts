import { q850For, type Termination, type TerminationParty, terminationFromSip } from '@yixian/contracts';
import type { SessionEnd } from './sip/port.js';

/** The Q.850 cause of a received Reason header (RFC 3326), where it names one. */
export function q850Of(reasonHeader: string | undefined): number | undefined {
  const cause = /(?:^|,)\s*Q\.850\s*;[^,]*?\bcause\s*=\s*(\d{1,3})/i.exec((reasonHeader ?? '').slice(0, 500))?.[1];
  return cause === undefined ? undefined : Number(cause);
}

function elsewhere(reasonHeader: string | undefined): boolean {
  return /(?:^|,)\s*SIP\s*;[^,]*?\bcause\s*=\s*200\b/i.test((reasonHeader ?? '').slice(0, 500));
}

/**
 * What SIP tells of the end of a session, in the words of the taxonomy.
 * @param party who is at the other end of the leg
 */
export function terminationOf(end: SessionEnd, party: TerminationParty): Termination {
  const q850 = q850Of(end.reasonHeader);
  const cause = q850 === undefined ? {} : { q850 };
  switch (end.kind) {
    case 'remote-bye':
      return { by: party, reason: 'normal', ...cause };
    case 'remote-cancel':
      return { by: party, reason: elsewhere(end.reasonHeader) ? 'answered-elsewhere' : 'cancelled', sipStatus: 487, ...cause };
    case 'refused':
      return terminationFromSip(end.status ?? 500, party, end.phrase, q850);
    case 'local':
      return { by: 'system', reason: 'normal' };
    case 'no-ack':
      return { by: 'network', reason: 'no-ack', text: 'the 200 was never acknowledged' };
    case 'timeout':
      return { by: 'network', reason: 'no-response', sipStatus: end.status ?? 408 };
    case 'transport':
      return { by: 'network', reason: 'transport-failure', ...(end.phrase ? { text: end.phrase } : {}) };
    case 'session-expired':
      return { by: 'network', reason: 'session-expired', text: 'the session timer ran out without a refresh (RFC 4028)' };
    case 'protocol':
      return { by: 'network', reason: 'invalid-request', ...(end.phrase ? { text: end.phrase } : {}) };
  }
}

/** Tells phones of a fork that another one has the call, so that they list no missed call. */
export const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

/** The Reason header of a CANCEL, BYE or refusal of ours (RFC 3326). */
export function reasonHeaderFor(termination: Termination): string {
  if (termination.reason === 'answered-elsewhere') return ELSEWHERE;
  const text = (termination.text ?? termination.reason).replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, "'");
  return `Q.850;cause=${q850For(termination)};text="${text.slice(0, 120)}"`;
}
