import type { AgentConfig, AgentId, CallId, EpochMs, QueueConfig, Seat } from '@yixian/contracts';
import { Dues } from './dues.js';
import { Heads } from './heads.js';
import { IdTable } from './id-table.js';
import type { StoredAgent, StoredCall, StoredCallback } from './inputs.js';
import { makeLanes, NO_ASK, poolFor } from './lanes.js';
import { Line } from './line.js';
import { OrderedSet } from './ordered-set.js';
import { byArrival, byPlace } from './placed.js';
import type { AcdState, AgentEntry, CallbackEntry, CallEntry, Lane, MeasuredRule, Offer, QueueEntry, Tables, Wish } from './types.js';

/**
 * The state before anything happened: no agents, no queues.
 * @param seed of whatever is drawn by lot
 */
export function emptyState(seed = 1): AcdState {
  const tables: Tables = {
    turn: 0,
    epoch: null,
    order: 0,
    seed,
    day: '',
    signedIn: 0,
    held: false,
    remembers: false,
    agents: new Map(),
    calls: new IdTable(seed),
    queues: new Map(),
    pools: new Map(),
    callbacks: new Map(),
    named: new Map(),
    talks: new Map(),
    cutOff: new Set(),
    heads: new Heads(),
    idle: 0,
    oneRate: true,
    dues: new Dues(),
    climbing: 0,
    special: 0,
    wakeAt: Number.POSITIVE_INFINITY,
    toMeasure: new Set(),
    spareCalls: [],
    spareTurn: null,
  };
  return { turn: 0, tables };
}

export const SIP_SEAT: Seat = { kind: 'sip' };
export const WISH_READY: Wish = { state: 'ready', reason: null, by: 'system' };
export const NO_OFFERS: readonly Offer[] = [];
/** One for all agents: an empty list of their own would be one more place in memory to look at. */
const NO_LINES: readonly CallId[] = [];

export function newQueue(config: QueueConfig): QueueEntry {
  return {
    // What every match looks at comes first, so that it lies together in memory.
    config: inOneShape(config),
    measured: NOTHING_MEASURED,
    serving: 0,
    handled: 0,
    handlingMs: 0,
    places: new Line(),
    lanes: [],
    working: 0,
    arrivals: null,
    callbacksInLine: 0,
    relaxesAfter: [],
    id: config.id,
    estimates: 0,
    estimateErrorMs: 0,
    isOpen: true,
    signedIn: 0,
    levels: [],
    measureAt: null,
    sweepsAgain: false,
    extra: new Map(),
    extraLimit: 0,
    pools: [],
    rank: ranksOf(config),
    cursor: null,
    door: 'schedule',
    doorBy: null,
    because: 'always',
  };
}

export function ranksOf(config: QueueConfig): Map<AgentId, number> {
  return new Map(config.agentOrder.map((id, n) => [id, n]));
}

function measuredRules({ overflow }: QueueConfig): readonly MeasuredRule[] {
  const measured = overflow.filter(({ when }) => when.kind === 'longest-wait' || when.kind === 'estimated-wait');
  if (measured.length === 0) return NOTHING_MEASURED;
  return measured.map((rule) => ({ rule, movable: new OrderedSet<CallEntry>(byPlace) }));
}

/** A queue with the lanes of its settings; ties to pools are made by whoever makes the pools. */
export function reconfigure(tables: Tables, queue: QueueEntry, config: QueueConfig): void {
  queue.config = inOneShape(config);
  queue.rank = ranksOf(config);
  queue.measured = measuredRules(config);
  queue.arrivals = config.overflow.some(({ when }) => when.kind === 'longest-wait') ? new OrderedSet<CallEntry>(byArrival) : null;
  queue.pools = [];
  queue.signedIn = 0;
  queue.working = 0;
  makeLanes(tables, queue);
}

/**
 * The settings with their fields in one order. Put together elsewhere in many ways they have as many hidden classes as there
 * are queues, and every look at a setting misses its cache: that took 7 % of a match. What every match asks for comes first,
 * so that it lies together in memory, and empty lists are one for all queues: with two hundred queues a list of its own is a
 * place that nobody has looked at for a while.
 */
