import { z } from 'zod';
import { named } from './schemas.js';

export const byBackup = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,110}$/, 'must be the name of a backup'),
});
export const byBackupLink = z.strictObject({
  ...byBackup.shape,
  ticket: z.string().regex(/^[\w-]{43}$/, 'must be an id of a link'),
});
export const backupLink = named(
  'BackupLink',
  z.strictObject({
    path: z.string().describe('To be fetched without a session'),
    expiresAt: z.string().describe('Until then it is taken'),
  }),
);
export const backupWanted = named(
  'BackupWanted',
  z.strictObject({ recordings: z.boolean('must be true or false').default(false).describe('Recordings and messages too') }),
);
export const backup = named(
  'Backup',
  z.strictObject({
    name: z.string(),
    state: z.enum(['making', 'checking', 'complete', 'failed']),
    createdAt: z.string(),
    bytes: z.int(),
    content: z.strictObject({ rows: z.int(), files: z.int(), recordings: z.boolean(), program: z.string() }).nullable(),
    checked: z
      .strictObject({ at: z.string(), problem: z.string().nullable() })
      .nullable()
      .describe('The last time every byte was held against its check sum'),
    problem: z.string().nullable().describe('Why it failed'),
  }),
);
