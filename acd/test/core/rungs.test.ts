import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NOBODY } from '../../src/core/line.js';
import { byArrival, byPlace } from '../../src/core/placed.js';
import { type Climber, type LaneOfRung, type Rung, Rungs } from '../../src/core/rungs.js';
import { createRandom } from '../../src/simulator/random.js';

const STEPS = 3;

function rungsOf(): Rung<Climber, LaneOfRung>[] {
  const rungs = new Rungs<Climber, LaneOfRung>(0);
  const lane = (step: number) => ({ step, row: step, relaxesAfter: 10, plain: true, queue: { id: 'q' } });
  return Array.from({ length: STEPS }, (_, step) => rungs.push(lane(step)));
}

const call = (key: number, arrived: number, order: number): Climber => ({ key, priority: key, arrived, order });

/** What each rung holds, the slow and obvious way. */
class Model {
  readonly rungs = rungsOf();
  readonly lists: Climber[][] = Array.from({ length: STEPS }, () => []);

  listOf(step: number): Climber[] {
    return this.lists[step] as Climber[];
  }

  add(step: number, one: Climber): void {
    const list = this.listOf(step);
    assert.equal((this.rungs[step] as Rung<Climber, LaneOfRung>).add(one), !list.includes(one));
    if (!list.includes(one)) list.push(one);
  }

  delete(step: number, one: Climber | undefined): void {
    const list = this.listOf(step);
    if (!one) return;
    assert.equal((this.rungs[step] as Rung<Climber, LaneOfRung>).delete(one), list.includes(one));
    if (list.includes(one)) list.splice(list.indexOf(one), 1);
  }

  /** The oldest relaxes. Only where nobody stands in between. */
  descend(step: number, to: number): void {
    const [oldest] = [...this.listOf(step)].sort(byArrival);
    const rung = this.rungs[step] as Rung<Climber, LaneOfRung>;
    if (!oldest || this.lists.some((list, n) => n > step && n < to && list.length > 0)) return;
    rung.all.descend(rung, this.rungs[to] as Rung<Climber, LaneOfRung>);
    this.listOf(step).splice(this.listOf(step).indexOf(oldest), 1);
    this.listOf(to).push(oldest);
  }

  /** As one line its first call is the oldest of all, goes first, and nobody has relaxed further. */
  checkWhole(): void {
    const { all } = this.rungs[0] as Rung<Climber, LaneOfRung>;
    const calls = this.lists.flat();
    const [oldest] = [...calls].sort(byArrival);
    if (!all.isWhole) {
      assert.ok(calls.length > 0, 'with nobody in it, it is one line again');
      return;
    }
    if (oldest) assert.equal([...calls].sort(byPlace)[0], oldest);
    const deepest = this.lists.findLast((list) => list.length > 0);
    assert.ok(!oldest || deepest?.includes(oldest));
    const row = new Float64Array(3);
    assert.equal(all.writeFirst(row, 0), oldest);
    assert.deepEqual([...row], oldest ? [oldest.key, oldest.arrived, oldest.order] : [NOBODY, 0, 0]);
  }

  check(whole: boolean): void {
    if (whole) this.checkWhole();
    for (const [step, rung] of this.rungs.entries()) {
      const list = this.listOf(step);
      assert.equal(rung.size, list.length);
      if (!whole && list.length > 200) continue;
      const placed = [...list].sort(byPlace);
      const [oldest] = [...list].sort(byArrival);
      assert.equal(rung.oldest, oldest);
      if (oldest) assert.equal(rung.oldestArrived, oldest.arrived);
      assert.equal(rung.first, placed[0]);
      const row = new Float64Array(3);
      rung.writeFirst(row, 0);
      assert.deepEqual([...row], placed[0] ? [placed[0].key, placed[0].arrived, placed[0].order] : [NOBODY, 0, 0]);
      if (whole) assert.deepEqual([...rung], placed);
    }
  }
}

describe('rungs', () => {
  const operation = fc.record({
    do: fc.constantFrom('add', 'add', 'delete', 'descend', 'again'),
    step: fc.nat({ max: STEPS - 1 }),
    to: fc.nat({ max: STEPS - 1 }),
    key: fc.constantFrom(0, 0, 0, 0, 0, 1),
    arrived: fc.nat({ max: 40 }),
    pick: fc.nat({ max: 100 }),
  });

  it('hold the calls of each lane, whoever comes, goes and relaxes, the clock going back and forth', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200, size: 'max' }), (operations) => {
        const model = new Model();
        for (const [n, o] of operations.entries()) {
          const list = model.listOf(o.step);
          if (o.do === 'add') model.add(o.step, call(o.key, o.arrived, n));
          else if (o.do === 'descend' && o.to > o.step) model.descend(o.step, o.to);
          else if (o.do === 'delete') model.delete(o.step, list[o.pick % Math.max(1, list.length)]);
          else if (list.length > 0) model.add(o.step, list[o.pick % list.length] as Climber);
          model.check(true);
        }
      }),
    );
  });

  it('agree with sorted lists also when there are many blocks, calls of one priority and of several', () => {
    for (const priorities of [1, 3]) {
      const random = createRandom(7, priorities);
      const below = (n: number): number => Math.floor(random.next() * n);
      const model = new Model();
      for (let n = 0; n < 20_000; n++) {
        const roll = random.next();
        // Mostly as it is: they come at the end, relax, and go from the front; some are late, some give up in the middle.
        if (roll < 0.4) model.add(0, call(below(priorities), n, n));
        else if (roll < 0.43) model.add(2, call(0, 0, n));
        else if (roll < 0.7) model.descend(0, 1);
        else if (roll < 0.9) model.descend(1, 2);
        else {
          const step = below(STEPS);
          const list = model.listOf(step);
          model.delete(step, list[below(4) === 0 ? below(list.length) : 0]);
        }
        if (n % 2_000 === 0) model.check(true);
      }
      model.check(true);
      assert.ok(model.lists.some((list) => list.length > 300));
      for (const [step, list] of model.lists.entries()) for (const one of [...list]) model.delete(step, one);
      model.check(true);
    }
  });
});
