import { type AgentConfig, type AgentId, DEFAULT_SKILL_LEVEL, type QueueConfig } from '@yixian/contracts';
import type { Served } from './heads.js';
import { Line } from './line.js';
import { OrderedSet } from './ordered-set.js';
import { byPlace } from './placed.js';
import { goesBefore } from './places.js';
import { Rungs, type ToldLevels } from './rungs.js';
import type { AgentEntry, Ask, CallEntry, CallRungs, Candidate, Lane, Pool, QueueEntry, Requirement, Tables, Ticks } from './types.js';

// Who may have what. Agents with the same skills, levels and groups form a pool; the open calls of a queue that ask for the
// same form a lane. A lane knows the pools that satisfy it and a pool its lanes, so that a freed agent looks at one head per
// lane, or one per queue whose levels relax, and a call at one head per pool with somebody ready, or at the one head its
// strategy keeps.

const NO_LEVELS: Ask['minLevels'] = {};

export const NO_ASK: Ask = { agentId: null, group: null, minLevels: NO_LEVELS };

/** What a request asks for beside its queue. */
export function askOf(asked: { [K in keyof Ask]?: Ask[K] | undefined }): Ask {
  const { agentId = null, group = null, minLevels = NO_LEVELS } = asked;
  const levels = minLevels !== NO_LEVELS && Object.keys(minLevels).length > 0;
  return agentId === null && group === null && !levels ? NO_ASK : { agentId, group, minLevels };
}

/** Lanes made for requests of their own are kept for the next such request; from so many on the empty ones go. */
const MANY_EXTRA_LANES = 32;

/** Longest idle first. */
function byIdle(a: AgentEntry, b: AgentEntry): number {
  return a.idle - b.idle;
}

function byRank(a: Candidate, b: Candidate): number {
  return a.key - b.key || a.order - b.order || (a.agentId < b.agentId ? -1 : Number(a.agentId > b.agentId));
}

/** Levels of an agent by skill; a skill without one has the default. */
export function levelsOf(config: Pick<AgentConfig, 'skills' | 'skillLevels'>): Map<string, number> {
  return new Map([...new Set(config.skills)].sort().map((skill) => [skill, config.skillLevels[skill] ?? DEFAULT_SKILL_LEVEL]));
}

/**
 * What an agent needs at a step of relaxation. A step replaces the levels whole, those of the request too: what the request
 * asks for has to be there still, at any level, unless the step waives it with 0.
 */
