import assert from 'node:assert/strict';
import { RtpLeg } from '../../bench/rtp-leg.js';
import { eventually } from '../../src/peers/index.js';

describe('an RTP port of the call benchmark', () => {
  const legs: RtpLeg[] = [];
  afterEach(() => {
    for (const leg of legs.splice(0)) leg.close();
  });

  it('sends every number once, also when a stall of its own makes it send several in one turn', async () => {
    const [a, b] = [new RtpLeg(1), new RtpLeg(2)];
    legs.push(a, b);
    await Promise.all([a.open(), b.open()]);
    a.connect(b.sdp);
    a.talk(true);
    for (let n = 0; n < 50; n++) a.tick();
    await eventually('fifty packets', () => b.delaysMs.length === 50);
    assert.deepEqual(b.figures(a), { expected: 50, received: 50 });
  });
});
