import { ALAW_TO_LINEAR, type encode, encodeAlaw, encodeUlaw, ULAW_TO_LINEAR } from './g711.js';

// RIFF/WAVE: reading prompts (8 kHz mono, PCM16, A-law or µ-law) and the header of recordings.

export type WavFormat = 'pcm16' | 'alaw' | 'ulaw';

export interface WavAudio {
  format: WavFormat;
  /** The samples as they stand in the file. */
  data: Uint8Array;
}

const FORMAT_PCM = 1;
const FORMAT_ALAW = 6;
const FORMAT_ULAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;
export const WAV_HEADER_LENGTH = 44;

/** Says what is wrong with a file; the caller adds its name. */
export class WavError extends Error {}

const fourCc = (b: Uint8Array, at: number): string => String.fromCharCode(...b.subarray(at, at + 4));

interface FormatChunk {
  tag: number;
  channels: number;
  rate: number;
  bits: number;
}

/**
 * Reads a WAV with its chunks in any order. A data chunk cut short (or of length 0 or 0xffffffff, as recorders leave it) ends with the
 * file. Throws a WavError that names the fault.
 */
export function parseWav(b: Uint8Array): WavAudio {
  if (b.length < 12 || fourCc(b, 0) !== 'RIFF' || fourCc(b, 8) !== 'WAVE') throw new WavError('not a RIFF/WAVE file');
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
  let format: FormatChunk | undefined;
  let data: Uint8Array | undefined;
  for (let at = 12; at + 8 <= b.length; ) {
    const id = fourCc(b, at);
    const declared = view.getUint32(at + 4, true);
    const start = at + 8;
    const unfinished = id === 'data' && (declared === 0 || declared === 0xffffffff) && !followed(b, start);
    const end = unfinished ? b.length : Math.min(b.length, start + declared);
    if (id === 'fmt ' && !format) format = readFormat(view, start, end);
    if (id === 'data' && !data) data = b.subarray(start, end);
    at = end + (end - start < declared || unfinished ? 0 : declared % 2);
    if (unfinished) break;
  }
  if (!format) throw new WavError('no format chunk');
  if (!data) throw new WavError('no data chunk');
  return { format: accept(format), data };
}

/** A zero-length data chunk with another known chunk after it is really empty. */
const followed = (b: Uint8Array, at: number): boolean => at + 8 <= b.length && /^(fmt |LIST|fact|cue |bext|id3 )$/.test(fourCc(b, at));

function readFormat(view: DataView, start: number, end: number): FormatChunk {
  if (end - start < 16) throw new WavError('format chunk too short');
  let tag = view.getUint16(start, true);
  if (tag === FORMAT_EXTENSIBLE && end - start >= 26) tag = view.getUint16(start + 24, true);
  return {
    tag,
    channels: view.getUint16(start + 2, true),
    rate: view.getUint32(start + 4, true),
    bits: view.getUint16(start + 14, true),
  };
}

function accept({ tag, channels, rate, bits }: FormatChunk): WavFormat {
  if (channels !== 1) throw new WavError(`has ${channels} channels, mono is needed`);
  if (rate !== 8000) throw new WavError(`is sampled at ${rate} Hz, 8000 is needed`);
  if (tag === FORMAT_PCM && bits === 16) return 'pcm16';
  if (tag === FORMAT_ALAW && bits === 8) return 'alaw';
  if (tag === FORMAT_ULAW && bits === 8) return 'ulaw';
  throw new WavError(`has format ${tag} with ${bits} bits, PCM 16, A-law or µ-law is needed`);
}

/** The audio as octets of a codec. */
export function wavToCodec(wav: WavAudio, codec: Parameters<typeof encode>[1]): Uint8Array {
  if ((wav.format === 'alaw' && codec === 'PCMA') || (wav.format === 'ulaw' && codec === 'PCMU')) return Uint8Array.from(wav.data);
  const one = codec === 'PCMA' ? encodeAlaw : encodeUlaw;
  if (wav.format !== 'pcm16') {
    const linear = wav.format === 'alaw' ? ALAW_TO_LINEAR : ULAW_TO_LINEAR;
    return Uint8Array.from(wav.data, (octet) => one(linear[octet] as number));
  }
  const octets = new Uint8Array(wav.data.length >> 1);
  for (let i = 0; i < octets.length; i++) {
    octets[i] = one((((wav.data[2 * i] as number) | ((wav.data[2 * i + 1] as number) << 8)) << 16) >> 16);
  }
  return octets;
}

/** Header of a PCM16 file at 8 kHz with so many bytes of audio after it. */
export function wavHeader(channels: 1 | 2, dataBytes: number): Uint8Array {
  const b = new Uint8Array(WAV_HEADER_LENGTH);
  const view = new DataView(b.buffer);
  const text = (at: number, s: string): void => {
    for (let i = 0; i < s.length; i++) b[at + i] = s.charCodeAt(i);
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + dataBytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_PCM, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000 * 2 * channels, true);
  view.setUint16(32, 2 * channels, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, dataBytes, true);
  return b;
}
