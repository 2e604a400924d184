import assert from 'node:assert/strict';
import { callerScenario, readWav, type SdpOptions, steps, succeeded, toneDurationMs } from '../../src/peers/index.js';
import type { Bench } from './bench.js';
import { AGENT_HZ, answeredAgent, heardAfterHangUp, listen } from './scenes.js';

export function describeCodecs(bench: Bench): void {
  /** A caller with these codecs alone, who sends back whatever it hears. */
  async function echo(codecs: SdpOptions['codecs'], answer: string) {
    const run = await bench.caller(callerScenario({ sdp: { codecs }, during: [steps.pause(4_000)] }), { echo: true });
    const leg = await bench.arrival();
    await leg.answer();
    assert.equal(await leg.answered, true);
    const done = run.finished.then((result) => assert.match(succeeded(result).messages, new RegExp(answer)));
    return { leg, done };
  }

  describe('codecs', () => {
    it('G.711 alone, and G.729 alone: both connect, each answered in kind; G.729 without Annex B (RFC 4856 §2.1.9)', async () => {
      const law = await echo(['PCMU'], 'm=audio [0-9]+ RTP/AVP 0 ');
      const compressed = await echo(['G729'], 'm=audio [0-9]+ RTP/AVP 18 [\\s\\S]*a=fmtp:18 annexb=no');
      assert.equal((await law.leg.stats()).codec, 'PCMU');
      assert.equal((await compressed.leg.stats()).codec, 'G729');
      await Promise.all([law.done, compressed.done]);
    });

    it('a caller with G.729 alone hears prompts, and what it says is recorded', async () => {
      const { leg, done } = await echo(['G729'], 'RTP/AVP 18 ');
      const file = bench.file('g729.wav');
      const tap = await bench.sw.record({ file, channels: 1, left: leg });
      assert.equal(await leg.play([{ kind: 'tone', tone: 'ringback', durationMs: 1_000 }], { loop: false }).finished, 'finished');
      await leg.ended;
      await tap.finished;
      await done;
      const heard = (await readWav(file)).channels[0] ?? new Int16Array(0);
      assert.ok(toneDurationMs(heard, 450) > 700, `${toneDurationMs(heard, 450)} ms of the prompt came back`);
    });

    it('and talks with a G.711 agent, both ways', async () => {
      const agent = await answeredAgent(bench);
      const { leg, done } = await echo(['G729'], 'RTP/AVP 18 ');
      await bench.sw.bridge(leg, agent.leg);
      await listen(2_000);
      const heard = await heardAfterHangUp(agent.phone, agent.leg);
      assert.ok(toneDurationMs(heard, AGENT_HZ) > 1_000, `the agent’s own tone came back for ${toneDurationMs(heard, AGENT_HZ)} ms`);
      await leg.ended;
      await done;
    });
  });
}
