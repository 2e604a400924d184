import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  abandonmentRate,
  answerRate,
  averageHandlingTime,
  averageSpeedOfAnswer,
  lossRate,
  meanAbsoluteError,
  occupancy,
  serviceLevel,
} from '../src/formulas.js';

const counts = { answered: 80, answeredInTime: 60, abandoned: 20, abandonedInTime: 10, shortAbandoned: 5 };

describe('formulas', () => {
  it('service level, in its three definitions', () => {
    assert.equal(serviceLevel('answered', counts), 60 / 80);
    assert.equal(serviceLevel('answered-and-abandoned', counts), 70 / 100);
    assert.equal(serviceLevel('without-short-abandons', counts), 60 / 95);
  });

  it('without calls there is no figure, in none of them', () => {
    const none = { answered: 0, answeredInTime: 0, abandoned: 0, abandonedInTime: 0, shortAbandoned: 0 };
    for (const formula of ['answered', 'answered-and-abandoned', 'without-short-abandons'] as const) {
      assert.equal(serviceLevel(formula, none), null);
    }
    assert.equal(serviceLevel('without-short-abandons', { ...none, abandoned: 3, shortAbandoned: 3 }), null, 'short abandons alone');
    for (const figure of [lossRate(0, 0), abandonmentRate(0, 0), averageSpeedOfAnswer(0, 0), answerRate(0, 0), meanAbsoluteError(0, 0)]) {
      assert.equal(figure, null);
    }
    assert.equal(averageHandlingTime({ talkMs: 0, holdMs: 0, wrapUpMs: 0 }, 0), null);
  });

  it('call loss is unanswered / offered; who waits or will be called back is not lost', () => {
    assert.equal(lossRate(4, 3), 0.25);
    assert.equal(lossRate(6, 3, 2), 0.25);
    assert.equal(lossRate(2, 0, 2), null);
    assert.equal(lossRate(3, 3, 1), 0, 'a call answered since the count of the waiting makes no negative loss');
  });

  it('ASA, AHT, abandonment, answer rate, error of a prediction', () => {
    assert.equal(averageSpeedOfAnswer(90_000, 9), 10_000);
    assert.equal(averageHandlingTime({ talkMs: 100_000, holdMs: 20_000, wrapUpMs: 30_000 }, 3), 50_000);
    assert.equal(abandonmentRate(1, 8), 0.125);
    assert.equal(answerRate(7, 8), 0.875);
    assert.equal(meanAbsoluteError(6_000, 4), 1_500);
  });

  it('occupancy is handling / (signed in − not ready), and never above one', () => {
    assert.equal(occupancy({ handlingMs: 30, signedInMs: 100, notReadyMs: 40 }), 0.5);
    assert.equal(occupancy({ handlingMs: 61, signedInMs: 100, notReadyMs: 40 }), 1);
    assert.equal(occupancy({ handlingMs: 0, signedInMs: 40, notReadyMs: 40 }), null);
  });
});
