import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@yixian/contracts';
import { parseWav } from '../../src/core/wav.js';
import { createTts, type TtsDeps } from '../../src/index.js';
import { recordingLogger } from '../support/hotline.js';

describe('speech by espeak-ng', () => {
  let folder = '';
  const lines: string[] = [];
  const tts = (change: Partial<TtsDeps> = {}) =>
    createTts({
      cacheDirectory: join(folder, 'cache'),
      logger: recordingLogger(lines),
      clock: systemClock(),
      deadlineMs: 20_000,
      ...change,
    });
  /** A stand-in synthesiser: a shell script. */
  const script = (body: string): string => {
    const path = join(folder, 'synth.sh');
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yixian-tts-'));
    lines.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('speaks with the voice of the language; each has its own file', async () => {
    const said = join(folder, 'said');
    const speech = tts({ command: script(`echo "$@" >> ${said}; exit 1`), voices: { 'en-GB': 'en-gb' } });
    for (const language of [undefined, 'zh-CN', 'en-US', 'en-GB', 'constructor']) await speech.speak('12', language);
    const voices = readFileSync(said, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1]);
    assert.deepEqual(voices, ['cmn-latn-pinyin', 'cmn-latn-pinyin', 'en-us', 'en-gb', 'cmn-latn-pinyin']);
    const files = readFileSync(said, 'utf8').match(/[0-9a-f]{40}/g);
    assert.equal(new Set(files).size, 3);
  });

  it('makes an audible 8 kHz WAV of a text and takes it from the cache the next time', async function () {
    if (spawnSync('espeak-ng', ['--version']).error) {
      console.log('      skipped: espeak-ng is not installed');
      this.skip();
    }
    this.timeout(60_000);
    const speech = tts();
    const path = await speech.speak('您好，欢迎致电。');
    assert.ok(path, lines.join());
    const { rate, samples } = parseWav(readFileSync(path));
    assert.equal(rate, 8000);
    assert.ok(samples.length > 8000 && samples.length < 40_000, `${samples.length} samples`);
    assert.ok(
      samples.some((s) => Math.abs(s) > 3000),
      'audible',
    );
    assert.deepEqual(readdirSync(join(folder, 'cache')).length, 1, 'nothing but the cached file is left');
    const cached = createTts({
      cacheDirectory: join(folder, 'cache'),
      logger: recordingLogger(lines),
      clock: systemClock(),
      command: 'no-such-program',
    });
    assert.equal(await cached.speak('您好，欢迎致电。'), path, 'said again without any synthesiser');
    assert.match(((await speech.status()) as { version: string }).version, /eSpeak/);
  });

  it('not installed: says so, once for each text, and gives nothing', async () => {
    const speech = tts({ command: 'no-such-program' });
    assert.equal(await speech.speak('您好'), undefined);
    assert.deepEqual(lines, ['warn a text cannot be spoken: no-such-program is not installed']);
    assert.deepEqual(await speech.status(), { ok: false, problem: 'no-such-program is not installed' });
  });

  it('a synthesiser that hangs is killed at the deadline', async () => {
    const pidFile = join(folder, 'pid');
    const command = script(`echo $$ > ${pidFile}; exec sleep 600`);
    assert.equal(await tts({ command, deadlineMs: 500 }).speak('您好'), undefined);
    assert.match(lines.join(), /took longer than 500 ms/);
    if (existsSync(pidFile)) assert.throws(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0), { code: 'ESRCH' });
  });

  it('a synthesiser that fails or writes nonsense leaves nothing in the cache', async () => {
    assert.equal(await tts({ command: script('echo broken voice >&2; exit 3') }).speak('您好'), undefined);
    assert.match(lines[0] ?? '', /failed with code 3: broken voice/);
    // Arguments are -v VOICE -b 1 -w FILE --stdin.
    assert.equal(await tts({ command: script('echo nonsense > "$6"') }).speak('您好'), undefined);
    assert.match(lines[1] ?? '', /not a WAV file/);
    assert.deepEqual(readdirSync(join(folder, 'cache')), []);
  });

  it('the same text asked for by many calls at once is made once', async () => {
    const counter = join(folder, 'count');
    const speech = tts({ command: script(`echo x >> ${counter}; exit 1`) });
    await Promise.all(Array.from({ length: 20 }, () => speech.speak('您好')));
    assert.equal(readFileSync(counter, 'utf8'), 'x\n');
  });

  it('a text that looks like options or shell is only text', async () => {
    const seen = join(folder, 'seen');
    await tts({ command: script(`cat > ${seen}; echo "$*" > ${seen}.args; exit 1`) }).speak('--help; $(reboot)');
    assert.equal(readFileSync(seen, 'utf8'), '--help; $(reboot)');
    assert.doesNotMatch(readFileSync(`${seen}.args`, 'utf8'), /reboot/);
  });
});
