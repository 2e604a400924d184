import type { AgentId, CallRecord } from '@yixian/contracts';

/** Whom a recording is found by. */
export interface Parties {
  /** Our side's. */
  extension: string | null;
  otherParty: string | null;
}

/**
 * @param record of the call so far, where there is one
 * @param isExtension whether a number is one of ours
 */
export function partiesOf(
  request: { agentId?: AgentId | undefined; otherParty?: string | undefined },
  record: Pick<CallRecord, 'direction' | 'caller' | 'called'> | undefined,
  isExtension: (number: string) => boolean,
): Parties {
  const { agentId, otherParty } = request;
  if (!record) return { extension: agentId ?? null, otherParty: otherParty ?? null };
  const { direction, caller, called } = record;
  // An outside caller who was put through to an extension dialled it, or a number that led there.
  const ours = direction === 'inbound' ? called : caller;
  const extension = agentId ?? (isExtension(ours) ? ours : null);
  const theirs = direction === 'inbound' || (direction === 'internal' && extension === called) ? caller : called;
  return { extension, otherParty: otherParty ?? theirs };
}
