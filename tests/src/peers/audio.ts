import { readFile, writeFile } from 'node:fs/promises';

/** Sound as 16-bit samples, one array per channel. */
export interface Sound {
  sampleRate: number;
  channels: Int16Array[];
}

/** A stretch of time in which a tone stands, milliseconds from the start of the samples. */
export interface ToneSpan {
  startMs: number;
  endMs: number;
}

const RATE = 8_000;

/**
 * A sine.
 * @param level peak relative to full scale, 0–1; 0.25 is about −15 dBFS, an ordinary speech level
 */
export function tone(frequencyHz: number, seconds: number, level = 0.25, sampleRate = RATE): Int16Array {
  const samples = new Int16Array(Math.round(seconds * sampleRate));
  // a whole number of hertz is the same in every second: a phone that speaks for minutes need not reckon all of them
  const different = Number.isInteger(frequencyHz) ? Math.min(samples.length, sampleRate) : samples.length;
  for (let i = 0; i < different; i++) {
    samples[i] = Math.round(32_767 * level * Math.sin((2 * Math.PI * frequencyHz * i) / sampleRate));
  }
  for (let i = different; i < samples.length; i += different) samples.copyWithin(i, 0, different);
  return samples;
}

export function silence(seconds: number, sampleRate = RATE): Int16Array {
  return new Int16Array(Math.round(seconds * sampleRate));
}

export function concat(...parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Writes PCM16, one channel or several of equal length. */
export async function writeWav(file: string, channels: readonly Int16Array[], sampleRate = RATE): Promise<void> {
  const count = channels.length;
  const frames = channels[0]?.length ?? 0;
  const bytes = Buffer.alloc(44 + frames * count * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(count, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * count * 2, 28);
  bytes.writeUInt16LE(count * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(frames * count * 2, 40);
  const frame = new Int16Array(bytes.buffer, bytes.byteOffset + 44, frames * count); // little-endian, as every machine we run on
  channels.forEach((samples, channel) => {
    if (count === 1) frame.set(samples);
    else for (let i = 0; i < frames; i++) frame[i * count + channel] = samples[i] ?? 0;
  });
  await writeFile(file, bytes);
}

/** A WAV file with one tone in it, 8 kHz mono. */
export async function writeToneWav(file: string, frequencyHz: number, seconds: number, level = 0.25): Promise<string> {
  await writeWav(file, [tone(frequencyHz, seconds, level)]);
  return file;
}

/**
 * Reads a PCM16 WAV. A file still being written is read as far as it goes: its data chunk claims more than there is, or nothing yet.
 * @throws Error naming the file when it is no WAV or not PCM16
 */
export async function readWav(file: string): Promise<Sound> {
  const bytes = await readFile(file);
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error(`${file}: not a WAV file`);
  }
  let format: { code: number; channels: number; sampleRate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const open = id === 'data' && size === 0;
    const body = bytes.subarray(at + 8, open ? bytes.length : Math.min(bytes.length, at + 8 + size));
    if (id === 'fmt ') {
      format = {
        code: body.readUInt16LE(0),
        channels: body.readUInt16LE(2),
        sampleRate: body.readUInt32LE(4),
        bits: body.readUInt16LE(14),
      };
    }
    if (id === 'data') {
      if (!format) throw new Error(`${file}: data before fmt`);
      if ((format.code !== 1 && format.code !== 0xfffe) || format.bits !== 16) throw new Error(`${file}: not PCM16`);
      return { sampleRate: format.sampleRate, channels: deinterleave(body, format.channels) };
    }
    at += 8 + size + (size % 2);
  }
  throw new Error(`${file}: no data chunk`);
}

function deinterleave(body: Buffer, count: number): Int16Array[] {
  const frames = Math.floor(body.length / (2 * count));
  return Array.from({ length: count }, (_, channel) => {
    const samples = new Int16Array(frames);
    for (let i = 0; i < frames; i++) samples[i] = body.readInt16LE((i * count + channel) * 2);
    return samples;
  });
}

/** Root mean square relative to a full-scale sine, in dBFS; −Infinity for digital silence. */
export function levelDbfs(samples: Int16Array): number {
  if (samples.length === 0) return Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const s of samples) sum += s * s;
  return 20 * Math.log10((Math.sqrt(sum / samples.length) * Math.SQRT2) / 32_767);
}

/** Amplitude of one frequency in the samples relative to full scale, 0–1 (Goertzel's algorithm, Hann window). */
export function toneAmplitude(samples: Int16Array, frequencyHz: number, sampleRate = RATE): number {
  const n = samples.length;
  if (n === 0) return 0;
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRate);
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < n; i++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n);
    const s0 = (samples[i] ?? 0) * window + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  // A Hann window halves the amplitude, a real tone splits it in two.
  return (4 * Math.sqrt(Math.max(0, power))) / n / 32_767;
}

