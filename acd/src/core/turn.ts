import type { AgentId, AgentStateName, EventOf, QueueId, QueueResult } from '@yixian/contracts';
import { type AgentCause, assertAgentTransition } from './agent-state.js';
import { assertCallTransition, type CallCause } from './call-state.js';
import { Gathered } from './gathered.js';
import type { StoreChange } from './inputs.js';
import { stepAt } from './ladder.js';
import { effectiveLevels, laneFor, NO_ASK, somebodyReady, unfileReady } from './lanes.js';
import { descend, mark, shut } from './measures.js';
import { small } from './small.js';
import { blankCall, isAvailable, NO_OFFERS, storedAgent, storedCall, WISH_READY } from './tables.js';
import type { Turn } from './turn-state.js';
import type { AgentEntry, CallEntry, CallRung, Offer, QueueEntry, Tables } from './types.js';

export type { Turn };

function firstTurn(tables: Tables, now: number): Turn {
  return {
    tables,
    now,
    ticks: 0,
    urgent: new Gathered(),
    effects: new Gathered(),
    events: new Gathered(),
    freed: undefined,
    opened: undefined,
    departed: undefined,
    advanced: undefined,
    wakeAt: Number.POSITIVE_INFINITY,
    touchedAgents: new Gathered(),
    touchedCalls: new Gathered(),
    dropped: new Gathered(),
    changes: new Gathered(),
    seen: 0,
    ignored: undefined,
  };
}

/** So many entries of calls are kept for new ones. */
const SPARE_CALLS = 1_000;

/** The turn of the tables, empty: one step is under way at a time. */
export function newTurn(tables: Tables, now: number): Turn {
  // only this function puts one there
  const turn: Writable<Turn> = (tables.spareTurn as Turn | null) ?? firstTurn(tables, now);
  tables.spareTurn = turn;
  tables.epoch ??= now;
  turn.now = now;
  turn.ticks = small(now - tables.epoch);
  turn.freed = undefined;
  turn.opened = undefined;
  turn.departed = undefined;
  turn.advanced = undefined;
  turn.wakeAt = Number.POSITIVE_INFINITY;
  turn.ignored = undefined;
  turn.urgent.clear();
  turn.effects.clear();
  turn.events.clear();
  turn.touchedAgents.clear();
  turn.touchedCalls.clear();
  turn.changes.clear();
  const { dropped } = turn;
  // Nobody looks at them any more: the step that dropped them is over.
  for (let n = 0; n < dropped.size && tables.spareCalls.length < SPARE_CALLS; n++) tables.spareCalls.push(dropped.at(n));
  dropped.clear();
  return turn;
}

/** Lists that mostly hold one item or none: a literal of one reserves one slot, the first `push` to an empty array seventeen. */
export function listed<T>(list: T[] | undefined, item: T): T[] {
  if (!list) return [item];
  list.push(item);
  return list;
}

export function ignore(turn: Turn, why: string): void {
  turn.ignored = why;
}

// Entries are changed here and nowhere else: everybody else reads them.

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** An agent the tables do not know yet. */
export function putAgent(turn: Turn, agent: AgentEntry): void {
  turn.tables.agents.set(agent.id, agent);
  touch(turn, agent);
}

/** What of an agent a step may change; the state itself by `enterState`. */
type AgentPatch = Partial<Omit<AgentEntry, 'id' | 'state' | 'since' | 'reason'>>;

export function changeAgent(turn: Turn, agent: AgentEntry, patch: AgentPatch): AgentEntry {
  touch(turn, agent);
  return Object.assign(agent, patch);
}

/** As `changeAgent`, for what the store does not keep, or has told. */
export function rewriteAgent(agent: AgentEntry, patch: Partial<Omit<AgentEntry, 'id'>>): AgentEntry {
  return Object.assign(agent, patch);
}

function touch(turn: Turn, agent: AgentEntry): void {
  turn.touchedAgents.push(agent);
}

