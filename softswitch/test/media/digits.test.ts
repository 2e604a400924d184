import assert from 'node:assert/strict';
import { type CollectRequest, digitStep, noDigits, TYPE_AHEAD_LIMIT } from '@yixian/contracts';
import fc from 'fast-check';
import { DtmfDetector } from '../../src/media/core/dtmf-detector.js';
import { ALAW_TO_LINEAR, encode } from '../../src/media/core/g711.js';
import { newRtpHeader } from '../../src/media/core/rtp.js';
import { EVENT_TIMEOUT_MS, TelephoneEventReceiver, TelephoneEventSender, writeEvent } from '../../src/media/core/telephone-event.js';
import { mix, noise, sine } from './audio.js';

const packet = (timestamp: number, event: number, duration: number, end = false, ssrc = 1) => {
  const b = new Uint8Array(4);
  writeEvent(b, 0, { event, end, duration, first: false });
  return { h: { ...newRtpHeader(), timestamp, ssrc, payloadLength: 4 }, b };
};

describe('telephone-event reception (RFC 4733 §2.5)', () => {
  const feed = (receiver: TelephoneEventReceiver, packets: ReturnType<typeof packet>[], now = 0) =>
    packets.flatMap(({ h, b }) => [...receiver.receive(h, b, now)]);

  it('reports a key once, at its first end packet, whatever is repeated, lost or reordered after', () => {
    const press = [160, 320, 480].map((d) => packet(1000, 5, d));
    const ends = [1, 2, 3].map(() => packet(1000, 5, 640, true));
    fc.assert(
      fc.property(fc.shuffledSubarray([...press, ...ends, ...press], { minLength: 1 }), (some) => {
        const receiver = new TelephoneEventReceiver();
        const keys = feed(receiver, some);
        const ended = some.some((p) => ends.includes(p));
        assert.equal(keys.length, ended ? 1 : 0);
        if (ended) assert.equal(keys[0]?.digit, '5');
        const late = receiver.expire(EVENT_TIMEOUT_MS);
        assert.equal(late?.digit, ended ? undefined : '5');
        assert.equal(receiver.expire(10 * EVENT_TIMEOUT_MS), undefined);
      }),
    );
  });

  it('keeps two presses of the same key apart by their timestamps', () => {
    const keys = feed(new TelephoneEventReceiver(), [
      packet(1000, 1, 800, true),
      packet(1000, 1, 800, true),
      packet(2600, 1, 800, true),
      packet(1000, 1, 800, true),
    ]);
    assert.deepEqual(
      keys.map((k) => k.digit),
      ['1', '1'],
    );
  });

  it('reports a press whose end was lost when the next one begins', () => {
    const keys = feed(new TelephoneEventReceiver(), [packet(1000, 1, 480), packet(3000, 11, 800, true)]);
    assert.deepEqual(keys, [
      { digit: '1', durationMs: 60 },
      { digit: '#', durationMs: 100 },
    ]);
  });

  it('takes the segments of a long press as one (§2.5.1.3)', () => {
    const keys = feed(new TelephoneEventReceiver(), [
      packet(1000, 3, 0xffff),
      packet(1000 + 0xffff, 3, 160),
      packet(1000 + 0xffff, 3, 900, true),
    ]);
    assert.equal(keys.length, 1);
  });

  it('ignores events that are no keys and payloads cut short', () => {
    const receiver = new TelephoneEventReceiver();
    assert.deepEqual(feed(receiver, [packet(1000, 16, 800, true), packet(1000, 255, 800, true)]), []);
    assert.deepEqual(receiver.receive({ ...newRtpHeader(), payloadLength: 3 }, new Uint8Array(3), 0), []);
    assert.equal(receiver.pending, false);
  });
});

describe('telephone-event sending (RFC 4733 §2.5.1)', () => {
  it('grows the duration by the packet time and sends the end three times', () => {
    const sender = new TelephoneEventSender('1#');
    const sent = [];
    while (!sender.done) sent.push(sender.next());
    const one = sent.slice(0, 8);
    assert.deepEqual(
      one.map((p) => p?.duration),
      [160, 320, 480, 640, 800, 800, 800, 800],
    );
    assert.deepEqual(
      one.map((p) => p?.end),
      [false, false, false, false, false, true, true, true],
    );
    assert.deepEqual(sent.map((p) => p?.first ?? false).filter(Boolean).length, 2);
    assert.equal(sent[11]?.event, 11);
  });
});

const LOW = { '1': 697, '5': 770, '9': 852, '0': 941, D: 941, A: 697 };
const HIGH = { '1': 1209, '5': 1336, '9': 1477, '0': 1336, D: 1633, A: 1633 };
const tone = (key: keyof typeof LOW, samples: number, low = 5000, high = 5000, from = 0, off = 1): Int16Array =>
  mix(sine(LOW[key] * off, samples, low, from), sine(HIGH[key] * off, samples, high, from));