/** Share of the samples' energy that stands at this frequency, 0–1. */
export function toneShare(samples: Int16Array, frequencyHz: number, sampleRate = RATE): number {
  let energy = 0;
  for (const s of samples) energy += s * s;
  if (energy === 0) return 0;
  const amplitude = toneAmplitude(samples, frequencyHz, sampleRate) * 32_767;
  return Math.min(1, (amplitude * amplitude * samples.length) / 2 / energy);
}

export interface FindToneOptions {
  sampleRate?: number;
  /** Least amplitude that counts, relative to full scale. */
  minLevel?: number;
  /** Least share of the window's energy. */
  minShare?: number;
  windowMs?: number;
}

/** Every stretch in which the tone stands, in order. Resolution is half a window (default 40 ms). */
export function toneSpans(samples: Int16Array, frequencyHz: number, options: FindToneOptions = {}): ToneSpan[] {
  const { sampleRate = RATE, minLevel = 0.02, minShare = 0.6, windowMs = 40 } = options;
  const size = Math.round((sampleRate * windowMs) / 1000);
  const step = Math.max(1, size >> 1);
  const spans: ToneSpan[] = [];
  for (let at = 0; at + size <= samples.length; at += step) {
    const window = samples.subarray(at, at + size);
    if (toneAmplitude(window, frequencyHz, sampleRate) < minLevel) continue;
    if (toneShare(window, frequencyHz, sampleRate) < minShare) continue;
    const startMs = (at * 1000) / sampleRate;
    const endMs = ((at + size) * 1000) / sampleRate;
    const last = spans.at(-1);
    if (last && startMs <= last.endMs) last.endMs = endMs;
    else spans.push({ startMs, endMs });
  }
  return spans;
}

/** How long the tone stands in the samples altogether, milliseconds. */
export function toneDurationMs(samples: Int16Array, frequencyHz: number, options?: FindToneOptions): number {
  return toneSpans(samples, frequencyHz, options).reduce((sum, s) => sum + s.endMs - s.startMs, 0);
}

/** The part between two instants. */
export function slice(samples: Int16Array, startMs: number, endMs: number, sampleRate = RATE): Int16Array {
  return samples.subarray(Math.round((startMs * sampleRate) / 1000), Math.round((endMs * sampleRate) / 1000));
}

/** Whether nothing louder than the threshold (default −50 dBFS, under the noise of A-law) is in any 20 ms of it. */
export function isSilent(samples: Int16Array, thresholdDbfs = -50, sampleRate = RATE): boolean {
  const size = Math.round(sampleRate / 50);
  for (let at = 0; at < samples.length; at += size) {
    if (levelDbfs(samples.subarray(at, Math.min(samples.length, at + size))) > thresholdDbfs) return false;
  }
  return true;
}

/** The strongest frequency between 50 Hz and half the sample rate, to 10 Hz. */
export function dominantFrequency(samples: Int16Array, sampleRate = RATE): number {
  let best = 0;
  let bestAmplitude = -1;
  for (let f = 50; f < sampleRate / 2; f += 10) {
    const amplitude = toneAmplitude(samples, f, sampleRate);
    if (amplitude > bestAmplitude) {
      best = f;
      bestAmplitude = amplitude;
    }
  }
  return best;
}
