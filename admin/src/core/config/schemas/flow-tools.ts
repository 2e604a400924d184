import { z } from 'zod';
import { identifier } from '../../schemas.js';
import { named } from './fields.js';
import { flowDocument, problem } from './flows.js';

// What the editor of flows asks for beside the flows themselves.

const json = z.record(z.string(), z.unknown());
export const flowVocabulary = named(
  'FlowVocabulary',
  z.strictObject({
    nodes: z.array(
      z.strictObject({
        type: z.string(),
        schema: json.describe('JSON schema of the node as it is written; `x-kind` says what a name or text stands for'),
        ways: z.array(z.strictObject({ field: z.string().describe('`*` for each entry of a list'), optional: z.boolean() })),
      }),
    ),
    variables: z.array(z.string()).describe('Every call has them'),
    readOnlyVariables: z.array(z.string()),
    spokenAs: z.array(z.string()),
  }),
);

export const checkedDocument = named('FlowCheckRequest', z.strictObject({ document: flowDocument }));
export const flowProblems = named('FlowProblems', z.strictObject({ problems: z.array(problem) }));

const dialled = z.string().regex(/^[0-9*#+]{0,32}$/, 'must be at most 32 of 0–9, *, # and +');
export const simulation = named(
  'SimulationRequest',
  z.strictObject({
    document: flowDocument.optional().describe('Default: the draft, or what is in force'),
    caller: dialled.default('13800000000'),
    called: dialled.default('12320'),
    at: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/, 'must be a local time such as 2026-10-01T08:30')
      .optional()
      .describe('Local time of the hotline; default now'),
    stopAtPrompts: z.boolean().default(false).describe('Wait at each prompt for `heard`, `keys` or `hangUp`'),
  }),
);

export const bySimulation = z.strictObject({ id: identifier, session: z.string().min(1).max(64) });
const yes = z.literal(true);
const callerStays = z.boolean().default(true);

export const simulationInput = named(
  'SimulationInput',
  z
    .strictObject({
      keys: z.string().regex(/^[0-9*#]{1,64}$/, 'must be keys 0–9, * and #'),
      silence: yes.describe('No key until the time is up'),
      heard: yes.describe('What is said was heard to its end'),
      hangUp: yes,
      queueResult: z.strictObject({
        outcome: z.enum(['served', 'timeout', 'no-agents', 'full', 'closed', 'failed', 'callback', 'abandoned']),
        agent: z.string().max(32).default('1001'),
        callerStays,
      }),
      transferResult: z.strictObject({ outcome: z.enum(['connected', 'busy', 'no-answer', 'failed', 'not-allowed']), callerStays }),
      httpResult: z.union([
        z.enum(['timeout', 'unreachable', 'not-allowed', 'too-large', 'no-json']),
        z.strictObject({ status: z.int().min(100).max(599), body: z.unknown().optional() }),
      ]),
      messageSeconds: z.number().min(0).max(3600).describe('0: nothing was left'),
      callbackResult: z.string().min(1).max(64).describe('`ok`, or the code of a refusal'),
      parkResult: z.strictObject({ outcome: z.enum(['retrieved', 'timeout', 'unavailable']), callerStays }),
    })
    .partial()
    .refine((input) => Object.keys(input).length === 1, 'must say exactly one thing'),
);

const text = z.string().nullable();
export const simulationView = named(
  'Simulation',
  z.strictObject({
    session: z.string(),
    over: z.boolean(),
    result: z.strictObject({ reason: z.string(), text }).nullable(),
    node: z.strictObject({ flow: z.string(), node: z.string() }).nullable(),
    waiting: z.looseObject({ for: z.string(), about: z.string() }).nullable().describe('What an input is needed for'),
    variables: z.record(z.string(), z.string()),
    at: z.string().describe('Local time in the simulation'),
    events: z.array(z.looseObject({ kind: z.string() })).describe('Since the last answer, in order'),
  }),
);

export const draftCall = named(
  'DraftCall',
  z.strictObject({
    extension: z
      .string()
      .regex(/^\d{2,16}$/, 'must be an extension')
      .optional()
      .describe('Default: the own one'),
    called: dialled.optional().describe('What the flow sees as dialled; default the first access code that leads to it'),
  }),
);
export const draftCallReply = named('DraftCallReply', z.strictObject({ id: z.string().describe('The call') }));

const language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag, e.g. zh-CN')
  .default('zh-CN');
const spoken = z.string().trim().min(1).max(500);
export const speechQuery = z
  .strictObject({ prompt: identifier.optional(), text: spoken.optional(), language })
  .refine(({ prompt, text: words }) => (prompt === undefined) !== (words === undefined), {
    path: ['prompt'],
    message: 'give either prompt or text',
  });
export const spokenPrompt = named('SpokenPrompt', z.strictObject({ text: spoken, language }));
