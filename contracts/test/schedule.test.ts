import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type CalendarDay, type Schedule, scheduleState } from '../src/schedule.js';

const office: Schedule = {
  id: 'office',
  name: '工作时间',
  weekly: [
    { days: [1, 2, 3, 4, 5], from: '08:30', to: '12:00' },
    { days: [1, 2, 3, 4, 5], from: '13:30', to: '17:30' },
    { days: [6], from: '22:00', to: '02:00' },
  ],
  holidays: 'closed',
  special: [{ date: '2026-11-25', name: '检修', hours: [{ from: '10:00', to: '11:00' }] }],
};
const calendar: Record<string, CalendarDay> = {
  '2026-10-01': { date: '2026-10-01', kind: 'holiday', name: '国庆节' },
  '2026-10-10': { date: '2026-10-10', kind: 'workday', name: '国庆节调休' },
};
const at = (local: string): number => Date.parse(`${local}:00+08:00`);
const state = (local: string, schedule = office) => scheduleState(schedule, at(local), 'Asia/Shanghai', (date) => calendar[date]);

describe('opening hours', () => {
  it('are open from the first minute and closed from the last', () => {
    assert.deepEqual(state('2026-11-24T08:30'), { open: true, because: 'weekly' });
    assert.equal(state('2026-11-24T08:29').open, false);
    assert.equal(state('2026-11-24T12:00').open, false);
    assert.equal(state('2026-11-24T17:29').open, true);
  });

  it('past midnight belong to the day on which they began', () => {
    assert.equal(state('2026-11-28T23:00').open, true);
    assert.equal(state('2026-11-29T01:59').open, true, 'Sunday morning, of Saturday night');
    assert.equal(state('2026-11-29T02:00').open, false);
    assert.equal(state('2026-11-28T01:00').open, false, 'Saturday morning, of a Friday without night hours');
  });

  it('a statutory holiday closes, its make-up workday opens as a Monday would', () => {
    assert.deepEqual(state('2026-10-01T09:00'), { open: false, because: 'holiday:国庆节' });
    assert.deepEqual(state('2026-10-10T09:00'), { open: true, because: 'workday:国庆节调休' }, 'a Saturday');
    assert.equal(state('2026-10-10T22:30').open, false, 'not by the hours of a Saturday');
    assert.equal(state('2026-10-01T09:00', { ...office, holidays: 'ignore' }).open, true);
  });

  it('a special day goes before everything else', () => {
    assert.deepEqual(state('2026-11-25T10:30'), { open: true, because: 'special:检修' });
    assert.deepEqual(state('2026-11-25T09:00'), { open: false, because: 'special:检修' });
  });
});
