import type { AgentId, AgentStateName, CallId, EventDraft, QueueResult } from '@yixian/contracts';
import { type AgentCause, assertAgentTransition } from './agent-state.js';
import { assertCallTransition, type CallCause } from './call-state.js';
import { isAvailable, storedAgent, storedCall } from './tables.js';
import type { AgentEntry, CallEntry, Effect, IdlePlace, StoreChange, Tables } from './types.js';

/** One step under way: the tables, the time, and what has been decided so far. */
export interface Turn {
  readonly tables: Tables;
  readonly now: number;
  /** Done first: a seat to ring or a bridge to make does not wait for anything else. */
  urgent: Effect[] | undefined;
  readonly effects: Effect[];
  readonly events: EventDraft[];
  /** Agents who became available in this step, still to be matched. */
  freed: AgentEntry[] | undefined;
  /** Calls that became open in this step, still to be matched. */
  opened: CallEntry[] | undefined;
  /** Agents replaced in this step; may name one twice. */
  touchedAgents: AgentId[] | undefined;
  /** Calls that got or lost a place in this step; may name one twice. */
  touchedCalls: CallId[] | undefined;
  ignored: string | undefined;
}

export function newTurn(tables: Tables, now: number): Turn {
  return {
    tables,
    now,
    urgent: undefined,
    effects: [],
    events: [],
    freed: undefined,
    opened: undefined,
    touchedAgents: undefined,
    touchedCalls: undefined,
    ignored: undefined,
  };
}

/** Lists that mostly hold one item or none: a literal of one reserves one slot, the first `push` to an empty array seventeen. */
export function listed<T>(list: T[] | undefined, item: T): T[] {
  if (!list) return [item];
  list.push(item);
  return list;
}

export function putAgent(turn: Turn, agent: AgentEntry): AgentEntry {
  turn.tables.agents.set(agent.id, agent);
  turn.touchedAgents = listed(turn.touchedAgents, agent.id);
  return agent;
}

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
  /** What changes with the state. */
  patch?: AgentPatch;
}

type AgentPatch = Partial<Pick<AgentEntry, 'wish' | 'offer' | 'lines' | 'wrapUpUntil' | 'awaitsRegistration' | 'reachable' | 'idle'>>;

const NO_PATCH: AgentPatch = {};

/** Written out field by field: two spreads in one literal took a sixth of a decision. */
function moved(agent: AgentEntry, e: Entering, since: number): AgentEntry {
  const patch = e.patch ?? NO_PATCH;
  return {
    id: agent.id,
    config: agent.config,
    pool: agent.pool,
    state: e.to,
    since,
    reason: e.reason,
    seat: agent.seat,
    reachable: patch.reachable ?? agent.reachable,
    wish: patch.wish ?? agent.wish,
    offer: patch.offer === undefined ? agent.offer : patch.offer,
    lines: patch.lines ?? agent.lines,
    wrapUpUntil: patch.wrapUpUntil === undefined ? agent.wrapUpUntil : patch.wrapUpUntil,
    idle: patch.idle ?? agent.idle,
    awaitsRegistration: patch.awaitsRegistration ?? agent.awaitsRegistration,
    removed: agent.removed,
  };
}

/**
 * Moves an agent to another state: checks it against the diagram, keeps the indexes right and tells the world.
 * An agent who becomes available is queued for matching at the end of the step.
 */
export function enterState(turn: Turn, agent: AgentEntry, e: Entering): AgentEntry {
  assertAgentTransition(agent.state, e.cause, e.to);
  if (agent.state === 'ready') leaveIdle(turn, agent);
  count(agent, e.to);
  const next = putAgent(turn, moved(agent, e, turn.now));
  turn.events.push({
    type: 'agent.state-changed',
    at: turn.now,
    agentId: agent.id,
    data: { from: agent.state, to: e.to, reason: e.reason, by: e.by },
  });
  if (e.to === 'ready') becomeIdle(turn, next);
  if (e.to === 'offline' && next.removed) turn.tables.agents.delete(next.id);
  return next;
}

