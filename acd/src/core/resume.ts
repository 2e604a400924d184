import type { AgentId } from '@yixian/contracts';
import { occupyLine, restore } from './agents.js';
import { restoreCallback } from './callbacks.js';
import { restoreDoor } from './doors.js';
import type { Input, StoredAgent, StoredCall } from './inputs.js';
import { wantWakeAnew } from './ladder.js';
import { askOf, laneFor } from './lanes.js';
import { orderOfOffer } from './live.js';
import { mark } from './measures.js';
import { CONNECT_DEADLINE_MS, takeBack } from './offers.js';
import { sweepOn } from './overflow.js';
import { settleAll } from './settle.js';
import { small } from './small.js';
import { NO_OFFERS, SIP_SEAT, WISH_READY } from './tables.js';
import { loseTalk } from './talk.js';
import {
  changeAgent,
  engage,
  enterState,
  listed,
  newIdlePlace,
  putCall,
  recount,
  rewriteAgent,
  type Turn,
  takePlace,
  takeUpAs,
} from './turn.js';
import type { AgentEntry, CallEntry, HeldLine, LiveCall, Offer, QueueEntry, Wish } from './types.js';
import { arm, leave, newCall } from './waiting.js';

// Going on where another process stopped: what the store kept, and what each process knows of its calls. What was told to the
// process of a call and what the store took may each be a little newer than the other; the newer counts.

type InputOf<T extends Input['type']> = Extract<Input, { type: T }>;

/** Above every order that was told: the one before may have given out some more that nobody has heard of. */
const UNHEARD = 10_000;

const OVER = 'the offer was over when another leader took over';

/** By what an agent is taken. */
interface Engagement {
  live: LiveCall;
  offer: Offer;
}

/** What the store kept, agents in the order they became idle, so that the longest idle stays first; then calls at their places. */
export function restoreAll(turn: Turn, input: InputOf<'restored'>): void {
  const { live = [], lines = [] } = input;
  const { tables } = turn;
  if (input.live) tables.held = true;
  raiseOrder(turn, live);
  const engaged = engagements(live);
  const taken = linesByAgent(lines);
  for (const stored of [...input.agents].sort((a, b) => a.since - b.since || (a.agentId < b.agentId ? -1 : 1))) {
    const engagement = engaged.get(stored.agentId);
    if (engagement && isOver(stored, engagement)) engaged.delete(stored.agentId);
    restoreAgent(turn, stored, engaged.get(stored.agentId), taken.get(stored.agentId) ?? []);
  }
  for (const [agentId, engagement] of engaged) {
    const agent = tables.agents.get(agentId);
    if (agent?.state === 'offline') takeUpAgent(turn, agent, blank(agentId, engagement), engagement, []);
    if (!agent) engaged.delete(agentId);
  }
  for (const door of input.doors) restoreDoor(turn, door);
  for (const { queueId, open, because } of input.stood ?? []) {
    const queue = tables.queues.get(queueId);
    if (queue) Object.assign(queue, { isOpen: open, because });
  }
  for (const { number, agentId, at } of [...input.talks].sort((a, b) => a.at - b.at)) tables.talks.set(number, { agentId, at });
  const calledBack = new Map(input.callbacks.map((stored) => [stored.callId, stored.callbackId]));
  const kept = new Map(input.calls.map((stored) => [stored.callId, stored]));
  for (const one of inOrder(live)) {
    const callbackId = calledBack.get(one.callId);
    if (callbackId !== undefined && one.phase !== 'talking') {
      for (const offer of one.offers) takeBack(turn, offer, OVER);
      turn.effects.push({ type: 'finish', callId: one.callId, result: { outcome: 'callback', callbackId } });
    } else {
      takeUp(turn, newer(one, kept.get(one.callId)), (offer) => engaged.get(offer.agentId)?.offer.id === offer.id);
    }
  }
  // With their calls in place: one taken while nobody decided takes the agent from what rings.
  for (const line of lines) occupyLine(turn, { ...line, type: 'line-occupied' });
  for (const stored of input.callbacks) restoreCallback(turn, stored);
}

/** From here on calls and agents are matched. */
export function resume(turn: Turn): void {
  const { tables } = turn;
  if (!tables.held) {
    turn.ignored = 'nothing is held';
    return;
  }
  tables.held = false;
  for (const queue of tables.queues.values()) mark(tables, queue);
  settleAll(turn);
  for (const queue of tables.queues.values()) sweepOn(turn, queue);
  wantWakeAnew(turn);
}

