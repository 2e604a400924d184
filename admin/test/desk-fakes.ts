import type { CallSummary, SummaryRows } from '@yixian/contracts';

/** Summaries in memory, with the rule of revisions. */
export class MemorySummaries implements SummaryRows {
  readonly rows = new Map<string, CallSummary>();

  async get(callId: string) {
    return this.rows.get(callId);
  }
  async of(callIds: readonly string[]) {
    return new Map([...this.rows].filter(([id]) => callIds.includes(id)));
  }
  async put(summary: Omit<CallSummary, 'revision'>, expected: number) {
    if ((this.rows.get(summary.callId)?.revision ?? 0) !== expected) return undefined;
    const row = { ...summary, revision: expected + 1 };
    this.rows.set(summary.callId, row);
    return row;
  }
}
