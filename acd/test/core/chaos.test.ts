import assert from 'node:assert/strict';
import { stepAt } from '../../src/core/ladder.js';
import { Chaos } from '../support/chaos.js';
import type { CoreDriver } from '../support/core-driver.js';
import { checkInvariants } from '../support/invariants.js';

// The bounded part; a million events are run by `npm run soak:acd`.

/** Whether some call could be had by more agents than it has been told, and is found by them all the same. */
function relaxesLater({ state: { tables }, now }: CoreDriver): boolean {
  const ticks = now - (tables.epoch ?? 0);
  return [...tables.calls.values()].some(
    ({ phase, lane, step, queue, arrived }) => phase === 'waiting' && lane.rung?.all.isWhole && step < stepAt(queue, ticks - arrived),
  );
}

describe('any inputs in any order', function () {
  this.timeout(60_000);

  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`leave every invariant standing and nobody stuck: seed ${seed}`, () => {
      const chaos = new Chaos(seed);
      let lagging = 0;
      for (let n = 0; n < 1_500; n++) {
        chaos.act();
        checkInvariants(chaos.d);
        if (relaxesLater(chaos.d)) lagging += 1;
      }
      // Every second seed is a steady hotline, where relaxations are told many at once.
      if (seed % 2 === 0) assert.ok(lagging > 20, `${lagging} times a relaxation was put off`);
      chaos.settle();
    });
  }
});
