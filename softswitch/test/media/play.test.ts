import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { wavHeader } from '../../src/media/core/wav.js';
import { amplitudeAt, rms, sine } from './audio.js';
import { eventually, Fixture, type Line } from './fixture.js';

const once = { loop: false, interruptOn: 'none' };
const wav = (samples: Int16Array): Buffer => Buffer.concat([wavHeader(1, samples.length * 2), Buffer.from(samples.buffer)]);

describe('playing', function () {
  // real time: a processor taken away for longer than a packet makes the engine skip, as it should
  this.retries(2);
  const fixture = new Fixture({ rtpPorts: { min: 33000, max: 33199 } });
  before(() => fixture.begin());
  after(() => fixture.end());

  it('sends a file and a tone one after the other, whole, in either codec', async () => {
    await writeFile(fixture.path('one.wav'), wav(sine(620, 3210)));
    for (const codec of ['PCMA', 'PCMU'] as const) {
      const { phone, session } = await fixture.line(codec);
      const play = session.play(
        [
          { kind: 'file', path: fixture.path('one.wav') },
          { kind: 'silence', durationMs: 100 },
          { kind: 'tone', tone: 'beep' },
        ],
        once,
      );
      assert.deepEqual(await play.finished, { end: 'finished' });
      const packets = Math.ceil((3210 + 800 + 1600) / 160);
      const skipped = 3; // at most, should the machine stand still: the engine does not make up for it
      await phone.until('the last packets', () => phone.heard.length >= packets - skipped);
      const audio = phone.audioInTime();
      assert.ok(audio.length <= packets * 160 && phone.heard.length <= packets);
      assert.ok(amplitudeAt(audio.subarray(0, 3210), 620) > 6000);
      assert.ok(rms(audio.subarray(3210, 4010)) < 10);
      assert.ok(amplitudeAt(audio.subarray(4010, 5610), 1000) > 5000);
    }
  });

  it('is paced: as many packets as time has passed, timestamps a packet apart', async () => {
    const { phone, session } = await fixture.line();
    const play = session.play([{ kind: 'tone', tone: 'ringback' }], once);
    await phone.hears(60);
    play.stop();
    assert.deepEqual(await play.finished, { end: 'stopped' });
    const { heard } = phone;
    const [first, last] = [heard[0], heard.at(-1)];
    const expected = ((last?.at ?? 0) - (first?.at ?? 0)) / 20;
    assert.ok(Math.abs((((last?.timestamp ?? 0) - (first?.timestamp ?? 0)) | 0) / 160 - expected) < 3);
    assert.equal(heard.filter((h) => h.marker).length, 1);
    assert.ok(amplitudeAt(phone.audio().subarray(0, 6400), 450) > 6500);
  });

  it('uses the packet time that the peer asked for', async () => {
    const { phone, session } = await fixture.line('PCMA', { ptimeMs: 40 });
    await session.play([{ kind: 'tone', tone: 'beep' }], once).finished;
    assert.deepEqual(
      phone.heard.map((h) => h.payloadLength),
      [320, 320, 320, 320, 320],
    );
  });

  it('loops until stopped; a second playback replaces the first', async () => {
    await writeFile(fixture.path('short.wav'), wav(sine(500, 400)));
    const { phone, session } = await fixture.line();
    const first = session.play([{ kind: 'file', path: fixture.path('short.wav') }], { loop: true, interruptOn: 'none' });
    await phone.hears(12);
    const second = session.play([{ kind: 'tone', tone: 'beep' }], once);
    assert.deepEqual(await first.finished, { end: 'replaced' });
    assert.deepEqual(await second.finished, { end: 'finished' });
  });

  it('takes a changed file at its next use', async () => {
    const path = fixture.path('changing.wav');
    await writeFile(path, wav(sine(500, 1600)));
    const { phone, session } = await fixture.line();
    await session.play([{ kind: 'file', path }], once).finished;
    await writeFile(path, wav(sine(900, 1760)));
    const from = phone.heard.length;
    await session.play([{ kind: 'file', path }], once).finished;
    assert.ok(amplitudeAt(phone.audio(from), 900) > 7000);
  });

  it('of a missing or unfit file fails with its name and the fault', async () => {
    const { session } = await fixture.line();
    const fault = async (path: string): Promise<string> => {
      const { end, error } = await session.play([{ kind: 'file', path }], once).finished;
      assert.equal(end, 'failed');
      return error ?? '';
    };
    assert.match(await fault(fixture.path('none.wav')), /none\.wav: no such file/);
    await writeFile(fixture.path('bad.wav'), 'hello');
    assert.match(await fault(fixture.path('bad.wav')), /bad\.wav: not a RIFF/);
    assert.match(await fault(fixture.folder), /cannot be read \(EISDIR\)/);
  });

  it('stands in for the bridge, which is heard again at once afterwards, as one stream', async () => {
    const { a } = await fixture.call();
    const from = a.phone.heard.length;
    const play = a.session.play([{ kind: 'tone', tone: 'beep', durationMs: 400 }], once);
    await play.finished;
    await a.phone.hears(15);
    const { heard } = a.phone;
    for (let i = 1; i < heard.length; i++) {
      assert.equal(((heard[i]?.sequence ?? 0) - (heard[i - 1]?.sequence ?? 0)) & 0xffff, 1);
      assert.equal(heard[i]?.ssrc, heard[0]?.ssrc);
    }
    const changes = heard.slice(from).filter((h) => h.marker).length;
    assert.equal(changes, 2);
    const first = heard.findIndex((h, i) => i >= from && h.marker);
    const back = heard.findIndex((h, i) => i > first && h.marker);
    assert.ok(back - first >= 19 && back - first <= 21, `${back - first} packets of beep`);
    assert.ok(amplitudeAt(a.phone.audio(back), 1000) > 7000);
  });

  it('to a party on hold passes silently', async () => {
    const { phone, session } = await fixture.line('PCMA', { direction: 'inactive' });
    assert.deepEqual(await session.play([{ kind: 'tone', tone: 'beep' }], once).finished, { end: 'finished' });
    assert.equal(phone.heard.length, 0);
  });
});

