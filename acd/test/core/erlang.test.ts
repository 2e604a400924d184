import assert from 'node:assert/strict';
import { erlangB, erlangC, isStable, queueFigures, type Traffic } from '../../src/core/erlang.js';

function near(actual: number | undefined, expected: number, tolerance: number, what = ''): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= tolerance, `${what} ${actual}, expected ${expected} ± ${tolerance}`);
}

/** The long run of the birth-death chain itself: states weighed one after the other from the likeliest, nothing integrated. */
function byStationaryStates(t: Traffic & { patienceSeconds: number }): { waits: number; givesUp: number; meanWait: number } {
  const deaths = (k: number): number => Math.min(k, t.agents) / t.handleSeconds + Math.max(0, k - t.agents) / t.patienceSeconds;
  let mode = 0;
  while (deaths(mode + 1) < t.callsPerSecond) mode++;
  let [all, waits, queued] = [0, 0, 0];
  const count = (k: number, weight: number): void => {
    all += weight;
    if (k >= t.agents) waits += weight;
    queued += Math.max(0, k - t.agents) * weight;
  };
  for (let k = mode, weight = 1; weight > 1e-18; weight *= t.callsPerSecond / deaths(++k)) count(k, weight);
  for (let k = mode, weight = 1; k > 0; ) {
    weight *= deaths(k--) / t.callsPerSecond;
    count(k, weight);
  }
  const meanQueue = queued / all;
  return { waits: waits / all, givesUp: meanQueue / t.patienceSeconds / t.callsPerSecond, meanWait: meanQueue / t.callsPerSecond };
}

