// The 80 bits of a frame (§3.10, table 8): parameters in order, most significant bit first.

export interface Subframe {
  lag: number;
  pulses: number;
  signs: number;
  gains: number;
}

export interface Parameters {
  mode: number;
  first: number;
  lower: number;
  upper: number;
  parity: number;
  subframes: readonly [Subframe, Subframe];
}

/** Octets of a frame of 10 ms. */
export const FRAME_OCTETS = 10;

const WIDTHS = [1, 7, 5, 5, 8, 1, 13, 4, 7, 5, 13, 4, 7] as const;

/** Writes one frame. */
export function pack(p: Parameters, out: Uint8Array, at: number): void {
  const [a, b] = p.subframes;
  const values = [p.mode, p.first, p.lower, p.upper, a.lag, p.parity, a.pulses, a.signs, a.gains, b.lag, b.pulses, b.signs, b.gains];
  out.fill(0, at, at + FRAME_OCTETS);
  let bit = 0;
  for (let i = 0; i < WIDTHS.length; i++) {
    const width = WIDTHS[i] as number;
    const value = values[i] as number;
    for (let k = width - 1; k >= 0; k--, bit++) {
      if ((value >> k) & 1) out[at + (bit >> 3)] = (out[at + (bit >> 3)] as number) | (0x80 >> (bit & 7));
    }
  }
}

/** Reads one frame; every pattern of 80 bits is one. */
export function unpack(octets: Uint8Array, at: number): Parameters {
  const values: number[] = [];
  let bit = 0;
  for (const width of WIDTHS) {
    let value = 0;
    for (let k = 0; k < width; k++, bit++) value = (value << 1) | (((octets[at + (bit >> 3)] as number) >> (7 - (bit & 7))) & 1);
    values.push(value);
  }
  const [mode, first, lower, upper, lag1, parity, pulses1, signs1, gains1, lag2, pulses2, signs2, gains2] = values as [
    ...[number, number, number, number, number, number, number],
    ...[number, number, number, number, number, number],
  ];
  return {
    ...{ mode, first, lower, upper, parity },
    subframes: [
      { lag: lag1, pulses: pulses1, signs: signs1, gains: gains1 },
      { lag: lag2, pulses: pulses2, signs: signs2, gains: gains2 },
    ],
  };
}

/** Parity of the six upper bits of the first lag (§3.7.2). */
export function parityOf(lag: number): number {
  let parity = 1;
  for (let bits = lag >> 2; bits !== 0; bits >>= 1) parity ^= bits & 1;
  return parity;
}
