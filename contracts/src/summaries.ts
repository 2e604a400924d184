import type { CallId, EpochMs } from './ids.js';

// The call summary 小结: what an agent notes of a call. One a call, whoever of its agents wrote last.

/** What a call was about, from the list an administrator keeps. */
export interface Disposition {
  code: string;
  label: string;
}

export interface CallSummary {
  callId: CallId;
  /** Code out of `HotlineSettings.dispositions`; null while none is chosen. A code taken off the list stays on old calls. */
  disposition: string | null;
  subject: string;
  notes: string;
  /** From 1, grows with every change. */
  revision: number;
  updatedAt: EpochMs;
  /** User name of whoever wrote last. */
  updatedBy: string;
}

export type SummaryText = Pick<CallSummary, 'disposition' | 'subject' | 'notes'>;

/** db ▸ admin: summaries by call. */
export interface SummaryRows {
  get(callId: CallId): Promise<CallSummary | undefined>;
  /** Those of these calls that have one. */
  of(callIds: readonly CallId[]): Promise<Map<CallId, CallSummary>>;
  /**
   * Writes what follows revision `expected` (0: there is none yet).
   * @returns undefined when another was faster: nothing is changed
   */
  put(summary: SummaryText & { callId: CallId; updatedAt: EpochMs; updatedBy: string }, expected: number): Promise<CallSummary | undefined>;
}
