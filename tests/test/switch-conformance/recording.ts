import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import {
  callerScenario,
  isSilent,
  readWav,
  slice,
  steps,
  succeeded,
  toneDurationMs,
  toneSpans,
  writeCapture,
} from '../../src/peers/index.js';
import type { Bench } from './bench.js';
import { AGENT_HZ, answeredAgent, answeredCaller, CALLER_HZ, listen } from './scenes.js';

export function describeRecording(bench: Bench): void {
  describe('recording', () => {
    it('has what the caller says left and what the agent says right, silent while paused', async () => {
      const caller = await answeredCaller(bench);
      const agent = await answeredAgent(bench);
      await bench.sw.bridge(caller.leg, agent.leg);
      const file = bench.file('stereo.wav');
      const before = Date.now();
      const tap = await bench.sw.record({ file, channels: 2, left: caller.leg, right: agent.leg });
      await listen(1000);
      tap.pause();
      await listen(1000);
      tap.resume();
      await listen(1000);
      const result = await tap.stop();
      assert.equal(result.reason, 'stopped');
      assert.equal(result.error, undefined);
      assert.ok(Math.abs(result.startedAt - before) < 2000);
      assert.equal(result.bytes, (await stat(file)).size);
      const [left, right] = (await readWav(file)).channels;
      assert.ok(left && right);
      const ms = left.length / 8;
      assert.ok(Math.abs(ms - result.durationMs) <= 40, `${ms} ms of samples, ${result.durationMs} ms told`);
      assert.ok(ms > 2700 && ms < 6000, `${ms} ms`);
      for (const [channel, own, other] of [
        [left, CALLER_HZ, AGENT_HZ],
        [right, AGENT_HZ, CALLER_HZ],
      ] as const) {
        const spans = toneSpans(channel, own).filter((s) => s.endMs - s.startMs > 400);
        assert.equal(spans.length, 2, JSON.stringify(spans));
        assert.equal(toneDurationMs(channel, other), 0);
        const [first, second] = spans;
        assert.ok(first && second && isSilent(slice(channel, first.endMs + 40, second.startMs - 40)), 'silent while paused');
      }
      for (const { leg, phone } of [caller, agent]) {
        leg.hangUp({ by: 'system', reason: 'normal' });
        await phone.waitFor('CALL_CLOSED');
      }
    });

    it('the right channel may come and go', async () => {
      const caller = await answeredCaller(bench);
      const file = bench.file('later.wav');
      const tap = await bench.sw.record({ file, channels: 2, left: caller.leg });
      const agent = await answeredAgent(bench);
      tap.setRight(agent.leg);
      await listen(800);
      tap.setRight(undefined);
      await listen(500);
      await tap.stop();
      const [left, right] = (await readWav(file)).channels;
      assert.ok(left && right);
      const spans = toneSpans(right, AGENT_HZ);
      const length = right.length / 8;
      assert.ok(spans[0] && spans[0].endMs - spans[0].startMs > 500 && spans[0].startMs > 50);
      assert.ok((spans.at(-1)?.endMs ?? length) < length - 250, 'silent again after it went');
      assert.ok(toneDurationMs(left, CALLER_HZ) > length * 0.8);
    });

    it('ends by itself at its greatest length, after silence, and with its legs', async () => {
      const capture = bench.file('message.pcap');
      await writeCapture(capture, [
        { kind: 'tone', hz: 1000, ms: 1500 },
        { kind: 'silence', ms: 4000 },
      ]);
      const run = await bench.caller(callerScenario({ hangUp: 'them', during: [steps.play(capture)] }));
      const leg = await bench.arrival();
      await leg.answer();
      const [short, message, whole] = await Promise.all([
        bench.sw.record({ file: bench.file('short.wav'), channels: 1, left: leg, maxDurationMs: 1000 }),
        bench.sw.record({ file: bench.file('message.wav'), channels: 1, left: leg, endAfterSilenceMs: 1500 }),
        bench.sw.record({ file: bench.file('whole.wav'), channels: 1, left: leg }),
      ]);
      const shortResult = await short.finished;
      assert.equal(shortResult.reason, 'max-duration');
      assert.ok(Math.abs(shortResult.durationMs - 1000) <= 60, `${shortResult.durationMs} ms`);
      const messageResult = await message.finished;
      assert.equal(messageResult.reason, 'silence');
      assert.ok(messageResult.durationMs >= 2500, `${messageResult.durationMs} ms`);
      leg.hangUp({ by: 'system', reason: 'normal' });
      assert.equal((await whole.finished).reason, 'legs-ended');
      const [mono, ...others] = (await readWav(bench.file('whole.wav'))).channels;
      assert.ok(mono && others.length === 0 && toneDurationMs(mono, 1000) > 1300);
      succeeded(await run.finished);
    });

    it('a leg that has ended cannot be recorded, and a folder that is not there is an error', async () => {
      const { phone, leg } = await answeredCaller(bench);
      await assert.rejects(bench.sw.record({ file: bench.file('no/such/folder/x.wav'), channels: 1, left: leg }), /no\/such\/folder/);
      leg.hangUp({ by: 'system', reason: 'normal' });
      await phone.waitFor('CALL_CLOSED');
      await assert.rejects(bench.sw.record({ file: bench.file('x.wav'), channels: 1, left: leg }), /has ended/);
    });
  });
}
