import { Calendar } from './calendar.js';
import type { DrawnCaller, Means } from './draws.js';

/** Numbers known of each caller's draw, less their expectation: in the long run each adds up to nothing. */
export type Luck = Float64Array;
export const LUCK_SIZE = 8;

/**
 * How far chance has strayed, caller by caller, in quantities whose expectation is known whatever the core decides: the
 * drawn times themselves, and what the same callers would meet in two hotlines simple enough to be known exactly. A busy
 * hour of this seed shows in those nearly as it shows in the simulated one. The numbers are valid until the next call.
 */
export function createLuckMeter(means: Means, agents: number, targetMs: number): (caller: DrawnCaller) => Luck {
  const { untilNextCallMs, handlingMs, patienceMs } = means;
  const luck = new Float64Array(LUCK_SIZE);
  const meetEndless = endlessAgents(means, agents);
  const meetFast = fastAgent(means, agents, targetMs);
  return (caller) => {
    luck[0] = caller.afterMs / untilNextCallMs - 1;
    luck[1] = caller.handlingMs / handlingMs - 1;
    luck[2] = patienceMs === undefined ? 0 : caller.patienceMs / patienceMs - 1;
    meetEndless(caller, luck);
    meetFast(caller, luck);
    return luck;
  };
}

/** Agents without end (M/M/∞): the caller meets a Poisson number of others, mean a. Counts those who meet n or more. */
function endlessAgents(means: Means, agents: number): (caller: DrawnCaller, luck: Luck) => void {
  const load = means.handlingMs / means.untilNextCallMs;
  let [fewer, fewerMean] = [0, 0];
  for (let k = 0, log = -load; k < agents; k++, log += Math.log(load / k)) {
    fewer += Math.exp(log);
    fewerMean += k * Math.exp(log);
  }
  const crowded = 1 - fewer;
  const excess = load - fewerMean - agents * crowded;
  const talking = new Calendar<undefined>();
  let now = 0;
  return (caller, luck) => {
    now += caller.afterMs;
    for (let first = talking.first; first && first.at <= now; first = talking.first) talking.cancel(first);
    luck[3] = (talking.size >= agents ? 1 : 0) - crowded;
    luck[4] = Math.max(0, talking.size - agents) - excess;
    talking.add(now + caller.handlingMs, undefined);
  };
}

/**
 * One agent n times as fast, nobody giving up: V' = max(0, V + S/n − A) (Lindley 1952). V is 0 with probability 1 − ρ,
 * else exponential with rate nμ − λ. Has no long run when ρ ≥ 1; then nothing is said.
 */
function fastAgent(means: Means, agents: number, targetMs: number): (caller: DrawnCaller, luck: Luck) => void {
  const load = means.handlingMs / agents / means.untilNextCallMs;
  if (load >= 1) return () => {};
  const drain = agents / means.handlingMs - 1 / means.untilNextCallMs;
  const late = load * Math.exp(-drain * targetMs);
  let work = 0;
  return (caller, luck) => {
    work = Math.max(0, work - caller.afterMs);
    luck[5] = work * drain - load;
    luck[6] = (work > 0 ? 1 : 0) - load;
    luck[7] = (work > targetMs ? 1 : 0) - late;
    work += caller.handlingMs / agents;
  };
}

/**
 * Least squares: the weights with which columns explain the values best.
 * @param rows one array of columns per value; columns that say nothing new get weight 0
 */
export function leastSquares(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const size = rows[0]?.length ?? 0;
  const product = (a: number, b: number): number => rows.reduce((sum, row) => sum + (row[a] ?? 0) * (row[b] ?? 0), 0);
  const target = (a: number): number => rows.reduce((sum, row, n) => sum + (row[a] ?? 0) * (values[n] ?? 0), 0);
  const system = Array.from({ length: size }, (_, a) => Array.from({ length: size + 1 }, (_, b) => (b < size ? product(a, b) : target(a))));
  const diagonal = system.map((row, n) => row[n] ?? 0);
  const used = diagonal.map((least, n) => eliminate(system, n, 1e-9 * least));
  return system.map((row, n) => (used[n] ? (row[size] ?? 0) : 0));
}

/** Gauss-Jordan on a positive semi-definite matrix: the diagonal is the pivot, unless nothing is left of it. */
function eliminate(system: number[][], n: number, least: number): boolean {
  const pivotRow = system[n] ?? [];
  const pivot = pivotRow[n] ?? 0;
  if (pivot <= least) return false;
  for (let k = 0; k < pivotRow.length; k++) pivotRow[k] = (pivotRow[k] ?? 0) / pivot;
  for (const row of system) {
    const factor = row[n] ?? 0;
    if (row === pivotRow || factor === 0) continue;
    for (let k = 0; k < row.length; k++) row[k] = (row[k] ?? 0) - factor * (pivotRow[k] ?? 0);
  }
  return true;
}
