import type { QueueFigures } from '../core/erlang.js';
import type { DrawnCaller } from './draws.js';
import type { Counter } from './hotline.js';
import { LUCK_SIZE, type Luck, leastSquares } from './luck.js';

/** Parts the measured time is cut into; their scatter tells how far chance may have moved the result. */
const BATCHES = 50;
/** Below this the parts are too short to tell luck from law; then nothing is corrected. */
const MIN_CORRECTED_CALLS = 100 * BATCHES;
/** Student's t, two-sided 95 %, for the degrees of freedom left: 49, and 41 after eight weights. */
const T_95 = 2.02;

type Field = 'calls' | 'waited' | 'waitMs' | 'inTime' | 'abandoned' | 'busyMs' | 'signedInMs';
type Batch = Record<Field, number> & { readonly luck: Float64Array };

/** A figure and half the width of its 95 % confidence interval. */
interface Estimate {
  value: number;
  halfWidth: number;
}

/**
 * Counts the calls, batch by batch: constant memory, however long the run is. Only calls that arrive after the warm-up
 * and before the end count, each to its end.
 */
export class Tally implements Counter {
  readonly #batches: Batch[];
  readonly #from: number;
  readonly #to: number;
  readonly #targetMs: number;
  readonly #luckOf: (caller: DrawnCaller) => Luck;

  /**
   * @param window measured part of the run, milliseconds on its clock
   * @param luckOf told of every caller, in order
   */
  constructor(window: { from: number; to: number }, agents: number, targetMs: number, luckOf: (caller: DrawnCaller) => Luck) {
    this.#luckOf = luckOf;
    this.#from = window.from;
    this.#to = window.to;
    this.#targetMs = targetMs;
    const signedInMs = (agents * (window.to - window.from)) / BATCHES;
    this.#batches = Array.from({ length: BATCHES }, () => emptyBatch(signedInMs));
  }

  counts(at: number): boolean {
    return at >= this.#from && at < this.#to;
  }

  arrived(at: number, caller: DrawnCaller): void {
    const luck = this.#luckOf(caller);
    if (!this.counts(at)) return;
    const batch = this.#batch(at);
    batch.calls += 1;
    for (let n = 0; n < LUCK_SIZE; n++) batch.luck[n] = (batch.luck[n] ?? 0) + (luck[n] ?? 0);
  }

  left(arrivedAt: number, waitMs: number, answered: boolean): void {
    const batch = this.#batch(arrivedAt);
    if (waitMs > 0) batch.waited += 1;
    batch.waitMs += waitMs;
    if (!answered) batch.abandoned += 1;
    else if (waitMs <= this.#targetMs) batch.inTime += 1;
  }

  /** What lies outside the measured part does not count. */
  busy(from: number, to: number): void {
    const begin = Math.max(from, this.#from);
    const end = Math.min(to, this.#to);
    if (end > begin) this.#batch(begin).busyMs += end - begin;
  }

  get calls(): number {
    return this.#sum('calls');
  }

  /** The figures corrected for luck, how far they may still be off, and as they were counted. */
  result(): { figures: QueueFigures; halfWidth95: QueueFigures; counted: QueueFigures } {
    const correct = this.calls >= MIN_CORRECTED_CALLS;
    const share = (over: Field, corrected: boolean): Estimate => {
      const { value, halfWidth } = this.#estimate(over, over === 'busyMs' ? 'signedInMs' : 'calls', corrected);
      return { value: Math.min(1, Math.max(0, value)), halfWidth };
    };
    const estimates = (corrected: boolean): Record<keyof QueueFigures, Estimate> => {
      const wait = this.#estimate('waitMs', 'calls', corrected);
      return {
        waitProbability: share('waited', corrected),
        meanWaitSeconds: { value: Math.max(0, wait.value) / 1000, halfWidth: wait.halfWidth / 1000 },
        serviceLevel: share('inTime', corrected),
        abandonment: share('abandoned', corrected),
        occupancy: share('busyMs', corrected),
      };
    };
    const best = estimates(correct);
    return { figures: pick(best, 'value'), halfWidth95: pick(best, 'halfWidth'), counted: pick(estimates(false), 'value') };
  }

  /**
   * A ratio of sums by batch means, corrected by control variates (Lavenberg & Welch 1981): as far as batches stray from the
   * ratio of all when their luck strays from the luck of all, the luck of all, whose expectation is 0, is taken off.
   */
  #estimate(over: Field, under: Field, corrected: boolean): Estimate {
    const whole = this.#sum(under);
    const ratio = this.#sum(over) / whole;
    const luck = Array.from({ length: corrected ? LUCK_SIZE : 0 }, (_, n) => this.#sumOf((batch) => batch.luck[n] ?? 0) / whole);
    const strays = this.#batches.map((batch) => batch[over] - ratio * batch[under]);
    const lucky = this.#batches.map((batch) => luck.map((all, n) => (batch.luck[n] ?? 0) - all * batch[under]));
    const weights = leastSquares(lucky, strays);
    const weigh = (row: readonly number[]): number => weights.reduce((sum, weight, n) => sum + weight * (row[n] ?? 0), 0);
    const rest = strays.reduce((sum, stray, n) => sum + (stray - weigh(lucky[n] ?? [])) ** 2, 0);
    const freedom = BATCHES - 1 - weights.length;
    return { value: ratio - weigh(luck), halfWidth: (T_95 * Math.sqrt((rest * BATCHES) / freedom)) / whole };
  }

  #sumOf(part: (batch: Batch) => number): number {
    return this.#batches.reduce((sum, batch) => sum + part(batch), 0);
  }

  #sum(field: Field): number {
    return this.#sumOf((batch) => batch[field]);
  }

  #batch(at: number): Batch {
    const share = (at - this.#from) / (this.#to - this.#from);
    const batch = this.#batches[Math.min(BATCHES - 1, Math.floor(share * BATCHES))];
    if (!batch) throw new RangeError(`tally: ${at} lies before the measured time`);
    return batch;
  }
}

function emptyBatch(signedInMs: number): Batch {
  return { calls: 0, waited: 0, waitMs: 0, inTime: 0, abandoned: 0, busyMs: 0, signedInMs, luck: new Float64Array(LUCK_SIZE) };
}

function pick(estimates: Record<keyof QueueFigures, Estimate>, part: keyof Estimate): QueueFigures {
  return {
    waitProbability: estimates.waitProbability[part],
    meanWaitSeconds: estimates.meanWaitSeconds[part],
    serviceLevel: estimates.serviceLevel[part],
    abandonment: estimates.abandonment[part],
    occupancy: estimates.occupancy[part],
  };
}
