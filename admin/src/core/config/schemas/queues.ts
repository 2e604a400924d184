import { z } from 'zod';
import { extension, identifier, queue } from '../../schemas.js';
import {
  changeOf,
  dialled,
  flag,
  levels,
  levelsOrWaived,
  listed,
  name,
  named,
  oneOf,
  recordingPolicy,
  revision,
  secondsFrom,
  whole,
} from './fields.js';

// Skills and queues.

const skillFields = { id: identifier.refine((id) => id !== 'matrix', 'must not be matrix'), name };
export const newSkill = named('NewSkill', z.strictObject({ ...skillFields, name: name.optional() }));
export const skillChange = named('SkillChange', changeOf(skillFields));
export const skill = named('Skill', z.strictObject({ id: identifier, name: z.string(), revision }));

// who has which skill, at which level
const skillsOfAgent = z.strictObject({
  agent: extension,
  skills: z
    .record(identifier, whole(1, 10), 'must be an object of levels by skill')
    .describe('Every skill the agent has with its level, 1–10; one that is not there is taken away'),
});
export const skillMatrixChange = named(
  'SkillMatrixChange',
  z.strictObject({ agents: listed(skillsOfAgent, 10_000).describe('Agents who are not named stay as they are') }),
);
export const skillMatrix = named(
  'SkillMatrix',
  z.strictObject({ skills: z.array(identifier), agents: z.array(z.strictObject({ ...skillsOfAgent.shape, name: z.string() })) }),
);

const STRATEGIES = [
  'longest-idle',
  'fewest-calls',
  'least-talk-time',
  'round-robin',
  'top-down',
  'sequential',
  'random',
  'ring-all',
] as const;
const atLeastSeconds = secondsFrom(0, 86_400);
const condition = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('length'), atLeast: whole(0, 100_000).describe('Calls waiting already') }),
    z.strictObject({ kind: z.literal('longest-wait'), atLeastSeconds }),
    z.strictObject({ kind: z.literal('estimated-wait'), atLeastSeconds }),
    z.strictObject({ kind: z.literal('waited'), atLeastSeconds: atLeastSeconds.describe('This call’s own wait') }),
    z.strictObject({ kind: z.literal('nobody-signed-in') }),
    z.strictObject({ kind: z.literal('closed') }),
  ],
  'must have a kind: length, longest-wait, estimated-wait, waited, nobody-signed-in or closed',
);
const overflowTarget = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('queue'), queueId: identifier, priority: whole(-1000, 1000).default(0) }),
    z.strictObject({ kind: z.literal('flow'), flowId: identifier }),
    z.strictObject({ kind: z.literal('number'), number: dialled }),
    z.strictObject({ kind: z.literal('voicemail'), box: identifier }),
  ],
  'must have a kind: queue, flow, number or voicemail',
);
const consequence = z.discriminatedUnion(
  'action',
  [
    z.strictObject({ action: z.literal('not-ready') }),
    z.strictObject({ action: z.literal('ready'), afterSeconds: secondsFrom(0, 3600).default(0).describe('A pause before the next offer') }),
    z.strictObject({ action: z.literal('sign-out') }),
  ],
  'must have an action: not-ready, ready or sign-out',
);
const consequences = z.strictObject({
  noAnswer: consequence,
  rejected: consequence,
  busy: consequence,
  notReachable: consequence.describe('Not registered, switched off, out of reach'),
});
const callback = z.strictObject({
  offerAfterSeconds: secondsFrom(0, 3600).default(60).describe('Waited so long before it is offered; 0: with the first announcement'),
  key: z
    .string('must be a text')
    .regex(/^[0-9*#]$/, 'must be one key of 0-9, * and #')
    .default('1'),
  prompt: identifier.default('callback-offer').describe('Prompt of the offer'),
  order: oneOf('agent-first', 'caller-first').default('agent-first'),
  attempts: whole(1, 10).default(3).describe('Tries in all'),
  retryEverySeconds: secondsFrom(10, 86_400).default(600),
  ringSeconds: secondsFrom(5, 120).default(30),
});

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
  record: flag.describe('Whether calls are recorded where `recording` is null'),
  recording: recordingPolicy.nullable(),
  strategy: oneOf(...STRATEGIES).describe('Whose phone rings first'),
  agentOrder: listed(extension, 10_000).describe('For top-down and sequential; who is not named comes after'),
  group: identifier.nullable().describe('Only agents of this group (business group, handling unit); null for all'),
  minLevels: levels.describe('Lowest level, 1–10, in a skill of requiredSkills; without one any level will do'),
  relaxation: listed(z.strictObject({ afterSeconds: secondsFrom(1, 86_400), minLevels: levelsOrWaived }), 20).describe(
    'Levels asked for after so long a wait, in ascending order; each replaces minLevels whole',
  ),
  ageingPerMinute: secondsFrom(0, 1000).describe('Points of priority a waiting call gains a minute'),
  sticky: z
    .strictObject({ withinSeconds: secondsFrom(1, 31_536_000), waitSeconds: secondsFrom(0, 600) })
    .nullable()
    .describe('The agent who last talked with the caller is waited for first'),
  overflow: listed(z.strictObject({ when: condition, to: overflowTarget }), 20).describe('The first that applies takes the call elsewhere'),
  scheduleId: identifier.nullable().describe('Outside of it the queue is closed; null: always open'),
  callback: callback.nullable().describe('Offers to call back in place of waiting'),
  wrapUp: oneOf('fixed', 'open').describe('open: until the agent ends it'),
  consequences: consequences.describe('What an offer that came to nothing does to the agent'),
};
/** What a missed offer does can be given in part. */
const consequencesGiven = { consequences: consequences.partial().optional() };
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
    recording: queueFields.recording.default(null),
    strategy: queueFields.strategy.default('longest-idle'),
    agentOrder: queueFields.agentOrder.default([]),
    group: queueFields.group.default(null),
    minLevels: queueFields.minLevels.default({}),
    relaxation: queueFields.relaxation.default([]),
    ageingPerMinute: queueFields.ageingPerMinute.default(0),
    sticky: queueFields.sticky.default(null),
    overflow: queueFields.overflow.default([]),
    scheduleId: queueFields.scheduleId.default(null),
    callback: queueFields.callback.default(null),
    wrapUp: queueFields.wrapUp.default('fixed'),
    ...consequencesGiven,
  }),
);
export const queueChange = named('QueueChange', changeOf({ ...queueFields, consequences: consequences.partial() }));
export const configuredQueue = named('ConfiguredQueue', z.strictObject({ ...queueFields, name: z.string(), revision }));
export const liveQueue = named('LiveQueue', queue.extend({ config: configuredQueue.nullable().describe('For supervisors and admins') }));
