import type { SystemFinding } from '@yixian/contracts';

/** What a check says, in English. */
export type Verdict = { state: 'ok' | 'warning' | 'fault'; text: string };

/** A verdict that the page of the system state shows too, which says it in its own words. */
export type Found = Verdict & { finding: SystemFinding; values: Record<string, string | number> };

export function found(verdict: Verdict, finding: SystemFinding, values: Found['values'] = {}): Found {
  return { ...verdict, finding, values };
}
