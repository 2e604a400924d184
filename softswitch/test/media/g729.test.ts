import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { CODED_TONES, DtmfDetector } from '../../src/media/core/dtmf-detector.js';
import { ALAW_TO_LINEAR, encodeAlaw } from '../../src/media/core/g711.js';
import { G729Decoder } from '../../src/media/core/g729/decoder.js';
import { G729Encoder } from '../../src/media/core/g729/encoder.js';
import {
  decodeFirstLag,
  decodeSecondLag,
  encodeFirstLag,
  encodeSecondLag,
  pulseIndex,
  pulsePositions,
} from '../../src/media/core/g729/excitation.js';
import { pack, parityOf, unpack } from '../../src/media/core/g729/frame.js';
import { G729LegCodec } from '../../src/media/core/g729/leg-codec.js';
import { lpcToLsp, lspToLpc } from '../../src/media/core/g729/lsp.js';
import { amplitudeAt, decode, mix, noise, rms, sine } from './audio.js';
import { likeSpeech } from './g729-speech.js';
import { CODED, DECODED } from './g729-vectors.js';

function coded(samples: Int16Array): Uint8Array {
  const frames = Math.floor(samples.length / 80);
  const out = new Uint8Array(frames * 10);
  const encoder = new G729Encoder();
  for (let i = 0; i < frames; i++) encoder.encode(samples, i * 80, out, i * 10);
  return out;
}

function decoded(octets: Uint8Array, lost: (frame: number) => boolean = () => false): Int16Array {
  const frames = octets.length / 10;
  const out = new Int16Array(frames * 80);
  const decoder = new G729Decoder();
  for (let i = 0; i < frames; i++) {
    if (lost(i)) decoder.conceal(out, i * 80);
    else decoder.decode(octets, i * 10, out, i * 80);
  }
  return out;
}

/** Signal to difference, dB, at the best shift up to `most` samples. */
function likeness(reference: Int16Array, samples: Int16Array, most: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let shift = 0; shift <= most; shift++) {
    let [signal, difference] = [0, 1e-9];
    for (let n = 400; n < reference.length - most; n++) {
      const x = reference[n] as number;
      signal += x * x;
      difference += (x - (samples[n + shift] as number)) ** 2;
    }
    best = Math.max(best, 10 * Math.log10(signal / difference));
  }
  return best;
}

const pcm = (b: Buffer): Int16Array => Int16Array.from({ length: b.length / 2 }, (_, i) => b.readInt16LE(2 * i));

