/** A source of numbers between 0 and 1, both excluded. */
export interface Random {
  next(): number;
}

/**
 * xoshiro128** (Blackman & Vigna 2018), seeded through SplitMix32 as its authors advise. The same seed and stream give
 * the same numbers on every machine.
 * @param seed any whole number
 * @param stream which of the seed's sequences
 */
export function createRandom(seed: number, stream: number): Random {
  const mix = splitMix32((Math.imul(seed | 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32) ^ Math.imul(stream + 1, 0x85ebca6b)) | 0);
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  const word = (): number => {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  // 52 bits and a half: never 0 or 1, and 1 − u is as fine as u.
  return { next: () => ((word() >>> 6) * 2 ** 26 + (word() >>> 6) + 0.5) / 2 ** 52 };
}

function splitMix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
}
