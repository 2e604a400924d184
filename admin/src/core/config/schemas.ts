import { z } from 'zod';
import { extension, identifier, instant, page, queue } from '../schemas.js';

// What administrators send and get. Whatever can be left out when a thing is made says so by its default;
// in a change every field can be left out and stays as it is.

function named<S extends z.ZodType>(id: string, schema: S): S {
  return schema.meta({ id });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a name must not have.
const PRINTABLE = /^[^\u0000-\u001f\u007f]*$/;
const name = z
  .string('must be a text')
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must be at most 100 characters')
  .regex(PRINTABLE, 'must not have control characters');
const flag = z.boolean('must be true or false');
const revision = z.int('must be a whole number').min(1).describe('Grows with every change');
const given = {
  revision: revision
    .optional()
    .describe('The revision this change was made from: 409 when someone else changed it meanwhile. Without it the last one wins'),
};
const whole = (min: number, max: number) =>
  z.int('must be a whole number').min(min, `must be at least ${min}`).max(max, `must be at most ${max}`);
const secondsFrom = (min: number, max: number) =>
  z.number('must be a number').min(min, `must be at least ${min}`).max(max, `must be at most ${max}`);
const listed = <S extends z.ZodType>(item: S, most: number) =>
  z.array(item, 'must be a list').max(most, `must have at most ${most} entries`);
const generate = flag.optional().describe('Make a new random one; it is in the answer, once');

/** Every field may be left out; the key is only taken when it is the one of the path. */
const changeOf = <S extends z.ZodRawShape>(shape: S) => z.strictObject({ ...z.strictObject(shape).partial().shape, ...given });

export const oneRevision = z.strictObject(given);
const removed = {
  revision: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1)
    .optional()
    .describe(given.revision.description ?? ''),
};
export const removal = z.strictObject(removed);
export const dialled = z
  .string('must be a text')
  .regex(/^\+?[0-9*#]{1,32}$/, 'must be a number: digits, * and #, optionally a leading +, at most 32 characters');
export const userKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, 'must be the id or the name of a user');

export const byNumber = z.strictObject({ number: dialled });
export const byExtensionNumber = z.strictObject({ extension });
export const byUser = z.strictObject({ id: userKey });
export const byVersion = z.strictObject({
  id: identifier,
  version: z.coerce.number('must be a number').int('must be a whole number').min(1).max(1_000_000),
});

// ── users and extensions ──

const ROLES = ['agent', 'supervisor', 'admin'] as const;
const role = z.enum(ROLES, `must be one of ${ROLES.join(', ')}`);
const password = z.string('must be a text').min(8, 'must be at least 8 characters').max(1024, 'must be at most 1024 characters');
const sipPassword = z
  .string('must be a text')
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{8,128}$/, 'must be 8 to 128 printable characters without space, " and \\');
const userFields = {
  username: z.string('must be a text').regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'must be letters, digits, . _ @ and -, at most 64'),
  displayName: name,
  roles: listed(role, ROLES.length).min(1, 'must have at least one role'),
  extension: extension.nullable().describe('Made when there is none; with role agent calls of queues come to it'),
  groups: listed(identifier, 100).describe('Groups an agent is in and a supervisor leads'),
  skills: listed(identifier, 500).describe('Of an agent'),
  enabled: flag,
};
const userSecrets = {
  password: password.optional().describe('Write-only; random when a user is made without one'),
  sipPassword: sipPassword.optional().describe('Write-only; of the extension, random when it is made without one'),
};
export const newUser = named(
  'NewUser',
  z.strictObject({
    ...userFields,
    displayName: name.optional(),
    extension: userFields.extension.default(null),
    groups: userFields.groups.default([]),
    skills: userFields.skills.default([]),
    enabled: flag.default(true),
    ...userSecrets,
  }),
);
export const userChange = named(
  'UserChange',
  changeOf({ ...userFields, ...userSecrets, generatePassword: generate, generateSipPassword: generate }),
);
export const userRemoval = z.strictObject({
  ...removed,
  keepExtension: z.enum(['true', 'false'], 'must be true or false').default('false').describe('Leave the extension, for another user'),
});
const once = {
  password: z.string().optional().describe('Only here, only when it was made here'),
  sipPassword: z.string().optional().describe('Only here, only when it was made here'),
};
const userView = {
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  roles: z.array(role),
  extension: extension.nullable(),
  groups: z.array(z.string()),
  skills: z.array(z.string()),
  enabled: z.boolean(),
  lockedUntil: z.string().nullable().describe('After failed sign-ins; a new password unlocks'),
  revision,
};
export const configuredUser = named('ConfiguredUser', z.strictObject(userView));
export const changedUser = named('ChangedUser', z.strictObject({ ...userView, ...once }));

