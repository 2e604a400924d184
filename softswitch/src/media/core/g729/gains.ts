import { dot, SUBFRAME } from './filters.js';
import {
  GAIN_ENTRY_1,
  GAIN_ENTRY_2,
  GAIN_INDEX_1,
  GAIN_INDEX_2,
  GAIN_STAGE_1_CODE,
  GAIN_STAGE_1_PITCH,
  GAIN_STAGE_2_CODE,
  GAIN_STAGE_2_PITCH,
} from './tables.js';

// Gains of both codebooks (§3.9): the fixed one as a factor of what its past energy predicts.

const PREDICTOR = [0.68, 0.58, 0.34, 0.19] as const;
/** Mean energy of the fixed-codebook contribution, dB, of input halved as by the pre-processing. */
const MEAN_ENERGY = 30;
const LEAST_ENERGY = -14;

export interface Gains {
  pitch: number;
  code: number;
}

/** What both ends remember of past gains (§3.9.1). */
export class GainMemory {
  /** Prediction errors in dB, the newest first. */
  readonly #past = [LEAST_ENERGY, LEAST_ENERGY, LEAST_ENERGY, LEAST_ENERGY];

  predicted(code: Float64Array): number {
    const energy = 10 * Math.log10((dot(code, 0, code, 0, SUBFRAME) + 1e-9) / SUBFRAME);
    let db = MEAN_ENERGY - energy;
    for (let i = 0; i < PREDICTOR.length; i++) db += (PREDICTOR[i] as number) * (this.#past[i] as number);
    return 10 ** (db / 20);
  }

  /** Gains of a 7-bit index. */
  decode(index: number, code: Float64Array): Gains {
    const first = GAIN_ENTRY_1[index >> 4] as number;
    const second = GAIN_ENTRY_2[index & 15] as number;
    const factor = (GAIN_STAGE_1_CODE[first] as number) + (GAIN_STAGE_2_CODE[second] as number);
    const gains = {
      pitch: (GAIN_STAGE_1_PITCH[first] as number) + (GAIN_STAGE_2_PITCH[second] as number),
      code: this.predicted(code) * factor,
    };
    this.#push(20 * Math.log10(factor));
    return gains;
  }

  /** A lost frame lets the prediction sink (§4.4.3). */
  conceal(): void {
    const mean = this.#past.reduce((sum, x) => sum + x, 0) / this.#past.length - 4;
    this.#push(Math.max(LEAST_ENERGY, mean));
  }

  /**
   * The index whose gains bring both contributions nearest to the target (§3.9.2); the memory stays.
   * @param y the adaptive vector through the weighted filter, `z` the fixed one, `target` what they are to add up to
   * @param limit the largest adaptive gain allowed now
   */
  search(target: Float64Array, y: Float64Array, z: Float64Array, code: Float64Array, limit: number): number {
    const predicted = this.predicted(code);
    const yy = dot(y, 0, y, 0, SUBFRAME);
    const zz = dot(z, 0, z, 0, SUBFRAME);
    const xy = dot(target, 0, y, 0, SUBFRAME);
    const xz = dot(target, 0, z, 0, SUBFRAME);
    const yz = dot(y, 0, z, 0, SUBFRAME);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 8; i++) {
      for (let j = 0; j < 16; j++) {
        const pitch = (GAIN_STAGE_1_PITCH[i] as number) + (GAIN_STAGE_2_PITCH[j] as number);
        if (pitch > limit) continue;
        const gain = predicted * ((GAIN_STAGE_1_CODE[i] as number) + (GAIN_STAGE_2_CODE[j] as number));
        const error = pitch * pitch * yy - 2 * pitch * xy + gain * gain * zz - 2 * gain * xz + 2 * pitch * gain * yz;
        if (error >= least) continue;
        least = error;
        best = ((GAIN_INDEX_1[i] as number) << 4) | (GAIN_INDEX_2[j] as number);
      }
    }
    return best;
  }

  #push(db: number): void {
    this.#past.pop();
    this.#past.unshift(db);
  }
}
