import { z } from 'zod';
import { callFilters, extension, identifier, named, secondsOf, summary } from './schemas.js';

// What a desk reads and writes beside the live picture.

const time = z.iso.datetime().describe('ISO 8601 UTC');
const text = (most: number) => z.string('must be a text').max(most, `must be at most ${most} characters`);

export const summaryBody = named(
  'CallSummaryChange',
  z.strictObject({
    disposition: text(64).min(1, 'must not be empty').nullable().describe('Code out of the settings; null for none'),
    subject: text(200),
    notes: text(10_000),
    revision: z
      .int('must be a whole number')
      .min(0, 'must be at least 0')
      .describe('The one that was read; 0 when there was no summary. 409 when somebody else was faster'),
  }),
);
export const historyQuery = z.strictObject({
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(50, 'must be at most 50')
    .default(10),
});
export const pastCall = named(
  'PastCall',
  z.strictObject({
    id: identifier,
    direction: callFilters.direction,
    startedAt: time,
    queue: z.string().nullable(),
    agent: z.string().nullable(),
    outcome: callFilters.outcome.nullable(),
    waitSeconds: secondsOf('In queues'),
    talkSeconds: secondsOf('Talking'),
    summary: summary.nullable(),
  }),
);

export const desk = named(
  'Desk',
  z.strictObject({
    notReadyReasons: z.array(z.string()),
    dispositions: z.array(z.strictObject({ code: z.string(), label: z.string() })),
  }),
);

export const targetsQuery = z.strictObject({ search: text(64).default('').describe('Part of a name or number; empty for all') });
export const targets = named(
  'Targets',
  z.strictObject({
    agents: z.array(
      z.strictObject({
        extension,
        name: z.string(),
        state: z.enum(['offline', 'not-ready', 'ready', 'ringing', 'on-call', 'wrap-up']),
        since: time,
        free: z.boolean().describe('Signed in, the seat can be reached, no call'),
      }),
    ),
    queues: z.array(z.strictObject({ id: identifier, name: z.string(), waitingCount: z.int(), ready: z.int(), open: z.boolean() })),
    extensions: z.array(z.strictObject({ number: extension, name: z.string() })),
    flows: z.array(z.strictObject({ id: identifier, name: z.string() })),
  }),
);

export const flowNames = named(
  'FlowNames',
  z.strictObject({
    id: identifier,
    name: z.string(),
    version: z.int(),
    nodes: z.record(z.string(), z.string()).describe('Node → its label; of nodes that have one'),
  }),
);

export const seatsQuery = z.strictObject({
  number: z
    .string()
    .regex(/^\+?[0-9*#]{1,32}$/, 'must be a number: digits, * and #, optionally a leading +')
    .optional()
    .describe('For kind phone; default the number of the present seat'),
});
export const seatChoice = named(
  'SeatChoice',
  z.strictObject({
    kind: z.enum(['sip', 'softphone', 'phone']),
    reachable: z.boolean(),
    why: z.string().nullable().describe('What is in the way; null when it can be reached'),
  }),
);
