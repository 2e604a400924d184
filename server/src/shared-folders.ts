import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { shippedEnglishPromptsDirectory, shippedPromptsDirectory } from '@yixian/ivr';
import { spokenDirectory } from './compose/flows.js';
import type { Config } from './config.js';
import { promptDirectories } from './prompt-set.js';
import { recordingsFolder } from './recordings-commands.js';

export const mailboxFolder = (config: Pick<Config, 'nodeDir'>): string => path.join(config.nodeDir, 'mailbox');

// `mailbox` has to be shared, too: messages are played from there to the phone that asks. It comes and goes, so it is not looked for.
/** What media servers outside of this process have to see under the same path; the folders are made where they are missing. */
export async function sharedFolders(config: Config): Promise<{ recordings: string; written: string[]; read: string[] }> {
  const [own = ''] = promptDirectories(config);
  const recordings = recordingsFolder(config);
  const written = [recordings, own, spokenDirectory(config)];
  for (const folder of written) await mkdir(folder, { recursive: true });
  const read = [shippedPromptsDirectory, shippedEnglishPromptsDirectory].map((folder) => path.join(folder, 'prompts.json'));
  return { recordings, written, read };
}
