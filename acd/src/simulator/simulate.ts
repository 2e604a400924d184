import { isStable, offeredLoad, type QueueFigures, queueFigures, type Traffic } from '../core/erlang.js';
import { createCallers } from './draws.js';
import { SimulatedHotline } from './hotline.js';
import { createLuckMeter } from './luck.js';
import { Tally } from './tally.js';

export interface SimulationPlan extends Traffic {
  /** Measured time; the warm-up goes before it. */
  readonly hours: number;
  /** The same seed gives the same result. */
  readonly seed: number;
}

/** A hotline as it was simulated, next to what theory says of it. */
export interface SimulationResult extends QueueFigures {
  readonly agents: number;
  /** Calls counted: those that arrived in the measured time. */
  readonly calls: number;
  readonly hours: number;
  /** Half the width of the 95 % confidence interval of each figure: how far chance may have moved it. */
  readonly halfWidth95: QueueFigures;
  /** The figures before the luck of the seed's draws was taken off (see `luck.ts`); no correction below 5,000 calls. */
  readonly counted: QueueFigures;
  /** Run before the measured time, not counted. */
  readonly warmUpHours: number;
  /** False when the queue needs longer to forget that it began empty than the plan lets it: waits come out too short. */
  readonly settled: boolean;
  /** False when the measured time is short against the memory of the queue: then the intervals are narrower than they should be. */
  readonly longEnough: boolean;
  /** Erlang C, or Erlang A when callers give up. */
  readonly theory: QueueFigures;
}

/** One number of agents: `result` is null when the queue would grow without end. */
export interface Staffing {
  readonly agents: number;
  readonly result: SimulationResult | null;
}

/** The queue has no long run: without patience the offered load must stay below the number of agents. */
export class UnstableQueueError extends Error {
  readonly load: number;
  readonly agents: number;

  constructor(load: number, agents: number) {
    super(
      `unstable: ${Number(load.toFixed(3))} erlang are offered to ${agents} agent${agents === 1 ? '' : 's'}, so the queue grows without end; ` +
        `at least ${Math.floor(load) + 1} agents are needed, or callers who give up (patience)`,
    );
    this.name = 'UnstableQueueError';
    this.load = load;
    this.agents = agents;
  }
}

const HOUR_MS = 3_600_000;
/** Relaxation times after which the empty start is forgotten: e⁻⁵ of it is left, and only at the beginning. */
const WARM_UP_RELAXATIONS = 5;
/** Relaxation times from which on the batches of the tally, two of them long each, hardly know of one another. */
const MEASURED_RELAXATIONS = 100;
/** A warm-up may take this many calls even when the measured time has fewer. */
const WARM_UP_CALLS = 50_000;
/** What one agent more or fewer would change needs no more calls than this. */
const COMPARED_CALLS = 200_000;

/**
 * Replays Poisson arrivals with exponential handling, and exponential patience when given, through the real core on a
 * virtual clock.
 * @throws UnstableQueueError when there is no long run to measure; RangeError naming a value that makes no sense
 */
export function simulate(plan: SimulationPlan): SimulationResult {
  return run(plan, warmUpMsOf(plan));
}

/** As long as the queue needs to forget the empty start, within what the plan can afford. */
function warmUpMsOf(plan: SimulationPlan): number {
  const affordableMs = Math.max(plan.hours * HOUR_MS, (WARM_UP_CALLS / plan.callsPerSecond) * 1000);
  return Math.min(WARM_UP_RELAXATIONS * relaxationSeconds(plan) * 1000, affordableMs);
}

function run(plan: SimulationPlan, warmUpMs: number): SimulationResult {
  const theory = queueFigures(plan);
  if (!theory) throw new UnstableQueueError(offeredLoad(plan), plan.agents);
  if (!(plan.hours > 0 && Number.isFinite(plan.hours))) throw new RangeError(`hours must be a number greater than 0 (it is ${plan.hours})`);
  if (!Number.isSafeInteger(plan.seed)) throw new RangeError(`seed must be a whole number (it is ${plan.seed})`);
  const measuredMs = plan.hours * HOUR_MS;
  const relaxationMs = relaxationSeconds(plan) * 1000;
  const targetMs = plan.targetSeconds * 1000;
  const means = {
    untilNextCallMs: 1000 / plan.callsPerSecond,
    handlingMs: plan.handleSeconds * 1000,
    patienceMs: plan.patienceSeconds === undefined ? undefined : plan.patienceSeconds * 1000,
  };
  const end = warmUpMs + measuredMs;
  const tally = new Tally({ from: warmUpMs, to: end }, plan.agents, targetMs, createLuckMeter(means, plan.agents, targetMs));
  new SimulatedHotline(plan.agents, createCallers(means, plan.seed), tally).run(end);
  if (tally.calls === 0) throw new RangeError(`hours must be longer: no call came in ${plan.hours} hours`);
  const { figures, halfWidth95, counted } = tally.result();
  return {
    ...figures,
    agents: plan.agents,
    calls: tally.calls,
    hours: plan.hours,
    halfWidth95,
    counted,
    warmUpHours: warmUpMs / HOUR_MS,
    settled: warmUpMs >= WARM_UP_RELAXATIONS * relaxationMs,
    longEnough: measuredMs >= MEASURED_RELAXATIONS * relaxationMs,
    theory,
  };
}

/**
 * The plan, and the same callers in the same time with one agent fewer and with one more: the difference is the agent's and
 * not the hour's. Those two are shorter where the plan is long, because their difference is larger than what is gained.
 * @returns in order of agents; nothing for no agent at all
 * @throws as `simulate` does for the plan itself
 */
export function compareStaffing(plan: SimulationPlan): Staffing[] {
  if (!queueFigures(plan)) throw new UnstableQueueError(offeredLoad(plan), plan.agents);
  const hours = Math.min(plan.hours, COMPARED_CALLS / plan.callsPerSecond / 3600);
  const plans = [{ ...plan, agents: plan.agents - 1, hours }, plan, { ...plan, agents: plan.agents + 1, hours }].filter(
    (one) => one.agents > 0,
  );
  const warmUpMs = Math.max(...plans.filter(isStable).map(warmUpMsOf));
  return plans.map((one) => ({ agents: one.agents, result: isStable(one) ? run(one, warmUpMs) : null }));
}

/**
 * How fast the queue forgets, seconds: of M/M/n at most 1/(√(nμ) − √λ)² (van Doorn 1985) and at least a handling time;
 * with patience never longer than the longer of handling and patience.
 */
function relaxationSeconds(plan: SimulationPlan): number {
  const { callsPerSecond, handleSeconds, agents, patienceSeconds } = plan;
  const gap = Math.sqrt(agents / handleSeconds) - Math.sqrt(callsPerSecond);
  const patientless = gap > 0 ? Math.max(handleSeconds, 1 / gap ** 2) : Number.POSITIVE_INFINITY;
  return patienceSeconds === undefined ? patientless : Math.min(patientless, Math.max(handleSeconds, patienceSeconds));
}
