import type { StateReason } from '@yixian/contracts';
import type { Input, StoredAgent } from './inputs.js';
import { startRest } from './missed.js';
import { dropOffer, offerOf, standing, takeBack } from './offers.js';
import { small } from './small.js';
import { WISH_READY } from './tables.js';
import {
  becomeIdle,
  changeAgent,
  disengage,
  enterState,
  ignore,
  leaveIdle,
  newIdlePlace,
  recount,
  rewriteAgent,
  type Turn,
} from './turn.js';
import { type AgentEntry, type CallEntry, type Offer, OPEN_ENDED, type Wish } from './types.js';

type InputOf<T extends Input['type']> = Extract<Input, { type: T }>;

/** `setState`: at once when the line is free, else noted for when the call and its wrap-up are over. */
export function wishState(turn: Turn, input: InputOf<'state-wished'>): void {
  const agent = turn.tables.agents.get(input.agentId);
  if (!agent) {
    ignore(turn, 'unknown agent');
    return;
  }
  const wish: Wish = { state: input.state, reason: input.reason, by: input.by };
  switch (agent.state) {
    case 'on-call':
      chooseNext(turn, agent, wish);
      return;
    case 'ringing':
      wishWhileRinging(turn, agent, wish);
      return;
    case 'wrap-up':
      turn.effects.push({ type: 'cancel-timer', timer: 'wrap-up', id: agent.id });
      enterWish(turn, agent, wish);
      return;
    default:
      wishWhileFree(turn, agent, wish);
      return;
  }
}

/** What the agent will be after the call and its wrap-up. */
function chooseNext(turn: Turn, agent: AgentEntry, wish: Wish): void {
  changeAgent(turn, agent, { wish });
  const { state, reason, by } = wish;
  turn.events.push({ type: 'agent.next-state-chosen', at: turn.now, agentId: agent.id, data: { state, reason, by } });
}

function wishWhileFree(turn: Turn, agent: AgentEntry, wish: Wish): void {
  const same =
    agent.state === wish.state &&
    (wish.state !== 'not-ready' || (agent.reason === wish.reason && !agent.awaitsRegistration && agent.restUntil === null));
  if (same) {
    ignore(turn, `already ${wish.state}`);
    return;
  }
  enterWish(turn, agent, wish);
  const signedIn = turn.tables.agents.get(agent.id);
  if (signedIn && signedIn.state !== 'offline' && signedIn.lines.length > 0) {
    enterState(turn, signedIn, { cause: 'occupied', to: 'on-call', reason: null, by: 'system', patch: { wish } });
  }
}

function wishWhileRinging(turn: Turn, agent: AgentEntry, wish: Wish): void {
  const call = offeredCall(turn, agent);
  if (call?.phase === 'connecting') {
    chooseNext(turn, agent, wish);
    return;
  }
  if (wish.state === 'ready') {
    ignore(turn, 'already ready');
    return;
  }
  const offer = call && agent.offer;
  if (offer) takeBack(turn, offer, `agent ${wish.state}`);
  enterWish(turn, agent, wish);
  if (call && offer) dropOffer(turn, call, offer.id);
}

function enterWish(turn: Turn, agent: AgentEntry, wish: Wish): void {
  if (agent.restUntil !== null) turn.effects.push({ type: 'cancel-timer', timer: 'rest', id: agent.id });
  const idle = wish.state === 'ready' ? newIdlePlace(turn) : agent.idle;
  enterState(turn, agent, {
    cause: wish.state,
    to: wish.state,
    reason: wish.reason,
    by: wish.by,
    patch: { wish: WISH_READY, offer: null, wrapUpUntil: null, restUntil: null, awaitsRegistration: false, idle },
  });
}

/** The call this agent's seat rings for. */
export function offeredCall(turn: Turn, agent: AgentEntry): (CallEntry & { offer: Offer }) | undefined {
  return agent.offer ? standing(turn, agent.offer.id, agent.offer.callId) : undefined;
}