describe('keys in the audio (Q.23, Q.24)', () => {
  const listen = (samples: Int16Array): string => {
    const detector = new DtmfDetector();
    const octets = encode(samples, 'PCMA');
    let keys = '';
    for (let at = 0; at < octets.length; at += 160)
      keys += detector.feed(octets, at, Math.min(160, octets.length - at), ALAW_TO_LINEAR)?.digit ?? '';
    return keys;
  };
  const around = (samples: Int16Array, before = 37): Int16Array => {
    const all = new Int16Array(before + samples.length + 800);
    all.set(samples, before);
    return all;
  };

  it('finds every key of 40 ms wherever it begins and however far off by 1 %', () => {
    for (const key of ['1', '5', '9', '0', 'A', 'D'] as const) {
      for (let before = 0; before < 102; before += 17) assert.equal(listen(around(tone(key, 330), before)), key, `${key} after ${before}`);
      for (const off of [0.99, 1.01]) assert.equal(listen(around(tone(key, 400, 5000, 5000, 0, off))), key, `${key} off by ${off}`);
    }
  });

  it('reports a long press once and two presses twice', () => {
    assert.equal(listen(around(tone('5', 4000))), '5');
    const two = new Int16Array(3000);
    two.set(tone('5', 800));
    two.set(tone('5', 800), 1300);
    assert.equal(listen(two), '55');
  });

  it('accepts a twist of 4 dB in the columns and 8 dB in the rows, and no more', () => {
    assert.equal(listen(around(tone('1', 800, 3000, 4500))), '1');
    assert.equal(listen(around(tone('1', 800, 6000, 2600))), '1');
    assert.equal(listen(around(tone('1', 800, 2000, 5000))), '');
    assert.equal(listen(around(tone('1', 800, 8000, 2000))), '');
  });

  it('ignores tones shorter than 23 ms, single tones and tones that are too weak', () => {
    assert.equal(listen(around(tone('5', 120))), '');
    assert.equal(listen(around(sine(770, 1600))), '');
    assert.equal(listen(around(tone('5', 800, 60, 60))), '');
  });

  it('is not triggered by a minute of speech-like noise', () => {
    const random = noise(20261);
    const samples = new Int16Array(8000 * 60);
    // Syllables: a gliding fundamental with harmonics under a formant-like envelope, and hiss.
    let phase = 0;
    for (let i = 0; i < samples.length; i++) {
      const syllable = Math.sin((2 * Math.PI * 4 * i) / 8000) ** 2;
      const fundamental = 120 + 60 * Math.sin((2 * Math.PI * 0.7 * i) / 8000) + 20 * Math.sin((2 * Math.PI * 3.1 * i) / 8000);
      phase += (2 * Math.PI * fundamental) / 8000;
      let voice = 0;
      for (let k = 1; k <= 14; k++) {
        const f = k * fundamental;
        voice += (Math.exp(-(((f - 700) / 250) ** 2)) + 0.8 * Math.exp(-(((f - 1300) / 250) ** 2)) + 0.1) * Math.sin(k * phase);
      }
      samples[i] = Math.max(-32000, Math.min(32000, 4000 * syllable * voice + 600 * random()));
    }
    assert.equal(listen(samples), '');
    const hiss = Int16Array.from({ length: 8000 * 20 }, () => 12000 * random());
    assert.equal(listen(hiss), '');
  });
});

const request = (over: Partial<CollectRequest> = {}): CollectRequest => ({
  maxDigits: 3,
  terminators: '#',
  firstDigitTimeoutMs: 5000,
  interDigitTimeoutMs: 2000,
  ...over,
});
const typed = (keys: string, state = noDigits) => [...keys].reduce((s, digit) => digitStep(s, { type: 'digit', digit }).state, state);

describe('collecting keys', () => {
  it('decides with the last key, not with a timer', () => {
    const started = digitStep(noDigits, { type: 'collect', request: request() });
    assert.deepEqual(started.timer, { ms: 5000 });
    const last = digitStep(typed('12', started.state), { type: 'digit', digit: '3' });
    assert.deepEqual(last.result, { digits: '123', reason: 'max-digits' });
    assert.deepEqual(last.timer, { ms: undefined });
  });

  it('starts the inter-digit timer anew with every key', () => {
    const started = digitStep(noDigits, { type: 'collect', request: request() });
    assert.deepEqual(digitStep(started.state, { type: 'digit', digit: '1' }).timer, { ms: 2000 });
  });

  it('takes keys typed ahead first and leaves the rest', () => {
    const ahead = typed('12#45');
    const step = digitStep(ahead, { type: 'collect', request: request() });
    assert.deepEqual(step.result, { digits: '12', reason: 'terminator' });
    assert.equal(step.state.buffered, '45');
    const next = digitStep(step.state, { type: 'collect', request: request() });
    assert.equal(next.result, undefined);
    assert.deepEqual(next.timer, { ms: 2000 });
    assert.deepEqual(digitStep(next.state, { type: 'end', reason: 'timeout' }).result, { digits: '45', reason: 'timeout' });
  });

  it('keeps at most 32 keys ahead, the first ones', () => {
    assert.equal(typed('0123456789'.repeat(5)).buffered, '0123456789'.repeat(4).slice(0, TYPE_AHEAD_LIMIT));
    assert.equal(digitStep(typed('123'), { type: 'clear' }).state.buffered, '');
  });

  it('ends with what is there when cancelled; nothing happens when nobody collects', () => {
    const started = digitStep(noDigits, { type: 'collect', request: request() });
    assert.deepEqual(digitStep(typed('7', started.state), { type: 'end', reason: 'cancelled' }).result, {
      digits: '7',
      reason: 'cancelled',
    });
    assert.equal(digitStep(noDigits, { type: 'end', reason: 'cancelled' }).result, undefined);
  });
});
