import { z } from 'zod';
import { extension, identifier } from '../../schemas.js';
import { changeOf, dialled, flag, listed, name, named, oneOf, recordingPolicy, revision, short, text, whole } from './fields.js';

// Numbers, trunks and extension groups: what is dialled and where it leads.

const target = named(
  'RouteTarget',
  z.discriminatedUnion(
    'kind',
    [
      z.strictObject({ kind: z.literal('toFlow'), flowId: identifier }),
      z.strictObject({ kind: z.literal('toExtension'), extension }),
      z.strictObject({ kind: z.literal('toGroup'), number: dialled.describe('Of an extension group') }),
      z.strictObject({ kind: z.literal('toTrunk'), trunkId: identifier, number: dialled }),
      z.strictObject({
        kind: z.literal('reject'),
        reason: z.enum(['unknown-number', 'forbidden', 'busy'], 'must be unknown-number, forbidden or busy'),
      }),
    ],
    'must have a kind: toFlow, toExtension, toGroup, toTrunk or reject',
  ),
);
const numberFields = { number: dialled, name, target, enabled: flag };
export const newNumber = named('NewNumber', z.strictObject({ ...numberFields, name: name.optional(), enabled: flag.default(true) }));
export const numberChange = named('NumberChange', changeOf(numberFields));
export const configuredNumber = named('Number', z.strictObject({ ...numberFields, name: z.string(), revision }));

const trunkFields = {
  id: identifier,
  name,
  inboundAddresses: listed(short, 1000).describe('Addresses and CIDR blocks its calls come from'),
  outboundUri: short.nullable().describe('Where calls go, e.g. sip:192.0.2.1:5060; null for inbound only'),
  outboundNumbers: listed(short, 200).describe('Regular expressions of whole numbers it may be used to call'),
  outboundCallerId: dialled.nullable().describe('Shown instead of the extension'),
  maxCalls: whole(1, 100_000).describe('At one time, both directions together'),
  maxCallsPerSecond: whole(1, 10_000).describe('New inbound calls'),
  maxOutboundCalls: whole(0, 100_000).nullable().describe('Outbound calls at one time; null: only maxCalls limits them'),
  maxOutboundMinutesPerDay: whole(0, 10_000_000)
    .nullable()
    .describe('Minutes of answered outbound calls a day of the hotline’s zone; null for no limit. A call in progress is not cut'),
  seatCallerId: z
    .discriminatedUnion(
      'show',
      [z.strictObject({ show: z.literal('caller') }), z.strictObject({ show: z.literal('number'), number: dialled })],
      'must be { show: "caller" } or { show: "number", number }',
    )
    .describe('What a virtual seat over this trunk is shown'),
  recording: recordingPolicy.nullable(),
  enabled: flag,
};
const trunkAuth = z.strictObject({
  username: z.string('must be a text').regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'must be printable characters without space, " and \\'),
  password: text(256).min(1, 'must not be empty').optional().describe('Write-only; left out it stays'),
});
const auth = trunkAuth.nullable().describe('Digest credentials the far side asks for');
export const newTrunk = named(
  'NewTrunk',
  z.strictObject({
    ...trunkFields,
    name: name.optional(),
    inboundAddresses: trunkFields.inboundAddresses.default([]),
    outboundUri: trunkFields.outboundUri.default(null),
    outboundNumbers: trunkFields.outboundNumbers.default([]),
    outboundCallerId: trunkFields.outboundCallerId.default(null),
    auth: auth.default(null),
    maxCalls: trunkFields.maxCalls.default(30),
    maxCallsPerSecond: trunkFields.maxCallsPerSecond.default(10),
    maxOutboundCalls: trunkFields.maxOutboundCalls.default(null),
    maxOutboundMinutesPerDay: trunkFields.maxOutboundMinutesPerDay.default(null),
    seatCallerId: trunkFields.seatCallerId.default({ show: 'caller' }),
    recording: trunkFields.recording.default(null),
    enabled: flag.default(true),
  }),
);
export const trunkChange = named('TrunkChange', changeOf({ ...trunkFields, auth }));
export const configuredTrunk = named(
  'Trunk',
  z.strictObject({ ...trunkFields, name: z.string(), auth: z.strictObject({ username: z.string() }).nullable(), revision }),
);

const groupFields = {
  number: z
    .string('must be a text')
    .regex(/^[0-9*#]{2,12}$/, 'must be 2 to 12 of 0-9, * and #')
    .describe('Dialled to reach the group'),
  name,
  members: listed(extension, 200).min(1, 'must have at least one member'),
  mode: oneOf('ring-all', 'conference').describe('ring-all: the first to answer has the call; conference: everyone who answers joins'),
};
export const newGroup = named(
  'NewExtensionGroup',
  z.strictObject({ ...groupFields, name: name.optional(), mode: groupFields.mode.default('ring-all') }),
);
export const groupChange = named('ExtensionGroupChange', changeOf(groupFields));
export const configuredGroup = named('ExtensionGroup', z.strictObject({ ...groupFields, name: z.string(), revision }));
