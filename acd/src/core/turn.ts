import type { AgentId, AgentStateName, EpochMs, EventDraft, EventOf, QueueId, QueueResult } from '@yixian/contracts';
import { type AgentCause, assertAgentTransition } from './agent-state.js';
import { assertCallTransition, type CallCause } from './call-state.js';
import { Gathered } from './gathered.js';
import type { Effect, StoreChange } from './inputs.js';
import { laneFor, unfileReady } from './lanes.js';
import { mark, shut } from './measures.js';
import { isAvailable, NO_OFFERS, storedAgent, storedCall, WISH_READY } from './tables.js';
import type { AgentEntry, CallEntry, IdlePlace, Offer, QueueEntry, Tables, Ticks } from './types.js';

/** One step under way: the tables, the time, and what has been decided so far. */
export interface Turn {
  readonly tables: Tables;
  readonly now: EpochMs;
  /** The same as calls count. */
  readonly ticks: Ticks;
  /** Done first: a seat to ring or a bridge to make does not wait for anything else. */
  readonly urgent: Gathered<Effect>;
  readonly effects: Gathered<Effect>;
  readonly events: Gathered<EventDraft>;
  /** Agents who became available in this step, still to be matched. */
  freed: AgentEntry[] | undefined;
  /** Calls that became open in this step, still to be matched. */
  opened: CallEntry[] | undefined;
  /** Agents who went not ready or signed out: whoever waits for them alone is looked at. */
  departed: AgentId[] | undefined;
  /** Queues a place was lost in, when callbacks stand in their lines. */
  advanced: QueueEntry[] | undefined;
  /** Agents changed in this step; may name one twice. */
  readonly touchedAgents: Gathered<AgentEntry>;
  /** Calls that got or lost a place in this step; may name one twice. */
  readonly touchedCalls: Gathered<CallEntry>;
  /** Of other tables, in order. */
  readonly changes: Gathered<StoreChange>;
  ignored: string | undefined;
}

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
    touchedAgents: new Gathered(),
    touchedCalls: new Gathered(),
    changes: new Gathered(),
    ignored: undefined,
  };
}

/** The turn of the tables, empty: one step is under way at a time. */
export function newTurn(tables: Tables, now: number): Turn {
  // only this function puts one there
  const turn: Writable<Turn> = (tables.spareTurn as Turn | null) ?? firstTurn(tables, now);
  tables.spareTurn = turn;
  tables.epoch ??= now;
  turn.now = now;
  turn.ticks = now - tables.epoch;
  turn.freed = undefined;
  turn.opened = undefined;
  turn.departed = undefined;
  turn.advanced = undefined;
  turn.ignored = undefined;
  turn.urgent.clear();
  turn.effects.clear();
  turn.events.clear();
  turn.touchedAgents.clear();
  turn.touchedCalls.clear();
  turn.changes.clear();
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

/** A call the tables do not know yet, under its id. */
export function putCall(turn: Turn, call: CallEntry): CallEntry {
  turn.tables.calls.set(call.id, call);
  return call;
}

export function newIdlePlace(turn: Turn, agentId: AgentId): IdlePlace {
  turn.tables.order += 1;
  return { order: turn.tables.order, agentId };
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
  unfileReady(agent);
  turn.tables.cutOff.delete(agent.id);
}

/** Files a ready agent: for matching when the seat can ring, else to be asked about later. */
export function becomeIdle(turn: Turn, agent: AgentEntry): void {
  if (isAvailable(agent)) turn.freed = listed(turn.freed, agent);
  else turn.tables.cutOff.add(agent.id);
}

/** Counts an agent in the queues he serves; `offline` stands for nowhere as well. */
export function recount(tables: Tables, { pool }: AgentEntry, from: AgentStateName, to: AgentStateName): void {
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
    'phase' | 'offer' | 'more' | 'failures' | 'overdue' | 'talkingSince' | 'lane' | 'step' | 'sticky' | 'place' | 'callback' | 'ask'
  >
>;

export function changeCall(call: CallEntry, patch: CallPatch): CallEntry {
  return Object.assign(call, patch);
}

// The most frequent of them write field by field: `Object.assign` from a patch took 1.5 % of a match.

/** The agent's seat rings for this offer. */
export function engage(agent: Writable<AgentEntry>, offer: Offer, order: number): void {
  agent.offer = offer;
  agent.wish = WISH_READY;
  agent.lastOffer = order;
}

/** Nothing of a call, a wrap-up or a rest is left. */
export function disengage(agent: Writable<AgentEntry>, idle: IdlePlace, { calls, talkMs }: Pick<AgentEntry, 'calls' | 'talkMs'>): void {
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

/** Relaxed so far, in the lane where those are who satisfy that; a waiting call is matched anew there. Its place stays. */
export function relaxTo(turn: Turn, call: Writable<CallEntry>, step: number, lane: CallEntry['lane']): CallEntry {
  call.step = step;
  return relane(turn, call, lane);
}

/** Moves a call to another lane. */
export function relane(turn: Turn, call: Writable<CallEntry>, lane: CallEntry['lane']): CallEntry {
  if (call.phase === 'waiting' && call.lane !== lane) {
    shut(call);
    turn.opened = listed(turn.opened, call);
  }
  call.lane = lane;
  return call;
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

function drop({ tables }: Turn, call: Writable<CallEntry>): void {
  call.gone = true;
  tables.calls.delete(call.id);
}

/** The call takes its place in the queue. */
export function takePlace(turn: Turn, call: CallEntry): void {
  call.queue.places.add(call.place);
  if (call.callback) call.queue.callbacksInLine += 1;
  else {
    turn.touchedCalls.push(call);
    if (!call.stays) call.queue.arrivals?.add(call.place);
  }
}

/** The call gives its place up: it talks, or goes on. */
export function losePlace(turn: Turn, call: CallEntry): void {
  const { queue, lane } = call;
  if (call.phase === 'waiting') shut(call);
  else if (lane.ringing.size > 0) lane.ringing.delete(call.place);
  queue.places.delete(call.place);
  if (call.callback) queue.callbacksInLine -= 1;
  else {
    turn.touchedCalls.push(call);
    queue.arrivals?.delete(call.place);
  }
  if (queue.callbacksInLine > 0) turn.advanced = listed(turn.advanced, queue);
}

/** The call is open again at the place it had. */
export function reopen(turn: Turn, call: CallEntry, patch: Pick<CallPatch, 'failures'> = NO_CALL_PATCH): CallEntry {
  if (call.lane.ringing.size > 0) call.lane.ringing.delete(call.place);
  // It may have been relaxed while it rang.
  const lane = call.queue.config.relaxation.length === 0 ? call.lane : laneFor(turn.tables, call);
  const failures = patch.failures ?? call.failures;
  const open = enterPhase(call, 'lapse', { lane, failures, phase: 'waiting', offer: null, more: NO_OFFERS });
  turn.opened = listed(turn.opened, open);
  return open;
}

const NO_CALL_PATCH: CallPatch = {};

/** What the store has to know of this step: agents as they are now, and calls with a place. */
export function changesOf({ touchedAgents, touchedCalls, changes, tables }: Turn): StoreChange[] {
  if (touchedAgents.size > 0) {
    for (const agent of touchedAgents.once()) {
      const gone = agent.removed && agent.state === 'offline';
      changes.push({ table: 'agents', key: agent.id, value: gone ? null : storedAgent(agent, tables.day) });
    }
  }
  if (touchedCalls.size > 0) {
    for (const call of touchedCalls.once()) {
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
