import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Calendar } from '../../src/simulator/calendar.js';
import { createCallers } from '../../src/simulator/draws.js';
import { createLuckMeter, LUCK_SIZE, leastSquares } from '../../src/simulator/luck.js';
import { createRandom } from '../../src/simulator/random.js';

describe('simulator calendar', () => {
  it('gives what was added and not taken back, earliest first, first asked first among equals', () => {
    const job = fc.record({ at: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() });
    fc.assert(
      fc.property(fc.array(job, { maxLength: 200 }), (jobs) => {
        const calendar = new Calendar<number>();
        const added = jobs.map(({ at }, n) => calendar.add(at, n));
        for (const [n, appointment] of added.entries()) {
          if (!jobs[n]?.cancelled) continue;
          assert.equal(calendar.cancel(appointment), true);
          assert.equal(calendar.cancel(appointment), false);
        }
        const expected = added.filter((_, n) => !jobs[n]?.cancelled).sort((a, b) => a.at - b.at || a.what - b.what);
        assert.equal(calendar.size, expected.length);
        for (const { what } of expected) {
          const first = calendar.first;
          assert.equal(first?.what, what);
          if (first) calendar.cancel(first);
        }
        assert.equal(calendar.size, 0);
      }),
    );
  });
});

describe('simulator chance', () => {
  it('the same seed gives the same numbers, another seed or stream gives others', () => {
    const take = (seed: number, stream: number): number[] => {
      const random = createRandom(seed, stream);
      return Array.from({ length: 5 }, () => random.next());
    };
    assert.deepEqual(take(7, 0), take(7, 0));
    assert.notDeepEqual(take(7, 0), take(8, 0));
    assert.notDeepEqual(take(7, 0), take(7, 1));
    assert.notDeepEqual(take(7, 0), take(7 + 2 ** 32, 0));
  });

  it('numbers are uniform between 0 and 1: χ² over 100 cells, and no tie between neighbours', () => {
    const random = createRandom(1, 0);
    const cells = new Array<number>(100).fill(0);
    const n = 100_000;
    let [before, product] = [random.next(), 0];
    for (let k = 0; k < n; k++) {
      const u = random.next();
      assert.ok(u > 0 && u < 1);
      const cell = Math.floor(u * 100);
      cells[cell] = (cells[cell] ?? 0) + 1;
      product += (u - 0.5) * (before - 0.5);
      before = u;
    }
    const chi2 = cells.reduce((sum, count) => sum + (count - n / 100) ** 2 / (n / 100), 0);
    assert.ok(chi2 > 60 && chi2 < 150, `χ² ${chi2}`);
    assert.ok(Math.abs((product / n) * 12) < 4 / Math.sqrt(n));
  });

  it('what is called luck adds up to nothing in the long run: its expectations are right', () => {
    const means = { untilNextCallMs: 10_000, handlingMs: 60_000, patienceMs: 90_000 };
    const [next, luckOf] = [createCallers(means, 3), createLuckMeter(means, 8, 20_000)];
    const sums = new Float64Array(LUCK_SIZE);
    const calls = 1_000_000;
    for (let n = 0; n < calls; n++) for (const [k, luck] of luckOf(next()).entries()) sums[k] = (sums[k] ?? 0) + luck;
    for (const [k, sum] of sums.entries()) assert.ok(Math.abs(sum / calls) < 0.02, `luck ${k}: ${sum / calls}`);
  });

  it('least squares finds the weights, and gives none to a column that says nothing new', () => {
    const rows = [
      [1, 0, 2],
      [0, 1, 0],
      [2, 1, 4],
      [1, 3, 2],
    ];
    const weights = leastSquares(
      rows,
      rows.map(([a = 0, b = 0]) => 3 * a - 2 * b),
    );
    for (const [n, weight] of [3, -2, 0].entries()) assert.ok(Math.abs((weights[n] ?? Number.NaN) - weight) < 1e-12);
  });
});
