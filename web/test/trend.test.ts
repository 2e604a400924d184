import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { byHour } from '../src/pages/supervise/trend-hours.js';

describe('the trend of a day', () => {
  const row = (hour: number, inbound: number) => ({
    from: new Date(2026, 2, 2, hour).toISOString(),
    inbound,
    answered: 0,
    abandoned: 0,
  });

  it('has an hour for each of the day, quarters summed up, and nothing for hours to come; days before are whole', () => {
    const today = byHour([row(8, 3), row(8, 2), row(10, 1)], 'inbound', 10);
    assert.deepEqual(today.slice(7, 12), [0, 5, 0, 1, null]);
    assert.equal(today.length, 24);
    assert.equal(today.at(-1), null);
    const yesterday = byHour([row(23, 4)], 'inbound', 23);
    assert.deepEqual([yesterday[0], yesterday.at(-1)], [0, 4]);
  });
});
