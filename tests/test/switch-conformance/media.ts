import assert from 'node:assert/strict';
import { isSilent, slice, toneDurationMs, toneSpans, writeToneWav } from '../../src/peers/index.js';
import { type Bench, Watch } from './bench.js';
import { AGENT_HZ, answeredAgent, answeredCaller, CALLER_HZ, heardAfterHangUp, listen } from './scenes.js';

function assertHears(who: string, samples: Int16Array, hz: number, atLeastMs: number): void {
  const ms = toneDurationMs(samples, hz);
  assert.ok(ms >= atLeastMs, `${who} heard ${hz} Hz for ${ms} ms of ${Math.round(samples.length / 8)} ms, expected ${atLeastMs}`);
}

export function describeMedia(bench: Bench): void {
  describe('audio', () => {
    it('a WAV file is heard, whole and once', async () => {
      const file = await writeToneWav(bench.file('prompt.wav'), 600, 1);
      const { phone, leg } = await answeredCaller(bench);
      await listen(200);
      assert.equal(
        await leg.play([
          { kind: 'silence', durationMs: 200 },
          { kind: 'file', path: file },
        ]).finished,
        'finished',
      );
      await listen(300);
      const heard = await heardAfterHangUp(phone, leg);
      assertHears('the caller', heard, 600, 850);
      assert.ok(toneDurationMs(heard, 600) < 1200);
    });

    it('a missing file fails the playback with its name, not the call', async () => {
      const { phone, leg } = await answeredCaller(bench);
      const playback = leg.play([{ kind: 'file', path: bench.file('missing.wav') }]);
      assert.equal(await playback.finished, 'failed');
      assert.match(playback.error ?? '', /missing\.wav/);
      assert.equal(leg.state, 'answered');
      await heardAfterHangUp(phone, leg);
    });

    it('a playback is stopped, replaced, and looped', async () => {
      const { leg } = await answeredCaller(bench);
      const music = leg.play([{ kind: 'tone', tone: 'busy', durationMs: 100 }], { loop: true });
      await listen(400);
      const prompt = leg.play([{ kind: 'tone', tone: 'beep' }]);
      assert.equal(await music.finished, 'replaced');
      prompt.stop();
      assert.equal(await prompt.finished, 'stopped');
      const last = leg.play([{ kind: 'tone', tone: 'ringback' }]);
      leg.hangUp({ by: 'system', reason: 'normal' });
      assert.equal(await last.finished, 'leg-ended');
    });

    it('a prompt of several pieces that is taken away while it begins leaves the next one whole', async () => {
      const { phone, leg } = await answeredCaller(bench);
      for (const after of [0, 10, 40]) {
        const taken = leg.play(Array.from({ length: 4 }, () => ({ kind: 'tone', tone: 'busy', durationMs: 400 }) as const));
        if (after > 0) await listen(after);
        taken.stop();
        assert.equal(await taken.finished, 'stopped');
        assert.equal(await leg.play([{ kind: 'tone', tone: 'beep' }]).finished, 'finished');
      }
      const heard = await heardAfterHangUp(phone, leg);
      assertHears('the caller', heard, 1000, 450);
    });

    for (const [what, callerCodec, agentCodec] of [
      ['passes through with the same codec', 'PCMA', 'PCMA'],
      ['is transcoded A-law to µ-law and back', 'PCMA', 'PCMU'],
      ['is transcoded µ-law to A-law and back', 'PCMU', 'PCMA'],
    ] as const) {
      it(`of a bridge ${what}`, async () => {
        const caller = await answeredCaller(bench, { codecs: [callerCodec] });
        const agent = await answeredAgent(bench, { codecs: [agentCodec] });
        const bridge = await bench.sw.bridge(caller.leg, agent.leg);
        await listen(1500);
        const stats = await caller.leg.stats();
        assert.equal(stats.codec, callerCodec);
        assert.equal((await agent.leg.stats()).codec, agentCodec);
        assert.equal(stats.packetsLost, 0);
        const callerHeard = await heardAfterHangUp(caller.phone, caller.leg);
        await bridge.ended;
        assert.equal(agent.leg.state, 'answered', 'the other leg lives on');
        const agentHeard = await heardAfterHangUp(agent.phone, agent.leg);
        assertHears('the caller', callerHeard, AGENT_HZ, 1000);
        assertHears('the agent', agentHeard, CALLER_HZ, 1000);
        assert.equal(toneDurationMs(callerHeard, CALLER_HZ), 0, 'nobody hears himself');
      });
    }

    it('stops crossing on unbridge, and a prompt covers the bridge only for its hearer', async () => {
      const caller = await answeredCaller(bench);
      const agent = await answeredAgent(bench);
      const bridge = await bench.sw.bridge(caller.leg, agent.leg);
      await listen(800);
      assert.equal(await caller.leg.play([{ kind: 'tone', tone: 'ringback', durationMs: 600 }]).finished, 'finished');
      await listen(800);
      await bridge.unbridge();
      await bridge.unbridge();
      await bridge.ended;
      await listen(800);
      const callerHeard = await heardAfterHangUp(caller.phone, caller.leg);
      const agentHeard = await heardAfterHangUp(agent.phone, agent.leg);
      assertHears('the caller', callerHeard, 450, 400);
      const [before, after, ...more] = toneSpans(callerHeard, AGENT_HZ).filter((s) => s.endMs - s.startMs > 300);
      assert.ok(before && after && more.length === 0, 'agent, prompt, agent again');
      assert.ok(toneSpans(callerHeard, 450).some((s) => s.startMs >= before.endMs - 100 && s.endMs <= after.startMs + 100));
      const [unbroken] = toneSpans(agentHeard, CALLER_HZ);
      assert.ok(unbroken && unbroken.endMs - unbroken.startMs > 1800, 'the agent heard the caller all along');
    });

    it('hold and resume by re-INVITE are told, and nothing of the other side is heard meanwhile', async () => {
      const caller = await answeredCaller(bench);
      const agent = await answeredAgent(bench);
      const watch = new Watch(agent.leg);
      await bench.sw.bridge(caller.leg, agent.leg);
      await listen(800);
      await agent.phone.hold();
      await watch.until('remote-held');
      await listen(1000);
      await agent.phone.resume();
      await watch.until('remote-resumed');
      await listen(1500);
      const callerHeard = await heardAfterHangUp(caller.phone, caller.leg);
      agent.leg.hangUp({ by: 'system', reason: 'normal' });
      await agent.phone.waitFor('CALL_CLOSED');
      assertHears('the caller', callerHeard, AGENT_HZ, 600);
      assert.deepEqual(
        watch.names.filter((n) => n.startsWith('remote')),
        ['remote-held', 'remote-resumed'],
      );
    });

    it('is silence when nobody speaks to the party', async () => {
      const { phone, leg } = await answeredCaller(bench);
      await listen(600);
      await leg.play([{ kind: 'silence', durationMs: 500 }]).finished;
      const heard = await heardAfterHangUp(phone, leg);
      assert.ok(isSilent(slice(heard, 0, 2000)));
    });
  });
}
