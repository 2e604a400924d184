// The queueing formulas a hotline is staffed by. Notation: λ calls a second, μ = 1 / mean handling time, θ = 1 / mean
// patience, n agents, a = λ/μ the offered load in erlang. Arrivals are Poisson, handling and patience exponential, one
// queue, first come first served. Nothing here builds a factorial or a power of the load, so hundreds of agents are fine.

/** What comes in and who is there for it. */
export interface Traffic {
  /** λ, calls a second. */
  readonly callsPerSecond: number;
  /** Mean handling time 1/μ: talk, hold and wrap-up together, seconds. */
  readonly handleSeconds: number;
  readonly agents: number;
  /** Mean patience 1/θ, seconds: how long a caller waits before giving up. Absent: callers never give up. */
  readonly patienceSeconds?: number | undefined;
  /** Service-level threshold T, seconds. */
  readonly targetSeconds: number;
}

/** What callers and agents get in the long run; shares are between 0 and 1. */
export interface QueueFigures {
  /** Share of calls that find no agent free. */
  readonly waitProbability: number;
  /** Mean wait of all calls, those served at once and those given up included, seconds. */
  readonly meanWaitSeconds: number;
  /** Answered within T ÷ offered. */
  readonly serviceLevel: number;
  /** Abandoned ÷ offered. */
  readonly abandonment: number;
  /** Handling time ÷ time signed in. */
  readonly occupancy: number;
}

/** a = λ/μ, erlang: how many agents the calls keep busy at the same time when none is lost. */
export function offeredLoad(traffic: Traffic): number {
  return traffic.callsPerSecond * traffic.handleSeconds;
}

/** Whether the queue has a long run at all: callers who give up bound it, otherwise the load has to stay below n. */
export function isStable(traffic: Traffic): boolean {
  return traffic.patienceSeconds !== undefined || offeredLoad(traffic) < traffic.agents;
}

/**
 * Erlang B (Erlang 1917): B(n, a) = (aⁿ/n!) / Σ aᵏ/k!, the share of calls lost when nobody can wait.
 * Computed as 1/B(k) = 1 + (k/a) · 1/B(k−1) from 1/B(0) = 1: only positive terms, error does not grow.
 * @throws RangeError naming the value that makes no sense
 */
export function erlangB(load: number, agents: number): number {
  return 1 / inverseErlangB(positive('load', load), wholeNumber('agents', agents));
}

function inverseErlangB(load: number, agents: number): number {
  let inverse = 1;
  for (let k = 1; k <= agents; k++) inverse = 1 + (k / load) * inverse;
  return inverse;
}

/**
 * Erlang C (Erlang 1917): C(n, a) = B / (1 − (a/n)(1 − B)) with B = B(n, a), the share of calls that wait when nobody
 * gives up.
 * @returns 1 when the load is as large as the agents or larger: the queue grows without end and everybody waits
 * @throws RangeError naming the value that makes no sense
 */
export function erlangC(load: number, agents: number): number {
  if (load >= agents) return 1;
  const lost = erlangB(load, agents);
  return lost / (1 - (load / agents) * (1 - lost));
}

/**
 * The long run of a queue: Erlang C without patience, Erlang A with it.
 * @returns undefined when there is none, because the queue grows without end
 * @throws RangeError naming the value that makes no sense
 */
export function queueFigures(traffic: Traffic): QueueFigures | undefined {
  positive('callsPerSecond', traffic.callsPerSecond);
  positive('handleSeconds', traffic.handleSeconds);
  if (wholeNumber('agents', traffic.agents) === 0) throw new RangeError('agents must be at least 1 (it is 0)');
  if (!(traffic.targetSeconds >= 0)) throw new RangeError(`targetSeconds must be at least 0 (it is ${traffic.targetSeconds})`);
  if (traffic.patienceSeconds !== undefined) return erlangAFigures(traffic, positive('patienceSeconds', traffic.patienceSeconds));
  return isStable(traffic) ? erlangCFigures(traffic) : undefined;
}

/** M/M/n: W is 0 with probability 1 − C, else exponential with rate nμ − λ. So E[W] = C/(nμ − λ), P(W ≤ T) = 1 − C·e^(−(nμ−λ)T). */
function erlangCFigures(traffic: Traffic): QueueFigures {
  const load = offeredLoad(traffic);
  const waits = erlangC(load, traffic.agents);
  const drain = traffic.agents / traffic.handleSeconds - traffic.callsPerSecond;
  return {
    waitProbability: waits,
    meanWaitSeconds: waits / drain,
    serviceLevel: 1 - waits * Math.exp(-drain * traffic.targetSeconds),
    abandonment: 0,
    occupancy: load / traffic.agents,
  };
}

