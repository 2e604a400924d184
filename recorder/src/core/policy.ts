import type { RecordingPolicy } from '@yixian/contracts';

/**
 * Whether this call is recorded.
 * @param draw of the call, 0 to before 1: the same for every part of it
 * @param demanded the agent asked for it
 */
export function isWanted(policy: RecordingPolicy, draw: number, demanded: boolean): boolean {
  switch (policy.mode) {
    case 'none':
      return false;
    case 'on-demand':
      return demanded;
    case 'share':
      return demanded || draw < policy.sharePercent / 100;
    case 'all':
      return true;
  }
}

/** The prompt that tells callers of it: also where only a share is recorded, since nobody knows yet who belongs to it. */
export function announcementOf(policy: RecordingPolicy): string | undefined {
  const mayBe = policy.mode === 'all' || (policy.mode === 'share' && policy.sharePercent > 0);
  return mayBe ? (policy.announcement ?? undefined) : undefined;
}
