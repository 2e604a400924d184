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
  readonly urgent: Effect[];
  readonly effects: Effect[];
  readonly events: EventDraft[];
  /** Agents who became available in this step, still to be matched. */
  readonly freed: AgentEntry[];
  /** Calls that became open in this step, still to be matched. */
  readonly opened: CallEntry[];
  readonly touchedAgents: Set<AgentId>;
  readonly touchedCalls: Set<CallId>;
  ignored: string | undefined;
}

export function newTurn(tables: Tables, now: number): Turn {
  return {
    tables,
    now,
    urgent: [],
    effects: [],
    events: [],
    freed: [],
    opened: [],
    touchedAgents: new Set(),
    touchedCalls: new Set(),
    ignored: undefined,
  };
}

export function putAgent(turn: Turn, agent: AgentEntry): AgentEntry {
  turn.tables.agents.set(agent.id, agent);
  turn.touchedAgents.add(agent.id);
  return agent;
}

export function putCall(turn: Turn, call: CallEntry): CallEntry {
  turn.tables.calls.set(call.id, call);
  turn.touchedCalls.add(call.id);
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
  patch?: Partial<Pick<AgentEntry, 'wish' | 'offer' | 'lines' | 'wrapUpUntil' | 'awaitsRegistration' | 'reachable' | 'idle'>>;
}

/**
 * Moves an agent to another state: checks it against the diagram, keeps the indexes right and tells the world.
 * An agent who becomes available is queued for matching at the end of the step.
 */
export function enterState(turn: Turn, agent: AgentEntry, e: Entering): AgentEntry {
  assertAgentTransition(agent.state, e.cause, e.to);
  if (agent.state === 'ready') leaveIdle(turn, agent);
  count(agent, e.to);
  const next = putAgent(turn, { ...agent, ...e.patch, state: e.to, since: turn.now, reason: e.reason });
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
  if (isAvailable(agent)) turn.freed.push(agent);
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
export function enterPhase(turn: Turn, call: CallEntry, cause: CallCause, patch: Partial<CallEntry> & Pick<CallEntry, 'phase'>): CallEntry {
  assertCallTransition(call.phase, cause, patch.phase);
  return putCall(turn, { ...call, ...patch });
}

/** Takes a call out of the queue and the tables for good; the result goes to whoever enqueued it. */
export function removeCall(turn: Turn, call: CallEntry, result: QueueResult): void {
  assertCallTransition(call.phase, 'end', 'gone');
  call.queue.open.delete(call.place);
  call.queue.places.delete(call.place);
  turn.tables.calls.delete(call.id);
  turn.touchedCalls.add(call.id);
  turn.effects.push({ type: 'finish', callId: call.id, result });
}

export function changesOf(turn: Turn): StoreChange[] {
  const changes: StoreChange[] = [];
  for (const agentId of turn.touchedAgents) {
    const agent = turn.tables.agents.get(agentId);
    changes.push(agent ? { type: 'agent', agent: storedAgent(agent) } : { type: 'agent-gone', agentId });
  }
  for (const callId of turn.touchedCalls) {
    const call = turn.tables.calls.get(callId);
    changes.push(call ? { type: 'call', call: storedCall(call) } : { type: 'call-gone', callId });
  }
  return changes;
}

export const timerKeys = {
  offer: (offerId: string) => `offer:${offerId}`,
  wait: (callId: CallId) => `wait:${callId}`,
  wrapUp: (agentId: AgentId) => `wrap-up:${agentId}`,
} as const;
