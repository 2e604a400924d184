// The simulator against Erlang C and Erlang A, longer than a test can be, and how many calls it simulates a second.
//   node acd/dist/bench/simulator.js [--json] [--times 4] [--seed 1]
import { cpus } from 'node:os';
import { type SimulationResult, simulate } from '../src/simulator/simulate.js';
import { ERLANG_A_GRID, ERLANG_C_GRID, type GridPoint, LONG_ERLANG_C_GRID, planOf } from './validation-grid.js';

interface Row {
  model: 'Erlang C' | 'Erlang A';
  agents: number;
  erlang: number;
  patienceSeconds: number | null;
  calls: number;
  /** Simulated ÷ theory − 1, and half the 95 % confidence interval ÷ theory; percent. */
  waitProbability: Deviation;
  meanWait: Deviation;
  abandonment: Deviation | null;
  /** Of the figures the tolerance is for: 2 % of wait probability and mean wait, 3 % of abandonment. */
  withinTolerance: boolean;
  callsPerSecond: number;
  callsPerCpuSecond: number;
}

interface Deviation {
  off: number;
  halfWidth95: number;
}

function deviation(result: SimulationResult, figure: 'waitProbability' | 'meanWaitSeconds' | 'abandonment'): Deviation {
  const percent = (value: number): number => Number(((100 * value) / result.theory[figure]).toFixed(2));
  return { off: percent(result[figure] - result.theory[figure]), halfWidth95: percent(result.halfWidth95[figure]) };
}

function run(point: GridPoint, times: number, seed: number): Row {
  const plan = planOf(point, point.calls * times, seed);
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const result = simulate(plan);
  const seconds = (performance.now() - began) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const simulated = result.calls + result.warmUpHours * 3600 * plan.callsPerSecond;
  const [waitProbability, meanWait] = [deviation(result, 'waitProbability'), deviation(result, 'meanWaitSeconds')];
  const abandonment = point.patience === undefined ? null : deviation(result, 'abandonment');
  return {
    model: abandonment ? 'Erlang A' : 'Erlang C',
    agents: point.agents,
    erlang: Number((point.agents * point.occupancy).toFixed(2)),
    patienceSeconds: plan.patienceSeconds ?? null,
    calls: result.calls,
    waitProbability,
    meanWait,
    abandonment,
    withinTolerance: abandonment ? Math.abs(abandonment.off) < 3 : Math.abs(waitProbability.off) < 2 && Math.abs(meanWait.off) < 2,
    callsPerSecond: Math.round(simulated / seconds),
    callsPerCpuSecond: Math.round((simulated * 1e6) / (cpu.user + cpu.system)),
  };
}

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  if (at < 0) return fallback;
  const value = Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name}: a whole number from 1, not ${process.argv[at + 1]}`);
  return value;
}

const [times, seed] = [option('--times', 4), option('--seed', 1)];
const rows = [...ERLANG_C_GRID, ...LONG_ERLANG_C_GRID, ...ERLANG_A_GRID].map((point) => run(point, times, seed));
if (process.argv.includes('--json')) {
  console.log(
    JSON.stringify({ benchmark: 'acd-simulator', node: process.version, cpu: cpus()[0]?.model ?? 'unknown', seed, rows }, null, 2),
  );
} else {
  const shown = (one: Deviation | null): string => (one ? `${one.off} ± ${one.halfWidth95} %` : '');
  console.log(`Simulator against theory, seed ${seed}, Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}`);
  console.table(
    rows.map((row) => ({
      model: row.model,
      agents: row.agents,
      erlang: row.erlang,
      'patience s': row.patienceSeconds ?? '',
      calls: row.calls,
      'P(wait) off': shown(row.waitProbability),
      'mean wait off': shown(row.meanWait),
      'abandonment off': shown(row.abandonment),
      'within tolerance': row.withinTolerance,
      'calls/s': row.callsPerSecond,
      'calls/CPU s': row.callsPerCpuSecond,
    })),
  );
}
if (rows.some((row) => !row.withinTolerance)) process.exitCode = 1;
