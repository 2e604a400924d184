import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@yixian/contracts';
import { createPrompts, digitPieces, numberPieces, shippedEnglishPromptsDirectory, shippedPromptsDirectory } from '../../src/index.js';
import { recordingLogger } from '../support/hotline.js';

/** A-law to linear, ITU-T G.711 table 1a, as a fraction of full scale. */
function fromALaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = code & 15;
  const magnitude = exponent === 0 ? mantissa * 2 + 1 : (mantissa * 2 + 33) << (exponent - 1);
  return ((code & 0x80 ? 1 : -1) * magnitude) / 4096;
}

interface Wave {
  format: number;
  channels: number;
  rate: number;
  samples: Float64Array;
}

function readWave(path: string): Wave {
  const bytes = readFileSync(path);
  assert.equal(bytes.toString('latin1', 0, 4), 'RIFF');
  assert.equal(bytes.readUInt32LE(4), bytes.length - 8, `${path}: RIFF size`);
  const wave: Wave = { format: 0, channels: 0, rate: 0, samples: new Float64Array() };
  for (let at = 12; at + 8 <= bytes.length; at += 8 + bytes.readUInt32LE(at + 4) + (bytes.readUInt32LE(at + 4) % 2)) {
    const chunk = bytes.toString('latin1', at, at + 4);
    if (chunk === 'fmt ') {
      Object.assign(wave, { format: bytes.readUInt16LE(at + 8), channels: bytes.readUInt16LE(at + 10), rate: bytes.readUInt32LE(at + 12) });
    } else if (chunk === 'data') wave.samples = Float64Array.from(bytes.subarray(at + 8, at + 8 + bytes.readUInt32LE(at + 4)), fromALaw);
  }
  return wave;
}

const loudness = (samples: Float64Array): number => Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
const peak = (samples: Float64Array): number => samples.reduce((most, s) => Math.max(most, Math.abs(s)), 0);

interface Catalogue {
  prompts: Record<string, { text: string }>;
  music: Record<string, { text: string; seconds: number }>;
}

const SETS = [
  {
    name: 'Chinese',
    directory: shippedPromptsDirectory,
    least: 0.15,
    most: 0.45,
    units: (text: string) => /\p{Script=Han}/gu[Symbol.match](text)?.length ?? 0,
  },
  // Vowel groups stand for syllables, roughly: "twenty-five" has three.
  {
    name: 'English',
    directory: shippedEnglishPromptsDirectory,
    least: 0.08,
    most: 0.45,
    units: (text: string) => text.match(/[aeiouy]+/gi)?.length ?? 0,
  },
];
const catalogueOf = (directory: string): Catalogue => JSON.parse(readFileSync(join(directory, 'prompts.json'), 'utf8')) as Catalogue;

for (const { name, directory, least, most, units } of SETS) {
  const catalogue = catalogueOf(directory);
  const texts = { ...catalogue.prompts, ...catalogue.music };
  describe(`the shipped ${name} prompts`, () => {
    it('are exactly those with a text beside them', () => {
      const files = readdirSync(directory).filter((file) => file.endsWith('.wav'));
      assert.deepEqual(files.map((file) => file.slice(0, -4)).sort(), Object.keys(texts).sort());
    });

    it('take less than 3 MB together', () => {
      const bytes = readdirSync(directory).reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
      assert.ok(bytes < 3_000_000, `${bytes} bytes`);
    });

    it('are 8 kHz mono A-law, neither silent nor clipped, as long as they take to say', () => {
      for (const [id, { text }] of Object.entries(texts)) {
        const { format, channels, rate, samples } = readWave(join(directory, `${id}.wav`));
        assert.deepEqual({ format, channels, rate }, { format: 6, channels: 1, rate: 8000 }, id);
        assert.ok(loudness(samples) > 0.02, `${id}: RMS ${loudness(samples)}`);
        assert.ok(peak(samples) < 0.9, `${id}: peak ${peak(samples)}`);
        const seconds = samples.length / rate;
        if (id in catalogue.music) continue;
        assert.ok(seconds > units(text) * least && seconds < 0.6 + units(text) * most, `${id}: ${seconds} s for ${text}`);
      }
    });
  });
}

