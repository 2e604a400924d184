import { z } from 'zod';
import { identifier, instant, livePage, page } from '../../schemas.js';
import { name, named, oneOf, revision, revisionGiven, short, whole } from './fields.js';

// Flows, prompts and the audit log.

export const byVersion = z.strictObject({
  id: identifier,
  version: z.coerce.number('must be a number').int('must be a whole number').min(1).max(1_000_000),
});

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

export const flowDocument = z
  .looseObject({}, 'must be a flow document, an object')
  .refine(isShallow, `must not be nested more than ${DEEPEST} levels deep`)
  .describe('Nodes by name, each with its type; see the flows in force for examples');
export const newFlow = named(
  'NewFlow',
  z.strictObject({ id: identifier.optional().describe('Default: that of the document'), name: name.optional(), document: flowDocument }),
);
export const flowChange = named(
  'FlowChange',
  z.strictObject({ id: identifier.optional(), name: name.optional(), document: flowDocument, ...revisionGiven }),
);
export const rollback = named(
  'Rollback',
  z.strictObject({ version: whole(1, 1_000_000).optional().describe('Default: the one before that was in force'), ...revisionGiven }),
);
export const problem = named(
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

export const wavBody = z.instanceof(Buffer, { error: 'send the file as the body, Content-Type audio/wav' });
const promptLanguage = oneOf('zh', 'en')
  .default('zh')
  .describe('zh: the base set, whose ids flows and queues name; en: heard instead by calls that speak English');
export const promptSet = z.strictObject({ language: promptLanguage });
export const promptsQuery = z.strictObject({ ...livePage.shape, language: promptLanguage });
export const newPrompt = z.strictObject({ id: identifier.describe('Under which flows and queues name it'), language: promptLanguage });
export const prompt = named(
  'Prompt',
  z.strictObject({
    id: identifier,
    language: z.enum(['zh', 'en']),
    text: z.string().nullable().describe('What a shipped one says'),
    origin: z.enum(['shipped', 'uploaded']).describe('An uploaded one is played instead of a shipped one of the same id'),
    format: z.enum(['pcm16', 'alaw', 'ulaw']),
    durationSeconds: z.number(),
    bytes: z.int(),
  }),
);

export const auditQuery = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  username: short.optional().describe('Who did it'),
  action: short.optional().describe('E.g. queue.changed; * stands for anything: queue.*, *.deleted'),
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
