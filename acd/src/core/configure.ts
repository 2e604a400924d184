import type { AgentConfig, QueueConfig } from '@yixian/contracts';
import { retire } from './agents.js';
import { askNow, dropAll } from './callbacks.js';
import { closeCall } from './calls.js';
import { stepAt, wantWakeAnew } from './ladder.js';
import { fileReady, laneFor, poolFor, somebodySignedIn, tieLane, untieLane } from './lanes.js';
import { openUp } from './measures.js';
import { forgetMeasure, noAgentsFor, sweepDeserted } from './overflow.js';
import { keyOf, rateOf } from './places.js';
import { settleAll } from './settle.js';
import { isAvailable, newAgent, newQueue, reconfigure } from './tables.js';
import { changeAgent, changeCall, putAgent, recount, rewriteAgent, type Turn } from './turn.js';
import type { QueueEntry, Tables } from './types.js';
import { arm } from './waiting.js';

/**
 * Takes over the directory as it stands. Nobody is logged out and nobody loses a place by it; a call keeps the priority
 * it came with, what it asks for and how long it may wait are the queue's new ones. Calls of a queue that is gone go on
 * with `failed`; agents who are gone are signed out when their call is over.
 */
export function configure(turn: Turn, agents: readonly AgentConfig[], queues: readonly QueueConfig[]): void {
  const { tables } = turn;
  closeQueues(turn, new Set(queues.map((q) => q.id)));
  tables.pools.clear();
  tables.idle = 0;
  tables.named.clear();
  tables.signedIn = 0;
  tables.heads.clear();
  tables.oneRate = new Set(queues.map((q) => q.ageingPerMinute)).size <= 1;
  tables.dues.clear();
  tables.climbing = 0;
  tables.special = 0;
  for (const config of queues) {
    const known = tables.queues.get(config.id) ?? newQueue(config);
    tables.queues.set(config.id, known);
    reconfigure(tables, known, config);
  }
  tables.remembers = queues.some((q) => q.sticky !== null);
  const enabled = new Map(agents.filter((a) => a.enabled).map((a) => [a.id, a]));
  repool(tables, enabled);
  for (const config of enabled.values()) {
    if (!tables.agents.has(config.id)) putAgent(turn, newAgent(tables, config, turn.now));
  }
  for (const queue of tables.queues.values()) requeue(turn, queue);
  for (const agent of [...tables.agents.values()]) {
    if (!enabled.has(agent.id)) retire(turn, agent);
  }
  tables.cutOff.clear();
  for (const agent of tables.agents.values()) {
    if (isAvailable(agent)) fileReady(tables, agent);
    else if (agent.state === 'ready') tables.cutOff.add(agent.id);
  }
  for (const queue of tables.queues.values()) abandoned(turn, queue);
  for (const call of turn.opened ?? []) if (!call.gone && call.phase === 'waiting') openUp(turn, call);
  turn.freed = undefined;
  turn.opened = undefined;
  turn.advanced = undefined;
  if (!tables.held) settleAll(turn);
  wantWakeAnew(turn);
}

function closeQueues(turn: Turn, keep: ReadonlySet<string>): void {
  for (const [id, queue] of turn.tables.queues) {
    if (keep.has(id)) continue;
    dropAll(turn, id);
    for (const call of [...queue.places]) if (!call.gone) closeCall(turn, call, `queue ${id} was removed`);
    forgetMeasure(turn, queue);
    turn.tables.queues.delete(id);
  }
}

/** Whoever waits for agents who cannot have him any more, since the directory says otherwise. */
function abandoned(turn: Turn, queue: QueueEntry): void {
  for (const call of [...queue.places]) {
    if (call.gone) continue;
    if (call.phase === 'waiting' && call.ask.agentId !== null && !somebodySignedIn(turn.tables, call)) noAgentsFor(turn, call);
  }
  sweepDeserted(turn, queue);
}

/** Pools anew, and the agents counted in the queues they serve. */
function repool(tables: Tables, enabled: ReadonlyMap<string, AgentConfig>): void {
  for (const agent of tables.agents.values()) {
    const config = enabled.get(agent.id) ?? agent.config;
    rewriteAgent(agent, { config, pool: poolFor(tables, config), removed: !enabled.has(agent.id) });
    recount(tables, agent, 'offline', agent.state);
  }
}

/** Places and lanes anew: rate of ageing and requirements may have changed. Talking calls only point to their queue. */
function requeue(turn: Turn, queue: QueueEntry): void {
  const { tables } = turn;
  const calls = [...queue.places];
  const rate = rateOf(queue.config);
  queue.places.clear();
  for (const call of calls) {
    const step = stepAt(queue, turn.ticks - call.arrived);
    // Who last talked with the caller is waited for as long as he could ever have the call.
    const sticky = call.sticky && tables.agents.get(call.sticky.agentId)?.pool.queues.includes(queue) ? call.sticky : null;
    const ask = call.callback ? askNow(tables, call.callback) : call.ask;
    const lane = laneFor(tables, { queue, ask, step, sticky });
    changeCall(call, { key: keyOf(rate, call.priority, call.arrived), rate, step, lane, sticky, ask });
    queue.places.add(call);
    if (queue.arrivals && !call.callback && !call.stays) queue.arrivals.add(call);
    if (call.phase === 'waiting') openUp(turn, call);
    if (call.phase === 'offered') lane.ringing?.add(call);
    arm(turn, call);
  }
}

/** The counters of the day begin at nothing; whoever is ranked by them is filed anew. */
export function beginDay(turn: Turn, day: string): void {
  const { tables } = turn;
  if (tables.day === day) {
    turn.ignored = 'the day has begun already';
    return;
  }
  tables.day = day;
  for (const lane of rankedLanes(tables)) lane.ready?.clear();
  for (const agent of [...tables.agents.values()]) {
    if (agent.calls > 0 || agent.talkMs > 0) changeAgent(turn, agent, { calls: 0, talkMs: 0 });
  }
  for (const lane of rankedLanes(tables)) {
    untieLane(tables, lane);
    tieLane(tables, lane);
  }
}

function* rankedLanes(tables: Tables) {
  for (const queue of tables.queues.values()) {
    for (const lane of new Set([...queue.lanes, ...queue.extra.values()])) if (lane.ready) yield lane;
  }
}
