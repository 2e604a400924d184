import assert from 'node:assert/strict';
import { SimulatedClock } from '../src/index.js';

describe('SimulatedClock', () => {
  it('fires timers in the order of their time, and of their setting when equal', () => {
    const clock = new SimulatedClock(1000);
    const fired: string[] = [];
    clock.setTimer(20, () => fired.push('late'));
    clock.setTimer(10, () => fired.push('first'));
    clock.setTimer(10, () => fired.push('second'));
    clock.advance(20);
    assert.deepEqual(fired, ['first', 'second', 'late']);
    assert.equal(clock.now(), 1020);
  });

  it('fires a timer set by a timer within the same advance, at its own time', () => {
    const clock = new SimulatedClock();
    const at: number[] = [];
    clock.setTimer(5, () => clock.setTimer(5, () => at.push(clock.now())));
    clock.advance(30);
    assert.deepEqual(at, [10]);
  });

  it('does not fire what was cancelled and counts what is pending', () => {
    const clock = new SimulatedClock();
    let fired = false;
    const timer = clock.setTimer(5, () => {
      fired = true;
    });
    assert.equal(clock.pendingTimers, 1);
    timer.cancel();
    clock.advance(10);
    assert.equal(fired, false);
    assert.equal(clock.pendingTimers, 0);
  });
});
