// Makes the shipped audio from prompts.json: `node ivr/scripts/make-prompts.mjs [zh|en] [--missing]`. Needs espeak-ng and sox.
// Why this voice: espeak-ng 1.51 reads Chinese with `cmn` as English-spelt pinyin ("nin two"); `cmn-latn-pinyin` is the same
// Mandarin voice without that fault.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderMusic } from './music.mjs';

const RATE = 8000;
const onlyMissing = process.argv.includes('--missing');
const sets = ['zh', 'en'].filter((set) => !process.argv.some((a) => a === 'zh' || a === 'en') || process.argv.includes(set));
const scratch = mkdtempSync(join(tmpdir(), 'make-prompts-'));

function need(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
  } catch (error) {
    throw new Error(`${command} is needed to make prompts: apt-get install ${command} (${error.message})`);
  }
}

/** Telephone band, even loudness, no silence at the ends, A-law (RFC 3551 PCMA) so that most calls need no conversion. */
function toTelephone(source, target, tail) {
  const trim = ['silence', '1', '0.005', '0.4%'];
  const ends = [...trim, 'reverse', ...trim, 'fade', 't', '0.008', 'reverse', 'fade', 't', '0.004'];
  const effects = ['gain', '-6', 'highpass', '120', 'rate', '-h', String(RATE), 'norm', '-5', ...ends];
  execFileSync('sox', ['-D', source, '-c', '1', '-e', 'a-law', target, ...effects, 'pad', '0.02', tail]);
}

function speak({ folder, voice }, id, entry) {
  const raw = join(scratch, `${id}.wav`);
  // Single number words are joined into numbers, so they are spoken a little slower and end without a long pause.
  const piece = /^(num|ord|month|weekday|unit|money|date|day|hour|minute|clock|half|on-the)-/.test(id);
  const speed = piece ? '150' : '165';
  execFileSync('espeak-ng', ['-v', voice, '-s', speed, '-b', '1', '-w', raw, '--stdin'], { input: entry.speak ?? entry.text });
  toTelephone(raw, join(folder, `${id}.wav`), piece ? '0.03' : '0.15');
}

function compose({ folder }, id, entry) {
  const raw = join(scratch, `${id}.raw`);
  writeFileSync(raw, renderMusic(entry.seconds, RATE));
  const format = ['-t', 'raw', '-r', String(RATE), '-e', 'signed-integer', '-b', '16', '-c', '1'];
  execFileSync('sox', ['-D', ...format, raw, '-e', 'a-law', join(folder, `${id}.wav`)]);
}

try {
  need('espeak-ng', ['--version']);
  need('sox', ['--version']);
  for (const set of sets) make(join(dirname(fileURLToPath(import.meta.url)), '..', 'prompts', set));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function make(folder) {
  const { voice, prompts, music } = JSON.parse(readFileSync(join(folder, 'prompts.json'), 'utf8'));
  const wanted = ([id]) => !onlyMissing || !existsSync(join(folder, `${id}.wav`));
  const [spoken, composed] = [Object.entries(prompts).filter(wanted), Object.entries(music).filter(wanted)];
  for (const [id, entry] of spoken) speak({ folder, voice }, id, entry);
  for (const [id, entry] of composed) compose({ folder }, id, entry);
  process.stdout.write(`${spoken.length + composed.length} prompts in ${folder}\n`);
}