describe('Erlang formulas', () => {
  it('Erlang B agrees with small cases worked by hand and with the published table', () => {
    near(erlangB(1, 1), 1 / 2, 1e-15);
    near(erlangB(1, 2), 1 / 5, 1e-15);
    near(erlangB(2, 2), 2 / 5, 1e-15);
    near(erlangB(10, 10), 0.2146, 5e-5);
    near(erlangB(5.16, 11), 0.01, 5e-5, 'table: 11 lines carry 5.16 erlang at 1 %,');
  });

  it('Erlang C with one agent is the load, with two 2ρ²/(1 + ρ)', () => {
    for (const load of [0.1, 0.5, 0.9, 0.99]) {
      near(erlangC(load, 1), load, 1e-14);
      near(erlangC(2 * load, 2), (2 * load ** 2) / (1 + load), 1e-14);
    }
    assert.equal(erlangC(8, 8), 1);
    assert.equal(erlangC(9, 8), 1);
  });

  it('the published comparison: 48 calls a minute of 1 minute, 50 agents, patience 2 minutes (Gans, Koole & Mandelbaum 2003)', () => {
    const calls = { callsPerSecond: 48 / 60, handleSeconds: 60, agents: 50, targetSeconds: 20 };
    const patient = queueFigures(calls);
    near(patient?.meanWaitSeconds, 20.8, 0.05);
    near(patient?.occupancy, 0.96, 1e-12);
    const impatient = queueFigures({ ...calls, patienceSeconds: 120 });
    near(impatient?.abandonment, 0.031, 5e-4);
    near(impatient?.meanWaitSeconds, 3.7, 0.05);
    near(impatient?.occupancy, 0.93, 5e-3);
  });

  it('with patience as long as handling the number in the hotline is Poisson', () => {
    for (const [load, agents] of [
      [8, 10],
      [20, 15],
      [300, 310],
    ] as const) {
      let [fewer, log] = [0, -load];
      for (let k = 0; k < agents; k++, log += Math.log(load / k)) fewer += Math.exp(log);
      const figures = queueFigures({ callsPerSecond: load / 180, handleSeconds: 180, patienceSeconds: 180, agents, targetSeconds: 20 });
      near(figures?.waitProbability, 1 - fewer, 1e-9, `${load} erlang, ${agents} agents:`);
    }
  });

  it('Erlang A agrees with the stationary states of its chain, from an idle hotline to three times its load, from 1 to 800 agents', () => {
    for (const agents of [1, 7, 60, 800]) {
      for (const share of [0.05, 0.7, 1, 1.2, 3]) {
        for (const patienceSeconds of [5, 180, 20_000]) {
          const traffic = { callsPerSecond: (share * agents) / 180, handleSeconds: 180, agents, patienceSeconds, targetSeconds: 20 };
          const [figures, chain] = [queueFigures(traffic), byStationaryStates(traffic)];
          const what = `${agents} agents, load ${share}, patience ${patienceSeconds}:`;
          near(figures?.waitProbability, chain.waits, 1e-8, what);
          near(figures?.abandonment, chain.givesUp, 1e-8, what);
          near(figures?.meanWaitSeconds, chain.meanWait, 1e-7 * (1 + chain.meanWait), what);
        }
      }
    }
  });

  it('the service level grows with T from who is served at once to all who do not give up', () => {
    const traffic = { callsPerSecond: 0.11, handleSeconds: 180, agents: 20, patienceSeconds: 120, targetSeconds: 0 };
    const levels = [0, 5, 20, 60, 300, 3_000].map(
      (targetSeconds) => queueFigures({ ...traffic, targetSeconds })?.serviceLevel ?? Number.NaN,
    );
    const figures = queueFigures(traffic);
    near(levels[0], 1 - (figures?.waitProbability ?? 0), 1e-9);
    near(levels.at(-1), 1 - (figures?.abandonment ?? 0), 1e-9);
    assert.deepEqual(
      levels,
      [...levels].sort((a, b) => a - b),
    );
  });

  it('Erlang A with endless patience is Erlang C, service level included', () => {
    const traffic = { callsPerSecond: 0.1, handleSeconds: 180, agents: 20, targetSeconds: 20 };
    const [c, a] = [queueFigures(traffic), queueFigures({ ...traffic, patienceSeconds: 1e10 })];
    near(a?.waitProbability, c?.waitProbability ?? 0, 1e-7);
    near(a?.serviceLevel, c?.serviceLevel ?? 0, 1e-7);
    near(a?.meanWaitSeconds, c?.meanWaitSeconds ?? 0, 1e-4);
  });

  it('hundreds and thousands of agents give numbers, not overflow', () => {
    near(erlangC(1_960, 2_000), 0.2687, 0.003, 'Halfin & Whitt (1981) for β = 0.894:');
    for (const load of [1, 400, 499.9, 600, 5_000]) {
      const figures = queueFigures({
        callsPerSecond: load / 180,
        handleSeconds: 180,
        agents: 500,
        patienceSeconds: 1e6,
        targetSeconds: 20,
      });
      for (const [name, value] of Object.entries(figures ?? {}))
        assert.ok(Number.isFinite(value) && value >= 0, `${load}: ${name} ${value}`);
    }
  });

  it('a queue without patience and with a load of n or more has no long run', () => {
    const traffic = { callsPerSecond: 0.1, handleSeconds: 100, agents: 10, targetSeconds: 20 };
    assert.equal(isStable(traffic), false);
    assert.equal(queueFigures(traffic), undefined);
    assert.equal(isStable({ ...traffic, patienceSeconds: 60 }), true);
  });

  it('refuses what makes no sense, by name', () => {
    const traffic = { callsPerSecond: 0.1, handleSeconds: 100, agents: 20, targetSeconds: 20 };
    assert.throws(() => queueFigures({ ...traffic, callsPerSecond: 0 }), /callsPerSecond .*0/);
    assert.throws(() => queueFigures({ ...traffic, handleSeconds: Number.NaN }), /handleSeconds/);
    assert.throws(() => queueFigures({ ...traffic, agents: 0 }), /agents/);
    assert.throws(() => queueFigures({ ...traffic, agents: 2.5 }), /agents .*2.5/);
    assert.throws(() => queueFigures({ ...traffic, patienceSeconds: -1 }), /patienceSeconds/);
    assert.throws(() => queueFigures({ ...traffic, targetSeconds: -1 }), /targetSeconds/);
  });
});
