import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OrderedSet } from '../../src/core/ordered-set.js';

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

  it('stays balanced when items come in order, and when the first leave one by one', () => {
    const set = new OrderedSet<number>(ascending);
    const bound = (size: number): number => 2.5 * Math.log2(size + 1) + 1;
    for (let n = 0; n < 10_000; n++) set.add(n);
    assert.ok(set.depth <= bound(10_000), `depth ${set.depth}`);
    for (let n = 0; n < 9_000; n++) set.delete(n);
    assert.ok(set.depth <= bound(1_000), `depth ${set.depth}`);
    assert.equal(set.first, 9_000);
  });

  it('is empty after clear', () => {
    const set = new OrderedSet<number>(ascending);
    set.add(1);
    set.clear();
    assert.deepEqual([set.size, set.first, [...set]], [0, undefined, []]);
  });
});
