import assert from 'node:assert/strict';
import type { CallLeg } from '@yixian/contracts';
import { type CallerScenario, callerScenario, keys, type Said, scenario, steps, succeeded, writeCapture } from '../../src/peers/index.js';
import { type Bench, Watch } from './bench.js';
import { answeredAgent } from './scenes.js';

const COLLECT = { maxDigits: 4, terminators: '#', firstDigitTimeoutMs: 8_000, interDigitTimeoutMs: 3_000 };

async function answered(bench: Bench, options: CallerScenario): Promise<{ leg: CallLeg; watch: Watch; done: Promise<unknown> }> {
  const run = await bench.caller(callerScenario(options));
  const leg = await bench.arrival();
  const watch = new Watch(leg);
  await leg.answer();
  assert.equal(await leg.answered, true);
  return { leg, watch, done: run.finished.then(succeeded) };
}

export function describeDigits(bench: Bench): void {
  async function says(name: string, said: Said[]): Promise<string[]> {
    const file = bench.file(name);
    const length = await writeCapture(file, said);
    return [steps.play(file), steps.pause(length + 500)];
  }

  describe('digits', () => {
    it('by RFC 4733 are collected up to the terminator', async () => {
      const { leg, watch, done } = await answered(bench, {
        during: [steps.pause(200), steps.key('1'), steps.key('2'), steps.key('pound'), steps.pause(300)],
      });
      assert.deepEqual(await leg.collect(COLLECT), { digits: '12', reason: 'terminator' });
      const told = watch.events.flatMap((e) => (e.type === 'digit' ? [`${e.digit.digit} ${e.digit.via}`] : []));
      assert.deepEqual(told, ['1 rfc4733', '2 rfc4733', '# rfc4733']);
      await done;
    });

    it('are one key each however often their packets are repeated, and the same key twice is two', async () => {
      const during = await says('keys.pcap', keys('5005'));
      const { leg, done } = await answered(bench, { during });
      assert.deepEqual(await leg.collect(COLLECT), { digits: '5005', reason: 'max-digits' });
      await done;
    });

    it('typed ahead are kept for the next collect, and forgotten on clearDigits', async () => {
      const during = await says('ahead.pcap', keys('123'));
      const { leg, watch, done } = await answered(bench, { during });
      await watch.until('digit', 3);
      assert.deepEqual(await leg.collect({ ...COLLECT, maxDigits: 2 }), { digits: '12', reason: 'max-digits' });
      leg.clearDigits();
      assert.deepEqual(await leg.collect({ ...COLLECT, firstDigitTimeoutMs: 100 }), { digits: '', reason: 'timeout' });
      await done;
    });

    it('that stop end the collect by the inter-digit timeout with what is there', async () => {
      const during = [...(await says('one.pcap', keys('7'))), steps.pause(1000)];
      const { leg, done } = await answered(bench, { during });
      assert.deepEqual(await leg.collect({ ...COLLECT, interDigitTimeoutMs: 400 }), { digits: '7', reason: 'timeout' });
      await done;
    });

    it('by INFO (application/dtmf-relay) are digits like any other', async () => {
      const during = [
        steps.pause(200),
        steps.info('application/dtmf-relay', 'Signal=4\nDuration=160'),
        steps.recvResponse(200),
        steps.info('application/dtmf', '*', { cseq: 3 }),
        steps.recvResponse(200),
      ];
      const { leg, watch, done } = await answered(bench, { during });
      assert.deepEqual(await leg.collect({ ...COLLECT, maxDigits: 2 }), { digits: '4*', reason: 'max-digits' });
      assert.ok(watch.events.every((e) => e.type !== 'digit' || e.digit.via === 'info'));
      await done;
    });

    it('in the audio are heard when asked for (ITU-T Q.24)', async () => {
      const key = (hz: number, secondHz: number): Said[] => [
        { kind: 'tone', hz, secondHz, ms: 100 },
        { kind: 'silence', ms: 120 },
      ];
      const during = await says('inband.pcap', [{ kind: 'silence', ms: 600 }, ...key(697, 1209), ...key(852, 1477), ...key(941, 1336)]);
      const { leg, done } = await answered(bench, { sdp: { telephoneEvent: null }, during });
      assert.deepEqual(await leg.collect({ ...COLLECT, maxDigits: 3, inBand: true }), { digits: '190', reason: 'max-digits' });
      await done;
    });

    it('interrupt a prompt and stay for the collect that follows', async () => {
      const during = await says('interrupt.pcap', [{ kind: 'silence', ms: 500 }, ...keys('9'), { kind: 'silence', ms: 500 }]);
      const { leg, done } = await answered(bench, { during });
      const playback = leg.play([{ kind: 'tone', tone: 'ringback' }], { interruptOn: 'any' });
      assert.equal(await playback.finished, 'interrupted');
      assert.deepEqual(await leg.collect({ ...COLLECT, maxDigits: 1 }), { digits: '9', reason: 'max-digits' });
      await done;
    });

    it('a second collect cancels the first; the end of the leg ends both', async () => {
      const { leg, done } = await answered(bench, { during: [steps.pause(400)] });
      const first = leg.collect(COLLECT);
      const second = leg.collect(COLLECT);
      assert.equal((await first).reason, 'cancelled');
      assert.equal((await second).reason, 'leg-ended');
      await done;
    });

    it('are sent to a phone by RFC 4733', async () => {
      const { phone, leg } = await answeredAgent(bench);
      await leg.sendDigits('19#');
      for (const digit of ['1', '9', '#']) assert.equal((await phone.waitFor('CALL_DTMF_START')).param, digit);
      leg.hangUp({ by: 'system', reason: 'normal' });
      await phone.waitFor('CALL_CLOSED');
    });

    it('are sent by INFO to a party without telephone-event', async () => {
      const expectInfo = (digit: string): string[] => [
        steps.recvRequest('INFO', { check: steps.mustMatch(`Signal=${digit}`, `digit${digit}`) }),
        steps.replyInDialog(),
      ];
      const run = await bench.callee(
        scenario([
          steps.recvRequest('INVITE'),
          steps.reply(200, 'OK', { sdp: { telephoneEvent: null }, reliable: true }),
          steps.recvRequest('ACK'),
          ...expectInfo('3'),
          ...expectInfo('8'),
          steps.recvRequest('BYE'),
          steps.replyInDialog(),
        ]),
      );
      const leg = bench.dialUri(run);
      assert.equal(await leg.answered, true);
      await leg.sendDigits('38');
      leg.hangUp({ by: 'system', reason: 'normal' });
      succeeded(await run.finished);
    });
  });
}
