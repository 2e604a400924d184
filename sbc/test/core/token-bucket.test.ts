import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Bucket, take } from '../../src/core/token-bucket.js';

function run(limits: { ratePerSecond: number; burst: number }, times: readonly number[]): boolean[] {
  let bucket: Bucket | undefined;
  return times.map((now) => {
    const taken = take(bucket, limits, now);
    bucket = taken.bucket;
    return taken.ok;
  });
}

const limits = fc.record({ ratePerSecond: fc.integer({ min: 1, max: 500 }), burst: fc.integer({ min: 1, max: 500 }) });
const times = fc.array(fc.nat(300), { maxLength: 300 }).map((gaps) => {
  let at = 0;
  return gaps.map((gap) => {
    at += gap;
    return at;
  });
});

describe('token bucket', () => {
  it('gives a burst at once, then the rate', () => {
    assert.deepEqual(run({ ratePerSecond: 2, burst: 3 }, [0, 0, 0, 0, 400, 500, 500, 1000]), [
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  it('lets calls at exactly the rate pass for ever', () => {
    const at100 = Array.from({ length: 2_000 }, (_, i) => i * 10);
    assert.ok(run({ ratePerSecond: 100, burst: 100 }, at100).every(Boolean));
  });

  it('in any span gives out no more than burst + rate · time', () => {
    fc.assert(
      fc.property(limits, times, (l, at) => {
        const given = run(l, at);
        const granted = at.filter((_, i) => given[i]);
        for (let i = 0; i < granted.length; i++) {
          for (let j = i; j < granted.length; j++) {
            const seconds = ((granted[j] ?? 0) - (granted[i] ?? 0)) / 1000;
            assert.ok(j - i + 1 <= l.burst + l.ratePerSecond * seconds + 1e-6);
          }
        }
      }),
    );
  });

  it('refuses only when the allowance is really used up', () => {
    fc.assert(
      fc.property(limits, times, (l, at) => {
        const given = run(l, at);
        let model = l.burst;
        let last = at[0] ?? 0;
        at.forEach((now, i) => {
          model = Math.min(l.burst, model + ((now - last) / 1000) * l.ratePerSecond);
          last = now;
          if (given[i]) model -= 1;
          else assert.ok(model < 1 + 1e-6);
          assert.ok(model > -1e-6);
        });
      }),
    );
  });

  it('a clock that steps back gives nothing and takes nothing', () => {
    const first = take(undefined, { ratePerSecond: 10, burst: 1 }, 1000);
    const back = take(first.bucket, { ratePerSecond: 10, burst: 1 }, 0);
    assert.equal(back.ok, false);
    assert.equal(take(back.bucket, { ratePerSecond: 10, burst: 1 }, 1050).ok, false);
    assert.equal(take(back.bucket, { ratePerSecond: 10, burst: 1 }, 1100).ok, true);
  });
});
