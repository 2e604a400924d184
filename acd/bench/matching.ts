// Matches a second through the real core. Bounded in work, not in time: it always ends.
//
// Two figures, of which neither stands for the other:
//   matches/s    a caller's whole way: he arrives, is offered to an agent, the agent answers, the bridge stands, the talk ends.
//                Four steps, with everything they decide: effects, events, store changes, and the relaxations that fall due.
//   decisions/s  the matching step alone: an agent comes free (his talk ends) and is offered the next caller; where agents
//                wait, a caller comes and is offered to one. With all that step decides besides, and with all relaxations
//                that fall due in the time of a whole match. Answers, bridges and arrivals are made in between, untimed.
// `decision p50` is the middle time of that step by itself, in the course of whole matches.
//
// What relaxing means here: calls ask for level 8, after 30 seconds for 5, after 60 for any; each relaxation is decided and
// told by the core in the timed part. Two ways of load, both with 50,000 waiting:
//   worst case  everybody waits in one long line for minutes: each call is relaxed twice before it is taken
//   mix         the same at six times the pace: a caller waits for about forty seconds, and most calls are relaxed once
// The table says how often a call was relaxed.
import { cpus } from 'node:os';
import { type AgentConfig, QUEUE_DEFAULTS, type QueueConfig } from '@yixian/contracts';
import type { Effect, Input } from '../src/core/inputs.js';
import { step } from '../src/core/step.js';
import { emptyState } from '../src/core/tables.js';
import type { AcdState, Offer } from '../src/core/types.js';

interface Scenario {
  name: string;
  agents: number;
  queues: number;
  waiting: number;
  /** Levels are asked for that relax after 30 and 60 seconds. */
  relaxing?: boolean;
  /** So many steps a millisecond; 1 unless told: how long a caller waits is the length of the line in steps. */
  stepsPerMs?: number;
  /** Skills of the n-th agent, as numbers of queues. */
  skillsOf(agent: number): number[];
  /** Level of the n-th agent in the k-th of them. */
  levelOf?(agent: number, k: number): number;
}

interface Result {
  scenario: string;
  agents: number;
  queues: number;
  waiting: number;
  skillSets: number;
  matches: number;
  seconds: number;
  /** Relaxations among the steps, a match. */
  relaxedPerMatch: number;
  matchesPerSecond: number;
  stepsPerSecond: number;
  /** Against the processor's time instead of the wall's: what is left when others use the machine too. */
  matchesPerCpuSecond: number;
  /** The matching step alone, relaxations included. */
  decisionsPerSecond: number;
  decisionsPerCpuSecond: number;
  decisionP50Us: number;
  p50Us: number;
  p99Us: number;
  maxUs: number;
  heapMb: number;
}

/** Five skills an agent, spread over all there are; many agents share a set. */
const shared = (skills: number) => (n: number) => [0, 1, 2, 3, 4].map((k) => (n + k * Math.floor(skills / 5)) % skills);
/** Hardly two agents with the same set. */
const own = (skills: number) => (n: number) => {
  const m = Math.floor(n / skills);
  return [n, n * 7 + 1, n * 13 + m, n * 29 + 3 * m, n + skills / 2].map((skill) => skill % skills);
};

const SCENARIOS: Scenario[] = [
  {
    name: 'skills relax, worst case: 50,000 wait for 10,000 in 200 queues, three levels a skill',
    agents: 10_000,
    queues: 200,
    waiting: 50_000,
    relaxing: true,
    skillsOf: shared(200),
    levelOf: (n) => [9, 6, 2][n % 3] as number,
  },
  {
    name: 'skills relax, mix: the same at six times the pace, one relaxation a match',
    agents: 10_000,
    queues: 200,
    waiting: 50_000,
    relaxing: true,
    stepsPerMs: 6,
    skillsOf: shared(200),
    levelOf: (n) => [9, 6, 2][n % 3] as number,
  },
  {
    name: 'skills relax, worst case: nearly every agent with skills and levels of his own',
    agents: 10_000,
    queues: 200,
    waiting: 50_000,
    relaxing: true,
    skillsOf: own(200),
    levelOf: (n, k) => 1 + ((n * 7 + k * 3) % 10),
  },
  { name: 'callers wait: a freed agent takes the next of 10,000', agents: 1_000, queues: 50, waiting: 10_000, skillsOf: shared(50) },
  { name: 'callers wait: every agent has a skill set of his own', agents: 1_000, queues: 50, waiting: 10_000, skillsOf: own(50) },
  { name: 'agents wait: a new call takes the longest idle of 1,000', agents: 1_000, queues: 50, waiting: 0, skillsOf: shared(50) },
];