describe('G.729 Annex A', () => {
  it('what a foreign coder wrote is decoded as a foreign decoder does: 20 dB and more', () => {
    const ours = decoded(CODED);
    assert.equal(ours.length, DECODED.length / 2);
    assert.ok(likeness(pcm(DECODED), ours, 0) > 20, `${likeness(pcm(DECODED), ours, 0)} dB`);
  });

  it('our coder is no worse than the foreign one on the same speech', () => {
    const speech = likeSpeech(60);
    const ours = likeness(speech, decoded(coded(speech)), 60);
    const theirs = likeness(speech, pcm(DECODED), 60);
    assert.ok(ours > theirs - 0.5, `${ours} dB, theirs ${theirs} dB`);
  });

  it('what we code a foreign decoder (ffmpeg, where there is one) decodes as ours does', function () {
    const there = spawnSync('ffmpeg', ['-hide_banner', '-decoders']).stdout?.toString() ?? '';
    if (!/ g729 /.test(there)) {
      console.log('      skipped: no ffmpeg with a G.729 decoder');
      this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), 'yx-g729-'));
    try {
      const octets = coded(likeSpeech(60));
      writeFileSync(join(folder, 'in.g729'), octets);
      const paths = ['-f', 'g729', '-i', join(folder, 'in.g729'), '-f', 's16le', join(folder, 'out.raw')];
      execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...paths]);
      const theirs = pcm(readFileSync(join(folder, 'out.raw')));
      assert.ok(likeness(theirs, decoded(octets), 0) > 20);
      assert.ok(likeness(likeSpeech(60), theirs, 60) > 7);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  for (const hz of [300, 450, 1000, 2500]) {
    it(`a tone of ${hz} Hz stays one, at its loudness`, () => {
      const heard = decoded(coded(sine(hz, 8000))).subarray(1600);
      const level = amplitudeAt(heard, hz);
      assert.ok(level > 6500 && level < 9500, `${level}`);
      assert.ok(level / Math.SQRT2 > 0.9 * rms(heard), 'and little else');
    });
  }

  it('silence stays silence', () => {
    assert.ok(rms(decoded(coded(new Int16Array(8000)))) < 20);
  });

  for (const [what, signal] of [
    ['full scale, square', Int16Array.from({ length: 8000 }, (_, n) => (n % 40 < 20 ? 32767 : -32768))],
    ['white noise', Int16Array.from({ length: 8000 }, noise(3)).map((_, i, all) => (i === 0 ? 0 : (all[i - 1] as number)))],
    ['a single click', Int16Array.from({ length: 8000 }, (_, n) => (n === 900 ? 32767 : 0))],
    ['a constant', new Int16Array(8000).fill(20_000)],
  ] as const) {
    it(`${what}: no runaway, coder and decoder stay finite`, () => {
      const heard = decoded(coded(signal));
      assert.ok(heard.every(Number.isFinite));
      assert.ok(rms(heard.subarray(4000)) <= rms(signal) * 1.5 + 400);
    });
  }

  it('any 80 bits are a frame, losses anywhere: always 80 samples, none of them off the scale', () => {
    const frame = fc.uint8Array({ minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(fc.array(fc.tuple(frame, fc.boolean()), { minLength: 1, maxLength: 30 }), (frames) => {
        const octets = Uint8Array.from(frames.flatMap(([f]) => [...f]));
        const heard = decoded(octets, (i) => frames[i]?.[1] ?? false);
        assert.ok(heard.every((x) => Number.isInteger(x)));
      }),
      { numRuns: 60 },
    );
  });

  it('lost frames are bridged by what was there, more and more quietly', () => {
    const octets = coded(sine(450, 8000));
    const heard = decoded(octets, (i) => i >= 50);
    const [soon, late] = [rms(heard.subarray(50 * 80, 52 * 80)), rms(heard.subarray(90 * 80))];
    assert.ok(soon > 2000 && late < soon / 4, `${soon}, then ${late}`);
  });

  it('bits: what is packed is unpacked; the parity notices one wrong bit of the first lag', () => {
    const bits = (n: number) => fc.integer({ min: 0, max: 2 ** n - 1 });
    const subframe = (lag: number) => fc.record({ lag: bits(lag), pulses: bits(13), signs: bits(4), gains: bits(7) });
    const parameters = fc.record({
      ...{ mode: bits(1), first: bits(7), lower: bits(5), upper: bits(5), parity: bits(1) },
      subframes: fc.tuple(subframe(8), subframe(5)),
    });
    fc.assert(
      fc.property(parameters, fc.integer({ min: 2, max: 7 }), (p, wrong) => {
        const out = new Uint8Array(12).fill(0xaa);
        pack(p, out, 1);
        assert.equal(JSON.stringify(unpack(out, 1)), JSON.stringify(p));
        assert.deepEqual([out[0], out[11]], [0xaa, 0xaa]);
        assert.notEqual(parityOf(p.subframes[0].lag), parityOf(p.subframes[0].lag ^ (1 << wrong)));
      }),
    );
  });

  it('every index of a lag and of pulses means one thing, there and back', () => {
    for (let index = 0; index < 256; index++) assert.equal(encodeFirstLag(decodeFirstLag(index)), index);
    for (let first = 20; first <= 143; first++) {
      for (let index = 0; index < 32; index++) assert.equal(encodeSecondLag(decodeSecondLag(index, first), first), index);
    }
    for (let index = 0; index < 8192; index++) assert.equal(pulseIndex(pulsePositions(index)), index);
  });

  it('LSP and predictor are two ways to say the same', () => {
    const lsf = fc.array(fc.double({ min: 0.12, max: 0.3, noNaN: true }), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(lsf, (steps) => {
        let angle = 0;
        const lsp = Float64Array.from(steps, (s) => {
          angle += s;
          return Math.cos(angle);
        });
        const [a, back] = [new Float64Array(11), new Float64Array(10)];
        lspToLpc(lsp, a);
        assert.ok(lpcToLsp(a, back));
        for (let j = 0; j < 10; j++) assert.ok(Math.abs((back[j] as number) - (lsp[j] as number)) < 1e-3);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a leg’s G.729', () => {
  const speech = likeSpeech(40);
  const octets = coded(speech);
  const frames = (from: number, count: number): Uint8Array => octets.subarray(from * 10, (from + count) * 10);

  it('packets of any whole number of frames become A-law of their time', () => {
    const codec = new G729LegCodec();
    for (const [sequence, count] of [
      [1, 2],
      [2, 1],
      [3, 6],
    ] as const) {
      const packet = codec.open(frames(0, count), 0, count * 10, 7, sequence);
      assert.ok(packet instanceof Uint8Array);
      assert.equal(packet.length, 12 + count * 80);
    }
  });

  it('late and repeated packets and what is no G.729 are left out, silence descriptors are silence', () => {
    const codec = new G729LegCodec();
    assert.ok(codec.open(frames(0, 2), 0, 20, 7, 10) instanceof Uint8Array);
    assert.equal(codec.open(frames(0, 2), 0, 20, 7, 10), undefined);
    assert.equal(codec.open(frames(0, 2), 0, 20, 7, 9), undefined);
    assert.equal(codec.open(frames(0, 2), 0, 17, 7, 11), undefined);
    assert.equal(codec.open(frames(0, 2), 0, 0, 7, 11), undefined);
    assert.equal(codec.open(new Uint8Array(2_000), 0, 2_000, 7, 11), undefined);
    assert.equal(codec.open(Uint8Array.of(1, 2), 0, 2, 7, 12), 'silent');
    assert.equal((codec.open(new Uint8Array(12), 0, 12, 7, 13) as Uint8Array).length, 12 + 80);
    assert.ok(codec.open(frames(2, 2), 0, 20, 8, 5) instanceof Uint8Array, 'another source begins anew');
  });

  it('A-law packets become frames, odd lengths wait for the rest, the header goes along', () => {
    const codec = new G729LegCodec();
    const packet = (samples: number): Uint8Array => Uint8Array.from({ length: 12 + samples }, (_, i) => (i < 12 ? 100 + i : 0xd5));
    assert.equal(codec.close(packet(160), 0, 172)?.length, 12 + 20);
    assert.equal(codec.close(packet(40), 0, 52), undefined);
    const both = codec.close(packet(120), 0, 132);
    assert.equal(both?.length, 12 + 20);
    assert.deepEqual([...(both?.subarray(0, 12) ?? [])], [...packet(0)]);
  });

  it('there and back through A-law it is still the same speech', () => {
    const codec = new G729LegCodec();
    const heard: number[] = [];
    for (let i = 0; i < 40; i += 2) {
      const law = Uint8Array.from({ length: 172 }, (_, n) => (n < 12 ? 0 : encodeAlaw(speech[i * 80 + n - 12] as number)));
      const packet = codec.close(law, 0, 172);
      assert.ok(packet);
      const opened = codec.open(packet, 12, packet.length - 12, 1, i / 2);
      assert.ok(opened instanceof Uint8Array);
      heard.push(...decode(opened.subarray(12), 'PCMA'));
    }
    // Companding twice costs little beside the coder itself.
    const direct = likeness(speech, decoded(octets), 60);
    const through = likeness(speech, Int16Array.from(heard), 60);
    assert.ok(through > direct - 1, `${through} dB, without A-law ${direct} dB`);
  });
});

describe('keys in the audio of G.729', () => {
  const ROWS = [697, 770, 852, 941];
  const COLUMNS = [1209, 1336, 1477, 1633];
  const KEYS = '123A456B789C*0#D';

  const listened = (samples: Int16Array): string => {
    const codec = new G729LegCodec();
    const detector = new DtmfDetector(CODED_TONES);
    const octets = coded(samples);
    let found = '';
    for (let at = 0; at + 20 <= octets.length; at += 20) {
      const packet = codec.open(octets, at, 20, 1, at / 20);
      assert.ok(packet && packet !== 'silent');
      found += detector.feed(packet, 12, packet.length - 12, ALAW_TO_LINEAR)?.digit ?? '';
    }
    return found;
  };
  const press = (key: number, ms: number, level = 4_000): Int16Array =>
    mix(sine(ROWS[key >> 2] as number, ms * 8, level), sine(COLUMNS[key & 3] as number, ms * 8, level));

  for (const [ms, level] of [
    [40, 1_200],
    [40, 4_000],
    [70, 4_000],
    [140, 4_000],
    [300, 4_000],
    [1_000, 4_000],
  ] as const) {
    it(`of ${ms} ms, each tone ${level} at its peak, are heard once each when nothing is lost on the way`, () => {
      for (const [n, key] of [...KEYS].entries()) {
        for (let offset = 0; offset < 80; offset += ms < 100 ? 20 : 80) {
          const samples = new Int16Array(1_920 + ms * 8);
          samples.set(press(n, ms, level), 480 + offset);
          assert.equal(listened(samples), key, `${key} after ${offset}`);
        }
      }
    });
  }

  it('pressed twice 40 ms apart are two, shorter than 20 ms are none', () => {
    for (const [n, key] of [...KEYS].entries()) {
      const samples = new Int16Array(4_000);
      samples.set(press(n, 50), 480);
      samples.set(press(n, 50), 480 + 90 * 8);
      assert.equal(listened(samples), key + key);
      const short = new Int16Array(2_400);
      short.set(press(n, 20), 480);
      assert.equal(listened(short), '');
    }
  });

  it('are not heard in what somebody says', () => {
    const folder = fileURLToPath(new URL('../../../../ivr/prompts/', import.meta.url));
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.wav'))
      .sort();
    assert.ok(files.length > 100);
    // A minute of it; all of it, eight minutes, says the same.
    for (const name of files.filter((_, n) => n % 8 === 0)) {
      const octets = readFileSync(join(folder, name));
      const law = octets.subarray(octets.indexOf('data') + 8);
      assert.equal(listened(decode(law, 'PCMA')), '', name);
    }
  }).timeout(60_000);
});
