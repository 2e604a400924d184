import type { Termination } from '@yixian/contracts';
import { byPlace, firstInLine, longestIdle, WISH_READY } from './tables.js';
import { enterPhase, enterState, leaveIdle, listed, newIdlePlace, type Turn } from './turn.js';
import type { AgentEntry, CallEntry, Offer, OfferId } from './types.js';

/** After the agent has answered, the bridge has to stand within this time. */
export const CONNECT_DEADLINE_MS = 5_000;

/** Why an agent is set aside after an offer that came to nothing. */
export type MissReason = 'no-answer' | 'rejected' | 'not-registered' | 'connection-failed';

const UNREACHABLE = new Set(['not-registered', 'transport-failure', 'no-response']);
/** The words of a person, or of a phone set so by one. */
const REFUSALS = new Set(['busy', 'declined', 'normal', 'cancelled', 'withdrawn', 'answered-elsewhere', 'forbidden', 'rate-limited']);
const OURS = new Set(['media-timeout', 'media-failure', 'switch-failure', 'session-expired', 'no-ack', 'draining']);

/** What the end of a ringing seat's leg says of the agent: separate causes want separate consequences. */
export function missReason(termination: Termination): MissReason {
  if (UNREACHABLE.has(termination.reason)) return 'not-registered';
  if (termination.reason === 'no-answer') return 'no-answer';
  // No codec in common, a wrong password, 404: the phone or its settings are at fault, nobody has refused the call.
  return REFUSALS.has(termination.reason) ? 'rejected' : 'connection-failed';
}

/** Asks an available agent for an open call: from here both are taken until the lease ends. */
export function makeOffer(turn: Turn, agent: AgentEntry, call: CallEntry): void {
  const { config } = call.queue;
  turn.tables.order += 1;
  const offer: Offer = {
    id: `${call.id}.${turn.tables.order}`,
    callId: call.id,
    agentId: agent.id,
    queueId: call.queue.id,
    expiresAt: turn.now + config.ringTimeoutMs,
  };
  call.queue.open.delete(call.place);
  enterPhase(turn, call, 'offer', { phase: 'offered', offer });
  turn.urgent = listed(turn.urgent, {
    type: 'ring',
    offer,
    seat: agent.seat,
    caller: call.caller,
    timeoutMs: config.ringTimeoutMs,
  });
  turn.effects.push({
    type: 'set-timer',
    timer: 'offer',
    id: offer.id,
    delayMs: config.ringTimeoutMs,
    input: { type: 'offer-expired', offerId: offer.id, callId: call.id },
  });
  turn.events.push({
    type: 'offer.made',
    at: turn.now,
    callId: offer.callId,
    agentId: offer.agentId,
    queueId: offer.queueId,
    data: { offerId: offer.id, expiresAt: offer.expiresAt },
  });
  enterState(turn, agent, { cause: 'offered', to: 'ringing', reason: null, by: 'system', patch: { offer, wish: WISH_READY } });
}

/** The call of an offer that still stands, or undefined when the offer is over: a lawful race. */
export function standing(turn: Turn, offerId: OfferId, callId: string): (CallEntry & { offer: Offer }) | undefined {
  const call = turn.tables.calls.get(callId);
  return call?.offer?.id === offerId ? (call as CallEntry & { offer: Offer }) : undefined;
}

/** The call is open again at the place it had. */
export function reopen(turn: Turn, call: CallEntry, patch: Partial<Pick<CallEntry, 'failures'>> = {}): CallEntry {
  const open = enterPhase(turn, call, 'lapse', { ...patch, phase: 'waiting', offer: null });
  turn.opened = listed(turn.opened, open);
  return open;
}

/** The seat stops ringing and the lease's deadline with it. */
export function revoke(turn: Turn, offer: Offer, termination: Termination): void {
  turn.effects.push({ type: 'cancel-timer', timer: 'offer', id: offer.id });
  turn.urgent = listed(turn.urgent, { type: 'end-seat', offerId: offer.id, termination });
}

/** Whether it was us who failed, not the phone: then the agent must not pay for it. */
export function isOurs(termination: Termination): boolean {
  return termination.by === 'system' && OURS.has(termination.reason);
}