export function requirementOf(config: QueueConfig, step: number, ask: Ask): Requirement {
  const levels = levelsAt(config, step, ask);
  const groups = [...new Set([config.group, ask.group].filter((g) => g !== null))].sort();
  const list = [...levels].filter(([, level]) => level > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return { key: JSON.stringify([list, groups]), levels: list, groups };
}

/** The lowest level of each skill asked for; 0 where it is waived. */
function levelsAt(config: QueueConfig, step: number, ask: Ask): Map<string, number> {
  const relaxed = step > 0 ? config.relaxation[step - 1]?.minLevels : undefined;
  const base = relaxed ?? config.minLevels;
  const levels = new Map(config.requiredSkills.map((skill) => [skill, base[skill] ?? 1]));
  for (const [skill, level] of Object.entries(ask.minLevels)) {
    levels.set(skill, relaxed ? (relaxed[skill] ?? 1) : Math.max(level, levels.get(skill) ?? 0));
  }
  return levels;
}

/** For the event: every skill asked for with its level. One object for all calls that ask for nothing else. */
export function effectiveLevels(queue: QueueEntry, step: number, ask: Ask): ToldLevels {
  if (ask !== NO_ASK) return { minLevels: Object.fromEntries(levelsAt(queue.config, step, ask)) };
  const known = queue.levels[step];
  if (known) return known;
  const minLevels: Record<string, number> = Object.freeze(Object.fromEntries(levelsAt(queue.config, step, ask)));
  const told = Object.freeze({ minLevels });
  queue.levels[step] = told;
  return told;
}

export function satisfies(pool: Pool, { levels, groups }: Requirement): boolean {
  for (const [skill, level] of levels) if ((pool.levels.get(skill) ?? 0) < level) return false;
  for (const group of groups) if (!pool.groups.has(group)) return false;
  return true;
}

function newLane(
  tables: Tables,
  queue: QueueEntry,
  step: number,
  requirement: Requirement,
  whose: 'of the queue' | 'of a request' | { id: AgentId; able: boolean },
  rungs: CallRungs = new Rungs<CallEntry, Lane>(),
): Lane {
  const agent = typeof whose === 'string' ? null : whose;
  const ranked = agent === null && queue.config.strategy !== 'longest-idle';
  const lane: Lane = {
    // What is looked at whenever somebody comes and goes stands first, so that it lies together in memory.
    open: new Line(),
    row: tables.heads.take(),
    rung: null,
    relaxesAfter: queue.config.relaxation[step]?.afterMs ?? null,
    step,
    ringing: agent === null && queue.config.strategy === 'ring-all' ? new OrderedSet<CallEntry>(byPlace) : null,
    plain: whose === 'of the queue',
    queue,
    agentId: agent?.id ?? null,
    able: agent?.able ?? false,
    key: requirement.key,
    requirement,
    pools: [],
    readyPools: new Set(),
    ready: ranked ? new OrderedSet(byRank) : null,
  };
  if (lane.plain ? queue.config.relaxation.length > 0 : lane.relaxesAfter !== null) {
    lane.rung = rungs.push(lane);
    lane.open = lane.rung;
  }
  return lane;
}

/** Ties a lane and the pools that satisfy it, and ranks whoever is ready. */
export function tieLane(tables: Tables, lane: Lane): void {
  for (const pool of tables.pools.values()) if (satisfies(pool, lane.requirement)) tie(tables, pool, lane);
}

function tie(tables: Tables, pool: Pool, lane: Lane): void {
  setLanes(tables, pool, [...pool.lanes, lane]);
  lane.pools.push(pool);
  if (lane.ready) {
    pool.ranked.push(lane);
    for (const agent of pool.ready) lane.ready.add(candidate(lane, agent));
  } else if (pool.ready.size > 0) {
    lane.readyPools.add(pool);
  }
}

export function untieLane(tables: Tables, lane: Lane): void {
  for (const pool of lane.pools) {
    setLanes(
      tables,
      pool,
      pool.lanes.filter((other) => other !== lane),
    );
    pool.ranked = pool.ranked.filter((other) => other !== lane);
  }
  lane.pools = [];
}

function setLanes(tables: Tables, pool: Pool, lanes: Lane[]): void {
  pool.lanes = lanes;
  const always: Served[] = [];
  const apart: Served[] = [];
  const shown = new Set<CallRungs>();
  for (const { rung, row } of lanes) {
    const whole = rung?.all;
    if (!whole || whole.row === null) always.push({ row, waitMs: Number.NEGATIVE_INFINITY });
    else apart.push({ row, waitMs: Number.NEGATIVE_INFINITY });
    if (!whole || whole.row === null || shown.has(whole)) continue;
    shown.add(whole);
    // The first of them is the one that asks for most: whoever is able there is able on all that follow.
    const step = Math.min(...lanes.filter((lane) => lane.rung?.all === whole).map((lane) => lane.step));
    always.push({ row: whole.row, waitMs: whole.rungs[step]?.before?.relaxesAfter ?? Number.NEGATIVE_INFINITY });
  }
  tables.heads.serve(pool, always, apart);
}

/** The pool of agents like this one, made and tied to the lanes it can serve when it is new. */
export function poolFor(tables: Tables, config: Pick<AgentConfig, 'skills' | 'skillLevels' | 'groups'>): Pool {
  const levels = levelsOf(config);
  const groups = [...new Set(config.groups)].sort();
  const key = JSON.stringify([[...levels], groups]);
  const known = tables.pools.get(key);
  if (known) return known;
  const pool: Pool = {
    // What is looked at whenever an agent is freed.
    from: 0,
    count: 0,
    always: 0,
    room: 0,
    key,
    levels,
    groups: new Set(groups),
    ready: new OrderedSet<AgentEntry>(byIdle),
    signedIn: 0,
    lanes: [],
    ranked: [],
    queues: [],
  };
  for (const queue of tables.queues.values()) {
    for (const lane of [...queue.lanes, ...queue.extra.values()]) if (satisfies(pool, lane.requirement)) tie(tables, pool, lane);
    tieQueue(pool, queue);
  }
  tables.pools.set(key, pool);
  return pool;
}

/** Counts the pool among those that serve the queue at some step of relaxation. */
function tieQueue(pool: Pool, queue: QueueEntry): void {
  if (!queue.lanes.some((lane) => satisfies(pool, lane.requirement))) return;
  pool.queues.push(queue);
  queue.pools.push(pool);
}

/** Whether whoever is able at one step is able at every later one. */
function asksForLess({ relaxesAfter }: QueueEntry, requirements: readonly Requirement[]): boolean {
  if (relaxesAfter.length === 0) return false;
  return requirements.slice(1).every(({ levels }, n) => {
    const before = new Map((requirements[n] as Requirement).levels);
    const later = n === 0 || (relaxesAfter[n] as number) > (relaxesAfter[n - 1] as number);
    return later && levels.every(([skill, level]) => level <= (before.get(skill) ?? 0));
  });
}

/** The lanes of every step of relaxation. */
export function makeLanes(tables: Tables, queue: QueueEntry): void {
  queue.extra.clear();
  queue.extraLimit = MANY_EXTRA_LANES;
  queue.levels = [];
  queue.relaxesAfter = queue.config.relaxation.map(({ afterMs }) => afterMs);
  const requirements = [0, ...queue.config.relaxation.keys()].map((_, step) => requirementOf(queue.config, step, NO_ASK));
  const rungs: CallRungs = new Rungs(asksForLess(queue, requirements) ? tables.heads.take() : null);
  if (rungs.row === null && queue.relaxesAfter.length > 0) tables.heads.apart += 1;
  queue.lanes = requirements.map((requirement, step) => newLane(tables, queue, step, requirement, 'of the queue', rungs));
}

/**
 * Where a call belongs: with the one agent it waits for, or with those of its queue that ask for the same. Who is named needs
 * what anybody would need at this step of relaxation.
 */
export function laneFor(tables: Tables, call: Pick<CallEntry, 'queue' | 'ask' | 'step' | 'sticky'>): Lane {
  const { queue, ask, step } = call;
  const agentId = ask.agentId ?? call.sticky?.agentId ?? null;
  if (agentId !== null) return namedLane(tables, agentId, queue, step, ask);
  if (ask === NO_ASK) return queue.lanes[Math.min(step, queue.lanes.length - 1)] as Lane;
  const requirement = requirementOf(queue.config, step, ask);
  return queue.extra.get(extraKey(step, requirement)) ?? extraLane(tables, queue, step, requirement);
}

function extraKey(step: number, { key }: Requirement): string {
  return `${step} ${key}`;
}

function lanesInUse({ calls }: Tables): Set<Lane> {
  return new Set([...calls.values()].map((call) => call.lane));
}

function extraLane(tables: Tables, queue: QueueEntry, step: number, requirement: Requirement): Lane {
  if (queue.extra.size >= queue.extraLimit) {
    const used = lanesInUse(tables);
    for (const [key, lane] of queue.extra) {
      if (used.has(lane)) continue;
      untieLane(tables, lane);
      tables.heads.giveBack(lane.row);
      queue.extra.delete(key);
    }
    queue.extraLimit = Math.max(MANY_EXTRA_LANES, 2 * queue.extra.size);
  }
  const lane = newLane(tables, queue, step, requirement, 'of a request');
  queue.extra.set(extraKey(step, requirement), lane);
  tieLane(tables, lane);
  return lane;
}

function namedLane(tables: Tables, agentId: AgentId, queue: QueueEntry, step: number, ask: Ask): Lane {
  const lanes = tables.named.get(agentId) ?? [];
  const requirement = ask === NO_ASK ? queue.lanes[Math.min(step, queue.lanes.length - 1)]?.requirement : undefined;
  const needed = requirement ?? requirementOf(queue.config, step, ask);
  const known = lanes.find((lane) => lane.queue === queue && lane.step === step && lane.key === needed.key);
  if (known) return known;
  const agent = tables.agents.get(agentId);
  const lane = newLane(tables, queue, step, needed, { id: agentId, able: agent !== undefined && satisfies(agent.pool, needed) });
  const used = lanes.length > 0 && lanes.length % MANY_EXTRA_LANES === 0 ? lanesInUse(tables) : undefined;
  for (const other of lanes) if (used && !used.has(other)) tables.heads.giveBack(other.row);
  tables.named.set(agentId, [...lanes.filter((other) => !used || used.has(other)), lane]);
  return lane;
}

/** Whether somebody signed in could have the call at this step of relaxation or a later one. */
export function somebodySignedIn(tables: Tables, { queue, ask, step }: Pick<CallEntry, 'queue' | 'ask' | 'step'>): boolean {
  if (ask === NO_ASK) return queue.signedIn > 0;
  const needed: Requirement[] = [];
  for (let s = step; s <= queue.config.relaxation.length; s++) needed.push(requirementOf(queue.config, s, ask));
  const suits = (pool: Pool): boolean => needed.some((requirement) => satisfies(pool, requirement));
  if (ask.agentId === null) return queue.pools.some((pool) => pool.signedIn > 0 && suits(pool));
  const agent = tables.agents.get(ask.agentId);
  return agent !== undefined && agent.state !== 'offline' && suits(agent.pool);
}

// ── ready agents ──

/** An available agent is found by calls from here on. */
export function fileReady(tables: Tables, agent: AgentEntry): void {
  const { pool } = agent;
  if (!pool.ready.add(agent)) return;
  tables.idle += 1;
  if (pool.ready.size === 1) for (const lane of pool.lanes) if (!lane.ready) lane.readyPools.add(pool);
  for (const lane of pool.ranked) lane.ready?.add(candidate(lane, agent));
}

export function unfileReady(tables: Tables, agent: AgentEntry): void {
  const { pool } = agent;
  if (tables.idle === 0 || !pool.ready.delete(agent)) return;
  tables.idle -= 1;
  if (pool.ready.size === 0) for (const lane of pool.lanes) if (!lane.ready) lane.readyPools.delete(pool);
  for (const lane of pool.ranked) lane.ready?.delete(candidate(lane, agent));
}

/** As the strategy of the lane's queue ranks him; nothing it depends on changes while he is filed. */
export function candidate({ queue }: Lane, agent: AgentEntry): Candidate {
  const order = agent.idle;
  const agentId = agent.id;
  switch (queue.config.strategy) {
    case 'fewest-calls':
      return { key: agent.calls, order, agentId };
    case 'least-talk-time':
      return { key: agent.talkMs, order, agentId };
    case 'round-robin':
      return { key: agent.lastOffer, order, agentId };
    case 'top-down':
    case 'sequential':
      return { key: queue.rank.get(agentId) ?? queue.rank.size, order: 0, agentId };
    case 'longest-idle':
    case 'random':
    case 'ring-all':
      return { key: 0, order, agentId };
  }
}

/** The ready agent whom the strategy asks first. */
export function pickAgent(tables: Tables, lane: Lane): AgentEntry | undefined {
  if (lane.agentId === null ? tables.idle === 0 : !lane.able) return undefined;
  const id = lane.agentId ?? (lane.ready ? picked(tables, lane, lane.ready) : undefined);
  const agent = id !== undefined ? tables.agents.get(id) : lane.ready ? undefined : longestIdle(lane);
  return agent && agent.state === 'ready' && agent.reachable ? agent : undefined;
}

function longestIdle({ readyPools }: Lane): AgentEntry | undefined {
  if (readyPools.size === 0) return undefined;
  let best: AgentEntry | undefined;
  for (const { ready } of readyPools) if (ready.first && (!best || ready.first.idle < best.idle)) best = ready.first;
  return best;
}

function picked(tables: Tables, { queue }: Lane, ready: OrderedSet<Candidate>): AgentId | undefined {
  if (ready.size === 0) return undefined;
  switch (queue.config.strategy) {
    case 'random':
      tables.seed = (tables.seed + 0x9e3779b9) | 0;
      return ready.at(scattered(tables.seed) % ready.size)?.agentId;
    case 'sequential':
      return ((queue.cursor && ready.after(queue.cursor)) ?? ready.first)?.agentId;
    default:
      return ready.first?.agentId;
  }
}

/** SplitMix32's finaliser: every bit of the seed moves every bit of the result. */
function scattered(seed: number): number {
  let z = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** Whether somebody is ready for a call of this lane. Moves no cursor and draws nothing. */
export function somebodyReady(tables: Tables, lane: Lane): boolean {
  if (lane.agentId === null) return tables.idle > 0 && (lane.ready ? lane.ready.size : lane.readyPools.size) > 0;
  const agent = lane.able ? tables.agents.get(lane.agentId) : undefined;
  return agent?.state === 'ready' && agent.reachable;
}

// ── open calls ──

function firstOf(lanes: readonly Lane[], now: Ticks): CallEntry | undefined {
  let best: CallEntry | undefined;
  for (const { open } of lanes) if (open.first && (!best || goesBefore(open.first, best, now))) best = open.first;
  return best;
}

function firstByRow({ heads }: Tables, pool: Pool, now: Ticks): CallEntry | undefined {
  const row = heads.first(pool, now);
  // An index below 0 would make every look at the lines slow, for good.
  return row < 0 ? undefined : heads.callAt(row);
}

/** The call that goes first among those this agent may have. One look per lane. */
export function firstInLine(tables: Tables, agent: AgentEntry, now: Ticks): CallEntry | undefined {
  const { pool } = agent;
  let best = tables.oneRate ? firstByRow(tables, pool, now) : firstOf(pool.lanes, now);
  const named = tables.named.size > 0 ? tables.named.get(agent.id) : undefined;
  if (!named) return best;
  for (const lane of named) {
    const head = lane.able ? lane.open.first : undefined;
    if (head && (!best || goesBefore(head, best, now))) best = head;
  }
  return best;
}

/** The ring-all call that goes first among those that ring where this agent could, too. */
export function firstRinging(agent: AgentEntry, now: Ticks): CallEntry | undefined {
  let best: CallEntry | undefined;
  for (const lane of agent.pool.ranked) {
    const head = lane.ringing?.first;
    if (head && (!best || goesBefore(head, best, now))) best = head;
  }
  return best;
}
