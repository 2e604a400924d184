// Every figure of a contact centre that is a quotient, defined once: reports, live views and metrics divide nowhere else.
// Counts are of whole calls, times are milliseconds unless a name says otherwise. No calls: null, never 0 or NaN.

export type ServiceLevelFormula = 'answered' | 'answered-and-abandoned' | 'without-short-abandons';

export interface ServiceLevelCounts {
  answered: number;
  /** Answered within the threshold T. */
  answeredInTime: number;
  abandoned: number;
  /** Abandoned within the threshold T. */
  abandonedInTime: number;
  /** Abandoned sooner than a short abandon lasts. */
  shortAbandoned: number;
}

function quotient(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

/**
 * 服务水平, 0–1.
 * - `answered`: answered ≤ T / answered
 * - `answered-and-abandoned`: (answered ≤ T + abandoned ≤ T) / (answered + abandoned)
 * - `without-short-abandons`: answered ≤ T / (answered + abandoned − short abandons)
 */
export function serviceLevel(formula: ServiceLevelFormula, c: ServiceLevelCounts): number | null {
  switch (formula) {
    case 'answered':
      return quotient(c.answeredInTime, c.answered);
    case 'answered-and-abandoned':
      return quotient(c.answeredInTime + c.abandonedInTime, c.answered + c.abandoned);
    case 'without-short-abandons':
      return quotient(c.answeredInTime, c.answered + c.abandoned - c.shortAbandoned);
  }
}

/**
 * 呼损率: unanswered / offered, 0–1. Who still waits, and who chose to be called back, is not unanswered.
 * @param pending callers who wait now and callbacks accepted, both counted in `offered`
 */
export function lossRate(offered: number, answered: number, pending = 0): number | null {
  const settled = offered - pending;
  return settled > 0 ? Math.max(0, settled - answered) / settled : null;
}

/** Abandonment 放弃率: abandoned / offered, 0–1. */
export function abandonmentRate(abandoned: number, offered: number): number | null {
  return quotient(abandoned, offered);
}

/** ASA 平均应答速度: Σ wait of the answered / answered, milliseconds. */
export function averageSpeedOfAnswer(waitOfAnsweredMs: number, answered: number): number | null {
  return quotient(waitOfAnsweredMs, answered);
}

/** AHT 平均处理时长: (talk + hold + wrap-up) / handled, milliseconds. */
export function averageHandlingTime(t: { talkMs: number; holdMs: number; wrapUpMs: number }, handled: number): number | null {
  return quotient(t.talkMs + t.holdMs + t.wrapUpMs, handled);
}

/** Occupancy 工时利用率: handling / (signed in − not ready), 0–1. Handling is ringing, talking, holding and wrapping up. */
export function occupancy(t: { handlingMs: number; signedInMs: number; notReadyMs: number }): number | null {
  const available = t.signedInMs - t.notReadyMs;
  return available > 0 ? Math.min(1, t.handlingMs / available) : null;
}

/** Answered calls / offered calls 接通率, 0–1. */
export function answerRate(answered: number, offered: number): number | null {
  return quotient(answered, offered);
}

/** Mean absolute error of a prediction, milliseconds: Σ |predicted − happened| / predictions. */
export function meanAbsoluteError(sumOfErrorsMs: number, predictions: number): number | null {
  return quotient(sumOfErrorsMs, predictions);
}
