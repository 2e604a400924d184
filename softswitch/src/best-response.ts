import type { SessionEnd } from './sip/port.js';

// Which of several forks' failures is the call's (RFC 3261 §16.7 step 6).

const SPEAKS_FOR_THE_CALL = [401, 407, 415, 420, 484];
// Below those the choice is free: what a person or phone decided says more than that another one was silent.
const DECIDED = [486, 488, 480, 404];

/** The status a fork's end stands for: no answer at all is a 408, a broken transport a 503 (§16.7, §8.1.3.1). */
export function statusOf(end: SessionEnd): number {
  if (end.status !== undefined) return end.status;
  return end.kind === 'transport' ? 503 : end.kind === 'timeout' ? 408 : 500;
}

function rank(status: number): number {
  if (status >= 600) return 0;
  const inClass = SPEAKS_FOR_THE_CALL.includes(status)
    ? 0
    : DECIDED.includes(status)
      ? 1 + DECIDED.indexOf(status)
      : status === 408
        ? 90
        : 50;
  return Math.floor(status / 100) * 100 + inClass;
}

/** @returns the best of the ends, the earliest among equals; undefined of none */
export function bestResponse(ends: readonly SessionEnd[]): SessionEnd | undefined {
  let best: SessionEnd | undefined;
  for (const end of ends) {
    if (!best || rank(statusOf(end)) < rank(statusOf(best))) best = end;
  }
  return best;
}
