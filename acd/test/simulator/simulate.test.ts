import assert from 'node:assert/strict';
import { ERLANG_A_GRID, ERLANG_C_GRID, type GridPoint, planOf } from '../../bench/validation-grid.js';
import { createCallers, type DrawnCaller, type Means } from '../../src/simulator/draws.js';
import { type Counter, SimulatedHotline } from '../../src/simulator/hotline.js';
import { compareStaffing, type SimulationPlan, type SimulationResult, simulate, UnstableQueueError } from '../../src/simulator/simulate.js';

const MINUTE = 60_000;

/** Runs a hotline and keeps every wait of its callers, by arrival. */
function watch(agents: number, means: Means, end: number) {
  const waits = new Map<number, { waitMs: number; answered: boolean }>();
  const callers: { at: number; drawn: DrawnCaller }[] = [];
  const counter: Counter = {
    counts: () => true,
    arrived: (at, drawn) => callers.push({ at, drawn }),
    left: (at, waitMs, answered) => waits.set(at, { waitMs, answered }),
    busy: () => {},
  };
  const hotline = new SimulatedHotline(agents, createCallers(means, 5), counter);
  hotline.run(end);
  return { hotline, waits, callers };
}

/** Waits by the recursion of Kiefer & Wolfowitz (1955) for first come, first served; who would wait longer than patience gives up. */
function byRecursion(agents: number, callers: { at: number; drawn: DrawnCaller }[]): { waitMs: number; answered: boolean }[] {
  const freeAt = new Array<number>(agents).fill(0);
  return callers.map(({ at, drawn }) => {
    const soonest = freeAt.indexOf(Math.min(...freeAt));
    const offeredWait = Math.max(0, (freeAt[soonest] ?? 0) - at);
    if (offeredWait > drawn.patienceMs) return { waitMs: drawn.patienceMs, answered: false };
    freeAt[soonest] = at + offeredWait + drawn.handlingMs;
    return { waitMs: offeredWait, answered: true };
  });
}

describe('simulated hotline', () => {
  for (const [name, patienceMs] of [
    ['nobody gives up', undefined],
    ['callers give up', 2 * MINUTE],
  ] as const) {
    it(`every caller waits as first come, first served demands, to the microsecond, when ${name}`, () => {
      const { waits, callers } = watch(7, { untilNextCallMs: 0.5 * MINUTE, handlingMs: 3.3 * MINUTE, patienceMs }, 5_000 * MINUTE);
      const expected = byRecursion(7, callers);
      assert.ok(callers.length > 9_000);
      for (const [n, { at }] of callers.entries()) {
        const wait = waits.get(at);
        assert.equal(wait?.answered, expected[n]?.answered, `caller ${n}`);
        assert.ok(Math.abs((wait?.waitMs ?? Number.NaN) - (expected[n]?.waitMs ?? 0)) < 1e-3, `caller ${n} waited ${wait?.waitMs} ms`);
      }
      assert.ok(expected.some((one) => one.waitMs > 0));
      assert.equal(
        expected.some((one) => !one.answered),
        patienceMs !== undefined,
      );
    });
  }

  it('holds who is there and nothing of who was, however long it runs and however patient callers are', () => {
    let most = 0;
    const means = { untilNextCallMs: 2 * MINUTE, handlingMs: 3 * MINUTE, patienceMs: 1e9 * MINUTE };
    const counter: Counter = {
      counts: () => true,
      arrived: () => {
        const { leaving, callers, calls } = hotline.held;
        most = Math.max(most, leaving, callers, calls);
      },
      left: () => {},
      busy: () => {},
    };
    const hotline = new SimulatedHotline(3, createCallers(means, 5), counter);
    hotline.run(2_000 * 60 * MINUTE);
    assert.ok(most > 3 && most < 60, `${most} at most`);
  });
});

