import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { quoted } from '../../core/freeswitch/tones.js';

/** What both sides have to see under the same path. */
export interface SharedFolders {
  /** FreeSWITCH writes there what each party says, and we put it together; one of `written`. */
  recordings?: string;
  /** Folders we write in: recordings, prompts, spoken texts. */
  written: readonly string[];
  /** Files that are there already: prompts that come with the program. */
  read: readonly string[];
}

/**
 * Which of them FreeSWITCH does not see: in a folder of ours a file is put for the moment and asked for.
 * @param sees whether FreeSWITCH has a file
 * @returns a sentence each
 */
export async function unseen(shared: SharedFolders, sees: (file: string) => Promise<boolean>): Promise<string[]> {
  const problems: string[] = [];
  const same = 'it has to be the same folder there, under the same path';
  for (const folder of shared.written) {
    const probe = path.join(folder, `.shared-${randomUUID()}`);
    try {
      quoted(probe);
      await writeFile(probe, '', { mode: 0o644 });
      if (!(await sees(probe))) problems.push(`does not see ${folder}: ${same}`);
    } catch (error) {
      problems.push(`cannot be asked for ${folder}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await rm(probe, { force: true }).catch(() => undefined);
    }
  }
  for (const file of shared.read) if (!(await sees(file))) problems.push(`does not see ${path.dirname(file)}: ${same}`);
  return problems;
}
