/** Failed sign-ins in a row of one user name, whether such a user exists or not. */
export interface FailureCount {
  failedAttempts: number;
  /** Epoch milliseconds, null when open. */
  lockedUntil: number | null;
}

export interface LockoutPolicy {
  maxFailures: number;
  lockMs: number;
}

export const NO_FAILURES: FailureCount = { failedAttempts: 0, lockedUntil: null };

export function isLocked(count: FailureCount, now: number): boolean {
  return count.lockedUntil !== null && now < count.lockedUntil;
}

/** The count after one more failure. A lock that has run out starts the count afresh. */
export function afterFailure(count: FailureCount, now: number, policy: LockoutPolicy): FailureCount {
  const before = count.lockedUntil !== null && now >= count.lockedUntil ? 0 : count.failedAttempts;
  const failedAttempts = before + 1;
  return { failedAttempts, lockedUntil: failedAttempts >= policy.maxFailures ? now + policy.lockMs : null };
}
