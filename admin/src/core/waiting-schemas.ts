import { z } from 'zod';
import { identifier, instant, named, secondsOf } from './schemas.js';

// Doors of queues, callers who wait, and callbacks in place of waiting.

const door = z.enum(['open', 'closed', 'schedule'], 'must be one of open, closed, schedule');
const callNumber = z
  .string('must be a text')
  .regex(/^\+?[0-9*#]{3,32}$/, 'must be a telephone number of 3 to 32 digits, with + before them where needed');

export const doorBody = named('DoorChange', z.strictObject({ door: door.describe('schedule: as the schedule of the queue has it') }));

export const doorState = named(
  'Door',
  z.strictObject({
    queue: identifier,
    door,
    open: z.boolean(),
    because: z.string().describe('E.g. weekly, holiday:国庆节, special:检修, closed by super1100'),
  }),
);

export const moveBody = named(
  'Move',
  z.strictObject({
    queue: identifier.optional().describe('Where the call is to wait; default where it does'),
    priority: z
      .number('must be a number')
      .min(-1000, 'must be at least -1000')
      .max(1000, 'must be at most 1000')
      .optional()
      .describe('Added to the queue’s own; default as it is'),
  }),
);

export const callbackBody = named(
  'CallbackRequest',
  z.strictObject({
    queue: identifier,
    number: callNumber.describe('Who is to be called'),
    callId: identifier
      .optional()
      .describe('A call that waits in the queue: the callback has its place, the caller is thanked and released'),
    notBefore: instant.optional().describe('Not tried before'),
  }),
);

export const callback = named(
  'Callback',
  z.strictObject({
    id: identifier,
    queue: identifier,
    number: z.string(),
    state: z.enum(['waiting', 'agent-ringing', 'calling', 'talking']),
    since: z.iso.datetime().describe('Arrival whose place it keeps'),
    waitedSeconds: secondsOf('Since then'),
    position: z.number().int().nullable().describe('In the queue, callers included, from 1; null while it rests between tries'),
    attempts: z.number().int(),
    notBefore: z.iso.datetime().nullable(),
  }),
);

export const callbacksQuery = z.strictObject({ queue: identifier.optional() });
