import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Dues } from '../../src/core/dues.js';
import { Heads } from '../../src/core/heads.js';
import { Line, NOBODY } from '../../src/core/line.js';
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

interface Item {
  key: number;
  arrived: number;
  order: number;
}

describe('line of calls', () => {
  const byPlace = (a: Item, b: Item): number => b.key - a.key || a.arrived - b.arrived || a.order - b.order;

  it('agrees with a sorted list, whoever comes and goes: by key, arrival and order', () => {
    for (const [seed, keys, adds] of [
      [1, 3, 0.6],
      [2, 1, 0.55],
      [3, 1_000, 0.5],
    ] as const) {
      const random = createRandom(seed, 0);
      const below = (n: number): number => Math.floor(random.next() * n);
      const line = new Line<Item>();
      const model: Item[] = [];
      for (let n = 0; n < 8_000; n++) {
        // Some come as if they had come before, some with a priority that is no whole number.
        const item = {
          key: keys === 1_000 ? random.next() : below(keys),
          arrived: Math.max(0, n - (below(4) === 0 ? below(3_000) : 0)),
          order: n,
        };
        if (random.next() < adds || model.length === 0) {
          assert.equal(line.add(item), true);
          const at = model.findIndex((other) => byPlace(item, other) < 0);
          model.splice(at < 0 ? model.length : at, 0, item);
          assert.equal(line.add(item), false);
        } else {
          const at = below(3) === 0 ? below(model.length) : 0;
          const [gone] = model.splice(at, 1) as [Item];
          assert.equal(line.delete(gone), true);
          assert.equal(line.delete(gone), false);
          assert.equal(line.has(gone), false);
        }
        const [first] = model;
        assert.deepEqual([line.size, line.first], [model.length, first]);
        const row = new Float64Array(3);
        line.writeFirst(row, 0);
        assert.deepEqual([...row], first ? [first.key, first.arrived, first.order] : [NOBODY, 0, 0]);
        if (n % 40 > 0) continue;
        const before = model.filter((other) => byPlace(other, item) < 0).length;
        assert.deepEqual([line.rank(item), line.at(before)], [before, model[before]]);
        assert.deepEqual([...line], model);
        assert.ok(model.every((other, at) => n % 400 > 0 || (line.has(other) && line.rank(other) === at && line.at(at) === other)));
      }
      line.clear();
      assert.deepEqual([line.size, line.first, [...line]], [0, undefined, []]);
    }
  });
});

describe('heads of lanes', () => {
  it('the first of several lines goes first, whatever rows were given back and taken again', () => {
    const heads = new Heads<Item>();
    const lines = Array.from({ length: 100 }, () => ({ row: heads.take(), line: new Line<Item>() }));
    const span = { from: 0, count: 0, always: 0, room: 0 };
    const other = { from: 0, count: 0, always: 0, room: 0 };
    const served = (of: typeof lines) => of.map(({ row }) => ({ row, waitMs: Number.NEGATIVE_INFINITY }));
    // One by one, between those of another pool.
    for (let n = 1; n <= lines.length; n++) for (const each of [span, other]) heads.serve(each, served(lines.slice(0, n)), []);
    heads.serve(other, [], []);
    assert.equal(heads.first(span, 10), -1);
    const at = (n: number) => lines[n] as (typeof lines)[number];
    const comes = (n: number, key: number, arrived: number, order: number): Item => {
      const item = { key, arrived, order };
      at(n).line.add(item);
      heads.set(at(n).row, at(n).line);
      return item;
    };
    const first = (of = span, now = 10): Item | undefined => {
      const row = heads.first(of, now);
      return row < 0 ? undefined : heads.callAt(row);
    };
    const seventy = comes(70, 0, 5, 1);
    comes(71, 0, 5, 2);
    assert.equal(first(), seventy);
    const three = comes(3, 0, 4, 3);
    assert.equal(first(), three);
    const last = comes(99, 1, 9, 4);
    assert.equal(first(), last);
    assert.equal(first(other), undefined);
    // Whoever asks for a wait does not see those who have not waited so long; lines apart are seen when there are any.
    heads.serve(other, [{ row: at(70).row, waitMs: 20 }], served([at(3)]));
    assert.deepEqual([first(other, 24), first(other, 25)], [undefined, seventy]);
    heads.apart = 1;
    assert.deepEqual([first(other, 24), first(other, 25)], [three, three]);
    heads.apart = 0;
    heads.hide(at(70).row);
    assert.equal(first(other, 25), undefined);
    heads.set(at(70).row, at(70).line);
    heads.giveBack(at(99).row);
    assert.equal(heads.take(), at(99).row);
    assert.equal(first(), three);
  });
});

describe('what falls due', () => {
  it('comes earliest first, also when it was put off or brought forward', () => {
    const random = createRandom(7, 0);
    const dues = new Dues<{ due: number | null; really: number }>();
    const all = Array.from({ length: 200 }, () => ({ due: null as number | null, really: 0 }));
    for (let n = 0; n < 5_000; n++) {
      const one = all[Math.floor(random.next() * all.length)] as (typeof all)[number];
      const due = n + Math.floor(random.next() * 300);
      // Brought forward at once, put off when it is found.
      one.really = due;
      dues.put(one, due);
      const { first } = dues;
      assert.ok(first);
      assert.equal(first.due, Math.min(...all.map((other) => other.due ?? Number.POSITIVE_INFINITY)));
      if (random.next() < 0.5) dues.defer(random.next() < 0.2 ? null : Math.max(first.due ?? 0, first.really));
    }
  });
});