describe('simulator', function () {
  this.timeout(120_000);
  const plan: SimulationPlan = { callsPerSecond: 0.1, handleSeconds: 90, agents: 10, targetSeconds: 20, hours: 20, seed: 1 };

  it('gives the same result for the same seed, another for another', () => {
    assert.deepEqual(simulate(plan), simulate(plan));
    assert.notEqual(simulate(plan).meanWaitSeconds, simulate({ ...plan, seed: 2 }).meanWaitSeconds);
  });

  it('counts the calls of the measured time and not those of the warm-up', () => {
    const { calls, warmUpHours, settled } = simulate(plan);
    assert.ok(Math.abs(calls - 7_200) < 5 * Math.sqrt(7_200), `${calls} calls`);
    assert.ok(warmUpHours > 0.1);
    assert.equal(settled, true);
  });

  it('says so when the queue is too full to settle in the time it gets', () => {
    assert.equal(simulate({ ...plan, handleSeconds: 99.9, hours: 1 }).settled, false);
  });

  it('says so when the run is too short for its intervals to be trusted', () => {
    const full = { ...plan, handleSeconds: 99 };
    assert.equal(simulate(full).longEnough, false);
    assert.equal(simulate({ ...full, handleSeconds: 60 }).longEnough, true);
  });

  it('refuses a queue that grows without end, with the agents it would need', () => {
    assert.throws(() => simulate({ ...plan, agents: 9 }), {
      name: 'UnstableQueueError',
      message: /^unstable: 9 erlang .* 9 agents.* 10 agents/,
    });
    assert.throws(() => simulate({ ...plan, agents: 9 }), UnstableQueueError);
    assert.ok(simulate({ ...plan, agents: 9, patienceSeconds: 60 }).abandonment > 0.05);
  });

  it('shows what one agent fewer and one more would change, and where the queue would grow without end', () => {
    const rows = compareStaffing({ ...plan, handleSeconds: 90.001 });
    assert.deepEqual(
      rows.map((row) => [row.agents, row.result === null]),
      [
        [9, true],
        [10, false],
        [11, false],
      ],
    );
    const [now, more] = [rows[1]?.result, rows[2]?.result];
    assert.ok((more?.counted.waitProbability ?? 1) < (now?.counted.waitProbability ?? 0));
    assert.ok((more?.counted.meanWaitSeconds ?? 1) < (now?.counted.meanWaitSeconds ?? 0));
    assert.equal(more?.calls, now?.calls, 'the same callers');
    assert.equal(more?.warmUpHours, now?.warmUpHours, 'in the same time');
    assert.equal(compareStaffing({ ...plan, callsPerSecond: 0.001, agents: 1 }).length, 2);
    assert.throws(() => compareStaffing({ ...plan, agents: 9 }), UnstableQueueError);
  });

  it('refuses what makes no sense, by name', () => {
    assert.throws(() => simulate({ ...plan, hours: 0 }), /hours/);
    assert.throws(() => simulate({ ...plan, seed: 0.5 }), /seed/);
    assert.throws(() => simulate({ ...plan, agents: -1 }), /agents/);
    assert.throws(() => simulate({ ...plan, hours: 1e-9 }), /hours must be longer/);
  });

  const label = ({ agents, occupancy, patience }: GridPoint): string =>
    `${agents} agents, ${(agents * occupancy).toFixed(2)} erlang${patience === undefined ? '' : `, patience ${patience} × handling`}`;
  const off = (result: SimulationResult, figure: 'meanWaitSeconds' | 'waitProbability' | 'abandonment'): number =>
    result[figure] / result.theory[figure] - 1;

  for (const point of ERLANG_C_GRID) {
    it(`mean wait and wait probability are within 2 % of Erlang C: ${label(point)}`, () => {
      const result = simulate(planOf(point, point.calls, 1));
      for (const figure of ['meanWaitSeconds', 'waitProbability'] as const) {
        assert.ok(Math.abs(off(result, figure)) < 0.02, `${figure} is off by ${(off(result, figure) * 100).toFixed(2)} %`);
        // Long enough for the tolerance to mean something: two standard errors lie within it.
        assert.ok(result.halfWidth95[figure] < 0.02 * result.theory[figure], `${figure} ± ${result.halfWidth95[figure]}`);
      }
      assert.equal(result.abandonment, 0);
    });
  }

  for (const point of ERLANG_A_GRID) {
    it(`abandonment is within 3 % of Erlang A: ${label(point)}`, () => {
      const result = simulate(planOf(point, point.calls, 1));
      assert.ok(Math.abs(off(result, 'abandonment')) < 0.03, `off by ${(off(result, 'abandonment') * 100).toFixed(2)} %`);
      assert.ok(result.halfWidth95.abandonment < 0.03 * result.theory.abandonment, `± ${result.halfWidth95.abandonment}`);
    });
  }
});
