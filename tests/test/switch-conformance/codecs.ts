import assert from 'node:assert/strict';
import { callerScenario, readWav, type SdpOptions, steps, succeeded, toneDurationMs } from '../../src/peers/index.js';
import { type Bench, Watch } from './bench.js';
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

    for (const [how, via, during] of [
      ['events (RFC 4733), the same as beside G.711', 'rfc4733', [steps.key('5'), steps.pause(200), steps.key('9')]],
      [
        'INFO, where it has no events',
        'info',
        [
          steps.info('application/dtmf-relay', 'Signal=5\nDuration=160'),
          steps.recvResponse(200),
          steps.info('application/dtmf-relay', 'Signal=9\nDuration=160', { cseq: 3 }),
          steps.recvResponse(200),
        ],
      ],
    ] as const) {
      it(`and presses keys by ${how}`, async () => {
        const sdp: SdpOptions = { codecs: ['G729'], ...(via === 'info' ? { telephoneEvent: null } : {}) };
        const run = await bench.caller(callerScenario({ sdp, during: [steps.pause(300), ...during, steps.pause(500)] }));
        const leg = await bench.arrival();
        const watch = new Watch(leg);
        await leg.answer();
        const collected = await leg.collect({ maxDigits: 2, firstDigitTimeoutMs: 8_000, interDigitTimeoutMs: 3_000, inBand: true });
        assert.deepEqual(collected, { digits: '59', reason: 'max-digits' });
        assert.deepEqual(
          watch.events.flatMap((e) => (e.type === 'digit' ? [`${e.digit.digit} ${e.digit.via}`] : [])),
          [`5 ${via}`, `9 ${via}`],
        );
        assert.equal((await leg.stats()).codec, 'G729');
        succeeded(await run.finished);
      });
    }

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
