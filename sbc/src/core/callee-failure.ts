import type { Termination } from '@yixian/contracts';

/** Final statuses of a called party that mean the same to the caller. Others would say something about our own hop. */
const PASSED_ON: ReadonlySet<number> = new Set([403, 404, 408, 410, 480, 484, 486, 488, 500, 502, 503, 504, 600, 603, 604, 606]);

/**
 * What the caller's leg is ended with when the called side failed. Reason and party stay; a status that only makes sense
 * between us and the called side is replaced: 401/407 would ask the caller for a password that is not his (RFC 3261
 * §22.1), a 3xx would lack its Contact, 487 answers a CANCEL he never sent.
 */
export function refusalFor(termination: Termination): Termination {
  const { sipStatus, ...rest } = termination;
  if (sipStatus === undefined || sipStatus < 300) return termination;
  if (PASSED_ON.has(sipStatus)) return termination;
  if (sipStatus < 400 || sipStatus === 487) return { ...rest, sipStatus: 480 };
  return rest;
}

/** Whether another trunk may do better: the first one could not be reached or took no calls (RFC 3261 §21.5.4). */
export function isTrunkFailure(termination: Termination): boolean {
  if (termination.sipStatus === 503) return true;
  return ['transport-failure', 'no-response', 'trunk-full'].includes(termination.reason);
}
