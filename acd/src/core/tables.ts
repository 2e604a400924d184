import type { AgentConfig, AgentId, QueueConfig, Seat } from '@yixian/contracts';
import { OrderedSet } from './ordered-set.js';
import type {
  AcdState,
  AgentEntry,
  CallEntry,
  IdlePlace,
  Place,
  Pool,
  QueueEntry,
  StoredAgent,
  StoredCall,
  Tables,
  Wish,
} from './types.js';

/** Longest idle first. */
export function byIdle(a: IdlePlace, b: IdlePlace): number {
  return a.order - b.order;
}

/** Larger priority first, then first come. */
export function byPlace(a: Place, b: Place): number {
  return b.priority - a.priority || a.order - b.order;
}

/** The state before anything happened: no agents, no queues. */
export function emptyState(): AcdState {
  const tables: Tables = {
    turn: 0,
    order: 0,
    agents: new Map(),
    calls: new Map(),
    queues: new Map(),
    pools: new Map(),
    cutOff: new Set(),
  };
  return { turn: 0, tables };
}

export const SIP_SEAT: Seat = { kind: 'sip' };
export const WISH_READY: Wish = { state: 'ready', reason: null, by: 'system' };

export function skillKey(skills: readonly string[]): string {
  return JSON.stringify([...new Set(skills)].sort());
}

export function newQueue(config: QueueConfig): QueueEntry {
  return {
    id: config.id,
    config,
    places: new OrderedSet(byPlace),
    open: new OrderedSet(byPlace),
    pools: [],
    serving: 0,
    handled: 0,
    handlingMs: 0,
  };
}

/** The pool of this set of skills, made and tied to the queues it can serve when it is new. */
export function poolFor(tables: Tables, skills: readonly string[]): Pool {
  const key = skillKey(skills);
  const known = tables.pools.get(key);
  if (known) return known;
  const pool: Pool = { key, skills: new Set(skills), ready: new OrderedSet(byIdle), queues: [], signedIn: 0, working: 0 };
  for (const queue of tables.queues.values()) {
    if (!canServe(pool, queue)) continue;
    pool.queues.push(queue);
    queue.pools.push(pool);
  }
  tables.pools.set(key, pool);
  return pool;
}

export function canServe(pool: Pool, queue: QueueEntry): boolean {
  return queue.config.requiredSkills.every((skill) => pool.skills.has(skill));
}

export function newAgent(tables: Tables, config: AgentConfig, now: number): AgentEntry {
  return {
    id: config.id,
    config,
    pool: poolFor(tables, config.skills),
    state: 'offline',
    since: now,
    reason: null,
    seat: SIP_SEAT,
    reachable: false,
    wish: WISH_READY,
    offer: null,
    lines: [],
    wrapUpUntil: null,
    idle: { order: 0, agentId: config.id },
    awaitsRegistration: false,
    removed: false,
  };
}

/** Whether calls may be offered. */
export function isAvailable(agent: AgentEntry): boolean {
  return agent.state === 'ready' && agent.reachable;
}

export function storedAgent(agent: AgentEntry): StoredAgent {
  return {
    agentId: agent.id,
    state: agent.state,
    since: agent.since,
    reason: agent.reason,
    seat: agent.seat,
    wish: agent.wish,
    wrapUpUntil: agent.wrapUpUntil,
    awaitsRegistration: agent.awaitsRegistration,
  };
}

export function storedCall(call: CallEntry): StoredCall {
  return {
    callId: call.id,
    queueId: call.queue.id,
    caller: call.caller,
    priority: call.place.priority,
    order: call.place.order,
    since: call.since,
  };
}

/** Agents signed in who have the skills of the queue. */
export function signedIn(queue: QueueEntry): number {
  return queue.pools.reduce((sum, pool) => sum + pool.signedIn, 0);
}

/** The agent idle for longest among those who may have a call of the queue. One look per set of skills. */
export function longestIdle(queue: QueueEntry): IdlePlace | undefined {
  let best: IdlePlace | undefined;
  for (const pool of queue.pools) {
    const head = pool.ready.first;
    if (head && (!best || byIdle(head, best) < 0)) best = head;
  }
  return best;
}

/** The call that goes first among those an agent of the pool may have. One look per queue. */
export function firstInLine(pool: Pool): Place | undefined {
  let best: Place | undefined;
  for (const queue of pool.queues) {
    const head = queue.open.first;
    if (head && (!best || byPlace(head, best) < 0)) best = head;
  }
  return best;
}

/** All ids of agents in the tables that are cut off and have the skills of the queue. */
export function cutOffAgents(state: AcdState, queueId: string): AgentId[] {
  const queue = state.tables.queues.get(queueId);
  if (!queue || state.tables.cutOff.size === 0) return [];
  return [...state.tables.cutOff].filter((id) => {
    const agent = state.tables.agents.get(id);
    return agent !== undefined && canServe(agent.pool, queue);
  });
}