describe('keys', () => {
  const fixture = new Fixture({ rtpPorts: { min: 33200, max: 33399 } });
  const collect = (line: Line, over: Partial<Parameters<Line['session']['collect']>[0]> = {}) =>
    line.session.collect({ maxDigits: 1, terminators: '#', firstDigitTimeoutMs: 5000, interDigitTimeoutMs: 3000, inBand: false, ...over });
  before(() => fixture.begin());
  after(() => fixture.end());

  it('are collected, typed ahead or not, and interrupt a playback that allows it', async () => {
    const line = await fixture.line();
    const play = line.session.play([{ kind: 'tone', tone: 'ringback' }], { loop: true, interruptOn: '12' });
    await line.phone.hears(3);
    line.phone.press(9);
    await eventually('the key', () => line.digits.length === 1);
    line.phone.press(1);
    assert.deepEqual(await play.finished, { end: 'interrupted' });
    assert.deepEqual(await collect(line, { maxDigits: 2 }), { digits: '91', reason: 'max-digits' });
    const next = collect(line, { maxDigits: 4 });
    line.phone.press(5);
    line.phone.press(11);
    assert.deepEqual(await next, { digits: '5', reason: 'terminator' });
    assert.deepEqual(line.digits.map((d) => d.digit).join(''), '915#');
  });

  it('whose end packets are all lost are reported after a moment', async () => {
    const line = await fixture.line();
    line.phone.press(6, 0);
    assert.deepEqual(await collect(line), { digits: '6', reason: 'max-digits' });
  });

  it('by INFO are keys like others', async () => {
    const line = await fixture.line();
    const waiting = collect(line);
    line.session.injectDigit('4', 160);
    assert.deepEqual(await waiting, { digits: '4', reason: 'max-digits' });
    assert.deepEqual(line.digits, [{ digit: '4', durationMs: 160, via: 'info' }]);
  });

  it('that do not come end the collection in time; a second collection cancels the first', async () => {
    const line = await fixture.line();
    const first = collect(line);
    const second = collect(line, { firstDigitTimeoutMs: 30 });
    assert.deepEqual(await first, { digits: '', reason: 'cancelled' });
    assert.deepEqual(await second, { digits: '', reason: 'timeout' });
    const third = collect(line, { maxDigits: 3, interDigitTimeoutMs: 30 });
    line.session.injectDigit('8', 100);
    assert.deepEqual(await third, { digits: '8', reason: 'timeout' });
    line.session.injectDigit('8', 100);
    line.session.clearDigits();
    assert.equal((await collect(line, { firstDigitTimeoutMs: 10 })).reason, 'timeout');
  });

  it('in the audio are heard on demand', async () => {
    const line = await fixture.line();
    const { encode } = await import('../../src/media/core/g711.js');
    const { mix } = await import('./audio.js');
    const samples = mix(sine(770, 1600, 6000), sine(1336, 1600, 6000));
    const waiting = collect(line, { inBand: true });
    await line.session.stats();
    const octets = encode(samples, 'PCMA');
    for (let at = 0; at < 1600; at += 160) line.phone.say(octets.subarray(at, at + 160));
    for (let k = 0; k < 5; k++) line.phone.say(new Uint8Array(160).fill(0xd5));
    assert.deepEqual(await waiting, { digits: '5', reason: 'max-digits' });
    assert.equal(line.digits[0]?.via, 'in-band');
  });

  it('in the audio count without asking for a party that negotiated no telephone-event, and interrupt a prompt', async () => {
    const line = await fixture.line('PCMA', { telephoneEventSend: undefined, telephoneEventReceive: undefined });
    const other = await fixture.line();
    const { encode } = await import('../../src/media/core/g711.js');
    const { mix } = await import('./audio.js');
    const octets = encode(mix(sine(770, 1600, 6000), sine(1336, 1600, 6000)), 'PCMA');
    const press = () => {
      for (let at = 0; at < 1600; at += 160) line.phone.say(octets.subarray(at, at + 160));
      for (let k = 0; k < 5; k++) line.phone.say(new Uint8Array(160).fill(0xd5));
    };
    const prompt = line.session.play([{ kind: 'tone', tone: 'ringback' }], { loop: true, interruptOn: 'any' });
    const waiting = collect(line);
    await line.session.stats();
    press();
    assert.equal((await prompt.finished).end, 'interrupted');
    assert.deepEqual(await waiting, { digits: '5', reason: 'max-digits' });
    line.session.injectDigit('5', 100);
    press();
    await line.session.stats();
    assert.deepEqual(
      line.digits.map((d) => d.via),
      ['in-band'],
      'the INFO of the same key, and tones of a party that sends INFO, count no second time',
    );
    line.session.injectDigit('7', 100);
    assert.equal(line.digits.at(-1)?.digit, '7');
    await fixture.bridge(line.session, other.session);
    press();
    await line.session.stats();
    assert.equal(line.digits.length, 2, 'two people talking press no keys');
  });

  it('are sent as RFC 4733 has it, and refused to a party that takes none', async () => {
    const line = await fixture.line('PCMA', { telephoneEventSend: 97 });
    await line.session.sendDigits('1#');
    const events = line.phone.heard.filter((h) => h.payloadType === 97);
    assert.equal(events.length, 16);
    assert.deepEqual(
      events.slice(5, 8).map((h) => [h.payload[0], (h.payload[1] ?? 0) >> 7, ((h.payload[2] ?? 0) << 8) | (h.payload[3] ?? 0)]),
      [
        [1, 1, 800],
        [1, 1, 800],
        [1, 1, 800],
      ],
    );
    assert.equal(new Set(events.slice(0, 8).map((h) => h.timestamp)).size, 1);
    assert.ok(((events[8]?.timestamp ?? 0) - (events[0]?.timestamp ?? 0)) / 8 >= 160);
    assert.deepEqual(events.map((h) => h.marker).filter(Boolean).length, 2);
    const from = line.phone.heard.length;
    await Promise.all([line.session.sendDigits('2'), line.session.sendDigits('3')]);
    const order = line.phone.heard
      .slice(from)
      .filter((h) => h.marker)
      .map((h) => h.payload[0]);
    assert.deepEqual(order, [2, 3]);
    const deaf = await fixture.line('PCMA', { telephoneEventSend: undefined });
    await assert.rejects(deaf.session.sendDigits('1'), /takes no telephone-event/);
    await assert.rejects(line.session.sendDigits('1x'), /"1x" are not keys/);
  });
});
