import { DomainError } from '@yixian/contracts';
import { fieldProblem } from '../field-fault.js';

export interface WavFacts {
  format: 'pcm16' | 'alaw' | 'ulaw';
  durationSeconds: number;
}

const RATE = 8000;
const FORMATS: Record<string, WavFacts['format']> = { '1/16': 'pcm16', '6/8': 'alaw', '7/8': 'ulaw' };
const EXTENSIBLE = 0xfffe;

/**
 * What a WAV holds, when it is one a leg can play: RIFF/WAVE, 8 kHz, mono, PCM16, A-law or µ-law, whole.
 * @throws DomainError `bad-request` saying what is wrong and what is needed
 */
export function inspectWav(bytes: Uint8Array): WavFacts {
  if (bytes.length < 12 || tagAt(bytes, 0) !== 'RIFF' || tagAt(bytes, 8) !== 'WAVE') throw refusal('is not a RIFF/WAVE file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: WavFacts['format'] | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [tag, size, start] = [tagAt(bytes, at), view.getUint32(at + 4, true), at + 8];
    if (start + size > bytes.length)
      throw refusal(`is cut short: its ${tag.trim()} chunk says ${size} bytes, ${bytes.length - start} follow`);
    if (tag === 'fmt ') format = formatAt(view, start, size);
    if (tag === 'data') {
      if (!format) throw refusal('has its audio before its format');
      const samples = format === 'pcm16' ? size / 2 : size;
      if (samples < 1) throw refusal('has no audio');
      return { format, durationSeconds: Math.round((samples / RATE) * 1000) / 1000 };
    }
    at = start + size + (size % 2);
  }
  throw refusal(format ? 'has no audio' : 'has no format chunk');
}

function formatAt(view: DataView, start: number, size: number): WavFacts['format'] {
  if (size < 16) throw refusal('has a format chunk that is too short');
  const coded = view.getUint16(start, true);
  const tag = coded === EXTENSIBLE && size >= 26 ? view.getUint16(start + 24, true) : coded;
  const [channels, rate, bits] = [view.getUint16(start + 2, true), view.getUint32(start + 4, true), view.getUint16(start + 14, true)];
  if (channels !== 1) throw refusal(`has ${channels} channels`);
  if (rate !== RATE) throw refusal(`is sampled at ${rate} Hz`);
  const format = FORMATS[`${tag}/${bits}`];
  if (!format) throw refusal(`has format ${tag} with ${bits} bits`);
  return format;
}

function tagAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function refusal(what: string): DomainError {
  const problem = `the file ${what}; a WAV of 8000 Hz, mono, PCM 16 bits, A-law or µ-law is needed`;
  return new DomainError('bad-request', `body: ${problem}`, { in: 'body', fields: [fieldProblem('', problem)] });
}
