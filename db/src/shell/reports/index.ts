import type { AgentSums, QueueSums, ReportQueries, ReportRange, ReportRow, SystemSums } from '@yixian/contracts';
import type { Knex } from 'knex';
import { groupSlots, type Sums } from '../../core/report-slots.js';
import { requireTimezone } from '../time-windows.js';
import { createLogs } from './logs.js';
import { createSlots, type SlotKind } from './slots.js';

export interface ReportOptions {
  /** Of the hotline, e.g. `Asia/Shanghai`: where hours and days begin. */
  timezone: string;
  now?: () => number;
  /** A call abandoned sooner is a short abandon, milliseconds. */
  shortAbandonMs: () => number;
  /** Awaited before a read: give `journal.flush`, bounded by the caller. */
  settled?: () => Promise<void>;
}

export interface Reports extends ReportQueries {
  /** Sums up what cannot change any more, so that reports of months are fast. */
  sumUp(): Promise<number>;
}

const NO_QUEUE_SUMS: QueueSums = {
  offered: 0,
  answered: 0,
  abandoned: 0,
  shortAbandoned: 0,
  answeredInTime: 0,
  abandonedInTime: 0,
  overflowed: 0,
  timedOut: 0,
  turnedAway: 0,
  callbacks: 0,
  failed: 0,
  waitAnsweredMs: 0,
  waitAbandonedMs: 0,
  longestWaitMs: 0,
  talkMs: 0,
  holdMs: 0,
  wrapUpMs: 0,
};

const NO_AGENT_SUMS: AgentSums = {
  readyMs: 0,
  notReadyMs: 0,
  ringingMs: 0,
  onCallMs: 0,
  wrapUpMs: 0,
  signIns: 0,
  offered: 0,
  missed: 0,
  handled: 0,
  outbound: 0,
  talkMs: 0,
  holdMs: 0,
};

const NO_SYSTEM_SUMS: SystemSums = {
  inbound: 0,
  outbound: 0,
  internal: 0,
  answered: 0,
  abandoned: 0,
  abandonedInFlow: 0,
  voicemail: 0,
  overflowed: 0,
  rejected: 0,
  failed: 0,
  outboundAnswered: 0,
  waitMs: 0,
  talkMs: 0,
  recordings: 0,
  recordedMs: 0,
};

/** Reports and logs, computed from the records and the agents' states; nothing is counted twice and nothing is counted as it happens. */
export function createReports(knex: Knex, options: ReportOptions): Reports {
  requireTimezone(options.timezone);
  const slots = createSlots(knex, { now: options.now ?? Date.now, shortAbandonMs: options.shortAbandonMs });
  const settled = options.settled ?? (() => Promise.resolve());

  async function rows<S extends object>(
    kind: SlotKind,
    range: ReportRange,
    none: S,
    keys?: readonly string[],
  ): Promise<ReportRow<string, S>[]> {
    await settled();
    const found = groupSlots(await slots.read(kind, range.from, range.to, keys), range, options.timezone);
    return found.map((row) => ({ ...row, sums: complete(none, row.sums) }));
  }

  return {
    queues: (range, ids) => rows('queue', range, NO_QUEUE_SUMS, ids),
    agents: (range, ids) => rows('agent', range, NO_AGENT_SUMS, ids),
    async system(range, scope) {
      if (scope === undefined) return (await rows('system', range, NO_SYSTEM_SUMS)).map((row) => ({ ...row, key: null }));
      await settled();
      const found = groupSlots(await slots.scoped(range.from, range.to, scope), range, options.timezone);
      return found.map((row) => ({ ...row, key: null, sums: complete(NO_SYSTEM_SUMS, row.sums) }));
    },
    ...createLogs(knex),
    sumUp: slots.sumUp,
  };
}

/** Sums that never occurred are 0; times are whole milliseconds. */
function complete<S extends object>(none: S, sums: Sums): S {
  const known = Object.keys(none).map((name) => [name, Math.round(sums[name] ?? 0)]);
  return Object.fromEntries(known) as S;
}
