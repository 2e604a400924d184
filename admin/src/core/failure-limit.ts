/** Failed sign-ins of one source within the current window. */
export interface SourceFailures {
  count: number;
  windowEndsAt: number;
}

export interface SourcePolicy {
  maxFailures: number;
  windowMs: number;
}

/** Milliseconds until the source may try again; 0 when it may now. */
export function blockedFor(failures: SourceFailures | undefined, now: number, policy: SourcePolicy): number {
  if (!failures || now >= failures.windowEndsAt || failures.count < policy.maxFailures) return 0;
  return failures.windowEndsAt - now;
}

export function afterSourceFailure(failures: SourceFailures | undefined, now: number, policy: SourcePolicy): SourceFailures {
  if (!failures || now >= failures.windowEndsAt) return { count: 1, windowEndsAt: now + policy.windowMs };
  return { ...failures, count: failures.count + 1 };
}

/** One source as seen for limits: an IPv4 address, or the /64 of an IPv6 address (RFC 6177: an end site has at least that). */
export function sourceKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const fill = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: fill }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((g) => g.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
