import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { hearStopSignals, SAME_PRESS_MS } from '../src/stop-signals.js';

describe('signals that stop the hotline', () => {
  it('the same press that comes twice, from the terminal and from npm, asks once, and never ends the process as it stands', async () => {
    const source = new EventEmitter();
    let now = 1_000;
    const { first, second } = hearStopSignals(source, () => now);
    source.emit('SIGINT', 'SIGINT');
    assert.equal(await first, 'SIGINT');
    // Without anybody who hears it the system would end the process.
    assert.deepEqual([source.listenerCount('SIGINT'), source.listenerCount('SIGTERM')], [1, 1]);
    now += SAME_PRESS_MS;
    source.emit('SIGINT', 'SIGINT');
    source.emit('SIGTERM', 'SIGTERM');
    assert.equal(await Promise.race([second, Promise.resolve('not asked again')]), 'not asked again');
    now += 1;
    source.emit('SIGTERM', 'SIGTERM');
    assert.equal(await second, 'SIGTERM');
    assert.deepEqual([source.listenerCount('SIGINT'), source.listenerCount('SIGTERM')], [0, 0], 'a third is the system’s');
  });
});
