import type { OfferConsequence, OfferConsequences, StateReason, Termination } from '@yixian/contracts';
import type { Input } from './inputs.js';
import { enterState, ignore, newIdlePlace, type Turn } from './turn.js';
import type { Offer } from './types.js';

// What an offer that came to nothing does to the agent: separate causes have separate consequences, as the queue says.

/** Why an offer came to nothing; the reason of the agent's state. */
export type MissReason = Exclude<StateReason, 'restart' | 'removed from the directory'>;

/** An agent whose phone refuses at once is not asked again before so long, whatever the queue says: no INVITE/486 loop. */
export const MIN_REST_MS = 1_000;

/** The words of a person, or of a phone set so by one. */
const REFUSALS = new Set(['declined', 'normal', 'cancelled', 'withdrawn', 'answered-elsewhere', 'forbidden', 'rate-limited']);
const UNREACHABLE = new Set(['transport-failure', 'no-response', 'trunk-full']);
const OURS = new Set(['media-timeout', 'media-failure', 'switch-failure', 'session-expired', 'no-ack', 'draining']);

/** What the end of a ringing seat's leg says of the agent. */
export function missReason({ reason }: Termination): MissReason {
  if (reason === 'no-answer' || reason === 'not-confirmed' || reason === 'busy') return reason;
  if (reason === 'not-registered' || reason === 'switched-off') return reason;
  if (UNREACHABLE.has(reason)) return 'unreachable';
  // No codec in common, a wrong password, 404: the phone or its settings are at fault, nobody has refused the call.
  return REFUSALS.has(reason) ? 'rejected' : 'connection-failed';
}

const CONSEQUENCE: Record<MissReason, keyof OfferConsequences> = {
  'no-answer': 'noAnswer',
  'not-confirmed': 'noAnswer',
  rejected: 'rejected',
  busy: 'busy',
  'not-registered': 'notReachable',
  'switched-off': 'notReachable',
  unreachable: 'notReachable',
  'connection-failed': 'notReachable',
};

/** Whether it was us who failed, not the phone: then the agent must not pay for it. */
export function isOurs(termination: Termination): boolean {
  return termination.by === 'system' && OURS.has(termination.reason);
}

/** Reason of the offer taken back. */
export const VANISHED = 'the page was lost while it rang';

/**
 * Whether the agent's page has gone while it rang, by a reload or with its network: nobody has missed a call, and whoever is back in a
 * moment is offered it again. A page that seems to be there must have rung for a while, or a fault would offer it over and over.
 */
export function hasVanished(turn: Turn, offer: Offer, { by, reason }: Termination): boolean {
  const agent = turn.tables.agents.get(offer.agentId);
  if (by !== 'network' || reason !== 'transport-failure' || agent?.seat.kind !== 'softphone') return false;
  return !agent.reachable || turn.now - offer.madeAt >= MIN_REST_MS;
}

/** The agent missed the offer: away, resting or last among the idle, so that this call goes to the next. */
export function setAside(turn: Turn, offer: Offer, reason: MissReason): void {
  const agent = turn.tables.agents.get(offer.agentId);
  if (agent?.state !== 'ringing') return;
  const consequences = turn.tables.queues.get(offer.queueId)?.config.consequences;
  const consequence: OfferConsequence = consequences?.[CONSEQUENCE[reason]] ?? { action: 'not-ready' };
  // A phone that has lost its contact, and does not say so by a registration, is found out here.
  const gone = (reason === 'not-registered' || reason === 'unreachable') && agent.seat.kind !== 'phone';
  const idle = newIdlePlace(turn);
  const base = { cause: 'missed', by: 'system' } as const;
  const patch = { offer: null, idle, reachable: agent.reachable && !gone };
  if (consequence.action === 'sign-out') {
    enterState(turn, agent, { ...base, to: 'offline', reason, patch });
    return;
  }
  if (consequence.action === 'not-ready') {
    enterState(turn, agent, { ...base, to: 'not-ready', reason, patch: { ...patch, awaitsRegistration: gone } });
    return;
  }
  const restUntil = Math.max(turn.now + consequence.afterMs, offer.madeAt + MIN_REST_MS);
  if (restUntil <= turn.now) {
    enterState(turn, agent, { ...base, to: 'ready', reason: null, patch });
    return;
  }
  enterState(turn, agent, { ...base, to: 'not-ready', reason, patch: { ...patch, restUntil } });
  startRest(turn, agent.id, restUntil);
}

export function startRest(turn: Turn, agentId: string, until: number): void {
  const input: Input = { type: 'rest-expired', agentId, until };
  turn.effects.push({ type: 'set-timer', timer: 'rest', id: agentId, delayMs: Math.max(0, until - turn.now), input });
}

export function endRest(turn: Turn, input: Extract<Input, { type: 'rest-expired' }>): void {
  const agent = turn.tables.agents.get(input.agentId);
  if (agent?.state !== 'not-ready' || agent.restUntil !== input.until) {
    ignore(turn, 'rest already over');
    return;
  }
  const patch = { restUntil: null, idle: newIdlePlace(turn) };
  enterState(turn, agent, { cause: 'rested', to: 'ready', reason: null, by: 'system', patch });
}
