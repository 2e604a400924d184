import { ALAW_TO_LINEAR, ULAW_TO_LINEAR } from '../../src/media/core/g711.js';

// Measuring audio in tests: by frequency, never by comparing files.

/** Amplitude of one frequency in samples at 8 kHz (single-bin DFT). */
export function amplitudeAt(samples: ArrayLike<number>, hz: number): number {
  let re = 0;
  let im = 0;
  for (let i = 0; i < samples.length; i++) {
    const angle = (2 * Math.PI * hz * i) / 8000;
    re += (samples[i] as number) * Math.cos(angle);
    im += (samples[i] as number) * Math.sin(angle);
  }
  return samples.length === 0 ? 0 : (2 * Math.hypot(re, im)) / samples.length;
}

export const rms = (samples: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] as number) ** 2;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
};

export const sine = (hz: number, samples: number, amplitude = 8000, from = 0): Int16Array =>
  Int16Array.from({ length: samples }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * hz * (from + i)) / 8000)));

export const mix = (a: Int16Array, b: Int16Array): Int16Array => a.map((x, i) => Math.max(-32768, Math.min(32767, x + (b[i] ?? 0))));

export const decode = (octets: Uint8Array, codec: 'PCMA' | 'PCMU'): Int16Array => {
  const table = codec === 'PCMA' ? ALAW_TO_LINEAR : ULAW_TO_LINEAR;
  return Int16Array.from(octets, (octet) => table[octet] as number);
};

/** One channel of a PCM16 WAV as recordings have it (44 bytes of header). */
export function channelOf(file: Buffer, channel: number, channels: number): Int16Array {
  const frames = Math.floor((file.length - 44) / (2 * channels));
  return Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(44 + (i * channels + channel) * 2));
}

/** The same noise every time (xorshift). */
export function noise(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x / 0x8000_0000;
  };
}
