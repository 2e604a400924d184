import { createRandom } from './random.js';

/** Mean times, milliseconds. */
export interface Means {
  readonly untilNextCallMs: number;
  readonly handlingMs: number;
  /** Absent: callers never give up. */
  readonly patienceMs: number | undefined;
}

/** A caller as chance made him; times in milliseconds, each exponential. */
export interface DrawnCaller {
  /** Since the caller before. */
  readonly afterMs: number;
  readonly handlingMs: number;
  /** Infinity when callers never give up. */
  readonly patienceMs: number;
}

/**
 * The callers of a seed, one after the other. Each kind of time has a stream of its own, drawn once per caller: with
 * another number of agents the same callers come, so the difference one agent makes is not drowned by chance.
 */
export function createCallers(means: Means, seed: number): () => DrawnCaller {
  const [arrivals, handling, patience] = [createRandom(seed, 0), createRandom(seed, 1), createRandom(seed, 2)];
  const { untilNextCallMs, handlingMs, patienceMs } = means;
  return () => ({
    afterMs: -Math.log(arrivals.next()) * untilNextCallMs,
    handlingMs: -Math.log(handling.next()) * handlingMs,
    patienceMs: patienceMs === undefined ? Number.POSITIVE_INFINITY : -Math.log(patience.next()) * patienceMs,
  });
}
