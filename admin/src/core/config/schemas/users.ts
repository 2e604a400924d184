import { z } from 'zod';
import { extension, identifier } from '../../schemas.js';
import {
  changeOf,
  dialled,
  flag,
  generate,
  levels,
  listed,
  name,
  named,
  oneOf,
  recordingPolicy,
  removed,
  revision,
  secondsFrom,
  whole,
} from './fields.js';

// Users, their agents and extensions.

export const userKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, 'must be the id or the name of a user');
export const byUser = z.strictObject({ id: userKey });
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
  skills: listed(
    z.union(
      [identifier, z.strictObject({ skill: identifier, level: whole(1, 10) })],
      'must be an id of letters, digits, - and _, or { skill, level }',
    ),
    500,
  ).describe('Of an agent: ids, or ids with a level 1–10. A skill that has a level keeps it when it is given without'),
  skillLevels: levels.describe('Levels by skill, of skills the agent has; given, it replaces all levels'),
  recording: recordingPolicy.nullable().describe('Whether the agent’s calls are recorded; null leaves it to queue, trunk and direction'),
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
    skillLevels: userFields.skillLevels.optional(),
    recording: userFields.recording.default(null),
    enabled: flag.default(true),
    ...userSecrets,
  }),
);
export const MOST_IMPORTED = 500;
export const userImport = named(
  'UserImport',
  z
    .strictObject({
      users: z
        .array(z.unknown(), 'must be a list')
        .optional()
        .meta({ description: `Users as they are added one by one, at most ${MOST_IMPORTED}` }),
      csv: z
        .string('must be a text')
        .optional()
        .describe(
          'A head line with columns out of username, displayName, roles, extension, groups, skills, enabled, password, sipPassword; then a line a user. ' +
            'Several roles, groups or skills of one user stand apart by spaces, a level follows its skill as in consult:8. The same as a body of text/csv',
        ),
    })
    .refine(({ users, csv }) => (users === undefined) !== (csv === undefined), { error: 'send either users or csv', path: ['users'] }),
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
  skillLevels: levels,
  recording: recordingPolicy.nullable(),
  enabled: z.boolean(),
  lockedUntil: z.string().nullable().describe('After failed sign-ins; a new password unlocks'),
  revision,
};
export const configuredUser = named('ConfiguredUser', z.strictObject(userView));
export const changedUser = named('ChangedUser', z.strictObject({ ...userView, ...once }));

const forwardFields = {
  always: dialled.nullable(),
  busy: dialled.nullable(),
  noAnswer: z.strictObject({ to: dialled, afterSeconds: secondsFrom(1, 300).default(20) }).nullable(),
  notRegistered: dialled.nullable(),
};
const forwardsGiven = z.strictObject(forwardFields).partial();
const extensionFields = {
  number: extension,
  displayName: name,
  outboundAllowed: flag.describe('May call over trunks'),
  forwards: z.strictObject(forwardFields).describe('Where calls go instead: numbers as one would dial them at that extension'),
  pickupGroup: identifier.nullable().describe('Extensions of one group may take each other’s ringing calls'),
  language: oneOf('zh', 'en').nullable().describe('What whoever is at it is spoken to in; null: the base set of the prompts'),
  enabled: flag,
};
export const newExtension = named(
  'NewExtension',
  z.strictObject({
    ...extensionFields,
    displayName: name.optional(),
    outboundAllowed: extensionFields.outboundAllowed.default(true),
    forwards: forwardsGiven.optional(),
    pickupGroup: extensionFields.pickupGroup.default(null),
    language: extensionFields.language.default(null),
    enabled: flag.default(true),
    sipPassword: userSecrets.sipPassword,
  }),
);
export const extensionChange = named(
  'ExtensionChange',
  changeOf({ ...extensionFields, forwards: forwardsGiven, sipPassword: userSecrets.sipPassword, generateSipPassword: generate }),
);
const extensionView = { ...extensionFields, displayName: z.string(), user: z.string().nullable().describe('Whose it is'), revision };
export const configuredExtension = named('ConfiguredExtension', z.strictObject(extensionView));
export const changedExtension = named('ChangedExtension', z.strictObject({ ...extensionView, sipPassword: once.sipPassword }));
