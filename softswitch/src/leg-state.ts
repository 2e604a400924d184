import type { LegState } from '@yixian/contracts';

/**
 * The states of a leg, whoever acts (inbound: we ring, answer; outbound: they do).
 *
 *   new ──ring──▶ ringing ──early──▶ early ──answer──▶ answered
 *    │              └────────answer──────────────────────▲
 *    ├─early─▶ early                                      │
 *    └─answer─────────────────────────────────────────────┘
 *   any ──end──▶ ended
 */
export type LegInput = 'ring' | 'early' | 'answer' | 'end';

const TABLE: Record<LegState, Partial<Record<LegInput, LegState>>> = {
  new: { ring: 'ringing', early: 'early', answer: 'answered', end: 'ended' },
  ringing: { early: 'early', answer: 'answered', end: 'ended' },
  early: { answer: 'answered', end: 'ended' },
  answered: { end: 'ended' },
  ended: {},
};

export type LegStep = { state: LegState } | { ignored: string };

/** The next state, or why nothing changes: SIP's lawful races (a late 180, a second 200 of a fork) are no errors. */
export function stepLeg(state: LegState, input: LegInput): LegStep {
  const next = TABLE[state][input];
  return next ? { state: next } : { ignored: `${input} in state ${state}` };
}
