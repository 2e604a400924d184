import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IdTable } from '../../src/core/id-table.js';

describe('entries by id', () => {
  const id = fc.oneof(
    fc.integer({ min: 0, max: 200 }).map((n) => `c-${n}`),
    fc.string({ maxLength: 3 }),
  );
  const operation = fc.record({ add: fc.boolean(), id });

  it('are found, replaced and deleted as in a Map, under any sequence', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(operation, { maxLength: 600 }), (seed, operations) => {
        const table = new IdTable<{ id: string; n: number }>(seed);
        const model = new Map<string, { id: string; n: number }>();
        for (const [n, { add, id }] of operations.entries()) {
          if (add) {
            table.add({ id, n });
            model.set(id, { id, n });
          } else {
            assert.equal(table.delete({ id }), model.delete(id));
          }
          assert.equal(table.size, model.size);
          assert.equal(table.has(id), model.has(id));
        }
        for (const { id } of operations) assert.deepEqual(table.get(id), model.get(id));
        const sorted = (entries: Iterable<{ n: number }>): number[] => [...entries].map(({ n }) => n).sort((a, b) => a - b);
        assert.deepEqual(sorted(table.values()), sorted(model.values()));
      }),
    );
  });

  it('ten thousand come and go many times, and each is found while it is there', () => {
    const table = new IdTable<{ id: string }>(1);
    for (let n = 0; n < 200_000; n++) {
      table.add({ id: `call-${n}` });
      if (n >= 10_000) assert.equal(table.delete({ id: `call-${n - 10_000}` }), true);
      if (n % 997 === 0) assert.equal(table.get(`call-${n - 5_000}`)?.id, n >= 5_000 ? `call-${n - 5_000}` : undefined);
    }
    assert.equal(table.size, 10_000);
    assert.equal([...table.values()].length, 10_000);
  });
});