describe('the shipped prompts', () => {
  it('say the same in both languages, but for the words that values are made of', () => {
    const pieces = /^(num|ord|month|weekday|day|date|hour|minute|half|on-the|clock|unit|money)-/;
    const ids = SETS.map(({ directory }) =>
      Object.keys(catalogueOf(directory).prompts)
        .filter((id) => !pieces.test(id))
        .sort(),
    );
    assert.deepEqual(ids[0], ids[1]);
  });

  it('the music is a quiet loop of 20–30 s with many pitches and no seam', () => {
    const { samples, rate } = readWave(join(shippedPromptsDirectory, 'queue-music.wav'));
    assert.ok(samples.length / rate >= 20 && samples.length / rate <= 30);
    assert.ok(peak(samples) < 0.35, 'quieter than speech');
    const windows = Array.from({ length: Math.floor(samples.length / rate) }, (_, i) =>
      strongest(samples.subarray(i * rate, i * rate + 1600), rate),
    );
    assert.ok(new Set(windows).size >= 6, `a melody, not a beep: ${[...new Set(windows)]}`);
    for (let i = 0; i < windows.length; i++)
      assert.ok(loudness(samples.subarray(i * rate, (i + 1) * rate)) > 0.005, `second ${i} is not silent`);
    const steps = samples.slice(1).map((s, i) => Math.abs(s - (samples[i] ?? 0)));
    assert.ok(Math.abs((samples[0] ?? 0) - (samples.at(-1) ?? 0)) <= peak(steps), 'the end leads into the beginning without a click');
  });

  it('hold every piece of every number', () => {
    const library = createPrompts({ directories: [shippedPromptsDirectory], logger: silentLogger });
    const pieces = new Set([
      ...digitPieces('0123456789'),
      ...Array.from({ length: 10_000 }, (_, i) => numberPieces(i, { counting: true })).flat(),
    ]);
    assert.deepEqual(library.missing(pieces), []);
  });
});

/** The strongest of the notes C3…C7 in a stretch of samples, as MIDI number (Goertzel). */
function strongest(samples: Float64Array, rate: number): number {
  let best = { midi: 0, power: -1 };
  for (let midi = 48; midi <= 96; midi++) {
    const w = (2 * Math.PI * 440 * 2 ** ((midi - 69) / 12)) / rate;
    let [a, b] = [0, 0];
    for (const s of samples) [a, b] = [s + 2 * Math.cos(w) * a - b, a];
    const power = a * a + b * b - 2 * Math.cos(w) * a * b;
    if (power > best.power) best = { midi, power };
  }
  return best.midi;
}