/** Calls of a process that was heard too late: agents may have been given other calls by now. */
export function takeUpLate(turn: Turn, { live, lines }: InputOf<'announced'>): void {
  raiseOrder(turn, live);
  for (const one of inOrder(live)) {
    if (turn.tables.calls.has(one.callId)) continue;
    const held = one.offers.filter((offer) => (one.phase === 'talking' ? occupy(turn, one, offer) : ringsStill(turn, offer)));
    takeUp(turn, one, (offer) => held.includes(offer));
  }
  for (const line of lines) occupyLine(turn, { ...line, type: 'line-occupied' });
}

/** Their process has died, and with it everybody's legs. */
export function loseCalls(turn: Turn, { callIds }: InputOf<'calls-lost'>): void {
  for (const callId of callIds) {
    const call = turn.tables.calls.get(callId);
    if (!call || call.callback) continue;
    const message = 'the process of the call has died';
    if (call.phase === 'talking' && call.offer) loseTalk(turn, call, call.offer);
    else leave(turn, call, message, 'failed', { outcome: 'failed', message });
  }
}

// ── agents ──

/** Who is engaged by which offer: of several the newest. */
function engagements(live: readonly LiveCall[]): Map<AgentId, Engagement> {
  const engaged = new Map<AgentId, Engagement>();
  for (const one of live) {
    for (const offer of one.offers) {
      const other = engaged.get(offer.agentId);
      if (!other || orderOfOffer(offer) > orderOfOffer(other.offer)) engaged.set(offer.agentId, { live: one, offer });
    }
  }
  return engaged;
}

function linesByAgent(lines: readonly HeldLine[]): Map<AgentId, string[]> {
  const taken = new Map<AgentId, string[]>();
  for (const { agentId, callId } of lines) taken.set(agentId, [...(taken.get(agentId) ?? []), callId]);
  return taken;
}

/** The store took what followed, and the process of the call was not told. */
function isOver({ state, since }: StoredAgent, { live, offer }: Engagement): boolean {
  return state !== 'ringing' && state !== 'on-call' && since > (live.talkingSince ?? offer.madeAt);
}

function restoreAgent(turn: Turn, stored: StoredAgent, engagement: Engagement | undefined, lines: readonly string[]): void {
  const agent = turn.tables.agents.get(stored.agentId);
  if (agent?.state !== 'offline') return;
  if (engagement || (stored.state === 'on-call' && lines.length > 0)) {
    takeUpAgent(turn, agent, stored, engagement, engagement ? [] : lines);
    return;
  }
  restore(turn, stored);
}

/** Rung or on a call as before: nothing has happened that anybody would have to be told. */
function takeUpAgent(turn: Turn, agent: AgentEntry, stored: StoredAgent, e: Engagement | undefined, lines: readonly string[]): void {
  const { agentId: _, day, calls, talkMs, state: was, since, wish, ...kept } = stored;
  const state = !e || e.live.phase === 'talking' ? 'on-call' : 'ringing';
  const today = day === turn.tables.day;
  const began = e ? (e.live.talkingSince ?? e.offer.madeAt) : since;
  rewriteAgent(agent, {
    ...kept,
    state,
    since: was === state ? since : began,
    reason: null,
    offer: e?.offer ?? null,
    lines,
    wish: was === 'ringing' || was === 'on-call' ? chosen(wish) : WISH_READY,
    wrapUpUntil: e ? null : stored.wrapUpUntil,
    restUntil: null,
    calls: today ? calls : 0,
    talkMs: today ? talkMs : 0,
    idle: newIdlePlace(turn),
  });
  recount(turn.tables, agent, 'offline', state);
  changeAgent(turn, agent, {});
}

/** Nothing chosen is one object. */
function chosen(wish: Wish): Wish {
  return wish.state === 'ready' && wish.reason === null && wish.by === 'system' ? WISH_READY : wish;
}

/** An agent the store knows nothing of. */
function blank(agentId: AgentId, { offer }: Engagement): StoredAgent {
  return {
    agentId,
    state: 'ringing',
    since: offer.madeAt,
    reason: null,
    seat: SIP_SEAT,
    wish: WISH_READY,
    wrapUpUntil: null,
    restUntil: null,
    awaitsRegistration: false,
    day: '',
    calls: 0,
    talkMs: 0,
  };
}

/** He talks, whatever has been thought of him; if another call has him, that one has to find out. */
function occupy(turn: Turn, { callId }: LiveCall, offer: Offer): boolean {
  const agent = turn.tables.agents.get(offer.agentId);
  if (!agent || agent.state === 'offline') return false;
  occupyLine(turn, { type: 'line-occupied', agentId: agent.id, callId });
  const free = agent.state === 'on-call' && !agent.offer;
  changeAgent(turn, agent, { lines: agent.lines.filter((id) => id !== callId), offer: free ? offer : agent.offer });
  return free;
}

