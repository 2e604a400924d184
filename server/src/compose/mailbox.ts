import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Directory, DomainError, type Mailbox, type RecordingArchive, type RecordQueries, type VoicemailRow } from '@yixian/contracts';

export interface MailboxDeps {
  records: Pick<RecordQueries, 'voicemails' | 'voicemail'>;
  archive: RecordingArchive;
  directory: Pick<Directory, 'boxes'>;
  /** Where a message lies in the clear while it is heard; what a dead process left there is removed. */
  folder: string;
}

/** Messages of each kind that are told of. */
const MOST = 50;

/** What the phone of an extension may hear, put together of rows, archive and configuration. */
export async function createMailbox(deps: MailboxDeps): Promise<Mailbox> {
  const { records, archive, directory, folder } = deps;
  await rm(folder, { recursive: true, force: true });

  const boxesOf = (extension: string): string[] => directory.boxes().flatMap((box) => (box.extensions.includes(extension) ? [box.id] : []));

  async function kept(id: string): Promise<VoicemailRow> {
    const row = await records.voicemail(id);
    if (!row || row.deletedAt !== null) throw new DomainError('not-found', `there is no voicemail ${id}`, { id });
    return row;
  }

  async function own(id: string, extension: string): Promise<void> {
    const { box } = await kept(id);
    if (!boxesOf(extension).includes(box)) throw new DomainError('forbidden', `box ${box} is not ${extension}’s`, { box });
  }

  return {
    async messages(extension) {
      const boxes = boxesOf(extension);
      if (boxes.length === 0) return [];
      const [fresh, heard] = await Promise.all([false, true].map((isHeard) => records.voicemails({ boxes, heard: isHeard, limit: MOST })));
      const oldestFirst = (page: typeof fresh): VoicemailRow[] => [...(page?.items ?? [])].reverse();
      return [...oldestFirst(fresh), ...oldestFirst(heard)].map((row) => ({
        id: row.id,
        caller: row.caller,
        leftAt: row.leftAt,
        isNew: row.heardAt === null,
      }));
    },
    async open(id) {
      const source = await archive.open('voicemail', await kept(id));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `${randomUUID()}.wav`);
      const release = (): Promise<void> => rm(path, { force: true });
      try {
        await pipeline(Readable.from(source.read(0, source.bytes)), createWriteStream(path, { mode: 0o600 }));
      } catch (error) {
        await release();
        throw error;
      }
      return { path, release };
    },
    async markHeard(id, extension) {
      await own(id, extension);
      await archive.markHeard(id, true, extension);
    },
    async remove(id, extension) {
      await own(id, extension);
      await archive.removeVoicemail(id, extension);
    },
  };
}