/**
 * Erlang A, M/M/n+M (Palm 1957; in this form Zeltyn & Mandelbaum 2005, "Call centers with impatient customers", §2 and
 * §5). The offered wait V, what a caller of endless patience would wait, has on x > 0 a density proportional to
 * g(x) = exp(λ·H(x) − nμ·x) with H(x) = ∫₀ˣ e^(−θu) du = (1 − e^(−θx))/θ. With J = ∫₀^∞ g:
 *
 *   P(W > 0)  = λJ / (1/B(n−1, a) + λJ)
 *   P(gives up | W > 0)            = ∫₀^∞ (1 − e^(−θx))·g(x) dx / J
 *   P(answered within T | W > 0)   = ∫₀ᵀ e^(−θx)·g(x) dx / J
 *   E[W]      = P(gives up) / θ                               occupancy = a·(1 − P(gives up)) / n
 *
 * Every integrand is positive and log-concave; g is taken relative to its peak, so nothing overflows in any load.
 */
function erlangAFigures(traffic: Traffic, patience: number): QueueFigures {
  const { callsPerSecond: rate, handleSeconds, agents, targetSeconds } = traffic;
  const drain = agents / handleSeconds;
  const givenUp = (x: number): number => -Math.expm1(-x / patience);
  const exponent = (x: number): number => rate * patience * givenUp(x) - drain * x;
  const peakAt = rate > drain ? Math.log(rate / drain) * patience : 0;
  const peak = exponent(peakAt);
  const g = (x: number): number => Math.exp(exponent(x) - peak);
  const relevant = (x: number): boolean => exponent(x) > peak - NEGLIGIBLE;
  const from = relevant(0) ? 0 : edge(relevant, peakAt, 0);
  const to = edge(relevant, peakAt, beyond(relevant, peakAt, 1 / drain));

  // Two scales: patience, after which all have given up, and the density's own, which may be much longer.
  const middle = Math.min(to, Math.max(from, ALL_GIVEN_UP * patience));
  const over = (f: (x: number) => number, end: number): number =>
    integral(f, from, Math.min(end, middle)) + integral(f, middle, Math.max(end, middle));
  const all = over(g, to);
  const until = Math.min(to, Math.max(from, targetSeconds));
  const inTime = over((x) => (1 - givenUp(x)) * g(x), until);
  const idle = inverseErlangB(offeredLoad(traffic), agents - 1) * Math.exp(-peak);
  const waits = (rate * all) / (idle + rate * all);
  const abandonment = waits * (over((x) => givenUp(x) * g(x), to) / all);
  return {
    waitProbability: waits,
    meanWaitSeconds: abandonment * patience,
    serviceLevel: 1 - waits + waits * (inTime / all),
    abandonment,
    occupancy: (offeredLoad(traffic) * (1 - abandonment)) / agents,
  };
}

/** Powers of e below the peak at which the density is nothing any more. */
const NEGLIGIBLE = 50;
/** Times patience, after which nobody is left: e⁻⁴⁰. */
const ALL_GIVEN_UP = 40;
const PANELS = 4_000;

/** A point past the relevant ones. */
function beyond(relevant: (x: number) => boolean, inside: number, firstStep: number): number {
  let step = firstStep;
  while (relevant(inside + step)) step *= 2;
  return inside + step;
}

/** Where relevance ends between a point inside and one outside. */
function edge(relevant: (x: number) => boolean, inside: number, outside: number): number {
  let [yes, no] = [inside, outside];
  for (let n = 0; n < 60; n++) {
    const middle = (yes + no) / 2;
    if (relevant(middle)) yes = middle;
    else no = middle;
  }
  return no;
}

/** Simpson's rule. */
function integral(f: (x: number) => number, from: number, to: number): number {
  const h = (to - from) / PANELS;
  let sum = f(from) + f(to);
  for (let k = 1; k < PANELS; k++) sum += f(from + k * h) * (k % 2 === 1 ? 4 : 2);
  return (sum * h) / 3;
}

function positive(field: string, value: number): number {
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${field} must be a number greater than 0 (it is ${value})`);
  return value;
}

function wholeNumber(field: string, value: number): number {
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`${field} must be a whole number (it is ${value})`);
  return value;
}