/** An entry as of a call that has just come, to be filled in: one that is used no more, or a new one. */
export function spareCall({ tables }: Turn, queue: QueueEntry): Writable<CallEntry> {
  const spare: Writable<CallEntry> | undefined = tables.spareCalls.pop();
  if (!spare) return blankCall(queue);
  spare.queue = queue;
  spare.phase = 'waiting';
  spare.gone = false;
  spare.offer = null;
  spare.agent = null;
  spare.overdue = false;
  spare.more = NO_OFFERS;
  spare.estimateMs = null;
  spare.talkingSince = null;
  spare.failures = 0;
  return spare;
}

/** A call the tables do not know yet, under its id. */
export function putCall(turn: Turn, call: CallEntry): CallEntry {
  turn.tables.calls.add(call);
  return call;
}

/** Behind all who are idle. */
export function newIdlePlace({ tables }: Turn): number {
  tables.order += 1;
  return tables.order;
}

export interface Entering {
  cause: AgentCause;
  to: AgentStateName;
  reason: string | null;
  by: string;
  /** Of a wrap-up: the queue whose call it follows, for whoever counts handling times. */
  queueId?: QueueId | undefined;
  /** What changes with the state. */
  patch?: AgentPatch;
}

/**
 * Moves an agent to another state: checks it against the diagram, keeps the indexes right and tells the world.
 * An agent who becomes available is queued for matching at the end of the step.
 */
export function enterState(turn: Turn, agent: AgentEntry, e: Entering): AgentEntry {
  const from = agent.state;
  assertAgentTransition(from, e.cause, e.to);
  if (from === 'ready') leaveIdle(turn, agent);
  recount(turn.tables, agent, from, e.to);
  const next: Writable<AgentEntry> = agent;
  next.state = e.to;
  next.since = turn.now;
  next.reason = e.reason;
  if (e.patch) Object.assign(next, e.patch);
  touch(turn, next);
  tellState(turn, agent.id, { from, to: e.to, reason: e.reason, by: e.by }, e.queueId);
  if (e.to === 'ready') becomeIdle(turn, next);
  else if (e.to === 'offline' || e.to === 'not-ready') turn.departed = listed(turn.departed, agent.id);
  if (e.to === 'offline' && next.removed) turn.tables.agents.delete(next.id);
  return next;
}

function tellState(
  { events, now: at }: Turn,
  agentId: AgentId,
  data: EventOf<'agent.state-changed'>['data'],
  queueId: string | undefined,
): void {
  const type = 'agent.state-changed';
  events.push(queueId === undefined ? { type, at, agentId, data } : { type, at, agentId, queueId, data });
}

/** Takes a ready agent out of the indexes. */
export function leaveIdle(turn: Turn, agent: AgentEntry): void {
  const { tables } = turn;
  unfileReady(tables, agent);
  if (tables.cutOff.size > 0) tables.cutOff.delete(agent.id);
}

/** Files a ready agent: for matching when the seat can ring, else to be asked about later. */
export function becomeIdle(turn: Turn, agent: AgentEntry): void {
  if (isAvailable(agent)) turn.freed = listed(turn.freed, agent);
  else turn.tables.cutOff.add(agent.id);
}

/** Counts an agent in the queues he serves; `offline` stands for nowhere as well. */
export function recount(tables: Tables, { pool }: AgentEntry, from: AgentStateName, to: AgentStateName): void {
  if (isWorking(from) && isWorking(to)) return;
  const signedIn = Number(to !== 'offline') - Number(from !== 'offline');
  const working = Number(isWorking(to)) - Number(isWorking(from));
  if (signedIn === 0 && working === 0) return;
  tables.signedIn += signedIn;
  pool.signedIn += signedIn;
  for (const queue of pool.queues) {
    queue.signedIn += signedIn;
    queue.working += working;
    mark(tables, queue);
  }
}

export function isWorking(state: AgentStateName): boolean {
  return state !== 'offline' && state !== 'not-ready';
}

export type CallPatch = Partial<
  Pick<
    CallEntry,
    'phase' | 'offer' | 'more' | 'failures' | 'overdue' | 'talkingSince' | 'lane' | 'step' | 'sticky' | 'key' | 'rate' | 'callback' | 'ask'
  >
>;

export function changeCall(call: CallEntry, patch: CallPatch): CallEntry {
  return Object.assign(call, patch);
}

