/** When repeated offences become a ban. */
export interface OffenceLimits {
  /** So many offences within the window… */
  readonly threshold: number;
  readonly windowMs: number;
  /** …keep the offender out so long. */
  readonly banMs: number;
}

export interface Offences {
  readonly count: number;
  /** Monotonic milliseconds of the first offence counted. */
  readonly since: number;
  /** Monotonic milliseconds; 0 without a ban. */
  readonly bannedUntil: number;
}

/** Counts one offence. `bannedNow` is true for the offence that brings the ban, and for no other. */
export function offend(before: Offences | undefined, limits: OffenceLimits, now: number): { offences: Offences; bannedNow: boolean } {
  if (before && isBanned(before, now)) return { offences: before, bannedNow: false };
  const fresh = !before || before.bannedUntil > 0 || now - before.since >= limits.windowMs;
  const count = fresh ? 1 : before.count + 1;
  const bannedNow = count >= limits.threshold;
  return { offences: { count, since: fresh ? now : before.since, bannedUntil: bannedNow ? now + limits.banMs : 0 }, bannedNow };
}

export function isBanned(offences: Offences | undefined, now: number): boolean {
  return offences !== undefined && offences.bannedUntil > now;
}