export function chooseSeat(turn: Turn, input: InputOf<'seat-chosen'>): void {
  const agent = turn.tables.agents.get(input.agentId);
  if (!agent) {
    ignore(turn, 'unknown agent');
    return;
  }
  const seated = changeAgent(turn, agent, { seat: input.seat });
  turn.events.push({ type: 'agent.seat-changed', at: turn.now, agentId: agent.id, data: { seat: input.seat } });
  if (seated.reachable !== input.reachable) changeReachability(turn, { ...input, type: 'reachability-changed' });
}

/** A ready agent whose phone is gone keeps the state and is offered nothing; one set aside for it comes back with the phone. */
export function changeReachability(turn: Turn, input: InputOf<'reachability-changed'>): void {
  const before = turn.tables.agents.get(input.agentId);
  if (!before) {
    ignore(turn, 'unknown agent');
    return;
  }
  const returns = input.reachable && before.awaitsRegistration && before.state === 'not-ready';
  if (before.reachable === input.reachable && !returns) {
    ignore(turn, 'reachability unchanged');
    return;
  }
  if (before.state === 'ready') leaveIdle(turn, before);
  const agent = changeAgent(turn, before, { reachable: input.reachable });
  if (agent.state === 'ready') becomeIdle(turn, agent);
  if (!returns) return;
  enterState(turn, agent, {
    cause: 'registered',
    to: 'ready',
    reason: null,
    by: 'system',
    patch: { awaitsRegistration: false, idle: newIdlePlace(turn) },
  });
}

/** A call outside the queues takes the line. */
export function occupyLine(turn: Turn, input: InputOf<'line-occupied'>): void {
  const agent = turn.tables.agents.get(input.agentId);
  if (!agent) {
    ignore(turn, 'unknown agent');
    return;
  }
  const offered = offeredCall(turn, agent);
  if (agent.lines.includes(input.callId) || offered?.id === input.callId) {
    ignore(turn, 'line already taken by this call');
    return;
  }
  const lines = [...agent.lines, input.callId];
  if (agent.state === 'offline' || agent.state === 'on-call' || offered?.phase === 'connecting') {
    changeAgent(turn, agent, { lines });
    return;
  }
  const offer = offered && agent.offer && offerOf(offered, agent.offer.id);
  if (offer) takeBack(turn, offer, 'agent took another call');
  if (agent.state === 'wrap-up') turn.effects.push({ type: 'cancel-timer', timer: 'wrap-up', id: agent.id });
  if (agent.restUntil !== null) turn.effects.push({ type: 'cancel-timer', timer: 'rest', id: agent.id });
  const resting = agent.state === 'not-ready' && agent.restUntil !== null;
  const wish = agent.state === 'not-ready' && !resting ? { state: agent.state, reason: agent.reason, by: 'system' } : agent.wish;
  const patch = { lines, offer: null, restUntil: null, wish };
  enterState(turn, agent, { cause: 'occupied', to: 'on-call', reason: null, by: 'system', patch });
  if (offered && offer) dropOffer(turn, offered, offer.id);
}

export function releaseLine(turn: Turn, input: InputOf<'line-released'>): void {
  const before = turn.tables.agents.get(input.agentId);
  if (!before?.lines.includes(input.callId)) {
    ignore(turn, 'line not taken by this call');
    return;
  }
  const agent = changeAgent(turn, before, { lines: before.lines.filter((id) => id !== input.callId) });
  if (agent.state === 'on-call' && !agent.offer && agent.lines.length === 0) freeLine(turn, agent, agent.wrapUpUntil);
}

export interface Handled {
  talkMs: number;
  wrapUpMs: number;
  /** The agent ends the wrap-up. */
  open: boolean;
}

/** The call of a queue is over for the agent. */
export function endEngagement(turn: Turn, before: AgentEntry | undefined, { talkMs, wrapUpMs, open }: Handled): void {
  if (before?.state !== 'on-call') return;
  const calls = before.calls + 1;
  const counted = { calls, talkMs: small(before.talkMs + talkMs) };
  const wrapUpUntil = open ? OPEN_ENDED : wrapUpMs > 0 ? turn.now + wrapUpMs : null;
  if (before.lines.length > 0) changeAgent(turn, before, { ...counted, offer: null, wrapUpUntil });
  else freeLine(turn, before, wrapUpUntil, counted);
}

