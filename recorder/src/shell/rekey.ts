import type { AudioSeal, RecordingRow, VoicemailRow } from '@yixian/contracts';
import { recordingFacts, voicemailFacts } from '../core/facts.js';
import type { Context } from './context.js';
import { within } from './files.js';
import { rekeyed } from './one-key.js';
import { keysOfRunning } from './running-file.js';
import { runningName } from './store-audio.js';
import { notedMessages } from './voicemail.js';

const BATCH = 200;

export interface RekeyResult {
  changed: number;
  /** What keeps its old key: the signature is not good, or the file cannot be opened. `verify` tells more. */
  refused: number;
  /** Keys nothing depends on any more. */
  removed: string[];
}

/**
 * Lets everything that is kept depend on the newest master key. What remains to be done stands in the rows: a process that dies
 * on the way leaves nothing that cannot be opened, and the next one goes on.
 */
export async function changeKeys(context: Context): Promise<RekeyResult> {
  const { rows, logger } = context.options;
  const master = await context.keyring.current();
  const refused = new Set<string>();
  let changed = 0;
  const change = async <R extends RecordingRow | VoicemailRow>(
    row: R,
    facts: string,
    save: (seal: AudioSeal) => Promise<void>,
  ): Promise<void> => {
    if (refused.has(row.id)) return;
    try {
      await save(await rekeyed(context, row, facts, master));
      changed += 1;
    } catch (error) {
      refused.add(row.id);
      logger.error({ err: error, id: row.id, file: row.file }, 'keeps its old master key');
    }
  };
  // A batch may hold what was refused before: it is made larger by as many.
  for (let before = -1; before !== changed; ) {
    before = changed;
    const limit = BATCH + refused.size;
    for (const row of await rows.recordingsOfOtherKeys(master.id, limit)) {
      await change(row, recordingFacts(row), (seal) => rows.update(row.id, { seal }));
    }
    for (const row of await rows.voicemailsOfOtherKeys(master.id, limit)) {
      await change(row, voicemailFacts(row), (seal) => rows.updateVoicemail(row.id, { seal }));
    }
  }
  const removed = await context.keyring.prune(async () => [...(await rows.keysInUse()), ...(await keysOfUnfinished(context))]);
  if (changed + refused.size + removed.length > 0)
    logger.info({ changed, refused: refused.size, removed, keyId: master.id }, 'recordings depend on the newest master key');
  return { changed, refused: refused.size, removed };
}

/** Of what is not over yet, in whichever process, and of what a dead one left. */
async function keysOfUnfinished({ options }: Context): Promise<string[]> {
  const { directory, rows } = options;
  const recordings = (await rows.unfinished()).map((row) => within(directory, row.file));
  const messages = await notedMessages(directory);
  return (await Promise.all([...recordings, ...messages].map((path) => keysOfRunning(runningName(path))))).flat();
}
