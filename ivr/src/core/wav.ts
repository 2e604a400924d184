// RIFF/WAVE with 16-bit mono PCM: what a speech synthesiser writes and a leg plays.

export interface PcmAudio {
  rate: number;
  samples: Int16Array;
}

/**
 * Reads a 16-bit mono PCM WAV.
 * @throws Error naming what is not as it should be
 */
export function parseWav(bytes: Uint8Array): PcmAudio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new Error('not a WAV file');
  let rate = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (tag(at) === 'fmt ') {
      if (body + 16 > bytes.length) throw new Error('the WAV file is cut short');
      const [format, channels, bits] = [view.getUint16(body, true), view.getUint16(body + 2, true), view.getUint16(body + 14, true)];
      if (format !== 1 || channels !== 1 || bits !== 16)
        throw new Error(`16-bit mono PCM is needed, not format ${format}, ${channels} channels, ${bits} bits`);
      rate = view.getUint32(body + 4, true);
    }
    if (tag(at) === 'data') {
      if (rate === 0) throw new Error('the WAV file has no format before its data');
      // A synthesiser that writes to a pipe does not know the size: take what is there.
      const count = Math.floor(Math.min(size, bytes.length - body) / 2);
      const samples = new Int16Array(count);
      for (let i = 0; i < count; i++) samples[i] = view.getInt16(body + 2 * i, true);
      return { rate, samples };
    }
    at = body + size + (size % 2);
  }
  throw new Error('the WAV file has no data');
}

/** Writes a 16-bit mono PCM WAV. */
export function formatWav(audio: PcmAudio): Uint8Array {
  const size = audio.samples.length * 2;
  const bytes = new Uint8Array(44 + size);
  const view = new DataView(bytes.buffer);
  const put = (at: number, text: string): void =>
    bytes.set(
      [...text].map((c) => c.charCodeAt(0)),
      at,
    );
  put(0, 'RIFF');
  view.setUint32(4, 36 + size, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, audio.rate, true);
  view.setUint32(28, audio.rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  put(36, 'data');
  view.setUint32(40, size, true);
  audio.samples.forEach((sample, i) => {
    view.setInt16(44 + 2 * i, sample, true);
  });
  return bytes;
}

/** Half the length of the low-pass, in periods of its cut-off: images are 45 dB down and more. */
const LOBES = 16;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/**
 * Changes the sample rate with a windowed-sinc low-pass (Blackman), cut off below half the lower rate. Rates are whole numbers,
 * so the places where samples fall between the old ones repeat: the filter is worked out once for each of them.
 */
export function resample(audio: PcmAudio, rate: number): PcmAudio {
  if (audio.rate === rate) return audio;
  const common = gcd(audio.rate, rate);
  const [step, phases] = [audio.rate / common, rate / common];
  const cutoff = Math.min(1, rate / audio.rate) * 0.92;
  const reach = Math.ceil(LOBES / cutoff);
  const filters = Array.from({ length: phases }, (_, phase) =>
    Float64Array.from({ length: 2 * reach + 1 }, (_, tap) => kernel(tap - reach - phase / phases, cutoff, reach)),
  );
  const samples = new Int16Array(Math.floor((audio.samples.length * phases) / step));
  for (let i = 0; i < samples.length; i++) {
    const filter = filters[(i * step) % phases];
    const first = Math.floor((i * step) / phases) - reach;
    let sum = 0;
    for (let tap = 0; filter && tap < filter.length; tap++) sum += (audio.samples[first + tap] ?? 0) * (filter[tap] ?? 0);
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return { rate, samples };
}

function kernel(x: number, cutoff: number, reach: number): number {
  if (Math.abs(x) > reach) return 0;
  const phase = Math.PI * x * cutoff;
  const sinc = x === 0 ? 1 : Math.sin(phase) / phase;
  const window = 0.42 + 0.5 * Math.cos((Math.PI * x) / reach) + 0.08 * Math.cos((2 * Math.PI * x) / reach);
  return cutoff * sinc * window;
}
