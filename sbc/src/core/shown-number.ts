import type { PartyAddress, Trunk } from '@yixian/contracts';
import { isDialable } from './number-rules.js';

/** What somebody called over a trunk is shown: the trunk's own number where it has one, else the caller's. */
export function shownOutside(trunk: Pick<Trunk, 'outboundCallerId'>, caller: PartyAddress): PartyAddress {
  return trunk.outboundCallerId === null ? caller : { ...caller, number: trunk.outboundCallerId };
}

/**
 * What a virtual seat is shown: a number of ours, or the caller's. An extension's number or a withheld one says nothing
 * outside: then the trunk's own number stands for it, or the number that was dialled.
 * @param called the number the caller dialled, where it is known
 */
export function shownToSeat(
  trunk: Pick<Trunk, 'seatCallerId' | 'outboundCallerId'>,
  caller: PartyAddress,
  called: string | undefined,
  isOurs: (number: string) => boolean,
): PartyAddress {
  const { seatCallerId } = trunk;
  if (seatCallerId.show === 'number') return { ...caller, number: seatCallerId.number };
  if (isDialable(caller.number) && !isOurs(caller.number)) return caller;
  return { ...caller, number: trunk.outboundCallerId ?? called ?? caller.number };
}
