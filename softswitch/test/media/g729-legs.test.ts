import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { G729Decoder } from '../../src/media/core/g729/decoder.js';
import { G729Encoder } from '../../src/media/core/g729/encoder.js';
import { writeRtpHeader } from '../../src/media/core/rtp.js';
import { amplitudeAt, channelOf, mix, sine } from './audio.js';
import { eventually, Fixture, type Line } from './fixture.js';

const OVER = { codec: 'G729', payloadType: 18 } as const;

/** Says a tone in G.729 until stopped. */
function talk(line: Line, hz: number): () => void {
  const encoder = new G729Encoder();
  let n = 0;
  const timer = setInterval(() => {
    const packet = new Uint8Array(32);
    const samples = sine(hz, 160, 8000, n * 160);
    writeRtpHeader(packet, 0, n === 0, 18, (n + 1) & 0xffff, n * 160, line.phone.ssrc);
    encoder.encode(samples, 0, packet, 12);
    encoder.encode(samples, 80, packet, 22);
    line.phone.raw(packet);
    n++;
  }, 20);
  return () => clearInterval(timer);
}

/** What a phone with G.729 heard. */
function audioOf(line: Line): Int16Array {
  const decoder = new G729Decoder();
  const packets = line.phone.heard.filter((h) => h.payloadType === 18);
  const out = new Int16Array(packets.reduce((sum, h) => sum + h.payload.length * 8, 0));
  let at = 0;
  for (const { payload } of packets) {
    for (let i = 0; i < payload.length; i += 10, at += 80) decoder.decode(payload, i, out, at);
  }
  return out;
}

describe('a party that speaks G.729 alone', function () {
  // real time, as in the other tests of the engine
  this.retries(2);
  const fixture = new Fixture();
  const stops: (() => void)[] = [];
  before(() => fixture.begin());
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });
  after(() => fixture.end());

  it('hears prompts', async () => {
    const line = await fixture.line('PCMA', OVER);
    line.session.play([{ kind: 'tone', tone: 'ringback', durationMs: 1_000 }], { loop: false, interruptOn: 'none' });
    await line.phone.hears(40);
    assert.deepEqual(new Set(line.phone.heard.map((h) => `${h.payloadType} ${h.payload.length}`)), new Set(['18 20']));
    const heard = audioOf(line).subarray(1_600);
    assert.ok(amplitudeAt(heard, 450) > 1_000, `${amplitudeAt(heard, 450)}`);
    assert.equal((await line.session.stats()).codec, 'G729');
  });

  it('presses each key for 40 ms, in its audio alone', async () => {
    const line = await fixture.line('PCMA', { ...OVER, telephoneEventSend: undefined, telephoneEventReceive: undefined });
    const keys = '123A456B789C*0#D';
    const samples = new Int16Array(keys.length * 1_600 + 1_600);
    for (let n = 0; n < keys.length; n++) {
      const tone = mix(sine([697, 770, 852, 941][n >> 2] ?? 0, 320, 4_000), sine([1209, 1336, 1477, 1633][n & 3] ?? 0, 320, 4_000));
      samples.set(tone, 480 + n * 1_600);
    }
    const encoder = new G729Encoder();
    for (let at = 0, n = 0; at < samples.length; at += 160, n++) {
      const packet = new Uint8Array(32);
      writeRtpHeader(packet, 0, n === 0, 18, n + 1, n * 160, line.phone.ssrc);
      encoder.encode(samples, at, packet, 12);
      encoder.encode(samples, at + 80, packet, 22);
      line.phone.raw(packet);
    }
    await eventually('as many keys', () => line.digits.length >= keys.length);
    assert.equal(line.digits.map((d) => d.digit).join(''), keys);
  });

  it('talks with a G.711 agent both ways, and is recorded', async () => {
    const caller = await fixture.line('PCMA', OVER);
    const agent = await fixture.line('PCMU');
    await fixture.bridge(caller.session, agent.session);
    const file = fixture.path('g729.wav');
    const recording = await fixture.engine.record({ file, channels: 2, left: caller.session, right: agent.session });
    stops.push(talk(caller, 700));
    agent.phone.talk(1000);
    await agent.phone.hears(60);
    await caller.phone.hears(40);
    recording.stop();
    await recording.finished;
    const heard = audioOf(caller).subarray(1_600);
    assert.ok(amplitudeAt(heard, 1000) > 5_000, `the caller: ${amplitudeAt(heard, 1000)}`);
    assert.ok(amplitudeAt(agent.phone.audio(), 700) > 5_000, `the agent: ${amplitudeAt(agent.phone.audio(), 700)}`);
    const left = channelOf(await readFile(file), 0, 2);
    assert.ok(amplitudeAt(left.subarray(4_000, 8_000), 700) > 5_000);
  });

  it('and another one: their packets pass through as they came', async () => {
    const [a, b] = [await fixture.line('PCMA', OVER), await fixture.line('PCMA', OVER)];
    await fixture.bridge(a.session, b.session);
    const sent: Uint8Array[] = [];
    for (let i = 0; i < 10; i++) {
      const packet = new Uint8Array(32);
      writeRtpHeader(packet, 0, i === 0, 18, i + 1, i * 160, a.phone.ssrc);
      for (let n = 12; n < 32; n++) packet[n] = (i * 37 + n * 11) & 0xff;
      sent.push(packet.slice(12));
      a.phone.raw(packet);
    }
    await eventually('ten packets', () => b.phone.heard.length >= 10);
    assert.deepEqual(
      b.phone.heard.map((h) => [...h.payload]),
      sent.map((s) => [...s]),
    );
    assert.ok(b.phone.heard.every((h) => h.payloadType === 18 && h.ssrc !== a.phone.ssrc));
  });

  it('muted, it is not heard, though it sends', async () => {
    const [a, b] = [await fixture.line('PCMA', OVER), await fixture.line('PCMA', OVER)];
    await fixture.bridge(a.session, b.session);
    a.session.mute(true);
    stops.push(talk(a, 700));
    await b.phone.hears(30);
    assert.ok(amplitudeAt(audioOf(b), 700) < 100);
  });

  it('its keys are keys', async () => {
    const line = await fixture.line('PCMA', OVER);
    line.phone.press(5);
    await eventually('the key', () => line.digits.length > 0);
    assert.equal(line.digits[0]?.digit, '5');
  });
});