const QUEUE_IDS = Array.from({ length: 200 }, (_, n) => `queue-${n}`);

function agentConfig(n: number, s: Scenario): AgentConfig {
  const id = String(10_000 + n);
  const skills = s.skillsOf(n).map((skill) => `skill-${skill}`);
  const skillLevels = Object.fromEntries(skills.map((skill, k) => [skill, s.levelOf?.(n, k) ?? 5]));
  return { id, userId: `u-${id}`, name: id, skills, skillLevels, groups: ['all'], recording: null, enabled: true };
}

function queueConfig(n: number, relaxing: boolean): QueueConfig {
  const skill = `skill-${n}`;
  const levels = {
    minLevels: { [skill]: 8 },
    relaxation: [5, 1].map((level, k) => ({ afterMs: (k + 1) * 30_000, minLevels: { [skill]: level } })),
  };
  return {
    ...QUEUE_DEFAULTS,
    ...(relaxing ? levels : {}),
    id: `queue-${n}`,
    name: `queue ${n}`,
    requiredSkills: [skill],
    priority: relaxing ? 0 : n % 3,
    ringTimeoutMs: 15_000,
    wrapUpMs: 0,
    maxWaitMs: 3_600_000,
    maxLength: 100_000,
    music: 'queue-music',
    announceEveryMs: 30_000,
    serviceLevelSeconds: 20,
    record: true,
  };
}

const STEPS_OF_A_MATCH = 4;

/**
 * Drives the core as the shell would, with a clock that grows by a millisecond a step: a call waits for minutes, and its
 * levels relax twice before it is taken. Timers of up to a minute run; the longer ones never fall due here.
 */
class Driver {
  #state: AcdState = emptyState();
  #now = 1_700_000_000_000;
  #calls = 0;
  #ids: string[] = [];
  steps = 0;
  /** Offers that ring now, oldest first. */
  readonly ringing: Offer[] = [];
  /** Whether relaxations are counted, and how many there were. */
  counting = false;
  relaxed = 0;
  /** Whether the steps that make an offer are timed, and how long they took, microseconds. */
  timed = false;
  readonly decisions: number[] = [];
  /** The core's timer for the next relaxation. */
  #due: { at: number; input: Input } | undefined = undefined;

  readonly #stepsPerMs: number;

  constructor(stepsPerMs = 1) {
    this.#stepsPerMs = stepsPerMs;
  }

  skip(ms: number): void {
    this.#now += ms;
    this.tick();
  }

  /** Whether the clock stands still, whatever is stepped. */
  stopped = false;
  #passed = 0;

