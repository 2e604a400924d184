import { z } from 'zod';
import { callFilters, identifier, named, number, page, secondsOf } from './schemas.js';

// What goes in and out of the routes of recordings and messages.

const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');
const secondsGiven = z.coerce
  .number('must be a number of seconds')
  .min(0, 'must not be negative')
  .max(1_000_000, 'must be at most 1000000');
const group = z.string().min(1, 'must not be empty').max(64, 'must be at most 64 characters');
const staff = z.string().regex(/^[\w.-]{1,64}$/, 'must be a staff number: an extension or a user name');
const prefix = z.string().regex(/^[+*#0-9A-Za-z_.-]{1,64}$/, 'must be a number, or its beginning followed by *');

const search = {
  from: callFilters.instant.optional().describe('Began at or after'),
  to: callFilters.instant.optional().describe('Began before'),
  extension: callFilters.extension.optional().describe('Of ours, on either side'),
  agent: staff.optional().describe('Staff number 工号: extension or user name; of any agent who spoke in it, whoever was the last'),
  party: prefix.optional().describe('The other party’s number, or its beginning followed by *'),
  caller: number.optional().describe('Of the call'),
  queue: identifier.optional(),
  group: group.optional().describe('Business group 业务组, at the time of the call'),
  outcome: callFilters.outcome.optional(),
  direction: callFilters.direction.optional(),
  minSeconds: secondsGiven.optional().describe('Length at least'),
  maxSeconds: secondsGiven.optional().describe('Length at most'),
  callId: identifier.optional(),
};

export const recordingsQuery = z.strictObject({ ...search, ...page });
export const recordingExport = z.strictObject({
  ...search,
  format: z.enum(['xlsx', 'zip'], 'must be xlsx or zip').default('xlsx').describe('xlsx: the list; zip: the list and the audio'),
});
export const audioQuery = z.strictObject({ download: flag.optional().describe('As an attachment with a telling name') });
export const waveformQuery = z.strictObject({
  points: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(10, 'must be at least 10')
    .max(4000, 'must be at most 4000')
    .default(800),
});
export const holdBody = named('Hold', z.strictObject({ hold: z.boolean('must be true or false') }));
export const voicemailsQuery = z.strictObject({
  box: identifier.optional().describe('Only of this box'),
  heard: flag.optional(),
  ...page,
});
export const heardBody = named('Heard', z.strictObject({ heard: z.boolean('must be true or false') }));

export const waveform = named(
  'Waveform',
  z.strictObject({
    durationSeconds: secondsOf('Length'),
    peaks: z.array(z.array(z.number().min(0).max(1))).describe('Channel by channel (caller, agent), the loudest sample of each stretch'),
    pauses: z.array(z.strictObject({ from: z.number(), to: z.number().nullable() })).describe('Seconds from the start'),
  }),
);
export const rotatedKey = named('RotatedKey', z.strictObject({ keyId: z.string().describe('Of the master key in use from now on') }));
