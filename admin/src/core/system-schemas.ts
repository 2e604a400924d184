import { SYSTEM_FINDINGS } from '@yixian/contracts';
import { z } from 'zod';
import { named } from './schemas.js';

const count = z.number().min(0);

export const byMediaServer = z.strictObject({
  name: z.string().min(1).max(300).describe('host:port of its event socket'),
});
export const mediaServerWanted = named('MediaServerWanted', z.strictObject({ drained: z.boolean('must be true or false') }));
export const mediaServer = named(
  'MediaServer',
  z.strictObject({
    name: z.string().describe('host:port of its event socket'),
    up: z.boolean(),
    drained: z.boolean().describe('Takes no new calls; those it has go on'),
    sessions: count.describe('Now, of all processes'),
    maxSessions: count,
    fault: z.string().nullable().describe('Why it is not up'),
  }),
);

export const system = named(
  'System',
  z.strictObject({
    version: z.string(),
    node: z.string().describe('Version of Node.js'),
    startedAt: z.string(),
    uptimeSeconds: count,
    ready: z.boolean().describe('What /readyz says'),
    checks: z.array(
      z.strictObject({
        name: z.enum(['data', 'files', 'database', 'redis', 'switch', 'recordings', 'prompts', 'certificate', 'processes', 'trunks']),
        state: z.enum(['ok', 'warning', 'fault']),
        text: z.string(),
        finding: z.enum(SYSTEM_FINDINGS).describe('What was found, for whoever says it in another language'),
        values: z.record(z.string(), z.union([z.string(), z.number()])).describe('What stands in the text'),
      }),
    ),
    figures: z.strictObject({
      calls: count,
      callsWaiting: count,
      registrations: count,
      browsers: count,
      agentsSignedIn: count,
      memoryMegabytes: count,
    }),
    trunks: z.array(z.strictObject({ id: z.string(), calls: count, maxCalls: count })).describe('Calls on each now'),
    metrics: z.record(z.string(), z.number()).describe('As on /metrics, of the stages'),
  }),
);
