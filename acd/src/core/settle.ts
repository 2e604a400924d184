import { catchUp, catchUpFor, relaxDue } from './age.js';
import { startCallerFirst } from './callbacks.js';
import { estimateWaitMs } from './estimate.js';
import { wantWakeFor } from './ladder.js';
import { fileReady, firstInLine, firstRinging, pickAgent } from './lanes.js';
import { openUp } from './measures.js';
import { makeOffer } from './offers.js';
import { measure, noAgentsFor, sweepDeserted } from './overflow.js';
import { goesBefore } from './places.js';
import { isAvailable } from './tables.js';
import type { Turn } from './turn.js';
import type { AgentEntry, CallEntry, Lane } from './types.js';
import { release } from './waiting.js';

/** Matches what this step set free, sends on whom a measure of his queue sends on, and matches those where they have come to. */
export function settle(turn: Turn): void {
  if (turn.tables.held) {
    fileAll(turn);
    return;
  }
  matchAll(turn);
  while (turn.tables.toMeasure.size > 0) {
    turn.freed = undefined;
    turn.opened = undefined;
    turn.departed = undefined;
    turn.advanced = undefined;
    if (measure(turn)) matchAll(turn);
  }
}

/** Whoever became available or open can be found when matching begins. */
function fileAll(turn: Turn): void {
  fileOpened(turn);
  if (turn.departed) departures(turn);
  for (const agent of turn.freed ?? []) file(turn, agent);
}

/** Before the step nobody available could have any open call, so only the newly freed agents and the newly opened calls need a look. */
function matchAll(turn: Turn): void {
  if (turn.departed) fileOpened(turn);
  if (turn.departed) departures(turn);
  const { freed, opened } = turn;
  const call = opened?.[0];
  if (!freed && call && opened.length === 1) {
    if (fileCall(turn, call)) match(turn, call);
  } else if (freed && !opened && freed.length === 1) {
    serve(turn, freed[0] as AgentEntry);
  } else if (freed || opened) {
    fileOpened(turn);
    relaxDue(turn);
    const agents = (freed ?? []).map((agent) => file(turn, agent)).filter((agent) => agent !== undefined);
    settleSome(turn, agents, turn.opened ?? []);
  }
  if (turn.advanced) for (const queue of turn.advanced) dialEarly(turn, queue);
}

/** The agent as the step left him, filed among the available; undefined when the same step has taken him again. */
function file(turn: Turn, freed: AgentEntry): AgentEntry | undefined {
  if (!isAvailable(freed)) return undefined;
  makeKnown(turn, freed);
  return freed;
}

/** Calls find him from here on, and those that come down to his levels do so to the millisecond. */
function makeKnown(turn: Turn, agent: AgentEntry): void {
  if (turn.tables.idle === 0) relaxDue(turn);
  fileReady(turn.tables, agent);
  wantWakeFor(turn, agent);
}

function fileOpened(turn: Turn): void {
  for (const call of turn.opened ?? []) fileCall(turn, call);
}

function fileCall(turn: Turn, call: CallEntry): boolean {
  if (call.gone || call.phase !== 'waiting') return false;
  if (call.step > 0 && call.lane.rung) catchUp(turn, call.lane.rung);
  openUp(turn, call);
  return true;
}

/**
 * Gives the agent the first call he may have, or lets him join those a ring-all call rings. He is filed among the ready
 * only when there is nothing for him: filing and taking out again was a fifth of a match.
 */
function serve(turn: Turn, agent: AgentEntry): void {
  for (;;) {
    if (!isAvailable(agent)) return;
    if (turn.tables.heads.apart > 0) relaxDue(turn);
    const call = firstInLine(turn.tables, agent, turn.ticks);
    if (!call) {
      makeKnown(turn, agent);
      join(turn, agent);
      return;
    }
    if (call.lane.rung) catchUpFor(turn, call, call.lane.rung);
    if (call.queue.config.strategy === 'ring-all') fileReady(turn.tables, agent);
    take(turn, agent, call);
  }
}

function join(turn: Turn, agent: AgentEntry): void {
  const call = agent.pool.ranked.length > 0 ? firstRinging(agent, turn.ticks) : undefined;
  if (call) makeOffer(turn, agent, call);
}