function inOneShape(config: QueueConfig): QueueConfig {
  return {
    strategy: config.strategy,
    ringTimeoutMs: config.ringTimeoutMs,
    callback: config.callback,
    wrapUpMs: config.wrapUpMs,
    wrapUp: config.wrapUp,
    priority: config.priority,
    maxWaitMs: config.maxWaitMs,
    maxLength: config.maxLength,
    overflow: config.overflow.length === 0 ? NO_RULES : config.overflow,
    relaxation: config.relaxation.length === 0 ? NO_RELAXATION : config.relaxation,
    ageingPerMinute: config.ageingPerMinute,
    sticky: config.sticky,
    music: config.music,
    id: config.id,
    name: config.name,
    requiredSkills: config.requiredSkills,
    announceEveryMs: config.announceEveryMs,
    serviceLevelSeconds: config.serviceLevelSeconds,
    record: config.record,
    recording: config.recording,
    agentOrder: config.agentOrder,
    group: config.group,
    minLevels: config.minLevels,
    scheduleId: config.scheduleId,
    consequences: config.consequences,
  };
}

const NO_RULES: QueueConfig['overflow'] = [];
const NO_RELAXATION: QueueConfig['relaxation'] = [];
const NOTHING_MEASURED: readonly MeasuredRule[] = [];

export function newAgent(tables: Tables, config: AgentConfig, now: number): AgentEntry {
  // What every match looks at comes first, so that it lies together in memory.
  return {
    id: config.id,
    state: 'offline',
    reachable: false,
    pool: poolFor(tables, config),
    offer: null,
    wish: WISH_READY,
    idle: 0,
    since: now,
    reason: null,
    lines: NO_LINES,
    seat: SIP_SEAT,
    calls: 0,
    talkMs: 0,
    lastOffer: 0,
    wrapUpUntil: null,
    restUntil: null,
    awaitsRegistration: false,
    removed: false,
    config,
  };
}

/** An entry that waits for nothing yet. What every step of a wait looks at comes first, so that it lies together in memory. */
export function blankCall(queue: QueueEntry): CallEntry {
  return {
    id: '',
    lane: queue.lanes[0] as Lane,
    step: 0,
    phase: 'waiting',
    callback: null,
    queue,
    offer: null,
    agent: null,
    caller: '',
    arrived: 0,
    talkingSince: null,
    gone: false,
    ask: NO_ASK,
    key: 0,
    order: 0,
    priority: 0,
    entered: 0,
    sticky: null,
    overdue: false,
    more: NO_OFFERS,
    estimateMs: null,
    failures: 0,
    rate: 0,
    stays: false,
    visited: [],
  };
}

/** Whether calls may be offered. */
export function isAvailable(agent: AgentEntry): boolean {
  return agent.state === 'ready' && agent.reachable;
}

export function storedAgent(agent: AgentEntry, day: string): StoredAgent {
  return {
    agentId: agent.id,
    state: agent.state,
    since: agent.since,
    reason: agent.reason,
    seat: agent.seat,
    wish: agent.wish,
    wrapUpUntil: agent.wrapUpUntil,
    restUntil: agent.restUntil,
    awaitsRegistration: agent.awaitsRegistration,
    day,
    calls: agent.calls,
    talkMs: agent.talkMs,
  };
}

/** When the caller came to the hotline. */
export function sinceOf({ epoch }: Tables, { arrived }: CallEntry): EpochMs {
  return (epoch ?? 0) + arrived;
}

export function storedCall(tables: Tables, call: CallEntry): StoredCall {
  return {
    callId: call.id,
    queueId: call.queue.id,
    caller: call.caller,
    priority: call.priority,
    order: call.order,
    since: sinceOf(tables, call),
    entered: (tables.epoch ?? 0) + call.entered,
  };
}

export function storedCallback({ id, phase: _, ...kept }: CallbackEntry): StoredCallback {
  return { callbackId: id, ...kept };
}

/** Callers with a place, callbacks not counted. */
export function callersIn(queue: QueueEntry): number {
  return queue.places.size - queue.callbacksInLine;
}

/** Everybody whose seat rings for the call, or who is on it. */
export function offersOf(call: CallEntry): readonly Offer[] {
  if (!call.offer) return NO_OFFERS;
  return call.more.length === 0 ? [call.offer] : [call.offer, ...call.more];
}

/** All ids of agents in the tables that are cut off and may serve the queue. */
export function cutOffAgents(state: AcdState, queueId: string): AgentId[] {
  const queue = state.tables.queues.get(queueId);
  if (!queue || state.tables.cutOff.size === 0) return [];
  return [...state.tables.cutOff].filter((id) => state.tables.agents.get(id)?.pool.queues.includes(queue) === true);
}
