/** The sound of a WAV file, as its `fmt ` and `data` chunks say (RIFF/WAVE, Microsoft Multimedia Programming Interface 1.0). */
export interface WavFacts {
  channels: number;
  sampleRate: number;
  bytesPerFrame: number;
  /** Where the samples begin, bytes from the start of the file. */
  dataOffset: number;
  /** What the header says of their length. */
  dataBytes: number;
}

/** How to make a file whose writer was killed whole again: cut to `length`, then write each patch at its offset. */
export interface WavRepair {
  length: number;
  patches: { offset: number; value: number }[];
  dataBytes: number;
  durationMs: number;
}

export const WAV_HEADER_BYTES = 44;
const SAMPLE_RATE = 8000;

/** The header of every WAV we write lies within this many bytes. */
export const HEADER_WINDOW = 4096;

/**
 * Reads the chunks at the beginning of a WAV file.
 * @param head the first bytes of the file, {@link HEADER_WINDOW} at most
 * @throws Error saying what is not as it should be
 */
export function readWavHeader(head: Uint8Array): WavFacts {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.byteLength < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') throw new Error('not a WAV file: no RIFF/WAVE header');
  let format: Pick<WavFacts, 'channels' | 'sampleRate' | 'bytesPerFrame'> | undefined;
  for (let at = 12; at + 8 <= head.byteLength; ) {
    const name = tag(view, at);
    const size = view.getUint32(at + 4, true);
    if (name === 'data') {
      if (!format) throw new Error('WAV file without a format before its data');
      return { ...format, dataOffset: at + 8, dataBytes: size };
    }
    if (name === 'fmt ') format = readFormat(view, at + 8);
    // Chunks are padded to an even length.
    at += 8 + size + (size % 2);
  }
  throw new Error('WAV file without data');
}

function readFormat(view: DataView, at: number): Pick<WavFacts, 'channels' | 'sampleRate' | 'bytesPerFrame'> {
  if (at + 16 > view.byteLength) throw new Error('WAV file ends within its format');
  const format = {
    channels: view.getUint16(at + 2, true),
    sampleRate: view.getUint32(at + 4, true),
    bytesPerFrame: view.getUint16(at + 12, true),
  };
  if (format.channels === 0 || format.sampleRate === 0 || format.bytesPerFrame === 0) throw new Error('WAV file with an impossible format');
  return format;
}

/** The header of a WAV of ours: 8 kHz, PCM16. */
export function wavHeader(channels: 1 | 2, dataBytes: number): Uint8Array {
  const bytes = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const text = (at: number, words: string): void => bytes.set(new TextEncoder().encode(words), at);
  text(0, 'RIFF');
  view.setUint32(4, WAV_HEADER_BYTES - 8 + dataBytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, SAMPLE_RATE * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, dataBytes, true);
  return bytes;
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

/**
 * What a WAV file of this length should be: all that was written is kept, a half-written frame at the end is cut off,
 * and the two sizes in the header say so.
 * @throws Error when the header cannot be read
 */
export function repairWav(head: Uint8Array, fileBytes: number): WavRepair {
  const facts = readWavHeader(head);
  const available = Math.max(0, fileBytes - facts.dataOffset);
  const dataBytes = available - (available % facts.bytesPerFrame);
  const length = facts.dataOffset + dataBytes;
  return {
    length,
    patches: [
      { offset: 4, value: length - 8 },
      { offset: facts.dataOffset - 4, value: dataBytes },
    ],
    dataBytes,
    durationMs: Math.round((dataBytes / facts.bytesPerFrame / facts.sampleRate) * 1000),
  };
}
