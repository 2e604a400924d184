import type { WallFigure } from '@yixian/contracts/browser';

// Alarms: a figure beyond a threshold. Pure; kept by `use-alarms.ts`.

export interface AlarmRule {
  id: string;
  figure: WallFigure;
  /** null: of everything the user may see. */
  queue: string | null;
  when: 'above' | 'below';
  /** Count, seconds, or 0–1. */
  value: number;
}

export interface Alarm {
  rule: AlarmRule;
  /** Epoch milliseconds. */
  since: number;
  until: number | null;
  /** The figure at the beginning. */
  figure: number;
  acknowledged: boolean;
}

export interface AlarmState {
  /** The last that began, newest first; bounded. */
  list: readonly Alarm[];
}

export const DEFAULT_RULES: readonly AlarmRule[] = [
  { id: 'waiting', figure: 'waiting', queue: null, when: 'above', value: 10 },
  { id: 'longest', figure: 'longestWait', queue: null, when: 'above', value: 120 },
  { id: 'loss', figure: 'lossRate', queue: null, when: 'above', value: 0.2 },
];

export const MOST_ALARMS = 100;

function breaks(rule: AlarmRule, value: number | null): value is number {
  if (value === null) return false;
  return rule.when === 'above' ? value > rule.value : value < rule.value;
}

/**
 * The alarms after another look.
 * @param figureNow the figure of a rule now
 * @returns the same state when nothing has changed; `began`: those that are new
 */
export function look(
  state: AlarmState,
  rules: readonly AlarmRule[],
  figureNow: (rule: AlarmRule) => number | null,
  now: number,
): { state: AlarmState; began: Alarm[] } {
  const running = new Map(state.list.filter((one) => one.until === null).map((one) => [one.rule.id, one]));
  const began: Alarm[] = [];
  const over = new Set<Alarm>();
  for (const rule of rules) {
    const value = figureNow(rule);
    const known = running.get(rule.id);
    running.delete(rule.id);
    if (breaks(rule, value)) {
      if (!known) began.push({ rule, since: now, until: null, figure: value, acknowledged: false });
    } else if (known) over.add(known);
  }
  // of rules that are there no more
  for (const alarm of running.values()) over.add(alarm);
  if (began.length === 0 && over.size === 0) return { state, began };
  const kept = state.list.map((one) => (over.has(one) ? { ...one, until: now } : one));
  return { state: { list: [...began, ...kept].slice(0, MOST_ALARMS) }, began };
}

export function acknowledged(state: AlarmState, which: Alarm | 'all'): AlarmState {
  return { list: state.list.map((one) => (which === 'all' || one === which ? { ...one, acknowledged: true } : one)) };
}