/** Nothing takes the line any more: on to wrap-up, as long as any is left, or to the state wished. */
function freeLine(turn: Turn, agent: AgentEntry, wrapUpUntil: number | null, counted: Pick<AgentEntry, 'calls' | 'talkMs'> = agent): void {
  const { calls, talkMs } = counted;
  if (wrapUpUntil !== null && wrapUpUntil > turn.now) {
    const queueId = agent.offer?.queueId;
    const patch = { offer: null, wrapUpUntil, calls, talkMs };
    enterState(turn, agent, { cause: 'ended', to: 'wrap-up', reason: null, by: 'system', queueId, patch });
    startWrapUp(turn, agent.id, wrapUpUntil);
    return;
  }
  landOnWish(turn, agent, 'ended', counted);
}

function startWrapUp(turn: Turn, agentId: string, until: number): void {
  if (until === OPEN_ENDED) return;
  turn.effects.push({
    type: 'set-timer',
    timer: 'wrap-up',
    id: agentId,
    delayMs: until - turn.now,
    input: { type: 'wrap-up-expired', agentId, until },
  });
}

function landOnWish(
  turn: Turn,
  agent: AgentEntry,
  cause: 'ended' | 'over' | 'restart',
  counted: Pick<AgentEntry, 'calls' | 'talkMs'> = agent,
): void {
  const { state, reason, by } = agent.wish;
  disengage(agent, state === 'ready' ? newIdlePlace(turn) : agent.idle, counted);
  enterState(turn, agent, { cause, to: state, reason: cause === 'restart' ? (reason ?? ('restart' satisfies StateReason)) : reason, by });
}

export function endWrapUp(turn: Turn, input: InputOf<'wrap-up-expired'>): void {
  const agent = turn.tables.agents.get(input.agentId);
  if (agent?.state !== 'wrap-up' || agent.wrapUpUntil !== input.until) {
    ignore(turn, 'wrap-up already over');
    return;
  }
  landOnWish(turn, agent, 'over');
}

/** Signs out an agent who is no longer in the directory; a call in progress is finished first. */
export function retire(turn: Turn, agent: AgentEntry): void {
  const retired = changeAgent(turn, agent, { removed: true });
  if (retired.state === 'offline') {
    turn.tables.agents.delete(retired.id);
    return;
  }
  const reason: StateReason = 'removed from the directory';
  wishState(turn, { type: 'state-wished', agentId: agent.id, state: 'offline', reason, by: 'system' });
}

/** Takes up again what the store kept. States that belonged to calls of the dead process lead on to what was wished. */
export function restore(turn: Turn, stored: StoredAgent): void {
  const fresh = turn.tables.agents.get(stored.agentId);
  if (fresh?.state !== 'offline') return;
  const { agentId: _, day, calls, talkMs, ...kept } = stored;
  const today = day === turn.tables.day;
  const counted = { calls: today ? calls : 0, talkMs: today ? talkMs : 0 };
  const agent = changeAgent(turn, fresh, { ...counted, idle: newIdlePlace(turn) });
  rewriteAgent(agent, kept);
  recount(turn.tables, agent, 'offline', agent.state);
  if (agent.state === 'ready') {
    becomeIdle(turn, agent);
    return;
  }
  if (agent.state === 'wrap-up' && agent.wrapUpUntil !== null && agent.wrapUpUntil > turn.now) {
    startWrapUp(turn, agent.id, agent.wrapUpUntil);
    return;
  }
  if (agent.restUntil !== null && agent.state === 'not-ready') startRest(turn, agent.id, agent.restUntil);
  if (agent.state === 'ringing' || agent.state === 'on-call' || agent.state === 'wrap-up') landOnWish(turn, agent, 'restart');
}
