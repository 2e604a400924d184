import type { ExtensionGroup, PartyAddress, Termination } from '@yixian/contracts';
import { endedLeg } from './ended-leg.js';
import { openSeatRing, type PartyRing } from './seat-ring.js';

/** From the best to say to a caller to the worst. */
const MOST_TELLING: readonly Termination['reason'][] = ['no-answer', 'declined', 'busy', 'switched-off', 'not-confirmed', 'not-registered'];

/** Of several members who did not take a call: how it is told. */
export function groupFailure(group: ExtensionGroup, failures: readonly Termination[]): Termination {
  const known = (reason: Termination['reason']) => MOST_TELLING.indexOf(reason);
  const rank = ({ reason }: Termination) => (known(reason) < 0 ? MOST_TELLING.length : known(reason));
  const best = [...failures].sort((a, b) => rank(a) - rank(b))[0];
  return best ?? { by: 'system', reason: 'not-registered', text: `group ${group.number} has nobody who could be rung` };
}

/**
 * Rings every member at once; the first to take it has the call and the others are let go. One who refuses, fails or hangs
 * up again changes nothing for the others as long as nobody has taken it.
 */
export function ringAll(group: ExtensionGroup, shown: PartyAddress, ringMember: (extension: string) => PartyRing): PartyRing {
  const none: Termination = { by: 'system', reason: 'not-registered', text: `group ${group.number} has no members` };
  const members = new Set<PartyRing>();
  const failures: Termination[] = [];
  let winner: PartyRing | undefined;
  let started = false;
  const ring = openSeatRing(endedLeg({ number: group.number }, shown, none), (termination) => {
    for (const member of [...members]) member.end(termination);
    ring.over(termination);
  });

  function taken(member: PartyRing): void {
    if (winner || ring.state !== 'ringing') {
      member.end({ by: 'system', reason: 'answered-elsewhere' });
      return;
    }
    winner = member;
    for (const other of [...members]) if (other !== member) other.end({ by: 'system', reason: 'answered-elsewhere' });
    ring.setLeg(member.leg);
    ring.accept(member.takenBy);
  }

  function gone(member: PartyRing): void {
    members.delete(member);
    const termination = member.termination ?? none;
    if (member === winner) {
      ring.over(termination);
      return;
    }
    failures.push(termination);
    if (!winner && members.size === 0 && started) ring.over(groupFailure(group, failures));
  }

  for (const extension of group.members) {
    if (winner) break;
    const member = ringMember(extension);
    members.add(member);
    if (member.state === 'ended') {
      gone(member);
      continue;
    }
    member.subscribe((event) => {
      if (event.type === 'ringing') ring.rings();
      if (event.type === 'accepted') taken(member);
      if (event.type === 'ended') gone(member);
    });
    if (member.state === 'accepted') taken(member);
  }
  started = true;
  if (!winner && members.size === 0) ring.over(groupFailure(group, failures));
  return ring;
}
