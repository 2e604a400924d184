import {
  type AgentCallRow,
  type AgentSums,
  abandonmentRate,
  answerRate,
  averageHandlingTime,
  averageSpeedOfAnswer,
  isoTime,
  lossRate,
  type MissedCallRow,
  occupancy,
  type QueueSums,
  type ReportRow,
  type ServiceLevelFormula,
  type SignInLogRow,
  type StateLogRow,
  type SystemSums,
  seconds,
  serviceLevel,
} from '@yixian/contracts';

// How reports and logs look from outside. All quotients are those of the formulas module.

const span = (row: { from: number; to: number }) => ({ from: isoTime(row.from), to: isoTime(row.to) });
const secondsOrNull = (ms: number | null): number | null => (ms === null ? null : seconds(ms));
const between = (from: number, to: number | null): number | null => (to === null ? null : seconds(Math.max(0, to - from)));

export function queueReportView(row: ReportRow<string, QueueSums>, formula: ServiceLevelFormula) {
  const { sums: s } = row;
  return {
    queue: row.key,
    ...span(row),
    offered: s.offered,
    answered: s.answered,
    abandoned: s.abandoned,
    shortAbandoned: s.shortAbandoned,
    overflowed: s.overflowed,
    timedOut: s.timedOut,
    turnedAway: s.turnedAway,
    callbacks: s.callbacks,
    failed: s.failed,
    serviceLevel: serviceLevel(formula, s),
    lossRate: lossRate(s.offered, s.answered, s.callbacks),
    abandonmentRate: abandonmentRate(s.abandoned, s.offered),
    answerRate: answerRate(s.answered, s.offered),
    averageWaitSeconds: secondsOrNull(averageSpeedOfAnswer(s.waitAnsweredMs, s.answered)),
    averageAbandonSeconds: secondsOrNull(averageSpeedOfAnswer(s.waitAbandonedMs, s.abandoned)),
    longestWaitSeconds: seconds(s.longestWaitMs),
    averageHandlingSeconds: secondsOrNull(averageHandlingTime(s, s.answered)),
    talkSeconds: seconds(s.talkMs),
    holdSeconds: seconds(s.holdMs),
    wrapUpSeconds: seconds(s.wrapUpMs),
  };
}

export function agentReportView(row: ReportRow<string, AgentSums>, name: string | null) {
  const { sums: s } = row;
  const handlingMs = s.ringingMs + s.onCallMs + s.wrapUpMs;
  const signedInMs = s.readyMs + s.notReadyMs + handlingMs;
  return {
    agent: row.key,
    name,
    ...span(row),
    signedInSeconds: seconds(signedInMs),
    readySeconds: seconds(s.readyMs),
    notReadySeconds: seconds(s.notReadyMs),
    ringingSeconds: seconds(s.ringingMs),
    onCallSeconds: seconds(s.onCallMs),
    wrapUpSeconds: seconds(s.wrapUpMs),
    occupancy: occupancy({ handlingMs, signedInMs, notReadyMs: s.notReadyMs }),
    signIns: s.signIns,
    offered: s.offered,
    missed: s.missed,
    handled: s.handled,
    outbound: s.outbound,
    talkSeconds: seconds(s.talkMs),
    holdSeconds: seconds(s.holdMs),
    averageHandlingSeconds: secondsOrNull(averageHandlingTime(s, s.handled)),
  };
}

export function trendReportView(row: ReportRow<null, SystemSums>) {
  const { waitMs, talkMs, recordedMs, ...counts } = row.sums;
  return {
    ...span(row),
    ...counts,
    answerRate: answerRate(counts.answered, counts.inbound),
    averageWaitSeconds: secondsOrNull(averageSpeedOfAnswer(waitMs, counts.inbound)),
    talkSeconds: seconds(talkMs),
    recordedSeconds: seconds(recordedMs),
  };
}

export function stateLogView({ agentId, state, reason, by, startedAt, endedAt }: StateLogRow) {
  return {
    agent: agentId,
    state,
    reason,
    by,
    startedAt: isoTime(startedAt),
    endedAt: endedAt === null ? null : isoTime(endedAt),
    durationSeconds: between(startedAt, endedAt),
  };
}

export function signInLogView({ agentId, signedInAt, by, signedOutAt, signedOutBy }: SignInLogRow) {
  return {
    agent: agentId,
    signedInAt: isoTime(signedInAt),
    by,
    signedOutAt: signedOutAt === null ? null : isoTime(signedOutAt),
    signedOutBy,
    durationSeconds: between(signedInAt, signedOutAt),
  };
}

export function agentCallLogView(row: AgentCallRow) {
  return {
    callId: row.callId,
    agent: row.agentId,
    direction: row.direction,
    caller: row.caller,
    called: row.called,
    queue: row.queueId,
    startedAt: isoTime(row.startedAt),
    ringSeconds: seconds(row.ringMs),
    talkSeconds: seconds(row.talkMs),
    holdSeconds: seconds(row.holdMs),
    result: row.result,
  };
}

export function missedLogView(row: MissedCallRow) {
  return {
    callId: row.callId,
    caller: row.caller,
    called: row.called,
    startedAt: isoTime(row.startedAt),
    waitSeconds: seconds(row.waitMs),
    queue: row.queueId,
    outcome: row.outcome,
    reachedAt: row.reachedAt === null ? null : isoTime(row.reachedAt),
  };
}