const extensionFields = {
  number: extension,
  displayName: name,
  outboundAllowed: flag.describe('May call over trunks'),
  enabled: flag,
};
export const newExtension = named(
  'NewExtension',
  z.strictObject({
    ...extensionFields,
    displayName: name.optional(),
    outboundAllowed: extensionFields.outboundAllowed.default(true),
    enabled: flag.default(true),
    sipPassword: userSecrets.sipPassword,
  }),
);
export const extensionChange = named(
  'ExtensionChange',
  changeOf({ ...extensionFields, sipPassword: userSecrets.sipPassword, generateSipPassword: generate }),
);
const extensionView = { ...extensionFields, displayName: z.string(), user: z.string().nullable().describe('Whose it is'), revision };
export const configuredExtension = named('ConfiguredExtension', z.strictObject(extensionView));
export const changedExtension = named('ChangedExtension', z.strictObject({ ...extensionView, sipPassword: once.sipPassword }));

// ── skills and queues ──

const skillFields = { id: identifier, name };
export const newSkill = named('NewSkill', z.strictObject({ ...skillFields, name: name.optional() }));
export const skillChange = named('SkillChange', changeOf(skillFields));
export const skill = named('Skill', z.strictObject({ id: identifier, name: z.string(), revision }));

const queueFields = {
  id: identifier,
  name,
  requiredSkills: listed(identifier, 20).describe('An agent needs every one of them; with none the queue is for every agent'),
  priority: whole(-1000, 1000).describe('Larger goes first'),
  ringTimeoutSeconds: secondsFrom(1, 600),
  wrapUpSeconds: secondsFrom(0, 3600),
  maxWaitSeconds: secondsFrom(1, 86_400),
  maxLength: whole(1, 100_000).describe('Waiting calls at most'),
  music: identifier.describe('Id of a prompt'),
  announceEverySeconds: secondsFrom(0, 3600).describe('Position and wait are told so often; 0 for never'),
  serviceLevelSeconds: whole(1, 3600),
  record: flag,
};
export const newQueue = named(
  'NewQueue',
  z.strictObject({
    ...queueFields,
    name: name.optional(),
    priority: queueFields.priority.default(0),
    ringTimeoutSeconds: queueFields.ringTimeoutSeconds.default(20),
    wrapUpSeconds: queueFields.wrapUpSeconds.default(0),
    maxWaitSeconds: queueFields.maxWaitSeconds.default(1800),
    maxLength: queueFields.maxLength.default(500),
    music: queueFields.music.default('queue-music'),
    announceEverySeconds: queueFields.announceEverySeconds.default(30),
    serviceLevelSeconds: queueFields.serviceLevelSeconds.default(20),
    record: flag.default(true),
  }),
);
export const queueChange = named('QueueChange', changeOf(queueFields));
export const configuredQueue = named('ConfiguredQueue', z.strictObject({ ...queueFields, name: z.string(), revision }));
export const liveQueue = named('LiveQueue', queue.extend({ config: configuredQueue.nullable().describe('For supervisors and admins') }));

// ── numbers and trunks ──

const target = named(
  'RouteTarget',
  z.discriminatedUnion(
    'kind',
    [
      z.strictObject({ kind: z.literal('toFlow'), flowId: identifier }),
      z.strictObject({ kind: z.literal('toExtension'), extension }),
      z.strictObject({ kind: z.literal('toTrunk'), trunkId: identifier, number: dialled }),
      z.strictObject({
        kind: z.literal('reject'),
        reason: z.enum(['unknown-number', 'forbidden', 'busy'], 'must be unknown-number, forbidden or busy'),
      }),
    ],
    'must have a kind: toFlow, toExtension, toTrunk or reject',
  ),
);
const numberFields = { number: dialled, name, target, enabled: flag };
export const newNumber = named('NewNumber', z.strictObject({ ...numberFields, name: name.optional(), enabled: flag.default(true) }));
export const numberChange = named('NumberChange', changeOf(numberFields));
export const configuredNumber = named('Number', z.strictObject({ ...numberFields, name: z.string(), revision }));

const short = z
  .string('must be a text')
  .trim()
  .min(1, 'must not be empty')
  .max(256, 'must be at most 256 characters')
  .regex(PRINTABLE, 'must not have control characters');
