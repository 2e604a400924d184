import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OrderedSet } from '../../src/core/ordered-set.js';
import { createRandom } from '../../src/simulator/random.js';

const ascending = (a: number, b: number): number => a - b;

describe('ordered set', () => {
  it('behaves as a sorted array under any sequence of additions and deletions', () => {
    const operation = fc.record({ add: fc.boolean(), value: fc.integer({ min: 0, max: 60 }) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const set = new OrderedSet<number>(ascending);
        const model = new Set<number>();
        for (const { add, value } of operations) {
          assert.equal(add ? set.add(value) : set.delete(value), add ? !model.has(value) : model.has(value));
          if (add) model.add(value);
          else model.delete(value);
          const sorted = [...model].sort(ascending);
          assert.deepEqual([...set], sorted);
          assert.equal(set.first, sorted[0]);
          assert.equal(set.size, sorted.length);
          assert.equal(set.has(value), model.has(value));
          assert.equal(set.rank(value), sorted.filter((v) => v < value).length);
        }
      }),
    );
  });

  it('agrees with a sorted list also when there are many blocks, wherever items come and go', () => {
    const set = new OrderedSet<number>(ascending);
    const model: number[] = [];
    const random = createRandom(1, 0);
    for (let n = 0; n < 20_000; n++) {
      const value = Math.floor(random.next() * 3_000);
      const at = model.findIndex((v) => v >= value);
      const there = at >= 0 && model[at] === value;
      if (random.next() < 0.6) {
        assert.equal(set.add(value), !there);
        if (!there) model.splice(at < 0 ? model.length : at, 0, value);
      } else {
        assert.equal(set.delete(value), there);
        if (there) model.splice(at, 1);
      }
      if (n % 50 > 0) continue;
      const before = model.filter((v) => v < value).length;
      assert.deepEqual([set.size, set.first, set.rank(value)], [model.length, model[0], before]);
      assert.deepEqual([set.at(before), set.after(value)], [model[before], model.find((v) => v > value)]);
    }
    assert.deepEqual([...set], model);
  });

  it('a queue of 100,000 is filled at its end and emptied at its head in no time', () => {
    const set = new OrderedSet<number>(ascending);
    for (let n = 0; n < 100_000; n++) set.add(n);
    assert.deepEqual([set.rank(99_999), set.rank(100_000), set.at(50_000)], [99_999, 100_000, 50_000]);
    for (let n = 0; n < 100_000; n++) {
      assert.equal(set.first, n);
      assert.equal(set.delete(n), true);
    }
    assert.equal(set.size, 0);
  });

  it('is empty after clear', () => {
    const set = new OrderedSet<number>(ascending);
    set.add(1);
    set.clear();
    assert.deepEqual([set.size, set.first, [...set]], [0, undefined, []]);
  });
});
