import type { AgentId, Seat, SeatRing, Termination, Timer } from '@yixian/contracts';
import { CALLER, type ConversationFact, type PartyId, partyOf } from '../core/conversation.js';
import type { LiveConversation } from './conversation-live.js';
import { messageOf } from './conversation-media.js';
import { reportLeg } from './conversation-parties.js';
import { shownTo } from './conversation-rings.js';

/** A browser that did not take the call but may still be there is rung again after so long, milliseconds. */
const RING_AGAIN_MS = 1_000;

/** Ways a leg ends when the connection below it does. */
const BY_NETWORK: ReadonlySet<string> = new Set(['transport-failure', 'media-timeout', 'no-response', 'session-expired']);

/** A browser that is gone may only be reloading: what its leg's end means is for the core to say. */
export function lostOrEnded(conversation: LiveConversation, fact: ConversationFact): ConversationFact {
  if (fact.type !== 'ended' || fact.termination.by !== 'network' || !BY_NETWORK.has(fact.termination.reason)) return fact;
  if (fact.party === CALLER && !conversation.callerMayReturn) return fact;
  const { extension, place } = partyOf(conversation.state, fact.party) ?? {};
  if (!extension || place === 'ringing' || conversation.deps.acd.agent(extension)?.seat.kind !== 'softphone') return fact;
  return { ...fact, type: 'lost' };
}

/**
 * Waits for the browser of a party that was lost and rings it so that it answers by itself: as long as it seems to be registered, which
 * a sleeping one does for a while, and each time it registers. Whoever refuses, or does not come in time, is gone.
 */
export function callBack(conversation: LiveConversation, party: PartyId, deadline: (fire: () => void) => void): void {
  const { deps, call } = conversation;
  const agentId = partyOf(conversation.state, party)?.extension;
  if (!agentId) return;
  let ringing: { ring: SeatRing; quit(): void } | undefined;
  let over = false;
  let again: Timer | undefined;

  function stop(): SeatRing | undefined {
    again?.cancel();
    const ring = ringing?.ring;
    ringing?.quit();
    ringing = undefined;
    return ring;
  }
  function give(termination: Termination): void {
    if (over) return;
    over = true;
    quitRegistrar();
    stop()?.end(termination);
  }
  function accepted(ring: SeatRing): void {
    over = true;
    quitRegistrar();
    stop();
    conversation.parties.reattach(party, ring);
    conversation.fact({ type: 'returned', party });
  }
  function failed(termination: Termination): void {
    stop();
    // The page was there and its user does not want the call.
    if (termination.reason === 'declined') conversation.fact({ type: 'not-returned', party });
    else if (!over) again = deps.clock.setTimer(RING_AGAIN_MS, tryNow);
  }
  function tryNow(): void {
    const seat = deps.acd.agent(agentId as AgentId)?.seat;
    if (over || !seat || !deps.seats.reachable(agentId as AgentId, seat)) return;
    stop()?.end({ by: 'system', reason: 'withdrawn', text: 'rings at the connection that is there now' });
    try {
      const ring = ringAgain(conversation, agentId as AgentId, seat);
      if (ring.state === 'ended') return;
      const quit = ring.subscribe((event) => {
        if (event.type === 'accepted') accepted(ring);
        if (event.type === 'ended') failed(event.termination);
      });
      ringing = { ring, quit };
      if (ring.state === 'accepted') accepted(ring);
    } catch (error) {
      deps.logger.warn({ callId: call.id, agentId, problem: messageOf(error) }, 'a lost browser could not be rung');
    }
  }

  // At whichever process it comes back.
  const quitRegistrar = deps.onRegistered((extension) => {
    if (extension === agentId) queueMicrotask(tryNow);
  });
  // The line stays taken, also where whoever rang it first gives it back now.
  deps.acd.occupy(agentId, call.id);
  conversation.parties.detach(party, give, () => {
    give({ by: 'system', reason: 'withdrawn' });
    deps.acd.release(agentId, call.id);
  });
  deadline(() => conversation.fact({ type: 'not-returned', party }));
  queueMicrotask(tryNow);
}

function ringAgain(conversation: LiveConversation, agentId: AgentId, seat: Seat): SeatRing {
  const { deps, call } = conversation;
  const trunk = call.trunkId ? { trunkId: call.trunkId } : {};
  const caller = shownTo(conversation, 'return', agentId);
  const timeoutMs = deps.options.comeBackMs;
  const ring = deps.seats.ring({ agentId, seat, caller, callId: call.id, timeoutMs, called: call.called, ...trunk, autoAnswer: true });
  if (ring.state !== 'ended' && !seat.persistent) void reportLeg(deps, { callId: call.id, agentId, party: 'agent', leg: ring.leg });
  return ring;
}
