import { z } from 'zod';

// A golden dialogue: what a caller does, what the world answers, and what the flow is expected to do. Written in YAML or JSON.

const keys = z.string().regex(/^[0-9*#A-D]{1,64}$/, 'keys 0–9, * and #');
const seconds = z.number().min(0).max(86_400);
const httpAnswer = z.union([
  z.enum(['timeout', 'unreachable', 'not-allowed', 'too-large', 'no-json']),
  z.strictObject({ status: z.int().min(100).max(599), body: z.json().optional() }),
]);
const queueAnswer = z.union([
  z.enum(['timeout', 'no-agents', 'full', 'closed', 'failed', 'abandoned', 'served', 'callback']),
  z.strictObject({ served: z.string(), callerStays: z.boolean().default(true) }),
  z.strictObject({
    overflow: z.union([
      z.strictObject({ flow: z.string() }),
      z.strictObject({ number: z.string() }),
      z.strictObject({ voicemail: z.string() }),
    ]),
  }),
]);

/** One thing that happens, in order. Keys wait until they are asked for, `early` keys are pressed while something is said. */
const step = z.union([
  z.literal('silence'),
  z.literal('hang up'),
  /** While the next prompt is said. */
  z.literal('hang up early'),
  z.strictObject({ keys }),
  z.strictObject({ early: keys }),
  z.strictObject({ queue: queueAnswer }),
  z.strictObject({ transfer: z.enum(['connected', 'busy', 'no-answer', 'failed', 'not-allowed']), callerStays: z.boolean().default(true) }),
  /** Seconds that were said, or none. */
  z.strictObject({ message: z.union([seconds, z.literal('none')]) }),
  /** Id of what the caller said for a `record-message` node, or none. */
  z.strictObject({ recording: z.string().max(64) }),
  z.strictObject({ http: httpAnswer }),
  /** `ok`, or the code with which it is refused. */
  z.strictObject({ callback: z.string().max(64) }),
  z.strictObject({ park: z.enum(['retrieved', 'timeout', 'abandoned', 'unavailable']), callerStays: z.boolean().default(true) }),
  /** Time passes. */
  z.strictObject({ pass: seconds }),
]);
export type ScriptStep = z.infer<typeof step>;

const localTime = z.string().regex(/^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/, 'a local time, e.g. 2026-10-01T08:30');

const expectation = z.strictObject({
  /** Nodes in the order they are reached; those of other flows as `flow/node`. */
  path: z.array(z.string()).optional(),
  /** What is said, in order: prompt ids; texts and values in 「」. */
  prompts: z.array(z.string()).optional(),
  /** Those named, at the end of the flow. */
  variables: z.record(z.string(), z.string()).optional(),
  /** Queues entered, e.g. `consult`, `consult at 100`, and what is asked of the agent as JSON behind. */
  queues: z.array(z.string()).optional(),
  /** Requests made, e.g. `GET https://crm.example/orders/7`. */
  requests: z.array(z.string()).optional(),
  /** Survey answers, e.g. `5` or `attitude=5`. */
  survey: z.array(z.string()).optional(),
  language: z.string().optional(),
  /** How the call ends: `flow-ended`, `normal`, `flow-failure` … */
  result: z.string().optional(),
});
export type Expectation = z.infer<typeof expectation>;

const dialogue = z.strictObject({
  name: z.string().min(1).max(200),
  /** Local time of the call, default Monday 2 March 2026, 10 o'clock. */
  at: localTime.default('2026-03-02T10:00'),
  timeZone: z.string().default('Asia/Shanghai'),
  caller: z.string().max(64).default('13800000000'),
  called: z.string().max(64).default('12320'),
  /** `open`, `closed`, or why closed, e.g. `holiday:国庆节`, by schedule. One that is not named does not exist. */
  schedules: z.record(z.string(), z.string()).default({}),
  /** Notes by number, by list. One that is not named does not exist. */
  lists: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  steps: z.array(step).max(500).default([]),
  expect: expectation,
});
export type Dialogue = z.infer<typeof dialogue>;

const script = z.strictObject({
  /** A flow document beside this file (`menu.json`), or the id of a published flow. */
  flow: z.string().min(1).max(300).optional(),
  /** Further flows by id that it calls or hands calls to: files beside this one. Without it the published ones. */
  flows: z.record(z.string(), z.string().max(300)).default({}),
  dialogues: z.array(dialogue).min(1).max(500),
});
export type DialogueScript = z.infer<typeof script>;

/**
 * Reads a script that has been parsed from YAML or JSON.
 * @throws Error naming the first field at fault
 */
export function readScript(document: unknown): DialogueScript {
  const parsed = script.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join('.') || 'the script'}: ${issue?.message}`);
}