/** A call as another process knew it; only when it is taken up. */
export function takeUpAs(
  call: CallEntry,
  as: Pick<
    CallEntry,
    'entered' | 'sticky' | 'lane' | 'failures' | 'overdue' | 'estimateMs' | 'phase' | 'offer' | 'agent' | 'more' | 'talkingSince'
  >,
): CallEntry {
  return Object.assign(call, as);
}

// The most frequent of them write field by field: `Object.assign` from a patch took 1.5 % of a match.

/** The agent's seat rings for this offer. */
export function engage(agent: Writable<AgentEntry>, offer: Offer, order: number): void {
  agent.offer = offer;
  agent.wish = WISH_READY;
  agent.lastOffer = order;
}

/** Nothing of a call, a wrap-up or a rest is left. */
export function disengage(agent: Writable<AgentEntry>, idle: number, { calls, talkMs }: Pick<AgentEntry, 'calls' | 'talkMs'>): void {
  agent.offer = null;
  agent.wish = WISH_READY;
  agent.wrapUpUntil = null;
  agent.restUntil = null;
  agent.awaitsRegistration = false;
  agent.idle = idle;
  agent.calls = calls;
  agent.talkMs = talkMs;
}

export function enterOffered(call: Writable<CallEntry>, offer: Offer, agent: AgentEntry): CallEntry {
  assertCallTransition(call.phase, 'offer', 'offered');
  call.phase = 'offered';
  call.offer = offer;
  call.agent = agent;
  return call;
}

/** The agent of the offer that leads to the talk, or talks. */
export function agentOf({ tables }: Turn, { agent, offer }: CallEntry): AgentEntry | undefined {
  if (!offer) return undefined;
  // Mostly it is one and the same: known without a look at the offer or at an id.
  if (agent?.offer === offer) return agent;
  return agent?.id === offer.agentId ? agent : tables.agents.get(offer.agentId);
}

export function enterConnecting(call: Writable<CallEntry>): CallEntry {
  assertCallTransition(call.phase, 'answer', 'connecting');
  call.phase = 'connecting';
  return call;
}

export function enterTalking(turn: Turn, call: Writable<CallEntry>): CallEntry {
  assertCallTransition(call.phase, 'bridge', 'talking');
  call.phase = 'talking';
  call.talkingSince = turn.ticks;
  return call;
}

/** What is expected of a call's wait: written into the entry itself, which nobody has seen yet. */
export function expecting(fresh: Writable<CallEntry>, estimateMs: number | null): CallEntry {
  fresh.estimateMs = estimateMs;
  return fresh;
}

/** As far relaxed as belongs to so long a wait; told, but for a callback. Its place stays. */
export function relax(turn: Turn, call: Writable<CallEntry>, queue: QueueEntry, waitedMs: number): void {
  const step = stepAt(queue, waitedMs);
  if (step <= call.step) return;
  call.step = step;
  if (call.callback) return;
  const data = effectiveLevels(queue, step, call.ask);
  turn.events.push({ type: 'call.requirements-relaxed', at: turn.now, callId: call.id, queueId: queue.id, data });
}

/** The oldest of a queue's rung has relaxed down to another; told, but for a callback. If somebody is ready there, it is matched. */
export function relaxTo(turn: Turn, from: CallRung, to: CallRung): void {
  const call: Writable<CallEntry> = from.oldest as CallEntry;
  call.step = to.step;
  if (!call.callback) {
    to.told ??= effectiveLevels(call.queue, to.step, NO_ASK);
    turn.events.push({ type: 'call.requirements-relaxed', at: turn.now, callId: call.id, queueId: to.queueId, data: to.told });
  }
  if (somebodyReady(turn.tables, to.lane)) {
    shut(turn.tables, call);
    call.lane = to.lane;
    turn.opened = listed(turn.opened, call);
    return;
  }
  call.lane = to.lane;
  descend(turn, call, from, to);
  if (call.callback) turn.advanced = listed(turn.advanced, call.queue);
}

