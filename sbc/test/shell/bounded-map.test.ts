import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BoundedMap } from '../../src/shell/bounded-map.js';

const operation = fc.oneof(
  fc.record({ op: fc.constant('set' as const), key: fc.nat(40) }),
  fc.record({ op: fc.constant('get' as const), key: fc.nat(40) }),
  fc.record({ op: fc.constant('delete' as const), key: fc.nat(40) }),
);

describe('bounded map', () => {
  it('never holds more than its limit, never tells a wrong value, and keeps the latest half of the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.array(operation, { maxLength: 200 }), (limit, operations) => {
        const map = new BoundedMap<number>(limit);
        const model = new Map<string, number>();
        let recent: string[] = [];
        const gone = 'deleted'; // what was deleted has still pushed older ones towards the door
        operations.forEach(({ op, key: n }, value) => {
          const key = String(n);
          recent = op === 'delete' ? recent.map((k) => (k === key ? gone : k)) : recent.filter((k) => k !== key);
          if (op === 'set') {
            map.set(key, value);
            model.set(key, value);
            recent.push(key);
          } else if (op === 'delete') {
            map.delete(key);
            model.delete(key);
            assert.equal(map.get(key), undefined);
          } else {
            const found = map.get(key);
            if (found !== undefined) {
              assert.equal(found, model.get(key));
              recent.push(key);
            }
          }
          assert.ok(map.size <= limit);
          assert.equal([...map.values()].length, map.size);
        });
        for (const key of recent.slice(-Math.floor(limit / 2))) if (key !== gone) assert.equal(map.get(key), model.get(key));
      }),
    );
  });

  it('needs room for two entries', () => {
    assert.throws(() => new BoundedMap(1), /room for two entries, got 1/);
  });
});
