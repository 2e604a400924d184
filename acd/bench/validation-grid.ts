import type { SimulationPlan } from '../src/simulator/simulate.js';

/** A queue the simulator is measured on against theory. Test and benchmark use the same ones. */
export interface GridPoint {
  readonly agents: number;
  /** Offered load ÷ agents. */
  readonly occupancy: number;
  /** Mean patience ÷ mean handling time. */
  readonly patience?: number;
  /** Enough for two standard errors to lie within the tolerance; a queue forgets the more slowly the fuller it is. */
  readonly calls: number;
}

export const ERLANG_C_GRID: readonly GridPoint[] = [
  { agents: 1, occupancy: 0.7, calls: 30_000 },
  { agents: 3, occupancy: 0.8, calls: 80_000 },
  { agents: 5, occupancy: 0.7, calls: 150_000 },
  { agents: 10, occupancy: 0.8, calls: 220_000 },
  { agents: 15, occupancy: 0.8, calls: 400_000 },
];

/** Fuller and larger: too slow to settle for a test. */
export const LONG_ERLANG_C_GRID: readonly GridPoint[] = [
  { agents: 20, occupancy: 0.9, calls: 500_000 },
  { agents: 50, occupancy: 0.9, calls: 1_500_000 },
];

export const ERLANG_A_GRID: readonly GridPoint[] = [
  { agents: 5, occupancy: 0.9, patience: 1, calls: 60_000 },
  { agents: 20, occupancy: 1, patience: 0.5, calls: 60_000 },
  { agents: 20, occupancy: 1.2, patience: 1, calls: 40_000 },
  { agents: 50, occupancy: 1.1, patience: 1.5, calls: 80_000 },
  { agents: 100, occupancy: 1, patience: 0.5, calls: 80_000 },
];

/** Three minutes of handling, as at a hotline; everything scales with it. */
export function planOf(point: GridPoint, calls: number, seed: number): SimulationPlan {
  const handleSeconds = 180;
  const callsPerSecond = (point.agents * point.occupancy) / handleSeconds;
  const patienceSeconds = point.patience === undefined ? undefined : point.patience * handleSeconds;
  return {
    callsPerSecond,
    handleSeconds,
    agents: point.agents,
    patienceSeconds,
    targetSeconds: 20,
    hours: calls / callsPerSecond / 3600,
    seed,
  };
}
