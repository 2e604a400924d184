import assert from 'node:assert/strict';
import { isSilent, readWav, slice, toneSpans } from '../../src/peers/index.js';
import { type Bench, Watch } from './bench.js';
import { heardAfterHangUp, listen } from './scenes.js';
import { all, assertHeard, type Party, parties, toneSets } from './tones.js';

export function describeMute(bench: Bench): void {
  describe('mute', () => {
    it('silences a party in a bridge and in its recording, for as long as it lasts; its keys count', async () => {
      const two = await parties(bench, 2);
      const [caller, agent] = two as [Party, Party];
      await bench.sw.bridge(caller.leg, agent.leg);
      const file = bench.file('muted.wav');
      const tap = await bench.sw.record({ file, channels: 2, left: caller.leg, right: agent.leg });
      await listen(900);
      assert.equal(agent.leg.muted, false);
      agent.leg.mute(true);
      agent.leg.mute(true);
      assert.equal(agent.leg.muted, true);
      const watch = new Watch(agent.leg);
      const collected = agent.leg.collect({ maxDigits: 1, firstDigitTimeoutMs: 8000, interDigitTimeoutMs: 1000 });
      await listen(400);
      await agent.phone.sendDigits('7');
      assert.equal((await collected).digits, '7');
      await watch.until('digit');
      await listen(500);
      agent.leg.mute(false);
      await listen(900);
      await tap.stop();
      const callerHeard = await heardAfterHangUp(caller.phone, caller.leg);
      const spans = toneSpans(callerHeard, agent.hz).filter((s) => s.endMs - s.startMs > 300);
      assert.equal(spans.length, 2, `loud, muted, loud: ${JSON.stringify(spans)}`);
      const [first, second] = spans;
      assert.ok(first && second && isSilent(slice(callerHeard, first.endMs + 40, second.startMs - 40)), 'silence between');
      await assertHeard('the agent', agent, [[caller]]);
      const [left, right] = (await readWav(file)).channels;
      assert.ok(left && right);
      assert.deepEqual(toneSets(left), [`${caller.hz}`]);
      assert.deepEqual(toneSets(right), [`${agent.hz}`, '', `${agent.hz}`]);
    });

    it('silences a party for everybody in a conference, and for them alone', async () => {
      const three = await parties(bench, 3);
      const [first, second, third] = three as [Party, Party, Party];
      const conference = bench.sw.conference();
      await conference.set(all(three));
      await listen(900);
      second.leg.mute(true);
      await listen(900);
      second.leg.mute(false);
      await listen(900);
      await assertHeard('the muted one', second, [[first, third]]);
      const heard = toneSets(await heardAfterHangUp(first.phone, first.leg)).filter((set) => set !== '');
      assert.deepEqual(heard.slice(0, 3), [`${second.hz}+${third.hz}`, `${third.hz}`, `${second.hz}+${third.hz}`]);
    });

    it('goes with the leg from a bridge to a conference, and may be set before there is anybody to hear it', async () => {
      const three = await parties(bench, 3);
      const [first, second, third] = three as [Party, Party, Party];
      first.leg.mute(true);
      await bench.sw.bridge(first.leg, second.leg);
      await listen(600);
      await bench.sw.conference().set(all(three));
      await listen(900);
      assert.deepEqual([first.leg.muted, second.leg.muted], [true, false]);
      await assertHeard('the third', third, [[second]]);
      await assertHeard('the second', second, [[third]]);
      await heardAfterHangUp(first.phone, first.leg);
    });
  });
}