/** Takes a ready agent out of the indexes. */
export function leaveIdle(turn: Turn, agent: AgentEntry): void {
  agent.pool.ready.delete(agent.idle);
  turn.tables.cutOff.delete(agent.id);
}

/** Files a ready agent: for matching when the seat can ring, else to be asked about later. */
export function becomeIdle(turn: Turn, agent: AgentEntry): void {
  if (isAvailable(agent)) turn.freed = listed(turn.freed, agent);
  else turn.tables.cutOff.add(agent.id);
}

function count(agent: AgentEntry, to: AgentStateName): void {
  const { pool, state } = agent;
  pool.signedIn += Number(to !== 'offline') - Number(state !== 'offline');
  pool.working += Number(isWorking(to)) - Number(isWorking(state));
}

export function isWorking(state: AgentStateName): boolean {
  return state !== 'offline' && state !== 'not-ready';
}

/** Moves a call to another phase, checked against the diagram. */
export function enterPhase(turn: Turn, call: CallEntry, cause: CallCause, patch: CallPatch): CallEntry {
  assertCallTransition(call.phase, cause, patch.phase);
  return putCall(turn, {
    id: call.id,
    queue: call.queue,
    caller: call.caller,
    place: call.place,
    since: call.since,
    phase: patch.phase,
    offer: patch.offer === undefined ? call.offer : patch.offer,
    failures: patch.failures ?? call.failures,
    overdue: call.overdue,
    talkingSince: patch.talkingSince ?? call.talkingSince,
  });
}

type CallPatch = Pick<CallEntry, 'phase'> & Partial<Pick<CallEntry, 'offer' | 'failures' | 'talkingSince'>>;

/** Takes a call out of the queue and the tables for good; the result goes to whoever enqueued it. */
export function removeCall(turn: Turn, call: CallEntry, result: QueueResult): void {
  assertCallTransition(call.phase, 'end', 'gone');
  if (call.phase !== 'talking') losePlace(turn, call);
  turn.tables.calls.delete(call.id);
  turn.effects.push({ type: 'finish', callId: call.id, result });
}

/** A call that talked is the conversation's: its result comes from there. */
export function forgetCall(turn: Turn, call: CallEntry): void {
  assertCallTransition(call.phase, 'end', 'gone');
  turn.tables.calls.delete(call.id);
}

/** The call takes its place in the queue. */
export function takePlace(turn: Turn, call: CallEntry): void {
  call.queue.places.add(call.place);
  turn.touchedCalls = listed(turn.touchedCalls, call.id);
}

/** The call gives its place up: it talks, or goes on. */
export function losePlace(turn: Turn, call: CallEntry): void {
  if (call.phase === 'waiting') call.queue.open.delete(call.place);
  call.queue.places.delete(call.place);
  turn.touchedCalls = listed(turn.touchedCalls, call.id);
}

/** Nearly every step touches one agent and one call; a set for those would cost more than the change. */
function once(ids: readonly string[] = []): readonly string[] {
  if (ids.length < 2) return ids;
  return ids.length < 8 ? ids.filter((id, n) => ids.indexOf(id) === n) : [...new Set(ids)];
}

/** What the store has to know of this step: agents as they are now, and calls with a place. */
export function changesOf(turn: Turn): StoreChange[] {
  const changes: StoreChange[] = [];
  for (const agentId of once(turn.touchedAgents)) {
    const agent = turn.tables.agents.get(agentId);
    changes.push(agent ? { type: 'agent', agent: storedAgent(agent) } : { type: 'agent-gone', agentId });
  }
  for (const callId of once(turn.touchedCalls)) {
    const call = turn.tables.calls.get(callId);
    changes.push(call && call.phase !== 'talking' ? { type: 'call', call: storedCall(call) } : { type: 'call-gone', callId });
  }
  return changes;
}