/** Moves a call to another lane, where it is filed and matched at the end of the step. */
export function relane(turn: Turn, call: Writable<CallEntry>, lane: CallEntry['lane']): void {
  if (lane === call.lane) return;
  const waits = call.phase === 'waiting';
  if (waits) shut(turn.tables, call);
  call.lane = lane;
  if (waits) turn.opened = listed(turn.opened, call);
}

/** Moves a call to another phase, checked against the diagram. */
export function enterPhase(call: CallEntry, cause: CallCause, patch: CallPatch & Pick<CallEntry, 'phase'>): CallEntry {
  assertCallTransition(call.phase, cause, patch.phase);
  return changeCall(call, patch);
}

/** Takes a call out of the queue and the tables for good; the result goes to whoever enqueued it. */
export function removeCall(turn: Turn, call: CallEntry, result: QueueResult | null): void {
  assertCallTransition(call.phase, 'end', 'gone');
  if (call.phase !== 'talking') losePlace(turn, call);
  drop(turn, call);
  if (result) turn.effects.push({ type: 'finish', callId: call.id, result });
}

/** A call that talked is the conversation's: its result comes from there. */
export function forgetCall(turn: Turn, call: CallEntry): void {
  assertCallTransition(call.phase, 'end', 'gone');
  drop(turn, call);
}

function drop({ tables, dropped }: Turn, call: Writable<CallEntry>): void {
  call.gone = true;
  dropped.push(call);
  tables.calls.delete(call);
}

/** The call takes its place in the queue. */
export function takePlace(turn: Turn, call: CallEntry): void {
  call.queue.places.add(call);
  if (call.callback) call.queue.callbacksInLine += 1;
  else {
    turn.touchedCalls.push(call);
    if (!call.stays) call.queue.arrivals?.add(call);
  }
}

/** The call gives its place up: it talks, or goes on. */
export function losePlace(turn: Turn, call: CallEntry): void {
  const { queue, lane } = call;
  if (call.phase === 'waiting') shut(turn.tables, call);
  else lane.ringing?.delete(call);
  queue.places.delete(call);
  if (call.callback) queue.callbacksInLine -= 1;
  else {
    turn.touchedCalls.push(call);
    queue.arrivals?.delete(call);
  }
  if (queue.callbacksInLine > 0) turn.advanced = listed(turn.advanced, queue);
}

/** The call is open again at the place it had. */
export function reopen(turn: Turn, call: CallEntry, patch: Pick<CallPatch, 'failures'> = NO_CALL_PATCH): CallEntry {
  call.lane.ringing?.delete(call);
  // What has fallen due while it rang.
  if (call.queue.relaxesAfter.length > 0) relax(turn, call, call.queue, turn.ticks - call.arrived);
  const lane = laneFor(turn.tables, call);
  const failures = patch.failures ?? call.failures;
  const open = enterPhase(call, 'lapse', { lane, failures, phase: 'waiting', offer: null, more: NO_OFFERS });
  turn.opened = listed(turn.opened, open);
  return open;
}

const NO_CALL_PATCH: CallPatch = {};

/** What the store has to know of this step: agents as they are now, and calls with a place. */
export function changesOf({ touchedAgents, touchedCalls, changes, tables }: Turn): StoreChange[] {
  if (touchedAgents.size > 0) {
    touchedAgents.keepOnce();
    for (let n = 0; n < touchedAgents.size; n++) {
      const agent = touchedAgents.at(n);
      const gone = agent.removed && agent.state === 'offline';
      changes.push({ table: 'agents', key: agent.id, value: gone ? null : storedAgent(agent, tables.day) });
    }
  }
  if (touchedCalls.size > 0) {
    touchedCalls.keepOnce();
    for (let n = 0; n < touchedCalls.size; n++) {
      const call = touchedCalls.at(n);
      // One that went to another queue of ours stands among the touched with its new place.
      if (call.gone && tables.calls.has(call.id)) continue;
      changes.push({ table: 'calls', key: call.id, value: call.gone || call.phase === 'talking' ? null : storedCall(tables, call) });
    }
  }
  return changes.copy();
}

/** Keeps something of a table that has few changes. */
export function keep(turn: Turn, change: StoreChange): void {
  turn.changes.push(change);
}
