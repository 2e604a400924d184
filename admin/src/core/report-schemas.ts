import { z } from 'zod';
import { type AnySchema, extension, identifier, instant, page } from './schemas.js';

// What reports and logs take and give. Times in are ISO 8601; a bare date is that day's midnight at the hotline.

const day = z.iso.date();
const moment = instant.describe('ISO 8601 time, or a date: its midnight in the time zone of the hotline');
const list = (one: typeof extension | typeof identifier, what: string) =>
  z
    .string()
    .max(2_000, 'must be at most 2000 characters')
    .transform((text) => text.split(','))
    .pipe(z.array(one).min(1).max(200))
    .describe(what);

export const agentList = list(extension, 'Extensions, separated by commas');
export const queueList = list(identifier, 'Queues, separated by commas');
const INTERVALS = ['15m', 'hour', 'day', 'total'] as const;
const range = {
  from: moment.optional().describe('Default: the beginning of today'),
  to: moment.optional().describe('Not included. Default: now'),
  interval: z.enum(INTERVALS, `must be one of ${INTERVALS.join(', ')}`).default('day'),
};

export const queueReportQuery = z.strictObject({ ...range, queue: queueList.optional() });
export const agentReportQuery = z.strictObject({ ...range, agent: agentList.optional() });
export const trendQuery = z.strictObject(range);

const REPORTS = ['trend', 'queues', 'agents', 'missed-calls', 'agent-calls', 'agent-states', 'sign-ins'] as const;
const words = z.string().min(1).max(100);
export const reportSheetBody = z.strictObject({
  report: z.enum(REPORTS, `must be one of ${REPORTS.join(', ')}`),
  title: z
    .string()
    .min(1)
    .max(31)
    .regex(/^[^[\]:*?/\\']+$/, 'must be a name of a sheet: none of []:*?/\\ and no quotes')
    .describe('Of the sheet'),
  from: moment.optional(),
  to: moment.optional(),
  interval: range.interval,
  columns: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-zA-Z]{1,40}$/, 'must be a field of the report'),
        heading: words,
        as: z.enum(['count', 'text', 'time', 'seconds', 'ratio', 'word']).default('text'),
        words: z.record(z.string().max(40), words).optional().describe('What stands for each value of a `word`'),
      }),
    )
    .min(1)
    .max(40)
    .describe('Fields in their order, with the headings in the language of whoever reads it'),
});

const logRange = { from: moment.optional(), to: moment.optional(), ...page };
const STATES = ['offline', 'not-ready', 'ready', 'ringing', 'on-call', 'wrap-up'] as const;
export const stateLogQuery = z.strictObject({
  ...logRange,
  agent: agentList.optional(),
  state: z.enum(STATES, `must be one of ${STATES.join(', ')}`).optional(),
});
export const agentLogQuery = z.strictObject({ ...logRange, agent: agentList.optional() });
export const missedLogQuery = z.strictObject({ ...logRange, queue: queueList.optional() });

/** Whether an instant of a query is a bare date. */
export function isDate(text: string): boolean {
  return day.safeParse(text).success;
}

// ── answers ──

const time = z.iso.datetime().describe('ISO 8601 UTC');
const count = z.number().int().min(0);
const seconds = z.number().min(0);
const ratio = z.number().min(0).max(1).nullable();
const mean = z.number().min(0).nullable();
const span = { from: time, to: time };

export const queueReport = z.strictObject({
  queue: identifier,
  ...span,
  offered: count,
  answered: count,
  abandoned: count,
  shortAbandoned: count,
  overflowed: count,
  timedOut: count,
  turnedAway: count,
  callbacks: count,
  failed: count,
  serviceLevel: ratio.describe('By the formula of the settings'),
  lossRate: ratio.describe('呼损率: unanswered / offered'),
  abandonmentRate: ratio,
  answerRate: ratio,
  averageWaitSeconds: mean.describe('Of the answered (ASA)'),
  averageAbandonSeconds: mean,
  longestWaitSeconds: seconds,
  averageHandlingSeconds: mean.describe('(talk + hold + wrap-up) / answered (AHT)'),
  talkSeconds: seconds,
  holdSeconds: seconds,
  wrapUpSeconds: seconds,
});

export const agentReport = z.strictObject({
  agent: extension,
  name: z.string().nullable(),
  ...span,
  signedInSeconds: seconds,
  readySeconds: seconds,
  notReadySeconds: seconds,
  ringingSeconds: seconds,
  onCallSeconds: seconds,
  wrapUpSeconds: seconds,
  occupancy: ratio.describe('handling / (signed in − not ready)'),
  signIns: count,
  offered: count,
  missed: count,
  handled: count,
  outbound: count,
  talkSeconds: seconds,
  holdSeconds: seconds,
  averageHandlingSeconds: mean.describe('(talk + hold + wrap-up) / handled (AHT)'),
});

export const trendReport = z.strictObject({
  ...span,
  inbound: count,
  outbound: count,
  internal: count,
  answered: count,
  abandoned: count,
  abandonedInFlow: count,
  voicemail: count,
  overflowed: count,
  rejected: count,
  failed: count,
  outboundAnswered: count,
  answerRate: ratio.describe('Answered / inbound'),
  averageWaitSeconds: mean.describe('Wait in queues / inbound'),
  talkSeconds: seconds,
  recordings: count,
  recordedSeconds: seconds,
});

export const reportOf = (row: AnySchema) => z.strictObject({ items: z.array(row), next: z.null() });

export const stateLogRow = z.strictObject({
  agent: extension,
  state: z.enum(STATES),
  reason: z.string().nullable(),
  by: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  durationSeconds: seconds.nullable(),
});
export const signInLogRow = z.strictObject({
  agent: extension,
  signedInAt: time,
  by: z.string(),
  signedOutAt: time.nullable(),
  signedOutBy: z.string().nullable(),
  durationSeconds: seconds.nullable(),
});
export const agentCallLogRow = z.strictObject({
  callId: identifier,
  agent: extension,
  direction: z.enum(['inbound', 'outbound', 'internal']),
  caller: z.string(),
  called: z.string(),
  queue: z.string().nullable(),
  startedAt: time,
  ringSeconds: seconds,
  talkSeconds: seconds,
  holdSeconds: seconds,
  result: z.string().describe('talked, or how the ringing ended'),
});
export const missedLogRow = z.strictObject({
  callId: identifier,
  caller: z.string(),
  called: z.string(),
  startedAt: time,
  waitSeconds: seconds,
  queue: z.string().nullable(),
  outcome: z.string(),
  reachedAt: time.nullable().describe('When this number and the hotline talked next'),
});
