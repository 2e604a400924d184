import type { LegOrigin } from '@yixian/contracts';
import type { Leg } from './leg.js';

/** The dialog a Replaces names, as far as this switch knows it. */
export interface NamedCall {
  state: 'early' | 'confirmed' | 'ended';
  /** Undefined when its leg has ended. */
  leg: Leg | undefined;
}

/**
 * What becomes of an INVITE with Replaces (RFC 3891 §3).
 *
 * | who asks, what is named | answer |
 * | --- | --- |
 * | no authenticated extension | 403 |
 * | no such dialog; one in ringing that its caller began (§3: only the called side of a ringing call can be taken over) | 481 |
 * | a dialog that has ended | 603 |
 * | an answered one with `early-only` | 486 |
 * | an answered one of another extension: taking over a talk is a supervisor's act, not a phone's | 403 |
 * | an answered one of the same extension (the call goes on at its other phone), or a ringing one (pick-up: its owner decides whether) | the leg |
 */
export function judgeReplaces(
  earlyOnly: boolean,
  named: NamedCall | undefined,
  origin: LegOrigin,
): { leg: Leg } | { status: number; phrase: string } {
  if (origin.kind !== 'extension') return { status: 403, phrase: 'Forbidden' };
  if (!named) return UNKNOWN;
  if (named.state === 'ended' || !named.leg) return { status: 603, phrase: 'Decline' };
  const { leg } = named;
  if (named.state === 'early') return leg.direction === 'outbound' ? { leg } : UNKNOWN;
  if (earlyOnly) return { status: 486, phrase: 'Busy Here' };
  return leg.extension === origin.extension ? { leg } : { status: 403, phrase: 'Forbidden' };
}

const UNKNOWN = { status: 481, phrase: 'Call/Transaction Does Not Exist' };
