import { Chaos } from '../support/chaos.js';
import { checkInvariants } from '../support/invariants.js';

// The bounded part; a million events are run by `npm run soak:acd`.

describe('any inputs in any order', function () {
  this.timeout(60_000);

  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`leave every invariant standing and nobody stuck: seed ${seed}`, () => {
      const chaos = new Chaos(seed);
      for (let n = 0; n < 1_500; n++) {
        chaos.act();
        checkInvariants(chaos.d);
      }
      chaos.settle();
    });
  }
});
