// Keys in the audio itself (ITU-T Q.23, Q.24) by Goertzel filters over blocks of 102 samples (12.75 ms): a tone of 40 ms fills
// at least two whole blocks wherever it begins.

const BLOCK = 102;
const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];
const KEYS = ['123A', '456B', '789C', '*0#D'];
const coefficients = (hz: number[]): Float64Array => Float64Array.from(hz, (f) => 2 * Math.cos((2 * Math.PI * f) / 8000));
const ROW_COEFFICIENTS = coefficients(ROWS);
const COLUMN_COEFFICIENTS = coefficients(COLUMNS);

/** Weakest tone, as mean square of a sample: about -34 dBm0. */
const MIN_POWER = 2.0e5;
/** The row may be 8 dB stronger (Q.24 twist). */
const MAX_ROW_OVER_COLUMN = 10 ** 0.8;
/** The strongest tone of a group stands 8 dB above the others. */
const MIN_OVER_OTHERS = 10 ** 0.8;

/** What tones may look like. */
export interface DtmfTolerance {
  /** A block begins so many samples after the one before. */
  readonly hop: number;
  /** Blocks in a row that make a key, and that end it. */
  readonly minBlocks: number;
  readonly endBlocks: number;
  /** Share of the block's energy that the two tones hold: speech and noise do not get there. */
  readonly minShare: number;
  /** How much stronger the column may be. */
  readonly maxColumnOverRow: number;
}

/** From G.711: Q.24 as it is, a twist of 4 dB. */
export const CLEAN_TONES: DtmfTolerance = { hop: BLOCK, minBlocks: 2, endBlocks: 2, minShare: 0.8, maxColumnOverRow: 10 ** 0.4 };

/**
 * Out of a speech coder (G.729), which swings in, drops out for up to two blocks and moves the balance by 2 dB: blocks overlap by half,
 * three in a row are as long as two that do not, and a gap of 32 ms ends a key (Q.24: one of 10 ms must not, one of 40 ms must).
 */
export const CODED_TONES: DtmfTolerance = { hop: BLOCK / 2, minBlocks: 3, endBlocks: 5, minShare: 0.6, maxColumnOverRow: 10 ** 0.6 };

export interface DetectedKey {
  digit: string;
  durationMs: number;
}

/** Fed with decoded samples; gives each key once, when its tone has ended. */
export class DtmfDetector {
  readonly #block = new Float64Array(BLOCK);
  readonly #tolerance: DtmfTolerance;
  #filled = 0;
  #candidate = '';
  #blocks = 0;
  #misses = 0;
  #power = new Float64Array(4);

  constructor(tolerance: DtmfTolerance = CLEAN_TONES) {
    this.#tolerance = tolerance;
  }

  /** `linear` maps an octet to a sample (G.711 table). */
  feed(octets: Uint8Array, start: number, length: number, linear: Int16Array): DetectedKey | undefined {
    let found: DetectedKey | undefined;
    for (let i = start; i < start + length; i++) {
      this.#block[this.#filled++] = linear[octets[i] as number] as number;
      if (this.#filled < BLOCK) continue;
      found = this.#decide(this.#classify()) ?? found;
      const { hop } = this.#tolerance;
      this.#block.copyWithin(0, hop);
      this.#filled = BLOCK - hop;
    }
    return found;
  }

  #decide(hit: string): DetectedKey | undefined {
    const { hop, minBlocks, endBlocks } = this.#tolerance;
    if (hit !== '' && hit === this.#candidate) {
      this.#blocks += 1 + this.#misses;
      this.#misses = 0;
      return undefined;
    }
    if (hit === '' && this.#candidate !== '' && ++this.#misses < endBlocks) return undefined;
    const samples = (this.#blocks - 1) * hop + BLOCK;
    const ended = this.#blocks >= minBlocks ? { digit: this.#candidate, durationMs: Math.round(samples / 8) } : undefined;
    this.#candidate = hit;
    this.#blocks = hit === '' ? 0 : 1;
    this.#misses = 0;
    return ended;
  }

  /** The key in this block, or nothing. */
  #classify(): string {
    const { minShare, maxColumnOverRow } = this.#tolerance;
    let energy = 0;
    for (const x of this.#block) energy += x * x;
    if (energy < MIN_POWER * BLOCK) return '';
    const row = this.#strongest(ROW_COEFFICIENTS);
    const rowPower = this.#power[row] as number;
    if (!this.#standsOut(row)) return '';
    const column = this.#strongest(COLUMN_COEFFICIENTS);
    const columnPower = this.#power[column] as number;
    if (!this.#standsOut(column)) return '';
    if (columnPower > rowPower * maxColumnOverRow || rowPower > columnPower * MAX_ROW_OVER_COLUMN) return '';
    // A pure tone gives |X|² = energy · N/2.
    if (rowPower + columnPower < minShare * energy * (BLOCK / 2)) return '';
    return (KEYS[row] as string).charAt(column);
  }

  #strongest(group: Float64Array): number {
    let best = 0;
    for (let k = 0; k < 4; k++) {
      const c = group[k] as number;
      let s1 = 0;
      let s2 = 0;
      for (const x of this.#block) {
        const s0 = x + c * s1 - s2;
        s2 = s1;
        s1 = s0;
      }
      this.#power[k] = s1 * s1 + s2 * s2 - c * s1 * s2;
      if ((this.#power[k] as number) > (this.#power[best] as number)) best = k;
    }
    return best;
  }

  #standsOut(best: number): boolean {
    for (let k = 0; k < 4; k++) {
      if (k !== best && (this.#power[k] as number) * MIN_OVER_OTHERS > (this.#power[best] as number)) return false;
    }
    return true;
  }
}