describe('prompts by id', () => {
  let folder = '';
  const lines: string[] = [];
  const library = () => createPrompts({ directories: [join(folder, 'custom'), shippedPromptsDirectory], logger: recordingLogger(lines) });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yixian-prompts-'));
    mkdirSync(join(folder, 'custom'));
    lines.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('an own prompt goes before the shipped one, as soon as it is there', () => {
    const prompts = library();
    assert.deepEqual(prompts.item('greeting'), { kind: 'file', path: join(shippedPromptsDirectory, 'greeting.wav') });
    writeFileSync(join(folder, 'custom', 'greeting.wav'), 'x');
    assert.deepEqual(prompts.item('greeting'), { kind: 'file', path: join(folder, 'custom', 'greeting.wav') });
  });

  it('a missing prompt is undefined and one line that names it', () => {
    assert.equal(library().item('nope'), undefined);
    assert.deepEqual(lines, ['warn prompt nope is missing: no nope.wav in the prompt folders']);
  });

  it('an id cannot lead out of the folders', () => {
    writeFileSync(join(folder, 'secret.wav'), 'x');
    for (const id of ['../secret', '/etc/passwd', '..', 'a/b', '']) assert.equal(library().item(id), undefined, id);
  });

  it('ids and missing ones are known without a log line; a folder that does not exist is empty', () => {
    writeFileSync(join(folder, 'custom', 'own.wav'), 'x');
    const prompts = createPrompts({ directories: [join(folder, 'none'), join(folder, 'custom')], logger: recordingLogger(lines) });
    assert.deepEqual(prompts.ids(), ['own']);
    assert.deepEqual(prompts.missing(['own', 'greeting', 'goodbye']), ['greeting', 'goodbye']);
    assert.deepEqual(lines, []);
  });

  it('numbers are said as their pieces, one file each', () => {
    const paths = (items: ReturnType<ReturnType<typeof library>['sayNumber']>) =>
      items.map((item) => (item.kind === 'file' ? item.path.replace(/^.*\//, '') : ''));
    assert.deepEqual(paths(library().sayNumber(23)), ['num-2.wav', 'num-10.wav', 'num-3.wav']);
    assert.deepEqual(paths(library().sayNumber(2)), ['num-2.wav']);
    assert.deepEqual(paths(library().sayNumber(2, { counting: true })), ['num-liang.wav']);
    assert.deepEqual(paths(library().sayDigits('1-2')), ['num-yao.wav', 'num-2.wav']);
  });

  it('what is no whole number up to twelve digits is not said, with one line, and nothing thrown into a call', () => {
    for (const value of [-1, 1e12, 1.5, Number.NaN]) assert.deepEqual(library().sayNumber(value), []);
    assert.equal(lines.length, 4);
    assert.equal(lines[1], 'warn 1000000000000 cannot be spoken: only whole numbers from 0 to 999999999999 can');
  });
});

describe('prompts of another language', () => {
  const base = join(shippedPromptsDirectory);
  const names = (items: { kind: string; path?: string }[]) =>
    items.map((item) => item.path?.split('/').slice(-2).join('/').replace('.wav', ''));
  const lines: string[] = [];
  const library = createPrompts({
    directories: [base],
    languages: { en: [shippedEnglishPromptsDirectory] },
    logger: recordingLogger(lines),
  });

  it('are taken where they are, by tag or its first part; else the base set speaks', () => {
    assert.deepEqual(names([library.item('greeting', 'en-US')].flatMap((i) => i ?? [])), ['en/greeting']);
    assert.deepEqual(names([library.item('greeting', 'en')].flatMap((i) => i ?? [])), ['en/greeting']);
    for (const language of [undefined, 'zh-CN', 'fr-FR', 'constructor'])
      assert.deepEqual(names([library.item('greeting', language)].flatMap((i) => i ?? [])), ['zh/greeting']);
    assert.deepEqual(names([library.item('queue-music', 'en-US')].flatMap((i) => i ?? [])), ['zh/queue-music']);
  });

  it('numbers and digits are said in it', () => {
    assert.deepEqual(names(library.sayNumber(21, { language: 'en-US' })), ['en/num-20', 'en/num-1']);
    assert.deepEqual(names(library.sayNumber(2, { counting: true })), ['zh/num-liang']);
    assert.deepEqual(names(library.sayDigits('12', 'en-US')), ['en/num-1', 'en/num-2']);
    assert.deepEqual(names(library.sayDigits('12')), ['zh/num-yao', 'zh/num-2']);
  });

  it('a phrase one piece of which is missing is not said by pieces: no half in another language', () => {
    assert.deepEqual(names(library.phrase({ pieces: ['num-20', 'num-1'] }, 'en-US') ?? []), ['en/num-20', 'en/num-1']);
    assert.equal(library.phrase({ pieces: ['num-20', 'num-liang'] }, 'en-US'), undefined);
    assert.equal(library.phrase({ pieces: ['num-20'] }, 'zh-CN'), undefined);
    assert.deepEqual(lines, []);
  });
});
