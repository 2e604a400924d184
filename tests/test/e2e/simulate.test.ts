import assert from 'node:assert/strict';
import { yixian } from '../../src/command.js';

interface Printed {
  waitProbability: number;
  meanWaitSeconds: number;
  serviceLevel: number;
  abandonment: number;
  occupancy: number;
  calls: number;
  theory: { model: string; waitProbability: number; meanWaitSeconds: number; abandonment: number };
  staffing: {
    agents: number;
    stable: boolean;
    simulated: { waitProbability: number } | null;
    theory: { waitProbability: number } | null;
  }[];
}

// No hotline, database or redis is there, and the environment is empty but for PATH.
const simulate = (args: string): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  yixian(['simulate', ...args.split(' ')], {});

describe('yixian simulate', function () {
  this.timeout(120_000);

  it('prints JSON within 2 % of Erlang C, next to what one agent fewer and one more would give', async () => {
    const { code, stdout, stderr } = await simulate('--rate 160 --handle 180 --agents 10 --hours 1500 --target 30 --seed 3 --json');
    assert.equal(code, 0, stderr);
    const printed = JSON.parse(stdout) as Printed;
    assert.equal(printed.theory.model, 'Erlang C');
    // C(10, 8) = 0.40918, as in the published tables; E[W] = C · 180 s / (10 − 8); P(W ≤ 30 s) = 1 − C·e^(−30/90).
    assert.ok(Math.abs(printed.theory.waitProbability - 0.40918) < 1e-5);
    assert.ok(Math.abs(printed.waitProbability / 0.40918 - 1) < 0.02, `${printed.waitProbability}`);
    assert.ok(Math.abs(printed.meanWaitSeconds / 36.826 - 1) < 0.02, `${printed.meanWaitSeconds}`);
    assert.ok(Math.abs(printed.serviceLevel - (1 - 0.40918 * Math.exp(-1 / 3))) < 0.01, `${printed.serviceLevel}`);
    assert.ok(Math.abs(printed.occupancy - 0.8) < 0.005, `${printed.occupancy}`);
    assert.equal(printed.abandonment, 0);
    assert.ok(Math.abs(printed.calls - 240_000) < 2_500, `${printed.calls}`);
    assert.deepEqual(
      printed.staffing.map((row) => row.agents),
      [9, 10, 11],
    );
    const waits = printed.staffing.map((row) => row.simulated?.waitProbability ?? Number.NaN);
    for (const [n, row] of printed.staffing.entries())
      assert.ok(Math.abs((waits[n] ?? 0) / (row.theory?.waitProbability ?? 0) - 1) < 0.04, `${row.agents} agents: ${waits[n]}`);
  });

  it('is within 3 % of Erlang A when callers give up, also with more load than agents', async () => {
    const { code, stdout, stderr } = await simulate('--rate 440 --handle 180 --agents 20 --hours 150 --patience 180 --seed 3 --json');
    assert.equal(code, 0, stderr);
    const printed = JSON.parse(stdout) as Printed;
    assert.equal(printed.theory.model, 'Erlang A');
    assert.ok(Math.abs(printed.abandonment / printed.theory.abandonment - 1) < 0.03, `${printed.abandonment}`);
    assert.ok(printed.abandonment > 0.1);
  });

  it('prints a table, the same for the same seed, and says where one agent fewer would not do', async () => {
    const args = '--rate 36 --handle 180 --agents 2 --hours 40 --seed 9';
    const [one, two] = await Promise.all([simulate(args), simulate(args)]);
    assert.equal(one.code, 0, one.stderr);
    assert.equal(one.stdout, two.stdout);
    assert.match(one.stdout, /^36 calls an hour of 180 s: 1\.80 erlang for 2 agents/);
    assert.match(one.stdout, /has to wait +unstable +unstable +\d+\.\d+ % +± \d+\.\d+ % +85\.26 %/);
    assert.match(one.stdout, /With 1 agent the queue grows without end\.\n/);
  });

  it('stops with one line when the queue would grow without end, and prints no figures', async () => {
    const { code, stdout, stderr } = await simulate('--rate 400 --handle 180 --agents 20 --hours 100 --json');
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^yixian: unstable: 20 erlang are offered to 20 agents, .*at least 21 agents.*\n$/);
  });

  for (const [option, args] of [
    ['--rate', '--rate -5 --handle 180 --agents 2 --hours 1'],
    ['--handle', '--rate 5 --handle 3m --agents 2 --hours 1'],
    ['--agents', '--rate 5 --handle 180 --agents 2.5 --hours 1'],
    ['--agents', '--rate 5 --handle 180 --agents 0 --hours 1'],
    ['--hours', '--rate 5 --handle 180 --agents 2 --hours 0'],
    ['--hours', '--rate 5 --handle 180 --agents 2'],
    ['--patience', '--rate 5 --handle 180 --agents 2 --hours 1 --patience Infinity'],
    ['--target', '--rate 5 --handle 180 --agents 2 --hours 1 --target soon'],
    ['--seed', '--rate 5 --handle 180 --agents 2 --hours 1 --seed 1e99'],
  ] as const) {
    it(`stops with one line naming ${option}: ${args}`, async () => {
      const { code, stdout, stderr } = await simulate(args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, new RegExp(`^[^\\n]*'${option} [^\\n]*\\n$`));
    });
  }

  it('refuses more calls than it could ever replay, naming --hours', async () => {
    const { code, stderr } = await simulate('--rate 5000 --handle 60 --agents 100 --hours 1000000');
    assert.equal(code, 1);
    assert.match(stderr, /^yixian: --hours .*\n$/);
  });
});
