// ITU-T G.711: A-law and µ-law companding, and the direct tables between the two.

const decodeAlaw = (code: number): number => {
  const bits = code ^ 0x55;
  const exponent = (bits & 0x70) >> 4;
  const mantissa = (bits & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return bits & 0x80 ? magnitude : -magnitude;
};

const decodeUlaw = (code: number): number => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
};

const segment = (magnitude: number, lowest: number): number => Math.max(0, 31 - Math.clz32(magnitude) - lowest);

/** Linear 16-bit sample → A-law octet. */
export function encodeAlaw(sample: number): number {
  const negative = sample < 0;
  const magnitude = Math.min(32767, negative ? -sample - 1 : sample);
  const exponent = segment(magnitude, 7);
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f;
  return ((negative ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55;
}

/** Linear 16-bit sample → µ-law octet. */
export function encodeUlaw(sample: number): number {
  const negative = sample < 0;
  const magnitude = Math.min(32635, negative ? -sample : sample) + 0x84;
  const exponent = segment(magnitude, 7);
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~((negative ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}

const table = <T extends Int16Array | Uint8Array>(into: T, at: (code: number) => number): T => {
  for (let code = 0; code < 256; code++) into[code] = at(code);
  return into;
};

export const ALAW_TO_LINEAR: Int16Array = table(new Int16Array(256), decodeAlaw);
export const ULAW_TO_LINEAR: Int16Array = table(new Int16Array(256), decodeUlaw);
export const ALAW_TO_ULAW: Uint8Array = table(new Uint8Array(256), (code) => encodeUlaw(decodeAlaw(code)));
export const ULAW_TO_ALAW: Uint8Array = table(new Uint8Array(256), (code) => encodeAlaw(decodeUlaw(code)));

/** The octet of digital silence. */
export const SILENCE = { PCMA: 0xd5, PCMU: 0xff } as const;

const exact = (linear: Int16Array, silence: number): Int16Array => linear.map((sample, octet) => (octet === silence ? 0 : sample));

/** Octet → sample with silence as exactly nothing; A-law would have it as +8, which adds up. */
export const SAMPLES: Readonly<Record<keyof typeof SILENCE, Int16Array>> = {
  PCMA: exact(ALAW_TO_LINEAR, SILENCE.PCMA),
  PCMU: exact(ULAW_TO_LINEAR, SILENCE.PCMU),
};

/** Static payload types (RFC 3551 §6). */
export const STATIC_PAYLOAD_TYPE = { PCMA: 8, PCMU: 0 } as const;

/** Rewrites octets in place. */
export function translate(octets: Uint8Array, start: number, length: number, by: Uint8Array): void {
  for (let i = start, end = start + length; i < end; i++) octets[i] = by[octets[i] as number] as number;
}

/** Linear samples as octets of a codec. */
export function encode(samples: Int16Array, codec: 'PCMA' | 'PCMU'): Uint8Array {
  const octets = new Uint8Array(samples.length);
  const one = codec === 'PCMA' ? encodeAlaw : encodeUlaw;
  for (let i = 0; i < samples.length; i++) octets[i] = one(samples[i] as number);
  return octets;
}
