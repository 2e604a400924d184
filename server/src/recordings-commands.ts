import path from 'node:path';
import { createRecordingRows } from '@yixian/db';
import { createKeyring, type Verdict, verifyAll } from '@yixian/recorder';
import { withDatabase } from './commands.js';
import type { Config } from './config.js';

/** Folders of the data folder. */
export const recordingsFolder = (config: Config): string => path.join(config.dataDir, 'recordings');
export const keysFolder = (config: Config): string => path.join(config.dataDir, 'keys');

/** `yixian recordings verify`: reads every file that is kept and says which is not as it was recorded. @returns 0 when all are */
export async function verifyRecordings(config: Config): Promise<number> {
  return withDatabase(config, async (knex) => {
    const counts = new Map<Verdict['state'], number>();
    const keyring = createKeyring(keysFolder(config), Date.now);
    for await (const { kind, id, file, verdict } of verifyAll({
      rows: createRecordingRows(knex),
      directory: recordingsFolder(config),
      keyring,
    })) {
      counts.set(verdict.state, (counts.get(verdict.state) ?? 0) + 1);
      if ('text' in verdict) process.stdout.write(`${verdict.state.padEnd(12)} ${kind} ${id} (${file}): ${verdict.text}\n`);
    }
    const all = [...counts.values()].reduce((sum, n) => sum + n, 0);
    const bad = all - (counts.get('good') ?? 0) - (counts.get('unsealed') ?? 0);
    const words = [...counts].map(([state, n]) => `${n} ${state}`).join(', ');
    process.stdout.write(`${all} recordings and messages${all > 0 ? `: ${words}` : ''}\n`);
    if (counts.has('unsealed')) process.stdout.write('unsealed: older than signatures; the checksum fits, the row cannot be checked\n');
    return bad === 0 ? 0 : 1;
  });
}

/** `yixian recordings rotate-key`: a new master key. A running hotline uses it at once and changes over what is older within the hour. */
export async function rotateRecordingKey(config: Config): Promise<number> {
  const { id } = await createKeyring(keysFolder(config), Date.now).add();
  process.stdout.write(`the master key ${id} is in use from now on; what depends on older ones is changed over within the hour\n`);
  return 0;
}
