/**
 * A token bucket: `ratePerSecond` tokens a second flow in, `burst` at most are kept. In any span of t seconds no more
 * than `burst + rate · t` are given out.
 */
export interface BucketLimits {
  readonly ratePerSecond: number;
  readonly burst: number;
}

export interface Bucket {
  readonly tokens: number;
  /** Monotonic milliseconds of the last look. */
  readonly at: number;
}

/** Takes one token if there is one. A bucket not seen before is full; a clock that steps back gives nothing. */
export function take(bucket: Bucket | undefined, limits: BucketLimits, now: number): { bucket: Bucket; ok: boolean } {
  const filled = refill(bucket, limits, now);
  return filled.tokens >= 1 ? { bucket: { ...filled, tokens: filled.tokens - 1 }, ok: true } : { bucket: filled, ok: false };
}

/** The bucket as it stands now, with nothing taken. */
export function refill(bucket: Bucket | undefined, limits: BucketLimits, now: number): Bucket {
  if (!bucket) return { tokens: limits.burst, at: now };
  const elapsed = Math.max(0, now - bucket.at);
  const tokens = Math.min(limits.burst, bucket.tokens + (elapsed / 1000) * limits.ratePerSecond);
  return { tokens, at: Math.max(now, bucket.at) };
}
