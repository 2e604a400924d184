import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { FromSink, ToSink } from '@yixian/contracts';
import { parseWav } from '../../src/media/core/wav.js';
import { amplitudeAt, channelOf, rms } from './audio.js';
import { eventually, Fixture } from './fixture.js';

/** Middle part of a channel, without the edges where a tone begins or ends. */
const middle = (samples: Int16Array, from: number, to: number): Int16Array => samples.subarray(from * 8, to * 8);

describe('recording', function () {
  // real time: a processor taken away for longer than a packet makes the engine skip, as it should
  this.retries(2);
  const fixture = new Fixture({ rtpPorts: { min: 33400, max: 33599 } });
  before(() => fixture.begin());
  after(() => fixture.end());

  it('of a bridge has each party in its own channel', async () => {
    const { a, b } = await fixture.call(['PCMA', 'PCMU']);
    const file = fixture.path('bridge.wav');
    const recording = await fixture.engine.record({ file, channels: 2, left: a.session, right: b.session });
    await Promise.all([a.phone.hears(60), b.phone.hears(60)]);
    recording.stop();
    const result = await recording.finished;
    const bytes = await readFile(file);
    assert.equal(result.reason, 'stopped');
    assert.equal(result.bytes, bytes.length);
    assert.equal(bytes.readUInt32LE(40), bytes.length - 44);
    assert.ok(result.durationMs > 900 && Math.abs(result.durationMs - (bytes.length - 44) / 32) <= 1);
    const [left, right] = [channelOf(bytes, 0, 2), channelOf(bytes, 1, 2)];
    assert.ok(amplitudeAt(middle(left, 200, 800), 400) > 6500);
    assert.ok(amplitudeAt(middle(left, 200, 800), 1000) < 100);
    assert.ok(amplitudeAt(middle(right, 200, 800), 1000) > 6500);
    assert.ok(amplitudeAt(middle(right, 200, 800), 400) < 100);
  });

  it('places speech where it fell on the clock and leaves gaps silent', async () => {
    const line = await fixture.line();
    const file = fixture.path('gap.wav');
    const recording = await fixture.engine.record({ file, channels: 1, left: line.session });
    const started = performance.now();
    line.phone.talk(500);
    await new Promise((resolve) => setTimeout(resolve, 400));
    line.phone.hush();
    const stopped = performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, 500));
    // The phone's clock went on through its silence, as with voice activity detection.
    line.phone.timestamp += Math.round((performance.now() - started - stopped) * 8);
    const resumed = performance.now() - started;
    line.phone.talk(500);
    await new Promise((resolve) => setTimeout(resolve, 300));
    recording.stop();
    await recording.finished;
    const samples = channelOf(await readFile(file), 0, 1);
    assert.ok(amplitudeAt(middle(samples, 100, stopped - 100), 500) > 6500);
    assert.equal(rms(middle(samples, stopped + 120, resumed - 60)), 0);
    assert.ok(amplitudeAt(middle(samples, resumed + 100, resumed + 200), 500) > 6500);
  });

  it('goes into a sink where there is one: the same audio, no file', async () => {
    const { a, b } = await fixture.call();
    const { port1: sink, port2: kept } = new MessageChannel();
    const pieces: Uint8Array[] = [];
    const told = new Promise<void>((resolve) => {
      kept.on('message', (input: ToSink) => {
        if (input === 'end') return kept.postMessage({ is: 'closed' } satisfies FromSink);
        pieces.push(input);
        kept.postMessage({ is: 'kept', bytes: pieces.reduce((sum, { length }) => sum + length, 0) } satisfies FromSink);
        resolve();
      });
    });
    const file = fixture.path('nowhere.wav');
    const recording = await fixture.engine.record({ file, channels: 2, left: a.session, right: b.session, sink });
    await Promise.all([told, a.phone.hears(60), b.phone.hears(60)]);
    recording.stop();
    const result = await recording.finished;
    const bytes = Buffer.concat([Buffer.alloc(44), ...pieces]);
    assert.deepEqual([result.reason, result.bytes, existsSync(file)], ['stopped', bytes.length, false]);
    assert.ok(result.durationMs > 900);
    const [left, right] = [channelOf(bytes, 0, 2), channelOf(bytes, 1, 2)];
    assert.ok(amplitudeAt(middle(left, 200, 800), 400) > 6500);
    assert.ok(amplitudeAt(middle(right, 200, 800), 1000) > 6500);
  });

  it('has failed when its sink says so, and when its sink is gone', async () => {
    const line = await fixture.line();
    line.phone.talk(500);
    for (const [end, reason] of [
      [(port: MessagePort) => port.postMessage({ is: 'failed', error: 'no space left' } satisfies FromSink), /no space left/],
      [(port: MessagePort) => port.close(), /has gone/],
    ] as const) {
      const { port1: sink, port2: kept } = new MessageChannel();
      const recording = await fixture.engine.record({ file: fixture.path('none.wav'), channels: 1, left: line.session, sink });
      end(kept);
      const result = await recording.finished;
      kept.close();
      assert.equal(result.reason, 'failed');
      assert.match(result.error ?? '', reason);
    }
  });

  it('is a playable file at any moment', async () => {
    const line = await fixture.line();
    const file = fixture.path('alive.wav');
    const recording = await fixture.engine.record({ file, channels: 1, left: line.session });
    line.phone.talk(500);
    await eventually('a first second on disk', async () => {
      const bytes = await readFile(file);
      if (bytes.length < 44) return false;
      const wav = parseWav(bytes);
      return bytes.readUInt32LE(40) > 4000 && wav.data.length === bytes.readUInt32LE(40);
    });
    recording.stop();
    await recording.finished;
  });

  it('writes silence while paused, and goes on in place', async () => {
    const line = await fixture.line();
    line.phone.talk(500);
    await eventually('audio', async () => (await line.session.stats()).packetsReceived > 2);
    const file = fixture.path('pause.wav');
    const recording = await fixture.engine.record({ file, channels: 1, left: line.session });
    const started = performance.now();
    const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await wait(300);
    recording.pause();
    const paused = performance.now() - started;
    await wait(300);
    recording.resume();
    const resumed = performance.now() - started;
    await wait(300);
    recording.stop();
    await recording.finished;
    const samples = channelOf(await readFile(file), 0, 1);
    assert.ok(amplitudeAt(middle(samples, 60, paused - 60), 500) > 6500);
    assert.equal(rms(middle(samples, paused + 60, resumed - 60)), 0);
    assert.ok(amplitudeAt(middle(samples, resumed + 60, resumed + 200), 500) > 6500);
  });

  it('may get its right channel later and lose it again', async () => {
    const { a, b } = await fixture.call();
    const file = fixture.path('right.wav');
    const recording = await fixture.engine.record({ file, channels: 2, left: a.session });
    await a.phone.hears(20);
    recording.setRight([b.session]);
    await a.phone.hears(20);
    recording.setRight([]);
    await a.phone.hears(20);
    recording.stop();
    await recording.finished;
    const right = channelOf(await readFile(file), 1, 2);
    const loud: boolean[] = [];
    for (let at = 0; at + 160 <= right.length; at += 160) loud.push(rms(right.subarray(at, at + 160)) > 1000);
    const [first, last] = [loud.indexOf(true), loud.lastIndexOf(true)];
    assert.ok(first >= 10 && last < loud.length - 10 && last - first >= 10, `${first}–${last} of ${loud.length}`);
  });

  it('ends by itself after its maximum, exactly', async () => {
    const line = await fixture.line();
    line.phone.talk(500);
    const recording = await fixture.engine.record({ file: fixture.path('max.wav'), channels: 1, left: line.session, maxDurationMs: 350 });
    const result = await recording.finished;
    assert.equal(result.reason, 'max-duration');
    assert.equal(result.durationMs, 350);
  });

  it('ends by itself after silence, comfort noise included', async () => {
    const line = await fixture.line();
    const recording = await fixture.engine.record({
      file: fixture.path('silence.wav'),
      channels: 1,
      left: line.session,
      endAfterSilenceMs: 300,
    });
    line.phone.talk(500);
    await eventually('speech', async () => (await line.session.stats()).packetsReceived > 25);
    line.phone.hush();
    const hiss = setInterval(() => line.phone.say(Uint8Array.from({ length: 160 }, (_, i) => 0xd5 ^ (i & 1))), 20);
    const result = await recording.finished;
    clearInterval(hiss);
    assert.equal(result.reason, 'silence');
    assert.ok(result.durationMs >= 700);
  });

  it('ends when its last party has gone', async () => {
    const { a, b } = await fixture.call();
    const recording = await fixture.engine.record({ file: fixture.path('gone.wav'), channels: 2, left: a.session, right: b.session });
    await a.phone.hears(5);
    await a.session.close();
    await b.session.close();
    assert.equal((await recording.finished).reason, 'legs-ended');
  });

  it('that cannot be written is refused with the file and the reason; the call goes on', async () => {
    const { a, b } = await fixture.call();
    const file = fixture.path('no/such/folder.wav');
    await assert.rejects(
      fixture.engine.record({ file, channels: 2, left: a.session, right: b.session }),
      /folder\.wav: cannot be written \(ENOENT\)/,
    );
    await a.phone.hears(5);
  });

  it('that the disk refuses later ends as failed with the reason; the call goes on', async function () {
    if (!existsSync('/dev/full')) {
      console.log('      skipped: this system has no /dev/full');
      return this.skip();
    }
    const { a, b } = await fixture.call();
    // /dev/full takes an open and refuses every write with ENOSPC.
    const recording = await fixture.engine.record({ file: '/dev/full', channels: 2, left: a.session, right: b.session });
    const result = await recording.finished;
    assert.equal(result.reason, 'failed');
    assert.match(result.error ?? '', /ENOSPC/);
    await Promise.all([a.phone.hears(5), b.phone.hears(5)]);
  });
});