  /** As much time passes as in a whole match. */
  passMatch(): void {
    this.#passed += STEPS_OF_A_MATCH / this.#stepsPerMs;
    const ms = Math.floor(this.#passed);
    this.#passed -= ms;
    this.#now += ms;
    this.tick();
  }

  /** The timer, when it has fallen due. */
  tick(): void {
    const due = this.#due;
    if (!due || due.at > this.#now) return;
    this.#due = undefined;
    this.input(due.input);
  }

  input(input: Input): readonly Effect[] {
    const from = this.timed ? performance.now() : 0;
    const at = this.#now;
    const result = step(this.#state, input, at);
    if (this.timed && result.effects[0]?.type === 'ring') this.decisions.push((performance.now() - from) * 1000);
    this.#state = result.state;
    this.steps += 1;
    if (!this.stopped && this.steps % this.#stepsPerMs === 0) this.#now += 1;
    for (const effect of result.effects) {
      if (effect.type === 'ring') this.ringing.push(effect.offer);
      else if (effect.type === 'set-timer' && effect.timer === 'relax') this.#due = { at: at + effect.delayMs, input: effect.input };
    }
    if (this.counting) for (const event of result.events) if (event.type === 'call.requirements-relaxed') this.relaxed += 1;
    return result.effects;
  }

  /** Ids come from outside the core: they are made before the time is taken. */
  reserve(calls: number): void {
    this.#ids = Array.from({ length: calls }, (_, n) => `c-${this.#calls}-${n}`);
    this.#calls += 1;
  }

  call(queue: number): void {
    const callId = this.#ids.pop();
    const queueId = QUEUE_IDS[queue];
    if (callId === undefined || queueId === undefined) throw new Error('too few calls reserved');
    this.input({ type: 'call-arrived', callId, queueId, caller: '13800138000', priority: 0 });
  }

  answer(offer: Offer): void {
    this.input({ type: 'seat-answered', offerId: offer.id, callId: offer.callId });
    this.input({ type: 'bridged', offerId: offer.id, callId: offer.callId });
  }

  hangUp(offer: Offer): void {
    this.input({ type: 'caller-left', callId: offer.callId, termination: { by: 'caller', reason: 'normal' } });
  }

  get skillSets(): number {
    return this.#state.tables.pools.size;
  }
}

function prepare(s: Scenario): { driver: Driver; talking: Offer[] } {
  const driver = new Driver(s.stepsPerMs);
  const agents = Array.from({ length: s.agents }, (_, n) => agentConfig(n, s));
  driver.input({ type: 'configured', agents, queues: Array.from({ length: s.queues }, (_, n) => queueConfig(n, s.relaxing === true)) });
  for (const { id } of agents) {
    driver.input({ type: 'reachability-changed', agentId: id, reachable: true });
    driver.input({ type: 'state-wished', agentId: id, state: 'ready', reason: null, by: id });
  }
  const talking: Offer[] = [];
  driver.reserve(60 * s.agents + s.waiting);
  if (s.waiting > 0) {
    for (let n = 0; driver.ringing.length < s.agents && n < 50 * s.agents; n++) {
      driver.call(n % s.queues);
      // Round by round everybody is asked for by somebody: what is left over waits until any level will do.
      if (n % s.agents === s.agents - 1) driver.skip(61_000);
    }
    for (const offer of driver.ringing.splice(0)) {
      driver.answer(offer);
      talking.push(offer);
    }
    for (let n = 0; n < s.waiting; n++) driver.call((n * 17) % s.queues);
  }
  return { driver, talking };
}

/**
 * One match: with callers waiting, the call that has talked longest ends, its agent is freed and offered the next one,
 * who answers, and a new caller joins the queue; with agents waiting, a call comes, the longest idle is offered it,
 * answers, and it ends.
 * @returns how many offers were answered: one, or what a relaxation made of it
 */
function match(driver: Driver, talking: Offer[], s: Scenario, n: number): number {
  const waiting = s.waiting > 0;
  const { queues } = s;
  driver.tick();
  if (waiting) {
    const ending = talking[n % talking.length];
    if (ending) driver.hangUp(ending);
    driver.call((n * 31) % queues);
  } else {
    driver.call(n % queues);
  }
  let answered = 0;
  for (let offer = driver.ringing.pop(); offer; offer = driver.ringing.pop()) {
    driver.answer(offer);
    if (!waiting) driver.hangUp(offer);
    else if (answered === 0) talking[n % talking.length] = offer;
    else talking.push(offer);
    answered += 1;
  }
  // Nobody waited for this agent: the next turn has one talk less to end.
  if (answered === 0 && waiting) talking[n % talking.length] = talking.pop() as Offer;
  return answered;
}

/** Decisions timed together. */
const BATCH = 500;

/** So many decisions, one after the other and nothing between them: agents come free, or callers come. */
function decideBatch(driver: Driver, ending: readonly Offer[], s: Scenario): void {
  if (s.waiting === 0) {
    for (let n = 0; n < BATCH; n++) {
      driver.passMatch();
      driver.call(n % s.queues);
    }
    return;
  }
  for (const offer of ending) {
    driver.passMatch();
    driver.hangUp(offer);
  }
}

/** What a batch of decisions led to goes its way: answers and bridges, and as many arrivals or ends as there were decisions. */
function follow(driver: Driver, talking: Offer[], s: Scenario, ended: number): void {
  for (let n = 0; n < ended; n++) driver.call((n * 31) % s.queues);
  for (const offer of driver.ringing.splice(0)) {
    driver.answer(offer);
    if (s.waiting > 0) talking.push(offer);
    else driver.hangUp(offer);
  }
}

/** The decisions alone. @returns offers made, and the seconds of the clock and of the processor they took */
function timeDecisionsAlone(driver: Driver, talking: Offer[], s: Scenario, decisions: number) {
  const result = { decisions: 0, seconds: 0, cpuSeconds: 0 };
  driver.stopped = true;
  for (let done = 0; done < decisions; done += BATCH) {
    driver.reserve(BATCH);
    const ending = talking.splice(0, s.waiting > 0 ? BATCH : 0);
    const cpuBefore = process.cpuUsage();
    const began = performance.now();
    decideBatch(driver, ending, s);
    result.seconds += (performance.now() - began) / 1000;
    const cpu = process.cpuUsage(cpuBefore);
    result.cpuSeconds += (cpu.user + cpu.system) / 1e6;
    result.decisions += driver.ringing.length;
    follow(driver, talking, s, ending.length);
  }
  driver.stopped = false;
  return result;
}

/** How often a call is relaxed before it is taken. */
function countRelaxations(driver: Driver, talking: Offer[], s: Scenario, matches: number): number {
  driver.reserve(matches);
  driver.counting = true;
  const done = run(driver, talking, s, matches);
  driver.counting = false;
  return driver.relaxed / done;
}

/** Runs so many turns in one go. @returns how many matches there were */
function run(driver: Driver, talking: Offer[], s: Scenario, matches: number): number {
  let done = 0;
  for (let n = 0; n < matches; n++) done += match(driver, talking, s, n);
  return done;
}

/** Each match by itself, in microseconds, sorted. */
function timeEach(driver: Driver, talking: Offer[], s: Scenario, matches: number): Float64Array {
  driver.reserve(matches);
  const times = new Float64Array(matches);
  for (let n = 0; n < matches; n++) {
    const from = performance.now();
    match(driver, talking, s, n);
    times[n] = (performance.now() - from) * 1000;
  }
  return times.sort();
}

/** The middle of the times of the steps that make an offer, microseconds. */
function timeDecisions(driver: Driver, talking: Offer[], s: Scenario, matches: number): number {
  driver.reserve(matches);
  driver.timed = true;
  run(driver, talking, s, matches);
  const times = Float64Array.from(driver.decisions).sort();
  return times[times.length >> 1] ?? 0;
}

function measure(s: Scenario, matches: number): Result {
  const { driver, talking } = prepare(s);
  driver.reserve(matches);
  run(driver, talking, s, Math.ceil(matches / 2));
  driver.reserve(matches);
  const stepsBefore = driver.steps;
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const done = run(driver, talking, s, matches);
  const seconds = (performance.now() - began) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const steps = driver.steps - stepsBefore;
  const relaxedPerMatch = countRelaxations(driver, talking, s, Math.ceil(matches / 8));
  const times = timeEach(driver, talking, s, Math.ceil(matches / 4));
  const decisionP50Us = round(timeDecisions(driver, talking, s, Math.ceil(matches / 4)), 2);
  // So many go before that the compiler has settled, as with whole matches.
  timeDecisionsAlone(driver, talking, s, Math.ceil(matches / 4));
  const alone = timeDecisionsAlone(driver, talking, s, Math.ceil(matches / 2));
  const us = (share: number): number => round(times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0, 2);
  return {
    scenario: s.name,
    agents: s.agents,
    queues: s.queues,
    waiting: s.waiting,
    skillSets: driver.skillSets,
    matches: done,
    seconds: round(seconds, 3),
    relaxedPerMatch: round(relaxedPerMatch, 2),
    matchesPerSecond: Math.round(done / seconds),
    stepsPerSecond: Math.round(steps / seconds),
    matchesPerCpuSecond: Math.round((done * 1e6) / (cpu.user + cpu.system)),
    decisionsPerSecond: Math.round(alone.decisions / alone.seconds),
    decisionsPerCpuSecond: Math.round(alone.decisions / alone.cpuSeconds),
    decisionP50Us,
    p50Us: us(0.5),
    p99Us: us(0.99),
    maxUs: us(1),
    heapMb: round(process.memoryUsage().heapUsed / 2 ** 20, 1),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  if (at < 0) return fallback;
  const value = Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name}: a whole number from 1, not ${process.argv[at + 1]}`);
  return value;
}

const matches = option('--matches', 200_000);
const only = process.argv.includes('--only') ? option('--only', 1) : 0;
const results = SCENARIOS.filter((_, n) => only === 0 || n + 1 === only).map((s) => measure(s, matches));
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ benchmark: 'acd-matching', node: process.version, cpu: cpus()[0]?.model ?? 'unknown', results }, null, 2));
} else {
  console.log(`ACD matching, Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}`);
  console.table(
    results.map((r) => ({
      scenario: r.scenario,
      'skill sets': r.skillSets,
      'relaxed/match': r.relaxedPerMatch,
      'matches/s': r.matchesPerSecond,
      'steps/s': r.stepsPerSecond,
      'matches/CPU s': r.matchesPerCpuSecond,
      'decisions/s': r.decisionsPerSecond,
      'decisions/CPU s': r.decisionsPerCpuSecond,
      'decision p50 µs': r.decisionP50Us,
      'p50 µs': r.p50Us,
      'p99 µs': r.p99Us,
      'max µs': r.maxUs,
      'heap MB': r.heapMb,
    })),
  );
}
