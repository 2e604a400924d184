import type { RequestSummary, TrunkId } from '@yixian/contracts';

/** What the edge takes a request for, before limits are looked at. */
export type RequestKind =
  /** The digest of this extension decides; also for users that do not exist, so that nobody learns which do. */
  | { kind: 'extension'; extension: string }
  | { kind: 'trunk-call'; trunkId: TrunkId }
  | { kind: 'trunk-ping'; trunkId: TrunkId }
  /** From a trunk's address, but nothing a trunk may ask. */
  | { kind: 'trunk-other'; trunkId: TrunkId }
  | { kind: 'stranger' };

/**
 * The rule of admission. In this order:
 * 1. REGISTER is always challenged, for the address of record in To (RFC 3261 §10.2).
 * 2. Any request whose From user is a provisioned extension (enabled or not) is that extension's and is challenged.
 * 3. An INVITE from an address on an enabled trunk's list is that trunk's call; OPTIONS from there is its keep-alive.
 * 4. All else is a stranger's.
 */
export function classify(
  request: Pick<RequestSummary, 'method' | 'fromUser' | 'toUser'>,
  isExtension: (user: string) => boolean,
  trunkId: TrunkId | undefined,
): RequestKind {
  if (request.method === 'REGISTER') return { kind: 'extension', extension: request.toUser };
  if (isExtension(request.fromUser)) return { kind: 'extension', extension: request.fromUser };
  if (trunkId === undefined) return { kind: 'stranger' };
  if (request.method === 'INVITE') return { kind: 'trunk-call', trunkId };
  if (request.method === 'OPTIONS') return { kind: 'trunk-ping', trunkId };
  return { kind: 'trunk-other', trunkId };
}

/** Whether a trunk takes one call more. */
export function trunkRoom(trunk: { maxCalls: number }, liveCalls: number): boolean {
  return liveCalls < trunk.maxCalls;
}