/** Offers the call to the agent its queue's strategy asks first, if anybody is ready for it. */
function match(turn: Turn, call: CallEntry): boolean {
  const agent = pickAgent(turn.tables, call.lane);
  if (agent) take(turn, agent, call);
  else if (call.callback) dialEarly(turn, call.queue);
  return agent !== undefined;
}

/** The agent is asked for the call; with ring-all everybody who is ready; a caller-first callback is dialled instead. */
function take(turn: Turn, agent: AgentEntry, call: CallEntry): void {
  const { strategy, callback } = call.queue.config;
  if (call.callback && callback?.order === 'caller-first') {
    startCallerFirst(turn, call);
    return;
  }
  if (strategy !== 'ring-all' || call.lane.agentId !== null) {
    makeOffer(turn, agent, call);
    return;
  }
  let offered = call;
  for (const { agentId } of [...(call.lane.ready ?? [])]) {
    const each = turn.tables.agents.get(agentId);
    if (each && isAvailable(each)) offered = makeOffer(turn, each, offered);
  }
}

/** Several at once: the call that goes first before the others, each as its queue's strategy has it. */
function settleSome(turn: Turn, agents: readonly AgentEntry[], calls: readonly CallEntry[]): void {
  const done = new Set<CallEntry>();
  const undecided = (call: CallEntry): boolean => !call.gone && call.phase === 'waiting' && !done.has(call);
  const inOrder = calls.filter(undecided).sort((a, b) => (goesBefore(a, b, turn.ticks) ? -1 : Number(a !== b)));
  for (let n = 0; ; ) {
    while (n < inOrder.length && !undecided(inOrder[n] as CallEntry)) n += 1;
    let best = inOrder[n];
    for (const agent of agents) {
      const call = isAvailable(agent) ? firstInLine(turn.tables, agent, turn.ticks) : undefined;
      if (call && undecided(call) && (!best || goesBefore(call, best, turn.ticks))) best = call;
    }
    if (!best) break;
    if (!match(turn, best)) done.add(best);
  }
  for (const agent of agents) if (isAvailable(agent)) join(turn, agent);
}

/** Every pair there is: for steps that change everything at once. */
export function settleAll(turn: Turn): void {
  const done = new Set<Lane>();
  const lanes = [...turn.tables.queues.values()].flatMap((q) => [...q.lanes, ...q.extra.values()]);
  for (const named of turn.tables.named.values()) lanes.push(...named);
  for (;;) {
    let best: CallEntry | undefined;
    for (const lane of lanes) {
      const call = done.has(lane) ? undefined : lane.open.first;
      if (call && (!best || goesBefore(call, best, turn.ticks))) best = call;
    }
    if (!best) break;
    if (!match(turn, best)) done.add(best.lane);
  }
  for (const agent of [...turn.tables.agents.values()]) if (isAvailable(agent)) join(turn, agent);
}

/** A caller-first callback at the head of the line is dialled when an agent is about to be free for it. */
function dialEarly(turn: Turn, queue: CallEntry['queue']): void {
  const config = queue.config.callback;
  if (config?.order !== 'caller-first' || queue.callbacksInLine === 0) return;
  for (;;) {
    const call = queue.places.first;
    if (!call?.callback || call.phase !== 'waiting') return;
    const estimate = estimateWaitMs(turn.tables, queue, 1);
    if (estimate === null || estimate > config.ringMs) return;
    startCallerFirst(turn, call);
  }
}

/** Whoever waits for an agent alone who is gone, and queues nobody is signed in for any more. */
function departures(turn: Turn): void {
  for (const agentId of new Set(turn.departed)) {
    const agent = turn.tables.agents.get(agentId);
    const offline = !agent || agent.state === 'offline';
    if (agent && !offline && agent.state !== 'not-ready') continue;
    for (const lane of turn.tables.named.get(agentId) ?? []) {
      for (const call of [...lane.open]) {
        if (call.gone) continue;
        if (call.sticky) release(turn, call);
        else if (offline) noAgentsFor(turn, call);
      }
    }
    if (!offline) continue;
    if (agent && agent.pool.signedIn > 0) continue;
    for (const queue of agent?.pool.queues ?? turn.tables.queues.values()) sweepDeserted(turn, queue);
  }
}
