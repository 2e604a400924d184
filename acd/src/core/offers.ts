import type { EventDraft, Termination } from '@yixian/contracts';
import type { Input } from './inputs.js';
import { candidate } from './lanes.js';
import { shut } from './measures.js';
import { NO_OFFERS, offersOf, WISH_READY } from './tables.js';
import { changeCall, engage, enterOffered, enterState, newIdlePlace, reopen, type Turn } from './turn.js';
import type { AgentEntry, CallEntry, Offer, OfferId } from './types.js';

/** After the agent has answered, the bridge has to stand within this time. */
export const CONNECT_DEADLINE_MS = 5_000;

type OfferEventType = 'offer.made' | 'offer.accepted' | 'offer.rejected' | 'offer.timed-out' | 'offer.withdrawn';

export function tellOffer(turn: Turn, type: OfferEventType, offer: Offer, more: Record<string, unknown> | null): void {
  const data = more ?? { offerId: offer.id };
  turn.events.push({ type, at: turn.now, callId: offer.callId, agentId: offer.agentId, queueId: offer.queueId, data } as EventDraft);
}

/**
 * Asks an available agent for a call: from here both are taken until the lease ends. With ring-all the call may be offered
 * to others already.
 */
export function makeOffer(turn: Turn, agent: AgentEntry, call: CallEntry): CallEntry {
  const { queue, lane } = call;
  const { ringTimeoutMs, strategy } = queue.config;
  const { tables } = turn;
  tables.order += 1;
  const offer: Offer = {
    id: `${call.id}.${tables.order}`,
    callId: call.id,
    agentId: agent.id,
    queueId: queue.id,
    madeAt: turn.now,
    expiresAt: turn.now + ringTimeoutMs,
  };
  if (strategy === 'sequential' && lane.agentId === null) queue.cursor = candidate(lane, agent);
  turn.urgent.push({ type: 'ring', offer, seat: agent.seat, caller: call.caller, timeoutMs: ringTimeoutMs });
  turn.effects.push({
    type: 'set-timer',
    timer: 'offer',
    id: offer.id,
    delayMs: ringTimeoutMs,
    input: { type: 'offer-expired', offerId: offer.id, callId: call.id },
  });
  tellOffer(turn, 'offer.made', offer, { offerId: offer.id, expiresAt: offer.expiresAt });
  const { order } = tables;
  enterState(turn, agent, { cause: 'offered', to: 'ringing', reason: null, by: 'system' });
  engage(agent, offer, order);
  if (call.phase === 'offered') return changeCall(call, { more: [...call.more, offer] });
  shut(tables, call);
  lane.ringing?.add(call);
  return enterOffered(call, offer, agent);
}

/** The agent has answered: the bridge has to stand before long. */
export function bridge(turn: Turn, offer: Offer): void {
  const { id: offerId, callId } = offer;
  turn.urgent.push({ type: 'bridge', offer });
  const input: Input = { type: 'offer-expired', offerId, callId };
  turn.effects.push({ type: 'set-timer', timer: 'offer', id: offerId, delayMs: CONNECT_DEADLINE_MS, input });
}

type OfferedCall = CallEntry & { offer: Offer };

/** The call of an offer that still stands, or undefined when the offer is over: a lawful race. */
export function standing(turn: Turn, offerId: OfferId, callId: string): OfferedCall | undefined {
  const call = turn.tables.calls.get(callId);
  if (call?.offer?.id === offerId || call?.more.some((offer) => offer.id === offerId)) return call as OfferedCall;
  return undefined;
}

/** The offer of this id among those of the call. */
export function offerOf(call: OfferedCall, offerId: OfferId): Offer {
  return call.offer.id === offerId ? call.offer : (call.more.find((offer) => offer.id === offerId) as Offer);
}

/** The call without this offer: still offered while others ring, else open again. */
export function dropOffer(turn: Turn, call: CallEntry, offerId: OfferId): CallEntry {
  const [first, ...more] = offersOf(call).filter((offer) => offer.id !== offerId);
  return first ? changeCall(call, { offer: first, more }) : reopen(turn, call);
}

/** One agent has answered: whoever else rings for the call is free again. */
export function dropOthers(turn: Turn, call: OfferedCall, winner: Offer): CallEntry {
  call.lane.ringing?.delete(call);
  if (call.more.length === 0) return call;
  for (const offer of offersOf(call)) if (offer.id !== winner.id) withdraw(turn, offer, 'answered by another agent', 'answered-elsewhere');
  return changeCall(call, { offer: winner, more: NO_OFFERS });
}

/** The seat stops ringing and the lease's deadline with it. */
export function revoke(turn: Turn, offer: Offer, termination: Termination): void {
  turn.effects.push({ type: 'cancel-timer', timer: 'offer', id: offer.id });
  turn.urgent.push({ type: 'end-seat', offerId: offer.id, callId: offer.callId, termination });
}

/** Takes the offer back before anything else can come of it, and says so. What becomes of the agent is the asker's to say. */
export function takeBack(turn: Turn, offer: Offer, text: string, reason: Termination['reason'] = 'withdrawn'): void {
  revoke(turn, offer, { by: 'system', reason, text });
  tellOffer(turn, 'offer.withdrawn', offer, { offerId: offer.id, reason: text });
}

/** Takes the offer back from the agent, who returns to the place held among the idle. */
export function withdraw(turn: Turn, offer: Offer, text: string, reason: Termination['reason'] = 'withdrawn'): void {
  takeBack(turn, offer, text, reason);
  standDown(turn, offer.agentId, 'withdrawn');
}

/** The offer is over through no fault of the agent: ready again, unless another state was wished after the answer. */
export function standDown(turn: Turn, agentId: string, cause: 'withdrawn' | 'failed'): void {
  const agent = turn.tables.agents.get(agentId);
  if (agent?.state !== 'ringing') return;
  const { state, reason, by } = agent.wish;
  const idle = cause === 'failed' ? newIdlePlace(turn) : agent.idle;
  enterState(turn, agent, { cause, to: state, reason, by, patch: { offer: null, wish: WISH_READY, idle } });
  stayOnLine(turn, agent);
}

/** The agent took a call outside the queues between answer and bridge: that one goes on. */
export function stayOnLine(turn: Turn, agent: AgentEntry): void {
  const { state, reason, lines, restUntil } = agent;
  if (lines.length === 0 || (state !== 'ready' && state !== 'not-ready')) return;
  if (restUntil !== null) turn.effects.push({ type: 'cancel-timer', timer: 'rest', id: agent.id });
  const wish = state === 'ready' || restUntil !== null ? WISH_READY : { state, reason, by: 'system' };
  enterState(turn, agent, { cause: 'occupied', to: 'on-call', reason: null, by: 'system', patch: { wish, restUntil: null } });
}
