import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { weekOf } from '../src/pages/admin/week.js';

describe('the picture of a week', () => {
  it('has the hours of each day; what goes on over midnight stands in both', () => {
    const week = weekOf([
      { days: [1, 7], from: '22:00', to: '06:00' },
      { days: [1], from: '08:30', to: '12:00' },
      { days: [3], from: '00:00', to: '24:00' },
    ]);
    assert.deepEqual(week[0], [
      { from: 0, to: 360 },
      { from: 510, to: 720 },
      { from: 1320, to: 1440 },
    ]);
    assert.deepEqual(week[1], [{ from: 0, to: 360 }]);
    assert.deepEqual(week[2], [{ from: 0, to: 1440 }]);
    assert.deepEqual(week[6], [{ from: 1320, to: 1440 }]);
  });

  it('leaves out what is not typed yet, and ends at midnight without a spill', () => {
    assert.deepEqual(weekOf([{ days: [1], from: '', to: '17:00' }]).flat(), []);
    assert.deepEqual(weekOf([{ days: [1], from: '18:00', to: '00:00' }]), [[{ from: 1080, to: 1440 }], [], [], [], [], [], []]);
  });
});