const trunkFields = {
  id: identifier,
  name,
  inboundAddresses: listed(short, 1000).describe('Addresses and CIDR blocks its calls come from'),
  outboundUri: short.nullable().describe('Where calls go, e.g. sip:192.0.2.1:5060; null for inbound only'),
  outboundNumbers: listed(short, 200).describe('Regular expressions of whole numbers it may be used to call'),
  outboundCallerId: dialled.nullable().describe('Shown instead of the extension'),
  maxCalls: whole(1, 100_000).describe('At one time, both directions together'),
  maxCallsPerSecond: whole(1, 10_000).describe('New inbound calls'),
  enabled: flag,
};
const trunkAuth = z.strictObject({
  username: z.string('must be a text').regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'must be printable characters without space, " and \\'),
  password: z
    .string('must be a text')
    .min(1, 'must not be empty')
    .max(256, 'must be at most 256 characters')
    .regex(PRINTABLE, 'must not have control characters')
    .optional()
    .describe('Write-only; left out it stays'),
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
    enabled: flag.default(true),
  }),
);
export const trunkChange = named('TrunkChange', changeOf({ ...trunkFields, auth }));
export const configuredTrunk = named(
  'Trunk',
  z.strictObject({ ...trunkFields, name: z.string(), auth: z.strictObject({ username: z.string() }).nullable(), revision }),
);

// ── flows ──

const DEEPEST = 32;

/** Level by level, not by recursion: what is too deep must not exhaust our stack. */
function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return false;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return true;
}

const document = z
  .looseObject({}, 'must be a flow document, an object')
  .refine(isShallow, `must not be nested more than ${DEEPEST} levels deep`)
  .describe('Nodes by name, each with its type; see the flows in force for examples');
export const newFlow = named(
  'NewFlow',
  z.strictObject({ id: identifier.optional().describe('Default: that of the document'), name: name.optional(), document }),
);
export const flowChange = named('FlowChange', z.strictObject({ id: identifier.optional(), name: name.optional(), document, ...given }));
export const rollback = named(
  'Rollback',
  z.strictObject({ version: whole(1, 1_000_000).optional().describe('Default: the one before that was in force'), ...given }),
);
const problem = named(
  'FlowProblem',
  z.strictObject({ node: z.string().nullable().describe('null: the flow itself'), field: z.string(), message: z.string() }),
);
const versionHead = {
  version: z.int(),
  state: z.enum(['draft', 'published', 'retired']),
  createdAt: z.string(),
  createdBy: z.string(),
  publishedAt: z.string().nullable(),
  publishedBy: z.string().nullable(),
};
export const flowVersion = named('FlowVersion', z.strictObject(versionHead));
export const flowVersionDocument = named('FlowVersionDocument', z.strictObject({ ...versionHead, document: z.unknown() }));
const flowFields = { id: identifier, name: z.string(), published: flowVersion.nullable(), draft: flowVersion.nullable(), revision };
export const flow = named('Flow', z.strictObject(flowFields));
export const flowDetail = named(
  'FlowDetail',
  z.strictObject({
    ...flowFields,
    document: z.unknown().describe('The draft where there is one, else what is in force'),
    problems: z.array(problem).describe('Of this document; with any of them it cannot be published'),
  }),
);

// ── prompts ──

export const wavBody = z.instanceof(Buffer, { error: 'send the file as the body, Content-Type audio/wav' });
export const newPrompt = z.strictObject({ id: identifier.describe('Under which flows and queues name it') });
export const prompt = named(
  'Prompt',
  z.strictObject({
    id: identifier,
    text: z.string().nullable().describe('What a shipped one says'),
    origin: z.enum(['shipped', 'uploaded']).describe('An uploaded one is played instead of a shipped one of the same id'),
    format: z.enum(['pcm16', 'alaw', 'ulaw']),
    durationSeconds: z.number(),
    bytes: z.int(),
  }),
);

// ── audit ──

export const auditQuery = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  username: short.optional().describe('Who did it'),
  action: short.optional().describe('E.g. queue.changed'),
  subject: short.optional().describe('What it was done to'),
  ...page,
});

export const auditEntry = named(
  'AuditEntry',
  z.strictObject({
    id: z.int(),
    at: z.string(),
    username: z.string(),
    action: z.string(),
    subject: z.string(),
    details: z.record(z.string(), z.unknown()).nullable(),
  }),
);