/** His seat rings still, unless he does something else by now. */
function ringsStill(turn: Turn, offer: Offer): boolean {
  const agent = turn.tables.agents.get(offer.agentId);
  if (agent?.state !== 'ready') return false;
  enterState(turn, agent, { cause: 'offered', to: 'ringing', reason: null, by: 'system' });
  engage(agent, offer, orderOfOffer(offer));
  return true;
}

// ── calls ──

function inOrder(live: readonly LiveCall[]): LiveCall[] {
  return [...live].sort((a, b) => a.order - b.order || (a.callId < b.callId ? -1 : 1));
}

function raiseOrder({ tables }: Turn, live: readonly LiveCall[]): void {
  let order = tables.order;
  for (const one of live) order = Math.max(order, one.order, ...one.offers.map(orderOfOffer));
  if (live.length > 0) tables.order = order + UNHEARD;
}

/** Moved to another queue, which its process was not told. */
function newer(live: LiveCall, kept: StoredCall | undefined): LiveCall {
  if (!kept || live.phase === 'talking' || kept.queueId === live.queueId || (kept.entered ?? 0) <= live.entered) return live;
  return { ...live, queueId: kept.queueId, priority: kept.priority, entered: kept.entered ?? live.entered };
}

/** The call at the place it had, and whoever is rung for it or talks. */
function takeUp(turn: Turn, live: LiveCall, holds: (offer: Offer) => boolean): void {
  const queue = turn.tables.queues.get(live.queueId);
  const offers = live.offers.filter(holds);
  for (const offer of live.offers) if (!offers.includes(offer) && live.phase !== 'talking') takeBack(turn, offer, OVER);
  if (!queue) {
    homeless(turn, live);
    return;
  }
  if (live.phase === 'talking') {
    if (offers.length > 0) talks(turn, queue, live, offers);
    return;
  }
  const call = asItWas(turn, queue, live, offers);
  const connecting = live.phase === 'connecting';
  if (connecting && offers.length === 0) turn.effects.push({ type: 'resume-treatment', callId: call.id, queueId: queue.id });
  takePlace(turn, call);
  putCall(turn, call);
  arm(turn, call);
  if (offers.length === 0) turn.opened = listed(turn.opened, call);
  else if (!connecting) call.lane.ringing?.add(call);
  for (const { id, expiresAt } of offers) {
    const delayMs = connecting ? CONNECT_DEADLINE_MS : Math.max(0, expiresAt - turn.now);
    turn.effects.push({ type: 'set-timer', timer: 'offer', id, delayMs, input: { type: 'offer-expired', offerId: id, callId: call.id } });
  }
}

function talks(turn: Turn, queue: QueueEntry, live: LiveCall, offers: readonly Offer[]): void {
  putCall(turn, asItWas(turn, queue, live, offers));
  queue.serving += 1;
  mark(turn.tables, queue);
}

function asItWas(turn: Turn, queue: QueueEntry, live: LiveCall, [offer, ...more]: readonly Offer[]): CallEntry {
  const { callId, caller, priority, since, order, visited, stays } = live;
  const { tables } = turn;
  const ask = askOf(live.ask);
  const call = newCall(turn, queue, { callId, caller }, { ask, priority, since, order, visited, stays });
  const ticks = (at: number): number => small(at - (tables.epoch ?? 0));
  const sticky = live.sticky && { agentId: live.sticky.agentId, until: ticks(live.sticky.until) };
  return takeUpAs(call, {
    entered: ticks(live.entered),
    sticky,
    lane: laneFor(tables, { queue, ask, step: call.step, sticky }),
    failures: live.failures,
    overdue: live.overdue,
    estimateMs: live.estimateMs,
    phase: offer ? live.phase : 'waiting',
    offer: offer ?? null,
    agent: (offer && tables.agents.get(offer.agentId)) ?? null,
    more: more.length > 0 ? more : NO_OFFERS,
    talkingSince: live.talkingSince === null ? null : ticks(live.talkingSince),
  });
}

/** Its queue was taken out of the directory meanwhile. */
function homeless(turn: Turn, { callId, queueId, phase, offers }: LiveCall): void {
  const message = `queue ${queueId} was removed`;
  const [offer] = offers;
  if (phase === 'talking' && offer) {
    turn.effects.push({
      type: 'close-conversation',
      offerId: offer.id,
      callId,
      termination: { by: 'system', reason: 'draining', text: message },
    });
    return;
  }
  turn.effects.push({ type: 'stop-treatment', callId });
  turn.effects.push({ type: 'finish', callId, result: { outcome: 'failed', message } });
}
