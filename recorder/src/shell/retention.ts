import { eraseMarked, removeRecording, removeVoicemail } from './archive.js';
import { type Context, messageOf } from './context.js';

const DAY_MS = 86_400_000;
const BATCH = 200;
const BY = 'system';

export interface RetentionResult {
  recordings: number;
  voicemails: number;
}

/**
 * Deletes what is older than the rules say, held ones never, and removes files that a dead process left behind deleted rows.
 * Doing it twice, or twice at the same time, deletes nothing more.
 */
export async function applyRetention(context: Context, changed: () => void): Promise<RetentionResult> {
  const { configuration, rows, clock, logger } = context.options;
  await eraseMarked(context);
  const { recordingKeepDays } = configuration.settings();
  const recordings =
    recordingKeepDays === null
      ? 0
      : await expire(context, 'recording', recordingKeepDays, {
          find: (before) => rows.expiredRecordings(before, BATCH),
          remove: (id) => removeRecording(context, id, BY, 'retention'),
        });
  let voicemails = 0;
  for (const { id: box, keepDays } of configuration.boxes()) {
    if (keepDays === null) continue;
    voicemails += await expire(context, 'voicemail', keepDays, {
      find: (before) => rows.expiredVoicemails(box, before, BATCH),
      remove: (id) => removeVoicemail(context, id, BY),
    });
  }
  if (voicemails > 0) changed();
  if (recordings + voicemails > 0) logger.info({ recordings, voicemails, at: clock.now() }, 'deleted what the retention rules let go');
  return { recordings, voicemails };
}

async function expire(
  context: Context,
  kind: string,
  keepDays: number,
  work: { find(before: number): Promise<string[]>; remove(id: string): Promise<void> },
): Promise<number> {
  const { clock, audit, logger } = context.options;
  const before = clock.now() - keepDays * DAY_MS;
  let deleted = 0;
  for (;;) {
    const ids = await work.find(before);
    let progress = 0;
    for (const id of ids) {
      try {
        await work.remove(id);
        await audit?.({
          at: clock.now(),
          username: BY,
          action: `${kind}.deleted`,
          subject: id,
          details: { because: 'retention', keepDays },
        });
        progress += 1;
      } catch (error) {
        // Held or deleted by somebody meanwhile, or the file system refuses: the others are not kept waiting.
        logger.warn({ id, reason: messageOf(error) }, 'could not be deleted by the retention rule');
      }
    }
    deleted += progress;
    if (ids.length < BATCH || progress === 0) return deleted;
  }
}
