/** A-law octet of a 16-bit sample (ITU-T G.711 table 1a), written here so that our own codec is not its own judge. */
export function encodeAlaw(sample: number): number {
  const negative = sample < 0;
  const magnitude = Math.min(4095, (negative ? -sample - 1 : sample) >> 3);
  let exponent = 0;
  for (let m = magnitude >> 5; m > 0; m >>= 1) exponent++;
  const mantissa = exponent < 2 ? magnitude >> 1 : magnitude >> exponent;
  const code = (exponent << 4) | (mantissa & 0x0f);
  return (code | (negative ? 0 : 0x80)) ^ 0x55;
}

/** µ-law octet of a 16-bit sample (ITU-T G.711 table 2a). */
export function encodeUlaw(sample: number): number {
  const negative = sample < 0;
  const magnitude = Math.min(8158, Math.abs(sample) >> 2) + 33;
  let exponent = 0;
  for (let m = magnitude >> 6; m > 0; m >>= 1) exponent++;
  const code = (exponent << 4) | ((magnitude >> (exponent + 1)) & 0x0f);
  return ~(code | (negative ? 0x80 : 0)) & 0xff;
}
