import type { ForwardRules, Termination } from '@yixian/contracts';

export type ForwardReason = 'always' | 'busy' | 'no-answer' | 'not-registered';

/** Forwards in a row, at most. */
export const MAX_FORWARDS = 5;

const NOT_THERE: ReadonlySet<Termination['reason']> = new Set([
  'not-registered',
  'switched-off',
  'no-response',
  'transport-failure',
  'not-confirmed',
  'unknown-number',
  'trunk-full',
]);

/** Where a call goes that came to nothing at an extension; undefined when no rule says so. */
export function forwardAfter(rules: ForwardRules, termination: Termination): { to: string; because: ForwardReason } | undefined {
  const { reason } = termination;
  if (termination.by === 'system' && reason === 'withdrawn') return undefined;
  if ((reason === 'busy' || reason === 'declined') && rules.busy !== null) return { to: rules.busy, because: 'busy' };
  if (reason === 'no-answer' && rules.noAnswer) return { to: rules.noAnswer.to, because: 'no-answer' };
  if (NOT_THERE.has(reason) && rules.notRegistered !== null) return { to: rules.notRegistered, because: 'not-registered' };
  return undefined;
}