/** The agent missed the offer: set aside with the reason, so that neither this call nor the next waits for the agent again. */
export function setAside(turn: Turn, agentId: string, reason: MissReason): void {
  const agent = turn.tables.agents.get(agentId);
  if (agent?.state !== 'ringing') return;
  const gone = reason === 'not-registered';
  enterState(turn, agent, {
    cause: 'missed',
    to: 'not-ready',
    reason,
    by: 'system',
    patch: { offer: null, awaitsRegistration: gone, reachable: agent.reachable && !gone },
  });
}

/** Takes the offer back before anything else can come of it, and says so. What becomes of the agent is the asker's to say. */
export function takeBack(turn: Turn, offer: Offer, reason: string): void {
  revoke(turn, offer, { by: 'system', reason: 'withdrawn', text: reason });
  turn.events.push({
    type: 'offer.withdrawn',
    at: turn.now,
    callId: offer.callId,
    agentId: offer.agentId,
    queueId: offer.queueId,
    data: { offerId: offer.id, reason },
  });
}

/** Takes the offer back from the agent, who returns to the place held among the idle. */
export function withdraw(turn: Turn, offer: Offer, reason: string): void {
  takeBack(turn, offer, reason);
  standDown(turn, offer.agentId, 'withdrawn');
}

/** The offer is over through no fault of the agent: ready again, unless another state was wished after the answer. */
export function standDown(turn: Turn, agentId: string, cause: 'withdrawn' | 'failed'): void {
  const agent = turn.tables.agents.get(agentId);
  if (agent?.state !== 'ringing') return;
  const { state, reason, by } = agent.wish;
  const idle = cause === 'failed' ? newIdlePlace(turn, agentId) : agent.idle;
  enterState(turn, agent, { cause, to: state, reason, by, patch: { offer: null, wish: WISH_READY, idle } });
}

/**
 * Matches what this step set free. Before the step nobody available could have any open call, so only the newly freed
 * agents and the newly opened calls need a look.
 */
export function settle(turn: Turn): void {
  const { freed, opened } = turn;
  if (!opened) {
    if (freed) for (const agent of freed) settleAgent(turn, agent);
    return;
  }
  const call = opened[0];
  if (!freed && opened.length === 1 && call) {
    settleCall(turn, call);
    return;
  }
  for (const agent of freed ?? []) file(turn, agent);
  for (const each of opened) fileCall(turn, each);
  settleAll(turn);
}

function settleAgent(turn: Turn, freed: AgentEntry): void {
  const agent = file(turn, freed);
  const place = agent && firstInLine(agent.pool);
  const call = place && turn.tables.calls.get(place.callId);
  if (agent && call) makeOffer(turn, agent, call);
}

function settleCall(turn: Turn, opened: CallEntry): void {
  const call = fileCall(turn, opened);
  const idle = call && longestIdle(call.queue);
  const agent = idle && turn.tables.agents.get(idle.agentId);
  if (call && agent) makeOffer(turn, agent, call);
}

/** The agent as the step left him, filed among the available; undefined when the same step has taken him again. */
function file(turn: Turn, freed: AgentEntry): AgentEntry | undefined {
  const agent = turn.tables.agents.get(freed.id);
  if (agent?.state !== 'ready' || !agent.reachable) return undefined;
  agent.pool.ready.add(agent.idle);
  return agent;
}

function fileCall(turn: Turn, opened: CallEntry): CallEntry | undefined {
  const call = turn.tables.calls.get(opened.id);
  if (call?.phase !== 'waiting') return undefined;
  call.queue.open.add(call.place);
  return call;
}

/** Every pair there is, the call that goes first before the others: for steps that change many at once. */
export function settleAll(turn: Turn): void {
  const done = new Set<string>();
  for (;;) {
    let best: CallEntry | undefined;
    for (const queue of turn.tables.queues.values()) {
      const head = done.has(queue.id) ? undefined : queue.open.first;
      const call = head && turn.tables.calls.get(head.callId);
      if (call && (!best || byPlace(call.place, best.place) < 0)) best = call;
    }
    if (!best) return;
    const idle = longestIdle(best.queue);
    const agent = idle && turn.tables.agents.get(idle.agentId);
    if (agent) makeOffer(turn, agent, best);
    else done.add(best.queue.id);
  }
}

/** Files everybody anew after the pools were rebuilt. */
export function refile(turn: Turn, agent: AgentEntry): void {
  leaveIdle(turn, agent);
  if (agent.state !== 'ready') return;
  if (agent.reachable) agent.pool.ready.add(agent.idle);
  else turn.tables.cutOff.add(agent.id);
}
